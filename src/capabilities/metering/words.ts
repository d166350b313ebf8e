import { wordMap } from '../../kernel/words.ts';

/** What was measured. OCPP 1.6 §7.31. */
export const measurandWords = wordMap({
  'Energy.Active.Export.Register': 'ENERGY_ACTIVE_EXPORT_REGISTER',
  'Energy.Active.Import.Register': 'ENERGY_ACTIVE_IMPORT_REGISTER',
  'Energy.Reactive.Export.Register': 'ENERGY_REACTIVE_EXPORT_REGISTER',
  'Energy.Reactive.Import.Register': 'ENERGY_REACTIVE_IMPORT_REGISTER',
  'Energy.Active.Export.Interval': 'ENERGY_ACTIVE_EXPORT_INTERVAL',
  'Energy.Active.Import.Interval': 'ENERGY_ACTIVE_IMPORT_INTERVAL',
  'Energy.Reactive.Export.Interval': 'ENERGY_REACTIVE_EXPORT_INTERVAL',
  'Energy.Reactive.Import.Interval': 'ENERGY_REACTIVE_IMPORT_INTERVAL',
  'Power.Active.Export': 'POWER_ACTIVE_EXPORT',
  'Power.Active.Import': 'POWER_ACTIVE_IMPORT',
  'Power.Offered': 'POWER_OFFERED',
  'Power.Reactive.Export': 'POWER_REACTIVE_EXPORT',
  'Power.Reactive.Import': 'POWER_REACTIVE_IMPORT',
  'Power.Factor': 'POWER_FACTOR',
  'Current.Import': 'CURRENT_IMPORT',
  'Current.Export': 'CURRENT_EXPORT',
  'Current.Offered': 'CURRENT_OFFERED',
  Voltage: 'VOLTAGE',
  Frequency: 'FREQUENCY',
  Temperature: 'TEMPERATURE',
  SoC: 'SOC',
  RPM: 'RPM',
});
export type Measurand = (typeof measurandWords.values)[number];

/** Between which conductors. OCPP 1.6 §7.34. */
export const phaseWords = wordMap({
  L1: 'L1',
  L2: 'L2',
  L3: 'L3',
  N: 'N',
  'L1-N': 'L1_N',
  'L2-N': 'L2_N',
  'L3-N': 'L3_N',
  'L1-L2': 'L1_L2',
  'L2-L3': 'L2_L3',
  'L3-L1': 'L3_L1',
});
export type Phase = (typeof phaseWords.values)[number];

/** Why it was measured just then. OCPP 1.6 §7.33. */
export const contextWords = wordMap({
  'Interruption.Begin': 'INTERRUPTION_BEGIN',
  'Interruption.End': 'INTERRUPTION_END',
  'Sample.Clock': 'SAMPLE_CLOCK',
  'Sample.Periodic': 'SAMPLE_PERIODIC',
  'Transaction.Begin': 'TRANSACTION_BEGIN',
  'Transaction.End': 'TRANSACTION_END',
  Trigger: 'TRIGGER',
  Other: 'OTHER',
});
export type ReadingContext = (typeof contextWords.values)[number];

/** Where it was measured. OCPP 1.6 §7.30. */
export const locationWords = wordMap({
  Body: 'BODY',
  Cable: 'CABLE',
  EV: 'EV',
  Inlet: 'INLET',
  Outlet: 'OUTLET',
});
export type MeasurementLocation = (typeof locationWords.values)[number];

/** How the value is written. OCPP 1.6 §7.43. */
export const formatWords = wordMap({ Raw: 'RAW', SignedData: 'SIGNED_DATA' });
export type ValueFormat = (typeof formatWords.values)[number];

/** The units in which values are given to clients. RPM and a bare number (power factor) stand as they are. */
export const baseUnits = ['WH', 'VARH', 'W', 'VAR', 'VA', 'A', 'V', 'HZ', 'CELSIUS', 'PERCENT', 'RPM', 'NONE'] as const;
export type BaseUnit = (typeof baseUnits)[number];

/** What a unit on the wire means: base unit, and how to get there. OCPP 1.6 §7.45; `Celcius`, `Hz` and more come from the field. */
export interface WireUnit {
  readonly unit: BaseUnit;
  readonly toBase: (value: number) => number;
}

const times = (unit: BaseUnit, factor: number): WireUnit => ({ unit, toBase: (value) => value * factor });

/** Units on the wire, by their words in lower case. */
export const wireUnits: ReadonlyMap<string, WireUnit> = new Map([
  ['wh', times('WH', 1)],
  ['kwh', times('WH', 1000)],
  ['varh', times('VARH', 1)],
  ['kvarh', times('VARH', 1000)],
  ['w', times('W', 1)],
  ['kw', times('W', 1000)],
  ['va', times('VA', 1)],
  ['kva', times('VA', 1000)],
  ['var', times('VAR', 1)],
  ['kvar', times('VAR', 1000)],
  ['a', times('A', 1)],
  ['v', times('V', 1)],
  ['hz', times('HZ', 1)],
  ['hertz', times('HZ', 1)],
  ['mhz', times('HZ', 0.001)],
  ['celsius', times('CELSIUS', 1)],
  ['celcius', times('CELSIUS', 1)],
  ['k', { unit: 'CELSIUS', toBase: (kelvin) => kelvin - 273.15 }],
  ['fahrenheit', { unit: 'CELSIUS', toBase: (degrees) => ((degrees - 32) * 5) / 9 }],
  ['percent', times('PERCENT', 1)],
  ['rpm', times('RPM', 1)],
]);

/** The unit that each measurand has by itself; taken when none is sent. */
export const unitOf: Readonly<Record<Measurand, BaseUnit>> = {
  ENERGY_ACTIVE_EXPORT_REGISTER: 'WH',
  ENERGY_ACTIVE_IMPORT_REGISTER: 'WH',
  ENERGY_REACTIVE_EXPORT_REGISTER: 'VARH',
  ENERGY_REACTIVE_IMPORT_REGISTER: 'VARH',
  ENERGY_ACTIVE_EXPORT_INTERVAL: 'WH',
  ENERGY_ACTIVE_IMPORT_INTERVAL: 'WH',
  ENERGY_REACTIVE_EXPORT_INTERVAL: 'VARH',
  ENERGY_REACTIVE_IMPORT_INTERVAL: 'VARH',
  POWER_ACTIVE_EXPORT: 'W',
  POWER_ACTIVE_IMPORT: 'W',
  POWER_OFFERED: 'W',
  POWER_REACTIVE_EXPORT: 'VAR',
  POWER_REACTIVE_IMPORT: 'VAR',
  POWER_FACTOR: 'NONE',
  CURRENT_IMPORT: 'A',
  CURRENT_EXPORT: 'A',
  CURRENT_OFFERED: 'A',
  VOLTAGE: 'V',
  FREQUENCY: 'HZ',
  TEMPERATURE: 'CELSIUS',
  SOC: 'PERCENT',
  RPM: 'RPM',
};
