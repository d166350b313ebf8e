import type { ChargingProfilePurpose, ChargingRateUnit } from '../profile.ts';
import { decimalBelow, type Exact, isBelow, plus } from './exact.ts';
import {
  type Converted,
  connectorLimit,
  drawn,
  type Grid,
  gridLimit,
  isCap,
  type Limit,
  limitOf,
  type Supply,
  VoltageUnknown,
} from './limit.ts';
import { changes, type PlacedProfile, periodAt } from './position.ts';
import {
  type ConnectorProfiles,
  chargePointProfiles,
  connectorProfiles,
  type IgnoredProfile,
  type InstalledProfile,
  type RunningTransaction,
  usable,
} from './scope.ts';

/** Longest time that is predicted: 31 days, which is four turns of a weekly profile and every day of a month. */
export const compositeSecondsMax = 31 * 86_400;
/** Most seconds at which something may change, over all profiles. 31 days of a daily profile with 96 periods are 3,007. */
export const changesMax = 5_000;

/** A connector as the prediction needs to know it. */
export interface PredictedConnector {
  /** From 1. */
  readonly connectorId: number;
  readonly supply: Supply;
  readonly transaction?: RunningTransaction | undefined;
}

/** What is asked of a prediction, and all it depends on. */
export interface CompositeQuestion {
  /** In the order in which the charge point accepted them. */
  readonly profiles: readonly InstalledProfile[];
  /** All connectors of the charge point; one that is not named is fed as `grid` and without a transaction. */
  readonly connectors: readonly PredictedConnector[];
  readonly grid: Grid;
  /** 0: the whole charge point as the grid sees it. SC-10. */
  readonly connectorId: number;
  readonly start: Date;
  /** Whole seconds, 1 to `compositeSecondsMax`. */
  readonly durationSeconds: number;
  readonly unit: ChargingRateUnit;
}

/** A limit from a moment on. */
export interface CompositePeriod {
  /** Whole seconds after the start; what changes within a second counts from the next one on. */
  readonly startPeriod: number;
  /** In the unit asked for, rounded down to one decimal; absent: no profile limits it. */
  readonly limit?: number;
  /** Absent without a limit, and for direct current. */
  readonly numberPhases?: number;
}

/** The profile that leads at a moment. */
export interface Leader {
  /** The connector it acts on; 0: the whole charge point. */
  readonly connectorId: number;
  readonly purpose: ChargingProfilePurpose;
  readonly profileId: number;
}

/** Where a limit comes from: the profile of that purpose, or for the whole charge point the sum over its connectors. */
export type AppliedCap = ChargingProfilePurpose | 'SUM_OF_CONNECTORS';

/** Why a limit is what it is, from a moment on. */
export interface ExplainedPeriod extends CompositePeriod {
  /** By connector, the charge point's own first. */
  readonly leaders: readonly Leader[];
  /** Absent without a limit. Of equal limits the one nearer to the transaction. */
  readonly cap?: AppliedCap;
}

/** What a charge point will allow, as far as its profiles say; its own limits are not known here. */
export interface CompositeSchedule {
  readonly outcome: 'PREDICTED';
  readonly connectorId: number;
  readonly start: Date;
  readonly durationSeconds: number;
  readonly unit: ChargingRateUnit;
  /** The first starts at 0; neighbours differ. */
  readonly periods: readonly CompositePeriod[];
  /** As `periods`, and cut also where another profile leads with the same limit. */
  readonly explained: readonly ExplainedPeriod[];
  readonly ignored: readonly IgnoredProfile[];
}

/** TOO_MANY_CHANGES: more than `changesMax`. VOLTAGE_UNKNOWN: a direct current at a voltage that nobody told. */
export interface NotPredictable {
  readonly outcome: 'NOT_PREDICTABLE';
  readonly reason: 'TOO_MANY_CHANGES' | 'VOLTAGE_UNKNOWN';
}

