import type { CommandWarning } from '../commands/index.ts';
import type { ChargingProfile } from './profile.ts';

const recurrenceSeconds = { DAILY: 86_400, WEEKLY: 604_800 } as const;
/** More phases than any supply has. */
const phasesMax = 3;

/**
 * What is unwise about a profile by itself, whoever gets it. `path` is its place in the input. SC-4, SC-5, SC-6; errata
 * 3.34, 3.44, 3.56.
 */
export function formWarnings(profile: ChargingProfile, now: Date, path: string): CommandWarning[] {
  const warnings: CommandWarning[] = [];
  const warn = (code: string, field: string, message: string) =>
    warnings.push({ code, message, path: `${path}.${field}` });
  kindWarnings(profile, warn);
  validityWarnings(profile, now, warn);
  periodWarnings(profile, warn);
  return warnings;
}

type Warn = (code: string, field: string, message: string) => void;

function kindWarnings({ kind, purpose, recurrencyKind, schedule }: ChargingProfile, warn: Warn): void {
  const hasStart = schedule.startSchedule !== undefined;
  if (kind === 'RELATIVE' && hasStart) {
    warn('START_WITH_RELATIVE', 'schedule.startSchedule', 'a RELATIVE profile begins when charging begins');
  }
  if (kind !== 'RELATIVE' && !hasStart) {
    warn('START_MISSING', 'schedule.startSchedule', `a profile of kind ${kind} needs startSchedule`);
  }
  if (kind === 'RECURRING' && recurrencyKind === undefined) {
    warn('RECURRENCY_KIND_MISSING', 'recurrencyKind', 'a RECURRING profile needs recurrencyKind');
  }
  if (kind !== 'RECURRING' && recurrencyKind !== undefined) {
    warn('RECURRENCY_KIND_UNUSED', 'recurrencyKind', 'only a RECURRING profile has recurrencyKind');
  }
  if (kind === 'RELATIVE' && purpose === 'CHARGE_POINT_MAX_PROFILE') {
    warn('RELATIVE_CHARGE_POINT_MAX', 'kind', 'a charge point as a whole does not begin to charge');
  }
}

function validityWarnings({ validFrom, validTo, kind, schedule }: ChargingProfile, now: Date, warn: Warn): void {
  if (validTo !== undefined && validTo <= now) warn('VALIDITY_PAST', 'validTo', 'the validity is over');
  if (validTo !== undefined && validFrom !== undefined && validTo <= validFrom) {
    warn('VALIDITY_EMPTY', 'validTo', 'validTo is not after validFrom');
  }
  const { startSchedule, durationSeconds } = schedule;
  const hasEnd = kind === 'ABSOLUTE' && startSchedule !== undefined && durationSeconds !== undefined;
  if (hasEnd && startSchedule.getTime() + durationSeconds * 1000 <= now.getTime()) {
    warn('SCHEDULE_PAST', 'schedule.durationSeconds', 'the schedule is over');
  }
  if (kind === 'ABSOLUTE' && validTo !== undefined && startSchedule !== undefined && validTo <= startSchedule) {
    warn('SCHEDULE_AFTER_VALIDITY', 'schedule.startSchedule', 'the schedule begins when the validity is over');
  }
}

function periodWarnings({ kind, recurrencyKind, schedule }: ChargingProfile, warn: Warn): void {
  const { periods, durationSeconds } = schedule;
  const cycle = kind === 'RECURRING' && recurrencyKind !== undefined ? recurrenceSeconds[recurrencyKind] : undefined;
  if (periods[0]?.startPeriod !== 0) {
    warn('FIRST_PERIOD_NOT_ZERO', 'schedule.periods.0.startPeriod', 'the first period must begin at 0');
  }
  const first = (matches: (index: number) => boolean) => periods.findIndex((_period, index) => matches(index));
  const startOf = (index: number) => periods[index]?.startPeriod ?? 0;
  const unordered = first((index) => index > 0 && startOf(index) <= startOf(index - 1));
  if (unordered >= 0) {
    warn(
      'PERIODS_NOT_ASCENDING',
      `schedule.periods.${unordered}.startPeriod`,
      'periods must begin one after the other',
    );
  }
  const beyondEnd = first((index) => durationSeconds !== undefined && startOf(index) >= durationSeconds);
  if (beyondEnd >= 0) {
    warn('PERIOD_BEYOND_DURATION', `schedule.periods.${beyondEnd}.startPeriod`, 'it begins when the schedule is over');
  }
  const beyondCycle = first((index) => cycle !== undefined && startOf(index) >= cycle);
  if (beyondCycle >= 0) {
    warn('PERIOD_BEYOND_RECURRENCE', `schedule.periods.${beyondCycle}.startPeriod`, 'the schedule begins anew before');
  }
  if (cycle !== undefined && durationSeconds !== undefined && durationSeconds > cycle) {
    warn('DURATION_BEYOND_RECURRENCE', 'schedule.durationSeconds', 'the schedule begins anew before it is over');
  }
  const phases = periods.findIndex(({ numberPhases = phasesMax }) => numberPhases < 1 || numberPhases > phasesMax);
  if (phases >= 0) {
    warn('PHASES_IMPOSSIBLE', `schedule.periods.${phases}.numberPhases`, `there are 1 to ${phasesMax} phases`);
  }
}
