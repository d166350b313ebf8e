import { expect, test } from 'vitest';
import {
  changesMax,
  compositeSchedule,
  compositeSecondsMax,
  type PredictedConnector,
} from '../../../../src/capabilities/smart-charging/schedule/index.ts';
import {
  defaultProfile,
  maxProfile,
  periodsOf,
  predicted,
  question,
  schedule,
  transactionProfile,
  utc,
} from './support.ts';

const transaction = { ocppTransactionId: 7, startedAt: utc('2024-05-01T11:50') };
const direct = (voltage?: number): readonly PredictedConnector[] => [
  { connectorId: 1, supply: { current: 'DC', ...(voltage !== undefined && { voltage }) } },
];

test('without any profile there is no limit', () => {
  expect(predicted(compositeSchedule(question()))).toMatchObject({
    periods: [{ startPeriod: 0 }],
    explained: [{ startPeriod: 0, leaders: [] }],
    ignored: [],
  });
});

test('SC-1: a profile on a connector that its purpose is not for never leads, and is named', () => {
  const onConnector = { ...maxProfile({ schedule: schedule('A', [0, 6]) }), connectorId: 1 };
  const onAll = transactionProfile(0, { schedule: schedule('A', [0, 7]) });
  const result = predicted(compositeSchedule(question({ profiles: [onConnector, onAll], transaction })));
  expect(result.periods).toEqual([{ startPeriod: 0 }]);
  expect(result.ignored).toEqual(
    [onConnector, onAll].map(({ profile: { profileId } }) => ({ profileId, reason: 'WRONG_CONNECTOR' })),
  );
});

test('SC-2: of one slot the last counts, and of one id', () => {
  const first = defaultProfile(0, { profileId: 501, schedule: schedule('A', [0, 6]) });
  const second = defaultProfile(0, { profileId: 502, schedule: schedule('A', [0, 8]) });
  expect(predicted(compositeSchedule(question({ profiles: [first, second] })))).toMatchObject({
    periods: [{ limit: 8 }],
    ignored: [{ profileId: 501, reason: 'REPLACED' }],
  });
  const moved = defaultProfile(0, { profileId: 502, stackLevel: 3, schedule: schedule('A', [0, 9]) });
  expect(predicted(compositeSchedule(question({ profiles: [first, second, moved] })))).toMatchObject({
    periods: [{ limit: 9 }],
  });
});

test('SC-3: a top level without duration never falls back', () => {
  const profiles = [
    defaultProfile(0, { stackLevel: 0, schedule: schedule('A', [0, 16]) }),
    defaultProfile(0, {
      stackLevel: 1,
      schedule: { startSchedule: utc('2024-05-01T12:10'), ...schedule('A', [0, 6]) },
    }),
  ];
  const asked = question({ profiles, durationSeconds: compositeSecondsMax });
  expect(periodsOf(compositeSchedule(asked))).toEqual([
    { startPeriod: 0, limit: 16, numberPhases: 3 },
    { startPeriod: 600, limit: 6, numberPhases: 3 },
  ]);
});

test('SC-3: a transaction profile that allows more than the default is followed, not the minimum of both', () => {
  const profiles = [
    defaultProfile(0, { stackLevel: 9, schedule: schedule('A', [0, 10]) }),
    transactionProfile(1, { ocppTransactionId: 7, schedule: schedule('A', [0, 25]) }),
  ];
  expect(periodsOf(compositeSchedule(question({ profiles, transaction })))).toMatchObject([{ limit: 25 }]);
});

test('SC-4: a relative default without a transaction is laid out as if one began now', () => {
  const profiles = [defaultProfile(0, { kind: 'RELATIVE', schedule: schedule('A', [0, 16], [900, 8]) })];
  expect(periodsOf(compositeSchedule(question({ profiles })))).toMatchObject([
    { startPeriod: 0, limit: 16 },
    { startPeriod: 900, limit: 8 },
  ]);
  expect(periodsOf(compositeSchedule(question({ profiles, transaction })))).toMatchObject([
    { startPeriod: 0, limit: 16 },
    { startPeriod: 300, limit: 8 },
  ]);
});

test('SC-4: recurrence without a start or a recurrence, and a relative maximum, never lead', () => {
  const profiles = [
    defaultProfile(0, { profileId: 601, kind: 'RECURRING', recurrencyKind: 'DAILY', schedule: schedule('A', [0, 1]) }),
    defaultProfile(1, {
      profileId: 602,
      kind: 'RECURRING',
      schedule: { startSchedule: utc('2024-01-01T00:00'), ...schedule('A', [0, 2]) },
    }),
    maxProfile({ profileId: 603, kind: 'RELATIVE', schedule: schedule('A', [0, 3]) }),
  ];
  expect(predicted(compositeSchedule(question({ profiles })))).toMatchObject({
    periods: [{ startPeriod: 0 }],
    ignored: [
      { profileId: 601, reason: 'NO_START' },
      { profileId: 602, reason: 'NO_RECURRENCE' },
      { profileId: 603, reason: 'RELATIVE_MAX' },
    ],
  });
});

