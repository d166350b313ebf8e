import type { ChargingRateUnit } from '../profile.ts';
import type { CompositePeriod, CompositeSchedule } from './composite.ts';

/** What a charge point answered to GetCompositeSchedule. OCPP 1.6 §6.22. */
export interface ReportedSchedule {
  /** scheduleStart; absent: the start of the prediction. SC-10. */
  readonly start?: Date;
  /** Absent: to the end of the prediction. */
  readonly durationSeconds?: number;
  readonly unit: ChargingRateUnit;
  readonly periods: readonly CompositePeriod[];
}

/**
 * HIGHER: the charge point allows more than its profiles do. LOWER: it allows less, often by a limit of its own.
 * PHASES: the same limit on another number of phases. UNIT: it answered in the other unit, so nothing can be compared.
 */
export const differenceKinds = ['HIGHER', 'LOWER', 'PHASES', 'UNIT'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** A span of time over which prediction and report differ in the same way. */
export interface Difference {
  /** Whole seconds after the start of the prediction. */
  readonly startSeconds: number;
  /** The first second after the span. */
  readonly endSeconds: number;
  readonly kind: DifferenceKind;
  /** A missing limit: none. */
  readonly predicted?: Omit<CompositePeriod, 'startPeriod'>;
  readonly reported?: Omit<CompositePeriod, 'startPeriod'>;
}

/** What rounding may make of a limit, in its unit: one step up or down. */
const roundingStep = 0.1;
/** A tenth is no binary fraction. */
const hair = 1e-6;

/**
 * The spans over which a charge point says something else than its profiles do, where both speak. Limits that are one
 * decimal apart are the same, and a number of phases counts only where both name one. `toleranceSeconds` is how far
 * apart the same change may be: a charge point counts from when it received the question, and its clock may differ.
 */
export function differences(
  predicted: CompositeSchedule,
  reported: ReportedSchedule,
  { toleranceSeconds = 0 }: { readonly toleranceSeconds?: number } = {},
): readonly Difference[] {
  const offset = reported.start ? Math.round((reported.start.getTime() - predicted.start.getTime()) / 1000) : 0;
  const from = Math.max(0, offset);
  const to = Math.min(predicted.durationSeconds, offset + (reported.durationSeconds ?? Number.POSITIVE_INFINITY));
  if (from >= to) return [];
  if (predicted.unit !== reported.unit) return [{ startSeconds: from, endSeconds: to, kind: 'UNIT' }];
  const told = reported.periods
    .map((period) => ({ ...period, startPeriod: period.startPeriod + offset }))
    .sort((a, b) => a.startPeriod - b.startPeriod);
  const cuts = [...predicted.periods, ...told]
    .map(({ startPeriod }) => startPeriod)
    .filter((second) => second > from && second < to);
  const starts = [...new Set([from, ...cuts])].sort((a, b) => a - b);
  const found: Difference[] = [];
  starts.forEach((startSeconds, i) => {
    const endSeconds = starts[i + 1] ?? to;
    const [mine, its] = [at(predicted.periods, startSeconds), at(told, startSeconds)];
    const kind = compare(mine, its);
    if (!kind) return;
    const last = found.at(-1);
    const difference = { startSeconds, endSeconds, kind, predicted: saidIn(mine), reported: saidIn(its) };
    if (last?.endSeconds === startSeconds && isSame(last, difference)) {
      found[found.length - 1] = { ...last, endSeconds };
    } else found.push(difference);
  });
  return found.filter(({ startSeconds, endSeconds }) => endSeconds - startSeconds > toleranceSeconds);
}

const at = (periods: readonly CompositePeriod[], second: number): CompositePeriod | undefined =>
  periods.findLast(({ startPeriod }) => startPeriod <= second);

function compare(mine: CompositePeriod | undefined, its: CompositePeriod | undefined): DifferenceKind | undefined {
  const [own, told] = [mine?.limit ?? Number.POSITIVE_INFINITY, its?.limit ?? Number.POSITIVE_INFINITY];
  if (own !== told && Math.abs(own - told) > roundingStep + hair) return told > own ? 'HIGHER' : 'LOWER';
  const [phases, toldPhases] = [mine?.numberPhases, its?.numberPhases];
  return phases !== undefined && toldPhases !== undefined && phases !== toldPhases ? 'PHASES' : undefined;
}

function saidIn(period: CompositePeriod | undefined): Omit<CompositePeriod, 'startPeriod'> {
  const { limit, numberPhases } = period ?? {};
  return { ...(limit !== undefined && { limit }), ...(numberPhases !== undefined && { numberPhases }) };
}

const isSame = (a: Difference, b: Difference): boolean =>
  a.kind === b.kind &&
  a.predicted?.limit === b.predicted?.limit &&
  a.predicted?.numberPhases === b.predicted?.numberPhases &&
  a.reported?.limit === b.reported?.limit &&
  a.reported?.numberPhases === b.reported?.numberPhases;
