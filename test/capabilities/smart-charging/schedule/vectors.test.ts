import { expect, test } from 'vitest';
import type { ChargingProfile } from '../../../../src/capabilities/smart-charging/profile.ts';
import {
  type CompositeQuestion,
  compositeSchedule,
  type InstalledProfile,
} from '../../../../src/capabilities/smart-charging/schedule/index.ts';
import { defaultProfile, maxProfile, periodsOf, question, schedule, utc } from './support.ts';

/** `[startPeriod, limit, phases]`, as the table of vectors writes them. */
const result = (asked: CompositeQuestion): (number | undefined)[][] =>
  periodsOf(compositeSchedule(asked)).map(({ startPeriod, limit, numberPhases }) => [startPeriod, limit, numberPhases]);

const v1: InstalledProfile = defaultProfile(0, {
  kind: 'RECURRING',
  recurrencyKind: 'DAILY',
  schedule: {
    durationSeconds: 86_400,
    startSchedule: utc('2013-01-01T00:00'),
    ...schedule('W', [0, 11_000], [28_800, 6_000], [72_000, 11_000]),
  },
});

test('V1: a default that changes with the hour, under a maximum', () => {
  const profiles = [v1, maxProfile({ schedule: schedule('W', [0, 10_000]) })];
  expect(result(question({ profiles, start: utc('2024-05-01T07:00'), durationSeconds: 7_200, unit: 'W' }))).toEqual([
    [0, 10_000, 3],
    [3_600, 6_000, 3],
  ]);
});

test('V2: a higher stack level for two hours, then the lower one again', () => {
  const profiles = [
    defaultProfile(0, {
      stackLevel: 0,
      kind: 'RECURRING',
      recurrencyKind: 'DAILY',
      schedule: { startSchedule: utc('2020-01-01T00:00'), ...schedule('A', [0, 16]) },
    }),
    defaultProfile(0, {
      stackLevel: 1,
      schedule: { startSchedule: utc('2024-05-01T08:00'), durationSeconds: 7_200, ...schedule('A', [0, 8]) },
    }),
  ];
  const asked = question({ profiles, start: utc('2024-05-01T07:30'), durationSeconds: 10_800, unit: 'A' });
  expect(result(asked)).toEqual([
    [0, 16, 3],
    [1_800, 8, 3],
    [9_000, 16, 3],
  ]);
});

const v3: readonly InstalledProfile[] = [
  {
    connectorId: 1,
    profile: {
      profileId: 30,
      stackLevel: 0,
      purpose: 'TX_PROFILE',
      kind: 'RELATIVE',
      schedule: { durationSeconds: 1_200, ...schedule('A', [0, 32], [600, 10]) },
    },
  },
  defaultProfile(0, { schedule: { startSchedule: utc('2020-01-01T00:00'), ...schedule('A', [0, 20]) } }),
  maxProfile({ schedule: { startSchedule: utc('2020-01-01T00:00'), ...schedule('A', [0, 25]) } }),
];

test('V3: a transaction profile counts from its start, and the default takes over when it has run out', () => {
  const transaction = { ocppTransactionId: 7, startedAt: utc('2024-05-01T11:55') };
  const asked = question({ profiles: v3, durationSeconds: 1_800, unit: 'A', transaction });
  expect(result(asked)).toEqual([
    [0, 25, 3],
    [300, 10, 3],
    [900, 20, 3],
  ]);
});

test('V3b: without a transaction its profile does not exist', () => {
  expect(result(question({ profiles: v3, durationSeconds: 1_800, unit: 'A' }))).toEqual([[0, 20, 3]]);
});

test('V4: watts under a maximum in amperes, rounded down', () => {
  const profiles = [v1, maxProfile({ schedule: schedule('A', [0, 16]) })];
  expect(result(question({ profiles, start: utc('2024-05-01T07:00'), durationSeconds: 7_200, unit: 'A' }))).toEqual([
    [0, 15.9, 3],
    [3_600, 8.6, 3],
  ]);
});

