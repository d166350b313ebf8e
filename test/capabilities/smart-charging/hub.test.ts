import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSmartChargingStore, smartChargingIndexes } from '../../../src/capabilities/smart-charging/store.ts';
import { createTestDatabase } from '../../support/database.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { watchQueries } from '../../support/query-plans.ts';
import { begin, heldNumbers, profile, profilesOf, run, willing } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());

const newIdentity = () => `SCH-${++count}`;
const set = (identity: string, over: object = {}, more: object = {}, api = hub.api) =>
  run(api, 'setChargingProfile', identity, { connectorId: 1, profile: profile(over), ...more });
const start = (identity: string, idempotencyKey: string, over: object = {}) =>
  run(hub.api, 'remoteStartTransaction', identity, {
    idTag: 'GOOD',
    idempotencyKey,
    chargingProfile: profile({ purpose: 'TX_PROFILE', ...over }),
  });

describe('a profile in a remote start (RST-2)', () => {
  test('waits for its transaction, which takes over one profile however often its start is told', async () => {
    const identity = newIdentity();
    const chargePoint = await willing(hub, identity);
    const first = await start(identity, `${identity}-1`, { profileId: 1 });
    expect(first.command).toMatchObject({ status: 'ACCEPTED', installed: { state: 'SENT', wireStatus: 'Accepted' } });
    expect(first.command.execution.request['chargingProfile']).not.toHaveProperty('transactionId');
    await start(identity, `${identity}-2`, { profileId: 2 });
    const told = { connectorId: 2, idTag: 'good', meterStart: 0, timestamp: new Date().toISOString() };
    await chargePoint.call('StartTransaction', told);
    const repeat = (await chargePoint.call('StartTransaction', told))[2] as { transactionId: number };
    expect(await profilesOf(hub.api, identity)).toMatchObject([
      {
        state: 'INSTALLED',
        connectorId: 2,
        profile: { profileId: 1 },
        transaction: { ocppTransactionId: repeat.transactionId },
      },
    ]);
    expect(await profilesOf(hub.api, identity, ['SENT'])).toMatchObject([
      { connectorId: null, profile: { profileId: 2 } },
    ]);
    const { command } = await set(
      identity,
      { profileId: 3, purpose: 'TX_PROFILE' },
      { connectorId: 2, transaction: { ocppTransactionId: repeat.transactionId } },
    );
    expect(command.replaced).toEqual([{ profile: { profileId: 1 } }]); // errata 3.42
  });

  test('is installed also when the transaction begins before the answer, and refused with it', async () => {
    const identity = newIdentity();
    const chargePoint = await willing(hub, identity, {
      RemoteStartTransaction: async () => {
        await begin(chargePoint);
        return { status: 'Accepted' };
      },
    });
    expect((await start(identity, identity)).command).toMatchObject({ installed: { state: 'INSTALLED' } });
  });
});

describe('an idempotency key', () => {
  test('repeats the command with its number; another wish is refused', async () => {
    const identity = newIdentity();
    let calls = 0;
    await willing(hub, identity, {
      SetChargingProfile: () => {
        calls += 1;
        return { status: 'Accepted' };
      },
    });
    const idempotencyKey = identity;
    const first = await set(identity, {}, { idempotencyKey });
    const again = await set(identity, {}, { idempotencyKey });
    expect(again).toMatchObject({ idempotentReplay: true, command: { profile: first.command.profile } });
    expect((await set(identity, { stackLevel: 9 }, { idempotencyKey })).__typename).toBe('IdempotencyKeyReusedError');
    expect(calls).toBe(1);
  });
});

describe('what the hub asks and knows', () => {
  test('a composite schedule is kept, the newest for each connector and unit; absent fields are no fault (SC-10)', async () => {
    const identity = newIdentity();
    let limit = 10.1;
    await willing(hub, identity, {
      GetCompositeSchedule: ({ chargingRateUnit = 'W' }) => ({
        status: 'Accepted',
        chargingSchedule: { chargingRateUnit, chargingSchedulePeriod: [{ startPeriod: 0, limit: limit++ }] },
      }),
    });
    const asked = { connectorId: 1, durationSeconds: 60 };
    const left = await run(hub.api, 'getCompositeSchedule', identity, asked);
    expect(left.command.execution.request).toEqual({ connectorId: 1, duration: 60 });
    expect(left.command.schedule).toMatchObject({ connectorId: 1, unit: 'W', durationSeconds: null });
    await run(hub.api, 'getCompositeSchedule', identity, { ...asked, unit: 'A' });
    await run(hub.api, 'getCompositeSchedule', identity, { ...asked, unit: 'A' });
    const { chargePoint } = await hub.api.data<{ chargePoint: { reportedSchedules: object[] } }>(
      `{ chargePoint(by: { identity: "${identity}" }) { reportedSchedules { unit source periods { limit } } } }`,
    );
    expect(chargePoint.reportedSchedules).toHaveLength(2);
    expect(chargePoint.reportedSchedules).toEqual(
      expect.arrayContaining([
        { unit: 'W', source: 'CHARGE_POINT', periods: [{ limit: 10.1 }] },
        { unit: 'A', source: 'CHARGE_POINT', periods: [{ limit: 12.1 }] },
      ]),
    );
  });

  test('settings that the charge point reported are warned of, and the profile is sent', async () => {
    const identity = newIdentity();
    const key = (name: string, value: string) => ({ key: name, readonly: true, value });
    const chargePoint = await willing(hub, identity, {
      GetConfiguration: () => ({
        configurationKey: [
          key('ChargeProfileMaxStackLevel', '0'),
          key('ChargingScheduleAllowedChargingRateUnit', 'Power'),
          key('SupportedFeatureProfiles', 'Core'),
        ],
      }),
    });
    await hub.api.data(
      `mutation { getConfiguration(input: { chargePoint: { identity: "${identity}" } }) { __typename } }`,
    );
    const { command } = await set(identity);
    expect(command.execution.warnings.map(({ code }) => code)).toEqual([
      'SMART_CHARGING_UNSUPPORTED',
      'UNIT_NOT_ALLOWED',
      'STACK_LEVEL_TOO_HIGH',
    ]);
    expect(command.status).toBe('ACCEPTED');
    expect(chargePoint.faults).toEqual([]);
  });

  test('what no message can carry is a ValidationError, and nothing is sent', async () => {
    const identity = newIdentity();
    const chargePoint = await willing(hub, identity);
    const { schedule } = profile();
    const wrong = await set(identity, { schedule: { ...schedule, periods: [{ startPeriod: 0, limit: 1.25 }] } });
    expect(wrong).toMatchObject({ __typename: 'ValidationError', path: 'input.profile.schedule.periods.0.limit' });
    const number = await set(identity, {}, { transaction: { ocppTransactionId: 2 ** 40 } });
    expect(number).toMatchObject({ __typename: 'ValidationError', path: 'input.transaction.ocppTransactionId' });
    expect((await set(identity, {}, { connectorId: -1 })).path).toBe('input.connectorId');
    expect(chargePoint.received.filter(([kind]) => kind === 2)).toEqual([]);
  });
});

