import { contentId } from '../../kernel/ids.ts';
import type { RegisterReading, WireReading } from '../transactions/index.ts';
import {
  type BaseUnit,
  contextWords,
  formatWords,
  locationWords,
  type Measurand,
  type MeasurementLocation,
  measurandWords,
  type Phase,
  phaseWords,
  type ReadingContext,
  unitOf,
  type ValueFormat,
  wireUnits,
} from './words.ts';

/** One measured value. What the charge point left out carries the default of the protocol. MET-3. */
export interface Sample {
  /** Verbatim. MET-4. */
  readonly value: string;
  /** In `unit`; absent for signed data and for text that is no number. */
  readonly number?: number;
  /** Absent when the unit on the wire is one that nobody knows. */
  readonly unit?: BaseUnit;
  /** Undefined for a word of the vendor's own: see `wire`. */
  readonly measurand?: Measurand;
  readonly phase?: Phase;
  readonly location?: MeasurementLocation;
  readonly context?: ReadingContext;
  readonly format?: ValueFormat;
  /** The unit is not one of the measurand; never used for energy. */
  readonly unitMismatch?: true;
  /** The unit as sent, and words as sent that no table has. */
  readonly wire?: {
    readonly measurand?: string;
    readonly phase?: string;
    readonly location?: string;
    readonly context?: string;
    readonly format?: string;
    readonly unit?: string;
  };
}

/** Where a reading came from. */
export const readingSources = ['METER_VALUES', 'STOP'] as const;
export type ReadingSource = (typeof readingSources)[number];

/** Everything that was measured at one moment on one connector. */
export interface MeterValue {
  /** Made of the content, so that a repeat stores nothing. RETRY-1. */
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** 0: the charge point's own meter. */
  readonly connectorId: number;
  /** Hub id; absent when no transaction ran. */
  readonly transactionId?: string;
  /** As received. */
  readonly ocppTransactionId?: number;
  /** Clock of the charge point when usable, else of the hub. */
  readonly at: Date;
  readonly timeText: string;
  readonly receivedAt: Date;
  readonly source: ReadingSource;
  readonly samples: readonly Sample[];
}

/** Whose reading it is. */
export interface ReadingOrigin {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
  readonly transactionId?: string | undefined;
  readonly ocppTransactionId?: number | undefined;
  readonly source: ReadingSource;
  readonly receivedAt: Date;
}

/** Samples of one moment that are kept; a message may hold any number. */
const samplesMax = 500;

/** Reads a reading: defaults, base units, numbers beside the text. Never fails. */
export function meterValue(origin: ReadingOrigin, { time, samples }: WireReading): MeterValue {
  const { tenantId, chargePointId, connectorId, transactionId, ocppTransactionId, source, receivedAt } = origin;
  const kept = samples.slice(0, samplesMax);
  const said = JSON.stringify(
    kept.map((one) => [one.value, one.measurand, one.phase, one.location, one.context, one.format, one.unit]),
  );
  return {
    _id: contentId(
      'meter value',
      tenantId,
      chargePointId,
      connectorId,
      ocppTransactionId === undefined ? undefined : String(ocppTransactionId),
      source,
      time.text,
      said,
    ),
    tenantId,
    chargePointId,
    connectorId,
    ...(transactionId !== undefined && { transactionId }),
    ...(ocppTransactionId !== undefined && { ocppTransactionId }),
    at: time.at,
    timeText: time.text,
    receivedAt,
    source,
    samples: kept.map(normalise),
  };
}