test('SC-5: a period at or beyond the duration never runs', () => {
  const profiles = [
    defaultProfile(0, {
      schedule: {
        startSchedule: utc('2024-05-01T12:00'),
        durationSeconds: 600,
        ...schedule('A', [0, 16], [600, 8], [900, 4]),
      },
    }),
  ];
  expect(periodsOf(compositeSchedule(question({ profiles })))).toEqual([
    { startPeriod: 0, limit: 16, numberPhases: 3 },
    { startPeriod: 600 },
  ]);
});

test('SC-6: limits with one decimal come back as they are, and equal ones are equal', () => {
  for (const limit of [6, 6.1, 15.9, 16.1, 0.1, 0.3, 999_999.9, 1_000_000_000.1]) {
    const profiles = [defaultProfile(0, { schedule: schedule('W', [0, limit]) })];
    expect(periodsOf(compositeSchedule(question({ profiles, unit: 'W' })))).toMatchObject([{ limit }]);
    expect(
      periodsOf(
        compositeSchedule(
          question({ profiles: [...profiles, maxProfile({ schedule: schedule('W', [0, limit]) })], unit: 'W' }),
        ),
      ),
    ).toMatchObject([{ limit }]);
  }
});

test('SC-6: more decimals are rounded down, as is what a conversion makes', () => {
  const profiles = [defaultProfile(0, { schedule: schedule('A', [0, 15.999]) })];
  expect(periodsOf(compositeSchedule(question({ profiles })))).toMatchObject([{ limit: 15.9 }]);
  const inWatts = [defaultProfile(0, { schedule: schedule('W', [0, 11_039.9]) })];
  expect(periodsOf(compositeSchedule(question({ profiles: inWatts })))).toMatchObject([{ limit: 15.9 }]);
  const exactly = [defaultProfile(0, { schedule: schedule('W', [0, 11_040]) })];
  expect(periodsOf(compositeSchedule(question({ profiles: exactly })))).toMatchObject([{ limit: 16 }]);
});

test('SC-6: a profile for more phases than there are keeps its limit', () => {
  const connectors: readonly PredictedConnector[] = [
    { connectorId: 1, supply: { current: 'AC', phaseVoltage: 230, phases: 1 } },
  ];
  const three = (unit: 'A' | 'W', limit: number) => [
    defaultProfile(0, { schedule: { unit, periods: [{ startPeriod: 0, limit, numberPhases: 3 }] } }),
  ];
  const ask = (profiles: ReturnType<typeof three>, unit: 'A' | 'W') =>
    periodsOf(compositeSchedule(question({ profiles, connectors, unit })));
  expect(ask(three('A', 16), 'A')).toEqual([{ startPeriod: 0, limit: 16, numberPhases: 1 }]);
  expect(ask(three('W', 3_680), 'W')).toEqual([{ startPeriod: 0, limit: 3_680, numberPhases: 1 }]);
  expect(ask(three('W', 3_680), 'A')).toEqual([{ startPeriod: 0, limit: 16, numberPhases: 1 }]);
});

test('SC-8: a profile of another transaction does not exist, and one without a transaction id is for the one that runs', () => {
  const other = transactionProfile(1, { ocppTransactionId: 8, stackLevel: 5, schedule: schedule('A', [0, 6]) });
  const any = transactionProfile(1, { stackLevel: 0, schedule: schedule('A', [0, 12]) });
  expect(predicted(compositeSchedule(question({ profiles: [other, any], transaction })))).toMatchObject({
    periods: [{ limit: 12 }],
    ignored: [{ profileId: other.profile.profileId, reason: 'NOT_RUNNING' }],
  });
});

test('SC-10: a connector without any limit makes the sum unlimited, and the maximum is what is left', () => {
  const profiles = [
    defaultProfile(1, { schedule: schedule('A', [0, 10]) }),
    maxProfile({
      schedule: { startSchedule: utc('2024-05-01T12:00'), durationSeconds: 600, ...schedule('A', [0, 63]) },
    }),
  ];
  const result = predicted(compositeSchedule(question({ profiles, connectorId: 0 })));
  expect(result.periods).toEqual([{ startPeriod: 0, limit: 63, numberPhases: 3 }, { startPeriod: 600 }]);
  expect(result.explained.map(({ cap }) => cap)).toEqual(['CHARGE_POINT_MAX_PROFILE', undefined]);
});

