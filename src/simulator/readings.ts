/** What the simulated meter can tell, in the order in which it tells it. */
export const measurands = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Current.Import',
  'Voltage',
  'SoC',
] as const;
type Measurand = (typeof measurands)[number];

/** Why a sample was taken. OCPP 1.6 §7.37. */
export type ReadingContext = 'Sample.Periodic' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger';

/** One look at the meter and the car. */
export interface Reading {
  readonly at: Date;
  /** Register since the meter was built in, in watt-hours; never falls. */
  readonly registerWh: number;
  readonly powerW: number;
  readonly phases: 1 | 3;
  readonly voltageV: number;
  /** Absent without a car. */
  readonly socPercent?: number;
}

/** One value of a MeterValues.req. OCPP 1.6 §7.43. */
interface SampledValue {
  readonly value: string;
  readonly context: ReadingContext;
  readonly measurand: Measurand;
  readonly unit: 'Wh' | 'W' | 'A' | 'V' | 'Percent';
  readonly phase?: 'L1' | 'L2' | 'L3' | 'L1-N' | 'L2-N' | 'L3-N';
  readonly location?: 'Outlet' | 'EV';
}

/** A reading as it goes on the wire. OCPP 1.6 §7.33. */
export interface MeterValue {
  readonly timestamp: string;
  readonly sampledValue: SampledValue[];
}

/** Says the asked measurands of a reading; undefined when nothing was asked or nothing can be told. */
export function meterValue(
  reading: Reading,
  asked: readonly string[],
  context: ReadingContext,
): MeterValue | undefined {
  const sampledValue = measurands
    .filter((measurand) => asked.includes(measurand))
    .flatMap((measurand) => sampledValues(reading, measurand, context));
  return sampledValue.length === 0 ? undefined : { timestamp: reading.at.toISOString(), sampledValue };
}

/** Three phases above what one phase of 32 A can carry. */
export const phasesFor = (powerMaxW: number): 1 | 3 => (powerMaxW > 7_400 ? 3 : 1);

function sampledValues(reading: Reading, measurand: Measurand, context: ReadingContext): SampledValue[] {
  const lines = reading.phases === 3 ? (['L1', 'L2', 'L3'] as const) : (['L1'] as const);
  switch (measurand) {
    case 'Energy.Active.Import.Register':
      return [{ value: String(Math.floor(reading.registerWh)), context, measurand, unit: 'Wh', location: 'Outlet' }];
    case 'Power.Active.Import':
      return [{ value: reading.powerW.toFixed(1), context, measurand, unit: 'W', location: 'Outlet' }];
    case 'Current.Import': {
      const value = (reading.powerW / reading.phases / reading.voltageV).toFixed(1);
      return lines.map((phase) => ({ value, context, measurand, unit: 'A', phase, location: 'Outlet' }));
    }
    case 'Voltage': {
      const value = reading.voltageV.toFixed(1);
      return lines.map((line) => ({ value, context, measurand, unit: 'V', phase: `${line}-N`, location: 'Outlet' }));
    }
    case 'SoC': {
      if (reading.socPercent === undefined) return [];
      return [{ value: String(Math.floor(reading.socPercent)), context, measurand, unit: 'Percent', location: 'EV' }];
    }
  }
}