/**
 * Predicts what GetCompositeSchedule would say: the leading profile of each purpose at each moment, the transaction's
 * before the default, all under the charge point's maximum. A profile that is silent at a moment blocks none below it.
 * For connector 0 the smaller of the maximum and the sum over all connectors. How a charge point shares its maximum
 * among connectors is its own business, so what is predicted for one connector is an upper bound. OCPP 1.6 §3.13, SC-1
 * to SC-10. Throws a RangeError when `durationSeconds` is out of range.
 */
export function compositeSchedule(question: CompositeQuestion): CompositeSchedule | NotPredictable {
  const { connectorId, start, durationSeconds, unit } = question;
  if (!Number.isInteger(durationSeconds) || durationSeconds < 1 || durationSeconds > compositeSecondsMax) {
    throw new RangeError(`durationSeconds must be a whole number from 1 to ${compositeSecondsMax}`);
  }
  const startMs = start.getTime();
  const plan = planOf(question, startMs);
  const seconds = secondsOfChange(plan, startMs, durationSeconds);
  if (!seconds) return { outcome: 'NOT_PREDICTABLE', reason: 'TOO_MANY_CHANGES' };
  try {
    const moments = seconds.map((second) => explain(question, plan, startMs, second));
    const explained = merged(moments, (a, b) => isSameLimit(a, b) && a.cap === b.cap && isSameLead(a, b));
    const periods = merged(moments, isSameLimit).map(({ leaders, cap, ...period }) => period);
    const { ignored } = plan;
    return { outcome: 'PREDICTED', connectorId, start, durationSeconds, unit, periods, explained, ignored };
  } catch (error) {
    if (error instanceof VoltageUnknown) return { outcome: 'NOT_PREDICTABLE', reason: 'VOLTAGE_UNKNOWN' };
    throw error;
  }
}

/** The connectors that are looked at, each with what may lead on it. */
interface Plan {
  readonly ofChargePoint: readonly PlacedProfile[];
  readonly connectors: readonly (PredictedConnector & { readonly profiles: ConnectorProfiles })[];
  readonly ignored: readonly IgnoredProfile[];
}

function planOf({ profiles: installed, connectors, grid, connectorId }: CompositeQuestion, startMs: number): Plan {
  const transactions = new Map(
    connectors.flatMap((one) => (one.transaction ? [[one.connectorId, one.transaction] as const] : [])),
  );
  const { profiles, ignored } = usable(installed, transactions);
  const asked = connectors.filter((one) => connectorId === 0 || one.connectorId === connectorId);
  const looked = connectorId > 0 && asked.length === 0 ? [{ connectorId, supply: grid }] : asked;
  return {
    ignored,
    ofChargePoint: chargePointProfiles(profiles, startMs),
    connectors: looked
      .map((one: PredictedConnector) => ({
        ...one,
        profiles: connectorProfiles(profiles, one.connectorId, one.transaction, startMs),
      }))
      .sort((a, b) => a.connectorId - b.connectorId),
  };
}

/** Whole seconds after the start at which something may change, the first is 0; undefined when there are too many. */
function secondsOfChange(plan: Plan, startMs: number, durationSeconds: number): readonly number[] | undefined {
  const seconds = new Set([0]);
  const placed = new Set([
    ...plan.ofChargePoint,
    ...plan.connectors.flatMap(({ profiles }) => [...profiles.transaction, ...profiles.byDefault]),
  ]);
  for (const one of placed) {
    for (const atMs of changes(one, startMs, startMs + durationSeconds * 1000)) {
      const second = Math.ceil((atMs - startMs) / 1000);
      if (second < durationSeconds) seconds.add(second);
      if (seconds.size > changesMax) return undefined;
    }
  }
  return [...seconds].sort((a, b) => a - b);
}