test('V5: daily and weekly recurrence side by side, and no limit in between', () => {
  const profiles = [
    defaultProfile(0, {
      stackLevel: 1,
      kind: 'RECURRING',
      recurrencyKind: 'DAILY',
      schedule: { startSchedule: utc('2020-01-01T17:00'), durationSeconds: 10_800, ...schedule('W', [0, 2_000]) },
    }),
    defaultProfile(0, {
      stackLevel: 2,
      kind: 'RECURRING',
      recurrencyKind: 'WEEKLY',
      schedule: { startSchedule: utc('2020-01-05T00:00'), durationSeconds: 86_400, ...schedule('W', [0, 999_999]) },
    }),
  ];
  const asked = question({ profiles, start: utc('2024-05-04T16:00'), durationSeconds: 18 * 3_600, unit: 'W' });
  expect(result(asked)).toEqual([
    [0, undefined, undefined],
    [3_600, 2_000, 3],
    [14_400, undefined, undefined],
    [28_800, 999_999, 3],
  ]);
});

test('V6: a profile whose validity ends', () => {
  const profiles = [
    defaultProfile(1, { stackLevel: 1, validTo: utc('2024-05-01T12:10'), schedule: schedule('A', [0, 6]) }),
    defaultProfile(1, {
      stackLevel: 0,
      kind: 'RECURRING',
      recurrencyKind: 'DAILY',
      schedule: { startSchedule: utc('2020-01-01T00:00'), ...schedule('A', [0, 16]) },
    }),
  ];
  expect(result(question({ profiles, durationSeconds: 1_200, unit: 'A' }))).toEqual([
    [0, 6, 3],
    [600, 16, 3],
  ]);
});

const v7: readonly InstalledProfile[] = [
  defaultProfile(0, { schedule: schedule('A', [0, 16]) }),
  defaultProfile(1, { schedule: schedule('A', [0, 10]) }),
];

test("V7: a connector's own default hides the charge point's on the same stack level, and only there", () => {
  expect(result(question({ profiles: v7, connectorId: 1, unit: 'A' }))).toEqual([[0, 10, 3]]);
  expect(result(question({ profiles: v7, connectorId: 2, unit: 'A' }))).toEqual([[0, 16, 3]]);
});

test('V8: the whole charge point is the sum of its connectors under its maximum', () => {
  const profiles = [
    ...v7,
    maxProfile({ schedule: { startSchedule: utc('2024-05-01T12:00'), ...schedule('A', [0, 40], [3_600, 20]) } }),
  ];
  expect(result(question({ profiles, connectorId: 0, durationSeconds: 7_200, unit: 'A' }))).toEqual([
    [0, 26, 3],
    [3_600, 20, 3],
  ]);
});

test('V9, the part of it that OCPP 1.6 has: a default under a maximum', () => {
  const profiles = [
    defaultProfile(0, { schedule: schedule('A', [0, 20]) }),
    maxProfile({ schedule: schedule('A', [0, 25]) }),
  ];
  expect(result(question({ profiles, durationSeconds: 1_800, unit: 'A' }))).toEqual([[0, 20, 3]]);
});

test('V10: what lies beyond the cycle of a recurring profile never runs', () => {
  const profiles = [
    defaultProfile(0, {
      kind: 'RECURRING',
      recurrencyKind: 'DAILY',
      schedule: {
        startSchedule: utc('2024-05-01T06:00'),
        durationSeconds: 100_000,
        ...schedule('A', [0, 16], [90_000, 6]),
      },
    }),
  ];
  const asked = question({ profiles, start: utc('2024-05-02T05:00'), durationSeconds: 7_200, unit: 'A' });
  expect(result(asked)).toEqual([[0, 16, 3]]);
});

test('V11: alternating current is compared in amperes per phase', () => {
  const onePhase: ChargingProfile['schedule'] = {
    unit: 'W',
    periods: [{ startPeriod: 0, limit: 7_400, numberPhases: 1 }],
  };
  const profiles = [
    defaultProfile(0, { schedule: onePhase }),
    maxProfile({ schedule: { unit: 'A', periods: [{ startPeriod: 0, limit: 16, numberPhases: 3 }] } }),
  ];
  expect(result(question({ profiles, unit: 'A' }))).toEqual([[0, 16, 1]]);
  expect(result(question({ profiles, unit: 'W' }))).toEqual([[0, 3_680, 1]]);
});
