import type { ChargingProfile, ChargingRateUnit, ChargingSchedulePeriod } from '../profile.ts';
import { dividedBy, type Exact, isBelow, tenthsOf, times } from './exact.ts';

/** How a connector, or the whole charge point, is fed. */
export type Supply =
  | { readonly current: 'AC'; readonly phaseVoltage: number; readonly phases: number }
  /** `voltage` absent: not known, and amperes cannot be converted. */
  | { readonly current: 'DC'; readonly voltage?: number };

/** The grid connection of a charge point, in volts between a phase and neutral. */
export type Grid = Extract<Supply, { current: 'AC' }>;

/** A limit as a profile says it: tenths of its unit. */
export interface Limit {
  readonly profile: ChargingProfile;
  readonly tenths: Exact;
  readonly unit: ChargingRateUnit;
  /** Absent in the profile: 3. */
  readonly numberPhases: number;
}

/** A limit in the unit that is asked for, in tenths of it. */
export interface Converted {
  readonly tenths: Exact;
  /** Absent for direct current. */
  readonly phases?: number;
}

/** Thrown when a direct current would have to be converted at a voltage that nobody knows. */
export class VoltageUnknown extends Error {
  override readonly name = 'VoltageUnknown';
}

/** What a profile says at a moment. */
export function limitOf(profile: ChargingProfile, { limit, numberPhases }: ChargingSchedulePeriod): Limit {
  const phases = Math.max(1, numberPhases ?? 3);
  return { profile, tenths: tenthsOf(limit), unit: profile.schedule.unit, numberPhases: phases };
}

/** A profile for more phases than there are acts with its limit unchanged on those there are. SC-6, errata 3.34. */
const phasesOn = ({ numberPhases }: Limit, { phases }: Grid): number => Math.min(numberPhases, phases);

/** Volts times phases, exact: what makes watts of amperes. */
const voltsOver = (volts: number, phases: number): Exact => {
  const { n } = tenthsOf(volts);
  return { n: n * BigInt(phases), d: 10n };
};

const amperes = (limit: Limit, supply: Grid): Exact =>
  limit.unit === 'A' ? limit.tenths : dividedBy(limit.tenths, voltsOver(supply.phaseVoltage, phasesOn(limit, supply)));

const alternatingWatts = (limit: Limit, supply: Grid): Exact =>
  limit.unit === 'W' ? limit.tenths : times(limit.tenths, voltsOver(supply.phaseVoltage, phasesOn(limit, supply)));

function directVolts(voltage: number | undefined): Exact {
  if (voltage === undefined) throw new VoltageUnknown('the voltage of the direct current is not known');
  return voltsOver(voltage, 1);
}

const lower = (a: Exact, b: Exact | undefined): Exact => (b && isBelow(b, a) ? b : a);

/**
 * The limit of a connector under its transaction's profile and the charge point's. Alternating current is compared in
 * amperes per phase, because watts over different numbers of phases do not compare; direct current in watts, for
 * which the charge point's limit is taken as one of the grid. Throws `VoltageUnknown`.
 */
export function connectorLimit(
  limits: { readonly ofTransaction?: Limit | undefined; readonly ofChargePoint?: Limit | undefined },
  supply: Supply,
  grid: Grid,
  unit: ChargingRateUnit,
): (Converted & { readonly isCapped: boolean }) | undefined {
  const { ofTransaction, ofChargePoint } = limits;
  if (supply.current === 'AC') {
    const own = ofTransaction && amperes(ofTransaction, supply);
    const cap = ofChargePoint && amperes(ofChargePoint, supply);
    const either = own ?? cap;
    if (!either) return undefined;
    const merged = lower(either, cap);
    const phases = Math.min(...[ofTransaction, ofChargePoint].flatMap((one) => (one ? [phasesOn(one, supply)] : [])));
    const tenths = unit === 'A' ? merged : times(merged, voltsOver(supply.phaseVoltage, phases));
    return { tenths, phases, isCapped: isCap(own, cap) };
  }
  if (ofTransaction && !ofChargePoint && ofTransaction.unit === unit) {
    return { tenths: ofTransaction.tenths, isCapped: false };
  }
  const own = ofTransaction && directWatts(ofTransaction, supply.voltage);
  const cap = ofChargePoint && alternatingWatts(ofChargePoint, grid);
  const either = own ?? cap;
  if (!either) return undefined;
  const merged = lower(either, cap);
  const tenths = unit === 'W' ? merged : dividedBy(merged, directVolts(supply.voltage));
  return { tenths, isCapped: isCap(own, cap) };
}

/** Whether the charge point's limit is what holds. */
export const isCap = (own: Exact | undefined, cap: Exact | undefined): boolean =>
  cap !== undefined && (own === undefined || isBelow(cap, own));

/** What a connector may draw from the grid under its transaction's profile alone. Losses are not counted. Throws `VoltageUnknown`. */
export function drawn(limit: Limit, supply: Supply, grid: Grid, unit: ChargingRateUnit): Required<Converted> {
  if (supply.current === 'AC') {
    const tenths = unit === 'A' ? amperes(limit, supply) : alternatingWatts(limit, supply);
    return { tenths, phases: phasesOn(limit, supply) };
  }
  const watts = directWatts(limit, supply.voltage);
  const tenths = unit === 'W' ? watts : dividedBy(watts, voltsOver(grid.phaseVoltage, grid.phases));
  return { tenths, phases: grid.phases };
}

/** The charge point's own limit at its grid connection. */
export function gridLimit(limit: Limit, grid: Grid, unit: ChargingRateUnit): Required<Converted> {
  return { tenths: unit === 'A' ? amperes(limit, grid) : alternatingWatts(limit, grid), phases: phasesOn(limit, grid) };
}

const directWatts = (limit: Limit, voltage: number | undefined): Exact =>
  limit.unit === 'W' ? limit.tenths : times(limit.tenths, directVolts(voltage));
