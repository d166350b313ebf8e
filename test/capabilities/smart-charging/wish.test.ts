import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ProfileInput, periodsMax, readProfile } from '../../../src/capabilities/smart-charging/wish.ts';
import { ValidationError } from '../../../src/kernel/errors.ts';

const input = (over: Partial<ProfileInput['schedule']> = {}, more: Partial<ProfileInput> = {}): ProfileInput => ({
  stackLevel: 0,
  purpose: 'TX_PROFILE',
  kind: 'RELATIVE',
  schedule: { unit: 'A', periods: [{ startPeriod: 0, limit: 6 }], ...over },
  ...more,
});

describe('what no message can carry is refused, with the place of the field', () => {
  test.each([
    ['a limit of two decimals', input({ periods: [{ startPeriod: 0, limit: 6.25 }] }), 'schedule.periods.0.limit'],
    ['a negative limit', input({ periods: [{ startPeriod: 0, limit: -0.1 }] }), 'schedule.periods.0.limit'],
    ['a limit beyond 32 bits', input({ periods: [{ startPeriod: 0, limit: 1e12 }] }), 'schedule.periods.0.limit'],
    ['a fine minimum', input({ minChargingRate: 0.01 }), 'schedule.minChargingRate'],
    ['no period', input({ periods: [] }), 'schedule.periods'],
    [
      'too many periods',
      input({ periods: Array.from({ length: periodsMax + 1 }, (_, startPeriod) => ({ startPeriod, limit: 1 })) }),
      'schedule.periods',
    ],
    [
      'a period before the schedule',
      input({ periods: [{ startPeriod: -1, limit: 1 }] }),
      'schedule.periods.0.startPeriod',
    ],
    ['a negative duration', input({ durationSeconds: -1 }), 'schedule.durationSeconds'],
    ['a negative level', input({}, { stackLevel: -1 }), 'stackLevel'],
  ])('%s', (_name, wrong, path) => {
    const read = () => readProfile(wrong, 'input.profile');
    expect(read).toThrow(ValidationError);
    expect(read).toThrow(`input.profile.${path}: `);
  });
});

test('every limit with one decimal stays exactly what it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (tenths) => {
      const limit = Number(`${Math.floor(tenths / 10)}.${tenths % 10}`);
      const { schedule } = readProfile(input({ minChargingRate: limit, periods: [{ startPeriod: 0, limit }] }), 'p');
      expect(schedule).toEqual({ unit: 'A', minChargingRate: limit, periods: [{ startPeriod: 0, limit }] });
    }),
  );
});

test('what is left out or null is absent', () => {
  const read = readProfile(
    input(
      { durationSeconds: null, startSchedule: null, periods: [{ startPeriod: 0, limit: 6, numberPhases: null }] },
      { profileId: null, recurrencyKind: null, validFrom: null, validTo: null },
    ),
    'p',
  );
  expect(read).toStrictEqual({
    stackLevel: 0,
    purpose: 'TX_PROFILE',
    kind: 'RELATIVE',
    schedule: { unit: 'A', periods: [{ startPeriod: 0, limit: 6 }] },
  });
});