test('the explanation is cut where another profile leads with the same limit, the periods are not', () => {
  const low = defaultProfile(0, { stackLevel: 0, schedule: schedule('A', [0, 16]) });
  const high = defaultProfile(0, {
    stackLevel: 1,
    schedule: { startSchedule: utc('2024-05-01T12:10'), durationSeconds: 60, ...schedule('A', [0, 16]) },
  });
  const max = maxProfile({
    schedule: { startSchedule: utc('2024-05-01T12:30'), ...schedule('A', [0, 16], [60, 10]) },
  });
  const result = predicted(compositeSchedule(question({ profiles: [low, high, max] })));
  expect(result.periods).toEqual([
    { startPeriod: 0, limit: 16, numberPhases: 3 },
    { startPeriod: 1_860, limit: 10, numberPhases: 3 },
  ]);
  const leader = (connectorId: number, { profile: { purpose, profileId } }: typeof low) => ({
    connectorId,
    purpose,
    profileId,
  });
  expect(result.explained.map(({ startPeriod, cap, leaders }) => ({ startPeriod, cap, leaders }))).toEqual([
    { startPeriod: 0, cap: 'TX_DEFAULT_PROFILE', leaders: [leader(1, low)] },
    { startPeriod: 600, cap: 'TX_DEFAULT_PROFILE', leaders: [leader(1, high)] },
    { startPeriod: 660, cap: 'TX_DEFAULT_PROFILE', leaders: [leader(1, low)] },
    { startPeriod: 1_800, cap: 'TX_DEFAULT_PROFILE', leaders: [leader(0, max), leader(1, low)] },
    { startPeriod: 1_860, cap: 'CHARGE_POINT_MAX_PROFILE', leaders: [leader(0, max), leader(1, low)] },
  ]);
});

test('direct current is compared in watts, the maximum at the grid', () => {
  const profiles = [
    defaultProfile(0, { schedule: schedule('W', [0, 50_000]) }),
    maxProfile({ schedule: schedule('A', [0, 63]) }),
  ];
  const asked = question({ profiles, connectors: direct(400), unit: 'W' });
  expect(periodsOf(compositeSchedule(asked))).toEqual([{ startPeriod: 0, limit: 43_470 }]);
  expect(periodsOf(compositeSchedule({ ...asked, unit: 'A' }))).toEqual([{ startPeriod: 0, limit: 108.6 }]);
  expect(periodsOf(compositeSchedule({ ...asked, connectorId: 0, unit: 'A' }))).toMatchObject([{ limit: 63 }]);
});

test('direct current at an unknown voltage is predicted where nothing must be converted, and else not', () => {
  const profiles = [defaultProfile(0, { schedule: schedule('A', [0, 120]) })];
  const asked = question({ profiles, connectors: direct(), unit: 'A' });
  expect(periodsOf(compositeSchedule(asked))).toEqual([{ startPeriod: 0, limit: 120 }]);
  expect(compositeSchedule({ ...asked, unit: 'W' })).toEqual({
    outcome: 'NOT_PREDICTABLE',
    reason: 'VOLTAGE_UNKNOWN',
  });
});

test('a change within a second counts from the next one on', () => {
  const startSchedule = new Date(utc('2024-05-01T12:00').getTime() + 10_001);
  const profiles = [defaultProfile(0, { schedule: { startSchedule, ...schedule('A', [0, 8]) } })];
  expect(periodsOf(compositeSchedule(question({ profiles }))).map(({ startPeriod }) => startPeriod)).toEqual([0, 11]);
});

test('what is asked is not changed, and an answer twice is the same', () => {
  const profiles = [defaultProfile(0, { schedule: schedule('A', [600, 8], [0, 16]) })];
  const asked = question({ profiles });
  const before = structuredClone(asked);
  expect(compositeSchedule(asked)).toEqual(compositeSchedule(asked));
  expect(asked).toEqual(before);
});

test('a month is predicted, longer is refused, and so are too many changes', () => {
  const everyQuarter = Array.from({ length: 96 }, (_, i): [number, number] => [i * 900, i % 2 ? 16 : 8]);
  const quarterly = { startSchedule: utc('2020-01-01T00:00'), ...schedule('A', ...everyQuarter) };
  const profiles = [defaultProfile(0, { kind: 'RECURRING', recurrencyKind: 'DAILY', schedule: quarterly })];
  const asked = question({ profiles, durationSeconds: compositeSecondsMax });
  expect(periodsOf(compositeSchedule(asked))).toHaveLength(31 * 96);
  for (const durationSeconds of [0, -1, 1.5, compositeSecondsMax + 1]) {
    expect(() => compositeSchedule({ ...asked, durationSeconds })).toThrow(RangeError);
  }
  const everySecond = Array.from({ length: changesMax + 1 }, (_, i): [number, number] => [i, i]);
  const tooMany = [defaultProfile(0, { schedule: schedule('A', ...everySecond) })];
  expect(compositeSchedule(question({ profiles: tooMany, durationSeconds: 86_400 }))).toEqual({
    outcome: 'NOT_PREDICTABLE',
    reason: 'TOO_MANY_CHANGES',
  });
});
