import type { ChargingProfile, ChargingSchedulePeriod } from '../profile.ts';

const cycleMs = { DAILY: 86_400_000, WEEKLY: 7 * 86_400_000 } as const;

/** A profile laid on the clock. All instants in milliseconds. */
export interface PlacedProfile {
  readonly profile: ChargingProfile;
  /** Where the schedule begins; of a recurring one, where it began first. */
  readonly baseMs: number;
  /** Absent: it runs once. */
  readonly cycleMs?: number;
  /** How long one run has something to say; `Infinity` without duration. */
  readonly runMs: number;
  readonly validFromMs: number;
  /** The first instant at which it is not valid any more. */
  readonly validToMs: number;
  /** In rising order. */
  readonly periods: readonly ChargingSchedulePeriod[];
}

/** Why a profile cannot be laid on the clock. SC-4. */
export type Unplaceable = 'NO_START' | 'NO_RECURRENCE';

/**
 * Lays a profile on the clock. `relativeToMs` is where charging began, for what counts from there: RELATIVE, and
 * ABSOLUTE without startSchedule. SC-4, SC-5.
 */
export function place(profile: ChargingProfile, relativeToMs: number): PlacedProfile | Unplaceable {
  const { kind, recurrencyKind, validFrom, validTo } = profile;
  const { startSchedule, durationSeconds, periods } = profile.schedule;
  const placed = {
    profile,
    runMs: durationSeconds === undefined ? Number.POSITIVE_INFINITY : durationSeconds * 1000,
    validFromMs: validFrom?.getTime() ?? Number.NEGATIVE_INFINITY,
    validToMs: validTo?.getTime() ?? Number.POSITIVE_INFINITY,
    periods: [...periods].sort((a, b) => a.startPeriod - b.startPeriod),
  };
  if (kind === 'RELATIVE') return { ...placed, baseMs: relativeToMs };
  if (kind === 'ABSOLUTE') return { ...placed, baseMs: startSchedule?.getTime() ?? relativeToMs };
  if (!startSchedule) return 'NO_START';
  if (!recurrencyKind) return 'NO_RECURRENCE';
  const cycle = cycleMs[recurrencyKind];
  return { ...placed, baseMs: startSchedule.getTime(), cycleMs: cycle, runMs: Math.min(placed.runMs, cycle) };
}

/** The period that has something to say at an instant. Undefined in a gap: before, between and after runs, or not valid. SC-3. */
export function periodAt(placed: PlacedProfile, atMs: number): ChargingSchedulePeriod | undefined {
  const { baseMs, cycleMs, runMs, validFromMs, validToMs, periods } = placed;
  if (atMs < validFromMs || atMs >= validToMs || atMs < baseMs) return undefined;
  const offsetMs = cycleMs === undefined ? atMs - baseMs : (atMs - baseMs) % cycleMs;
  if (offsetMs >= runMs) return undefined;
  return periods.findLast(({ startPeriod }) => startPeriod * 1000 <= offsetMs);
}

/** Every instant between `fromMs` and `toMs` (both excluded) at which `periodAt` may change; not sorted, with repeats. */
export function* changes(placed: PlacedProfile, fromMs: number, toMs: number): Generator<number> {
  const { baseMs, cycleMs, runMs, validFromMs, validToMs, periods } = placed;
  const isWithin = (atMs: number) => atMs > fromMs && atMs < toMs;
  if (isWithin(validFromMs)) yield validFromMs;
  if (isWithin(validToMs)) yield validToMs;
  const firstRun = cycleMs === undefined ? 0 : Math.max(0, Math.floor((fromMs - baseMs) / cycleMs));
  for (let run = firstRun; ; run++) {
    const runStartMs = baseMs + run * (cycleMs ?? 0);
    if (runStartMs >= toMs) return;
    if (isWithin(runStartMs)) yield runStartMs;
    for (const { startPeriod } of periods) {
      const atMs = runStartMs + startPeriod * 1000;
      if (startPeriod * 1000 < runMs && isWithin(atMs)) yield atMs;
    }
    if (isWithin(runStartMs + runMs)) yield runStartMs + runMs;
    if (cycleMs === undefined) return;
  }
}
