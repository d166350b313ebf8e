import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { ConnectorRef, loadConnector } from '../availability/index.ts';
import { loadTransaction, TransactionRef } from '../transactions/index.ts';
import type { MeterValue, Sample, SeriesPoint } from './model.ts';
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
  type ValueFormat,
} from './words.ts';

/** A map of values to descriptions, made of the words on the wire. */
function described<Model extends string>(
  words: { readonly words: readonly string[]; read(word: string): Model | undefined },
  sentence: (word: string) => string,
): Record<Model, string> {
  const entries = words.words.map((word) => [words.read(word), sentence(word)] as const);
  return Object.fromEntries(entries) as Record<Model, string>; // every word of a table has its value
}

/** What was measured. */
export const MeasurandEnum = enumType(
  'Measurand',
  'What was measured. OCPP 1.6 §7.31.',
  described<Measurand>(measurandWords, (word) => `${word}.`),
);

/** Between which conductors. */
export const PhaseEnum = enumType(
  'Phase',
  'Between which conductors. OCPP 1.6 §7.34.',
  described<Phase>(phaseWords, (word) => `${word}.`),
);

/** Where it was measured. */
export const MeasurementLocationEnum = enumType(
  'MeasurementLocation',
  'Where it was measured. OCPP 1.6 §7.30.',
  described<MeasurementLocation>(locationWords, (word) => `${word}.`),
);

const ReadingContextEnum = enumType(
  'ReadingContext',
  'Why it was measured just then. OCPP 1.6 §7.33.',
  described<ReadingContext>(contextWords, (word) => `${word}.`),
);

const ValueFormatEnum = enumType(
  'ValueFormat',
  'How the value is written. OCPP 1.6 §7.43.',
  described<ValueFormat>(formatWords, (word) =>
    word === 'Raw' ? 'A number as text.' : 'A signed block, kept untouched.',
  ),
);

const UnitEnum = enumType('Unit', 'The unit of a number. Units on the wire are converted to these.', {
  WH: 'Watt-hours.',
  VARH: 'Volt-ampere-reactive hours.',
  W: 'Watts.',
  VAR: 'Volt-amperes reactive.',
  VA: 'Volt-amperes.',
  A: 'Amperes.',
  V: 'Volts.',
  HZ: 'Hertz.',
  CELSIUS: 'Degrees Celsius.',
  PERCENT: 'Percent.',
  RPM: 'Turns a minute.',
  NONE: 'A bare number.',
} satisfies Record<BaseUnit, string>);

const SampledValueRef = builder.objectRef<Sample>('SampledValue').implement({
  description: 'One value of a reading. What the charge point left out carries the defaults of OCPP.',
  fields: (t) => ({
    value: t.exposeString('value', { description: 'Verbatim.' }),
    numericValue: t.exposeFloat('number', {
      nullable: true,
      description: 'In `unit`; null for signed data and for text that is no number.',
    }),
    unit: t.expose('unit', {
      type: UnitEnum,
      nullable: true,
      description: 'Unit of `numericValue`; null when the unit on the wire is one that nobody knows.',
    }),
    measurand: t.expose('measurand', {
      type: MeasurandEnum,
      nullable: true,
      description: 'What was measured; null for a word of the vendor’s own.',
    }),
    phase: t.expose('phase', { type: PhaseEnum, nullable: true, description: 'Null: over all phases.' }),
    location: t.expose('location', { type: MeasurementLocationEnum, nullable: true, description: 'Where.' }),
    context: t.expose('context', { type: ReadingContextEnum, nullable: true, description: 'Why just then.' }),
    format: t.expose('format', { type: ValueFormatEnum, nullable: true, description: 'How `value` is written.' }),
    unitMismatch: t.boolean({
      description: 'The unit does not fit what was measured; never used for energy.',
      resolve: (sample) => sample.unitMismatch ?? false,
    }),
    wireUnit: t.string({
      nullable: true,
      description: 'The unit as sent; null when none was.',
      resolve: ({ wire }) => wire?.unit,
    }),
    wireMeasurand: t.string({
      nullable: true,
      description: 'A measurand as sent that OCPP does not know.',
      resolve: ({ wire }) => wire?.measurand,
    }),
  }),
});

/** A reading. */
export const MeterValueRef = builder.objectRef<MeterValue>('MeterValue').implement({
  description: 'Everything that was measured at one moment on one connector.',
  fields: (t) => ({
    timestamp: t.expose('at', {
      type: 'DateTime',
      description: 'By the clock of the charge point where it gave a usable time, else when it was received.',
    }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime', description: 'When the hub was told.' }),
    connectorId: t.exposeInt('connectorId', { description: 'OCPP number; 0 is the meter of the charge point itself.' }),
    connector: t.field({
      type: ConnectorRef,
      nullable: true,
      description: 'The connector; null for the meter of the charge point itself.',
      resolve: (value, _args, context) => (value.connectorId > 0 ? loadConnector(context, value) : null),
    }),
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'The transaction that it belongs to; null when none ran.',
      resolve: ({ transactionId }, _args, context) =>
        transactionId === undefined ? null : loadTransaction(context, transactionId),
    }),
    sampledValues: t.field({
      type: [SampledValueRef],
      description: 'The values, in the order in which they came; at most 500.',
      resolve: ({ samples }) => [...samples],
    }),
  }),
});

/** A point of a series. */
export const SeriesPointRef = builder.objectRef<SeriesPoint>('MeterSeriesPoint').implement({
  description: 'The values of one bucket of time, reduced. In the base unit of the measurand.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Begin of the bucket.' }),
    min: t.exposeFloat('min', { description: 'Smallest value.' }),
    max: t.exposeFloat('max', { description: 'Greatest value.' }),
    average: t.exposeFloat('average', { description: 'Mean of the values, not weighted by time.' }),
    last: t.exposeFloat('last', { description: 'Newest value.' }),
  }),
});