/** Reads one value. Words that no table has stay in `wire` alone. §7.43. */
export function normalise(sent: WireReading['samples'][number]): Sample {
  const { value, ...wire } = sent;
  const measurand = measurandWords.read(wire.measurand ?? 'Energy.Active.Import.Register');
  const phase = wire.phase === undefined ? undefined : phaseWords.read(wire.phase);
  const location = locationWords.read(wire.location ?? 'Outlet');
  const context = contextWords.read(wire.context ?? 'Sample.Periodic');
  const format = formatWords.read(wire.format ?? 'Raw');
  const number = format === 'RAW' ? parseNumber(value) : undefined;
  const own = measurand === undefined ? undefined : unitOf[measurand];
  const told = wire.unit === undefined ? undefined : wireUnits.get(wire.unit.toLowerCase());
  const unit = wire.unit === undefined ? own : told?.unit;
  const inBase = number === undefined || told === undefined ? number : Number(told.toBase(number).toPrecision(15));
  const kept = {
    ...(measurand === undefined && wire.measurand !== undefined && { measurand: wire.measurand }),
    ...(phase === undefined && wire.phase !== undefined && { phase: wire.phase }),
    ...(location === undefined && wire.location !== undefined && { location: wire.location }),
    ...(context === undefined && wire.context !== undefined && { context: wire.context }),
    ...(format === undefined && wire.format !== undefined && { format: wire.format }),
    ...(wire.unit !== undefined && { unit: wire.unit }),
  };
  const mismatch = own !== undefined && unit !== own && !(own === 'NONE' && wire.unit !== undefined);
  return {
    value,
    ...(inBase !== undefined && Number.isFinite(inBase) && { number: inBase }),
    ...(unit !== undefined && { unit }),
    ...(measurand !== undefined && { measurand }),
    ...(phase !== undefined && { phase }),
    ...(location !== undefined && { location }),
    ...(context !== undefined && { context }),
    ...(format !== undefined && { format }),
    ...(mismatch && { unitMismatch: true as const }),
    ...(Object.keys(kept).length > 0 && { wire: kept }),
  };
}

/** A decimal number, also with a comma for the point when there is no other separator. MET-4. */
export function parseNumber(text: string): number | undefined {
  const plain = text.trim();
  const pointed = /^[^.,]*,[^.,]*$/.test(plain) ? plain.replace(',', '.') : plain;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(pointed)) return undefined;
  const number = Number(pointed);
  return Number.isFinite(number) ? number : undefined;
}

/** Where the energy of a transaction is measured, best first. */
const billingLocations: readonly MeasurementLocation[] = ['OUTLET', 'CABLE', 'INLET'];
const phaseGroups: readonly (readonly Phase[])[] = [
  ['L1', 'L2', 'L3'],
  ['L1_N', 'L2_N', 'L3_N'],
];

/**
 * The active import energy register in the samples, in watt-hours: the overall value, else the sum of three phases.
 * Undefined when there is none. Of several contexts the last one in the list counts.
 */
export function registerWh(samples: readonly Sample[]): number | undefined {
  const registers = samples.filter(
    ({ measurand, number, unitMismatch, location }) =>
      measurand === 'ENERGY_ACTIVE_IMPORT_REGISTER' &&
      number !== undefined &&
      number >= 0 &&
      unitMismatch === undefined &&
      location !== undefined,
  );
  for (const location of billingLocations) {
    const here = registers.filter((one) => one.location === location);
    // a phase that nobody knows is not an overall value
    const overall = here.filter(({ phase, wire }) => phase === undefined && wire?.phase === undefined).at(-1)?.number;
    if (overall !== undefined) return overall;
    for (const group of phaseGroups) {
      const parts = group.map((phase) => here.filter((one) => one.phase === phase).at(-1)?.number);
      const sum = parts.reduce(
        (total, part) => (total === undefined || part === undefined ? undefined : total + part),
        0,
      );
      if (sum !== undefined) return sum;
    }
  }
  return undefined;
}

/** The newest energy register among meter values. */
export const newestRegister = (values: readonly Pick<MeterValue, 'at' | 'samples'>[]): RegisterReading | undefined =>
  values.reduce<RegisterReading | undefined>((newest, { at, samples }) => {
    const wh = registerWh(samples);
    return wh === undefined || (newest !== undefined && newest.at > at) ? newest : { at, wh };
  }, undefined);

/** Which values make a series. */
export interface SeriesQuery {
  readonly measurand: Measurand;
  /** Undefined: values without a phase. */
  readonly phase?: Phase | undefined;
  readonly location: MeasurementLocation;
  readonly bucketSeconds: number;
  /** Belongs to the series. */
  readonly from: Date;
  /** Does not belong to it. */
  readonly to: Date;
}

/** One bucket of a series that has values. */
export interface SeriesPoint {
  /** Begin of the bucket; buckets are aligned to multiples of their length since 1970. */
  readonly at: Date;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly last: number;
}

/** Most points of a series. */
export const seriesPointsMax = 2_000;