describe('who sees what', () => {
  test('another tenant neither reads nor sets', async () => {
    const identity = newIdentity();
    await willing(hub, identity);
    const { command } = await set(identity);
    const foreign = await hub.foreignClient();
    expect((await set(identity, {}, {}, foreign)).__typename).toBe('NotFoundError');
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    const id = command.installed?.id;
    expect(await hub.api.data(query, { id })).toEqual({ node: { id } });
    expect(await foreign.data(query, { id })).toEqual({ node: null });
  });

  test('each change is told on the durable stream', async () => {
    const identity = newIdentity();
    await willing(hub, identity);
    const { chargePoint } = await hub.api.data<{ chargePoint: { id: string } }>(
      `{ chargePoint(by: { identity: "${identity}" }) { id } }`,
    );
    const { events } = await hub.api.data<{ events: { pageInfo: { endCursor: string } } }>(
      '{ events(first: 100, filter: { types: [CHARGE_POINT_CONNECTED] }) { pageInfo { endCursor } } }',
    );
    await set(identity, { profileId: 1 });
    await set(identity, { profileId: 2 });
    const stream = hub.api.subscribe<{ chargingProfileEvents: { profileId?: number; state?: string } }>(
      `subscription ($ids: [ID!], $after: EventCursor) { chargingProfileEvents(filter: { chargePointIds: $ids }, after: $after) {
        ... on ChargingProfileChangedEvent { profileId state } } }`,
      { ids: [chargePoint.id], after: events.pageInfo.endCursor },
    );
    const seen = await stream.until(
      ({ chargingProfileEvents: { profileId, state } }) => profileId === 2 && state === 'INSTALLED',
    );
    expect(seen.map(({ chargingProfileEvents: item }) => item).filter(({ state }) => state !== undefined)).toEqual([
      { profileId: 1, state: 'INSTALLED' },
      { profileId: 1, state: 'REPLACED' },
      { profileId: 2, state: 'INSTALLED' },
    ]);
    await stream.close();
  });

  test('a restart of the hub forgets nothing; a deleted charge point is forgotten', async () => {
    const database = await createTestDatabase();
    const before = await startTestHub({ database });
    await willing(before, 'RESTART');
    await set('RESTART', { profileId: 5 }, {}, before.api);
    await before.close();
    const after = await startTestHub({ database });
    expect(await heldNumbers(after.api, 'RESTART')).toEqual([5]);
    const chargePoint = await willing(after, 'RESTART');
    const { command } = await set('RESTART', { profileId: 6 }, {}, after.api);
    expect(command.replaced).toEqual([{ profile: { profileId: 5 } }]);
    await chargePoint.close();
    await after.api.data(
      'mutation { deleteChargePoint(input: { chargePoint: { identity: "RESTART" } }) { __typename } }',
    );
    await expect.poll(() => database.store.collection('chargingProfiles').countDocuments({})).toBe(0);
    await after.close();
    await database.close();
  });
});

test('every query is served by an index', async () => {
  const database = await createTestDatabase();
  await database.store.ensureIndexes(smartChargingIndexes);
  const { store, plans } = watchQueries(database.store);
  const profiles = createSmartChargingStore(store);
  const page = { limit: 20, fromEnd: false };
  await profiles.page('t', { chargePointId: 'c', states: ['INSTALLED', 'UNKNOWN'] }, page);
  await profiles.page(
    't',
    { chargePointId: 'c', states: ['INSTALLED'], connectorIds: [1], purposes: ['TX_PROFILE'] },
    page,
  );
  await profiles.page('t', { transactionId: 'x' }, { ...page, after: [new Date(0), 'i'] });
  for await (const _held of profiles.held('t', 'c'));
  await profiles.awaitingStart('t', 'c', 'TOKEN', new Date(0));
  await profiles.unsettled(10);
  await profiles.removedBy('t', 'k');
  await profiles.takenOver('t', 'x');
  await profiles.reported('t', 'c');
  const scans = (await plans()).filter(({ stages }) => stages.includes('COLLSCAN') || stages.includes('SORT'));
  expect(scans).toEqual([]);
  await database.close();
});
