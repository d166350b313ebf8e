import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());

interface Schedule {
  readonly startsAt: string;
  readonly source: string;
  readonly periods: readonly { readonly startPeriod: number; readonly limit: number }[];
  readonly predicted?: Schedule | null;
  readonly differences?: readonly object[] | null;
}

/** A charge point with one connector and these profiles installed on it. */
async function withProfiles(...profiles: readonly string[]): Promise<ScriptedChargePoint> {
  const station = await hub.booted(`PREDICT-${++count}`, {
    handlers: { SetChargingProfile: () => ({ status: 'Accepted' }) },
  });
  await station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
  for (const profile of profiles) {
    const { setChargingProfile } = await hub.api.data<{ setChargingProfile: object }>(
      `mutation { setChargingProfile(input: { chargePoint: { identity: "${station.identity}" }, ${profile} }) {
        ... on SetChargingProfilePayload { command { status } } ... on Error { message } } }`,
    );
    expect(setChargingProfile).toEqual({ command: { status: 'ACCEPTED' } });
  }
  return station;
}

const level = (connectorId: number, stackLevel: number, purpose: string, schedule: string, kind = 'ABSOLUTE') =>
  `connectorId: ${connectorId}, profile: { stackLevel: ${stackLevel}, purpose: ${purpose}, kind: ${kind}, schedule: { ${schedule} } }`;
const at = '2026-06-01T12:00:00.000Z';
const absolute = (periods: string, duration = '') =>
  `unit: A, startSchedule: "${at}", ${duration} periods: [${periods}]`;

const predict = async (identity: string, args = '') =>
  (
    await hub.api.data<{ chargePoint: { predictedSchedule: Schedule | null } }>(
      `{ chargePoint(by: { identity: "${identity}" }) {
        predictedSchedule(connectorId: 1, durationSeconds: 3600, unit: A, at: "${at}" ${args}) {
          startsAt source periods { startPeriod limit } predicted { source } differences { kind } } } }`,
    )
  ).chargePoint.predictedSchedule;

test('without profiles nothing is limited', async () => {
  const station = await withProfiles();
  expect(await predict(station.identity)).toEqual({
    startsAt: at,
    source: 'PREDICTED',
    periods: [],
    predicted: null,
    differences: null,
  });
});

test('stacked profiles come out as one schedule under the maximum of the charge point', async () => {
  const station = await withProfiles(
    level(0, 0, 'CHARGE_POINT_MAX_PROFILE', absolute('{ startPeriod: 0, limit: 20 }')),
    level(1, 1, 'TX_DEFAULT_PROFILE', absolute('{ startPeriod: 0, limit: 16 }, { startPeriod: 1800, limit: 32 }')),
    level(1, 2, 'TX_DEFAULT_PROFILE', absolute('{ startPeriod: 0, limit: 6 }', 'durationSeconds: 600,')),
  );
  const { periods } = (await predict(station.identity)) ?? { periods: [] };
  expect(periods).toEqual([
    { startPeriod: 0, limit: 6 },
    { startPeriod: 600, limit: 16 },
    { startPeriod: 1800, limit: 20 },
  ]);
});

test('what is refused in a question says why', async () => {
  const station = await withProfiles();
  for (const [args, message] of [
    ['connectorId: -1, durationSeconds: 60', 'connectorId'],
    ['connectorId: 1, durationSeconds: 0', 'durationSeconds'],
    ['connectorId: 1, durationSeconds: 2678401', 'durationSeconds'],
    ['connectorId: 1, durationSeconds: 60, phases: 4', 'phases'],
    ['connectorId: 1, durationSeconds: 60, phaseVoltage: 0', 'phaseVoltage'],
  ] as const) {
    const { errors } = await hub.api.query(
      `{ chargePoint(by: { identity: "${station.identity}" }) { predictedSchedule(${args}, unit: A) { source } } }`,
    );
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: 'BAD_REQUEST' },
    });
  }
});

async function ask(station: ScriptedChargePoint, chargingSchedulePeriod: readonly object[]): Promise<Schedule> {
  station.onCall('GetCompositeSchedule', () => ({
    status: 'Accepted',
    connectorId: 1,
    scheduleStart: at,
    chargingSchedule: { duration: 3600, chargingRateUnit: 'A', chargingSchedulePeriod },
  }));
  const data = await hub.api.data<{ getCompositeSchedule: { command: { schedule: Schedule } } }>(
    `mutation { getCompositeSchedule(input: { chargePoint: { identity: "${station.identity}" }, connectorId: 1,
      durationSeconds: 3600, unit: A }) { ... on GetCompositeSchedulePayload { command { schedule {
        startsAt source periods { startPeriod limit }
        predicted { startsAt source periods { startPeriod limit } }
        differences { startSeconds endSeconds kind predictedLimit reportedLimit } } } } } }`,
  );
  return data.getCompositeSchedule.command.schedule;
}

test('a report that agrees has no differences; one that does not tells where', async () => {
  const station = await withProfiles(
    level(1, 1, 'TX_DEFAULT_PROFILE', absolute('{ startPeriod: 0, limit: 16 }, { startPeriod: 1800, limit: 10.5 }')),
  );
  const agreed = await ask(station, [
    { startPeriod: 0, limit: 16 },
    { startPeriod: 1800, limit: 10.5 },
  ]);
  expect(agreed).toMatchObject({ source: 'CHARGE_POINT', differences: [], predicted: { source: 'PREDICTED' } });
  expect(agreed.predicted?.periods).toEqual(agreed.periods);
  const higher = await ask(station, [{ startPeriod: 0, limit: 16 }]);
  expect(higher.differences).toEqual([
    { startSeconds: 1800, endSeconds: 3600, kind: 'HIGHER', predictedLimit: 10.5, reportedLimit: 16 },
  ]);
  expect(
    await hub.api.data(
      `{ chargePoint(by: { identity: "${station.identity}" }) { reportedSchedules { differences { kind } } } }`,
    ),
  ).toEqual({ chargePoint: { reportedSchedules: [{ differences: [{ kind: 'HIGHER' }] }] } });
});

test('a relative profile counts from the start of the transaction that runs', async () => {
  const station = await withProfiles(
    level(
      1,
      1,
      'TX_DEFAULT_PROFILE',
      'unit: A, periods: [{ startPeriod: 0, limit: 16 }, { startPeriod: 600, limit: 8 }]',
      'RELATIVE',
    ),
  );
  const timestamp = '2026-06-01T11:55:00.000Z';
  await station.call('StartTransaction', { connectorId: 1, idTag: 'GOOD', meterStart: 0, timestamp });
  const { periods } = (await predict(station.identity)) ?? { periods: [] };
  expect(periods).toEqual([
    { startPeriod: 0, limit: 16 },
    { startPeriod: 300, limit: 8 },
  ]);
});
