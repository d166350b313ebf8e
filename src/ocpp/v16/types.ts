import { anyText, ciString, closed, dateTime, decimal1, int, listOf, optional, words } from '../schema.ts';

/** What the hub thinks of a token. OCPP 1.6 §7.2. */
export const authorizationStatuses = ['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx'] as const;

/** The answer about a token. OCPP 1.6 §7.27. */
export const IdTagInfo = closed({
  status: words(authorizationStatuses),
  expiryDate: optional(dateTime()),
  parentIdTag: optional(ciString(20)),
});

/** When and why a sample was taken; absent: Sample.Periodic. OCPP 1.6 §7.33. */
export const readingContexts = [
  'Interruption.Begin',
  'Interruption.End',
  'Sample.Clock',
  'Sample.Periodic',
  'Transaction.Begin',
  'Transaction.End',
  'Trigger',
  'Other',
] as const;

/** How the value is written; absent: Raw. OCPP 1.6 §7.43. */
export const valueFormats = ['Raw', 'SignedData'] as const;

/** What was measured; absent: Energy.Active.Import.Register. OCPP 1.6 §7.31. */
export const measurands = [
  'Energy.Active.Export.Register',
  'Energy.Active.Import.Register',
  'Energy.Reactive.Export.Register',
  'Energy.Reactive.Import.Register',
  'Energy.Active.Export.Interval',
  'Energy.Active.Import.Interval',
  'Energy.Reactive.Export.Interval',
  'Energy.Reactive.Import.Interval',
  'Power.Active.Export',
  'Power.Active.Import',
  'Power.Offered',
  'Power.Reactive.Export',
  'Power.Reactive.Import',
  'Power.Factor',
  'Current.Import',
  'Current.Export',
  'Current.Offered',
  'Voltage',
  'Frequency',
  'Temperature',
  'SoC',
  'RPM',
] as const;

/** The conductors between which was measured; absent: all together. OCPP 1.6 §7.34. */
export const phases = ['L1', 'L2', 'L3', 'N', 'L1-N', 'L2-N', 'L3-N', 'L1-L2', 'L2-L3', 'L3-L1'] as const;

/** Where was measured; absent: Outlet. OCPP 1.6 §7.30. */
export const locations = ['Body', 'Cable', 'EV', 'Inlet', 'Outlet'] as const;

/** In what; absent: Wh for energy. `Celcius` is the older misspelling and still legal. OCPP 1.6 §7.45. */
export const units = [
  'Wh',
  'kWh',
  'varh',
  'kvarh',
  'W',
  'kW',
  'VA',
  'kVA',
  'var',
  'kvar',
  'A',
  'V',
  'K',
  'Celcius',
  'Celsius',
  'Fahrenheit',
  'Percent',
] as const;

/** Words that charge points extend at will; the reading is worth more than its label. */
const openWords = { unknownWord: 'keep' } as const;

/** One measured value as text. Words outside the lists reach the handler as they came. OCPP 1.6 §7.43. */
export const SampledValue = closed({
  value: anyText(),
  context: optional(words(readingContexts, openWords)),
  format: optional(words(valueFormats, openWords)),
  measurand: optional(words(measurands, openWords)),
  phase: optional(words(phases, openWords)),
  location: optional(words(locations, openWords)),
  unit: optional(words(units, openWords)),
});

/** The values of one moment. OCPP 1.6 §7.32. */
export const MeterValue = closed({
  timestamp: dateTime({ missing: '' }),
  sampledValue: listOf(SampledValue, { missing: [], unreadableItems: 'drop' }),
});

/** In what a limit is given. OCPP 1.6 §7.12. */
export const chargingRateUnits = ['A', 'W'] as const;
/** What a profile is for. OCPP 1.6 §7.11. */
export const chargingProfilePurposes = ['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'] as const;
/** How a profile counts its time. OCPP 1.6 §7.10. */
export const chargingProfileKinds = ['Absolute', 'Recurring', 'Relative'] as const;
/** The period of a recurring profile. OCPP 1.6 §7.36. */
export const recurrencyKinds = ['Daily', 'Weekly'] as const;

/** A limit from `startPeriod` seconds on; three phases when `numberPhases` is absent. OCPP 1.6 §7.14. */
export const ChargingSchedulePeriod = closed({
  startPeriod: int(),
  limit: decimal1(),
  numberPhases: optional(int()),
});

/** Limits over time; `duration` in seconds. OCPP 1.6 §7.13. */
export const ChargingSchedule = closed({
  duration: optional(int()),
  startSchedule: optional(dateTime()),
  chargingRateUnit: words(chargingRateUnits),
  chargingSchedulePeriod: listOf(ChargingSchedulePeriod),
  minChargingRate: optional(decimal1()),
});

/** A schedule with its purpose, validity and place in the stack. OCPP 1.6 §7.9. */
export const ChargingProfile = closed({
  chargingProfileId: int(),
  transactionId: optional(int()),
  stackLevel: int(),
  chargingProfilePurpose: words(chargingProfilePurposes),
  chargingProfileKind: words(chargingProfileKinds),
  recurrencyKind: optional(words(recurrencyKinds)),
  validFrom: optional(dateTime()),
  validTo: optional(dateTime()),
  chargingSchedule: ChargingSchedule,
});
