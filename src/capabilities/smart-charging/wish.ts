import { ValidationError } from '../../kernel/errors.ts';
import type {
  ChargingProfile,
  ChargingProfileKind,
  ChargingProfilePurpose,
  ChargingRateUnit,
  RecurrencyKind,
} from './profile.ts';

type Maybe<T> = T | null | undefined;

/** A profile as a caller writes it; what is left out is not sent. */
export interface ProfileInput {
  readonly profileId?: Maybe<number>;
  readonly stackLevel: number;
  readonly purpose: ChargingProfilePurpose;
  readonly kind: ChargingProfileKind;
  readonly recurrencyKind?: Maybe<RecurrencyKind>;
  readonly validFrom?: Maybe<Date>;
  readonly validTo?: Maybe<Date>;
  readonly schedule: {
    readonly durationSeconds?: Maybe<number>;
    readonly startSchedule?: Maybe<Date>;
    readonly unit: ChargingRateUnit;
    readonly minChargingRate?: Maybe<number>;
    readonly periods: readonly {
      readonly startPeriod: number;
      readonly limit: number;
      readonly numberPhases?: Maybe<number>;
    }[];
  };
}

/** What a caller wishes: a profile whose number may still have to be chosen. */
export type ProfileWish = Omit<ChargingProfile, 'profileId'> & { readonly profileId?: number };

/** Periods in one schedule; more than any charge point takes. */
export const periodsMax = 1_024;
/** Largest limit, in A or W. */
const rateMax = 2_147_483_647;

const given = <Name extends string, T>(name: Name, value: Maybe<T>): { readonly [Key in Name]?: T } =>
  value === null || value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: T }); // its one key is `name`

/** Throws for a rate that no message can carry: negative, or finer than a tenth. SC-6. */
function checkRate(rate: Maybe<number>, path: string): void {
  if (rate === null || rate === undefined) return;
  if (rate < 0 || rate > rateMax) throw new ValidationError(path, `must be 0 to ${rateMax}`);
  if (Math.round(rate * 10) / 10 !== rate) throw new ValidationError(path, 'has more than one decimal');
}

function checkNotNegative(value: Maybe<number>, path: string): void {
  if (typeof value === 'number' && value < 0) throw new ValidationError(path, 'must be 0 or more');
}

/** Reads a profile; what is merely unwise passes. Throws ValidationError for what the wire cannot carry. `path` is its place in the input. */
export function readProfile(input: ProfileInput, path: string): ProfileWish {
  const { schedule } = input;
  const { periods } = schedule;
  checkNotNegative(input.stackLevel, `${path}.stackLevel`);
  checkNotNegative(schedule.durationSeconds, `${path}.schedule.durationSeconds`);
  checkRate(schedule.minChargingRate, `${path}.schedule.minChargingRate`);
  if (periods.length < 1 || periods.length > periodsMax) {
    throw new ValidationError(`${path}.schedule.periods`, `must have 1 to ${periodsMax} periods`);
  }
  for (const [index, { startPeriod, limit, numberPhases }] of periods.entries()) {
    const periodPath = `${path}.schedule.periods.${index}`;
    checkNotNegative(startPeriod, `${periodPath}.startPeriod`);
    checkRate(limit, `${periodPath}.limit`);
    checkNotNegative(numberPhases, `${periodPath}.numberPhases`);
  }
  return {
    ...given('profileId', input.profileId),
    stackLevel: input.stackLevel,
    purpose: input.purpose,
    kind: input.kind,
    ...given('recurrencyKind', input.recurrencyKind),
    ...given('validFrom', input.validFrom),
    ...given('validTo', input.validTo),
    schedule: {
      ...given('durationSeconds', schedule.durationSeconds),
      ...given('startSchedule', schedule.startSchedule),
      unit: schedule.unit,
      ...given('minChargingRate', schedule.minChargingRate),
      periods: periods.map(({ startPeriod, limit, numberPhases }) => ({
        startPeriod,
        limit,
        ...given('numberPhases', numberPhases),
      })),
    },
  };
}