function explain({ connectorId, grid, unit }: CompositeQuestion, plan: Plan, startMs: number, second: number) {
  const atMs = startMs + second * 1000;
  const ofChargePoint = leading(plan.ofChargePoint, atMs);
  const connectors = plan.connectors.map((one) => ({
    ...one,
    // A transaction's profile replaces the default, it is no minimum of both; where it is silent the default is back.
    limit: leading(one.profiles.transaction, atMs) ?? leading(one.profiles.byDefault, atMs),
  }));
  const leaders: readonly Leader[] = [{ connectorId: 0, limit: ofChargePoint }, ...connectors].flatMap((one) =>
    one.limit ? [leaderOf(one.connectorId, one.limit)] : [],
  );
  const first = connectors[0];
  if (connectorId > 0 && first) {
    const result = connectorLimit({ ofTransaction: first.limit, ofChargePoint }, first.supply, grid, unit);
    const cap = result?.isCapped ? 'CHARGE_POINT_MAX_PROFILE' : first.limit?.profile.purpose;
    return period(second, leaders, result, cap);
  }
  const drawing = connectors.map(({ limit, supply }) => limit && drawn(limit, supply, grid, unit));
  const sum = sumOf(drawing);
  const own = ofChargePoint && gridLimit(ofChargePoint, grid, unit);
  const result = sum && own ? lowerOf(sum, own) : (sum ?? own);
  const isCapped = isCap(sum?.tenths, own?.tenths);
  return period(second, leaders, result, isCapped ? 'CHARGE_POINT_MAX_PROFILE' : sum && 'SUM_OF_CONNECTORS');
}

/** The highest level that has something to say. SC-3. */
function leading(profiles: readonly PlacedProfile[], atMs: number): Limit | undefined {
  for (const placed of profiles) {
    const period = periodAt(placed, atMs);
    if (period) return limitOf(placed.profile, period);
  }
  return undefined;
}

/** Undefined when one draws without limit, and when no connector is known. */
function sumOf(drawing: readonly (Required<Converted> | undefined)[]): Required<Converted> | undefined {
  let tenths: Exact = { n: 0n, d: 1n };
  let phases = 0;
  for (const one of drawing) {
    if (!one) return undefined;
    tenths = plus(tenths, one.tenths);
    phases = Math.max(phases, one.phases);
  }
  return drawing.length === 0 ? undefined : { tenths, phases };
}

const lowerOf = (a: Required<Converted>, b: Required<Converted>): Required<Converted> => ({
  tenths: isBelow(b.tenths, a.tenths) ? b.tenths : a.tenths,
  phases: Math.min(a.phases, b.phases),
});

const leaderOf = (connectorId: number, { profile }: Limit): Leader => ({
  connectorId,
  purpose: profile.purpose,
  profileId: profile.profileId,
});

function period(
  startPeriod: number,
  leaders: readonly Leader[],
  result: Converted | undefined,
  cap: AppliedCap | undefined,
): ExplainedPeriod {
  if (!result) return { startPeriod, leaders };
  const { tenths, phases } = result;
  return {
    startPeriod,
    leaders,
    limit: decimalBelow(tenths),
    ...(phases !== undefined && { numberPhases: phases }),
    ...(cap && { cap }),
  };
}

const isSameLimit = (a: CompositePeriod, b: CompositePeriod): boolean =>
  a.limit === b.limit && a.numberPhases === b.numberPhases;

const isSameLead = (a: ExplainedPeriod, b: ExplainedPeriod): boolean =>
  a.leaders.length === b.leaders.length &&
  a.leaders.every(
    (leader, i) => leader.profileId === b.leaders[i]?.profileId && leader.connectorId === b.leaders[i]?.connectorId,
  );

/** Leaves out what says the same as the one before it. */
function merged<T>(all: readonly T[], isSame: (a: T, b: T) => boolean): readonly T[] {
  const kept: T[] = [];
  for (const one of all) {
    const last = kept.at(-1);
    if (last === undefined || !isSame(last, one)) kept.push(one);
  }
  return kept;
}
