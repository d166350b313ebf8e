import { call, type Expected, type LabelledFrame } from './label.ts';

/** What a field is, from the field tables of OCPP 1.6 §6. */
type Kind =
  | { readonly is: 'text'; readonly max: number }
  | { readonly is: 'anyText' }
  | { readonly is: 'word'; readonly words: readonly string[] }
  | { readonly is: 'int' }
  | { readonly is: 'time' }
  | { readonly is: 'list' };

interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly required: boolean;
  /** Absent or null, though required, it is taken all the same. STA-1, STO-1, STO-2, MET-1. */
  readonly mayBeMissing?: true;
  /** A word outside the list is taken all the same. STO rules, deviation 4.3. */
  readonly anyWord?: true;
  /** A fraction is rounded. Deviation 4.4. */
  readonly fraction?: true;
  /** Any object is taken as its JSON text. DT-1. */
  readonly object?: true;
}

interface Described {
  readonly action: string;
  readonly good: Readonly<Record<string, unknown>>;
  readonly fields: readonly Field[];
}

const text = (max: number): Kind => ({ is: 'text', max });
const word = (...words: readonly string[]): Kind => ({ is: 'word', words });
const int: Kind = { is: 'int' };
const time: Kind = { is: 'time' };
const required = (name: string, kind: Kind, more: Partial<Field> = {}): Field => ({
  name,
  kind,
  required: true,
  ...more,
});
const optional = (name: string, kind: Kind, more: Partial<Field> = {}): Field => ({
  name,
  kind,
  required: false,
  ...more,
});
const timestamp = '2026-06-01T10:00:00Z';

const described: readonly Described[] = [
  { action: 'Authorize', good: { idTag: 'TAG' }, fields: [required('idTag', text(20))] },
  {
    action: 'BootNotification',
    good: { chargePointVendor: 'V', chargePointModel: 'M' },
    fields: [
      required('chargePointVendor', text(20)),
      required('chargePointModel', text(20)),
      optional('chargePointSerialNumber', text(25)),
      optional('chargeBoxSerialNumber', text(25)),
      optional('firmwareVersion', text(50)),
      optional('iccid', text(20)),
      optional('imsi', text(20)),
      optional('meterType', text(25)),
      optional('meterSerialNumber', text(25)),
    ],
  },
  {
    action: 'DataTransfer',
    good: { vendorId: 'org.example' },
    fields: [
      required('vendorId', text(255)),
      optional('messageId', text(50)),
      optional('data', { is: 'anyText' }, { object: true }),
    ],
  },
  {
    action: 'DiagnosticsStatusNotification',
    good: { status: 'Idle' },
    fields: [required('status', word('Idle', 'Uploaded', 'UploadFailed', 'Uploading'))],
  },
  {
    action: 'FirmwareStatusNotification',
    good: { status: 'Idle' },
    fields: [required('status', word('Downloaded', 'Downloading', 'Idle', 'Installing', 'Installed'))],
  },
  { action: 'Heartbeat', good: {}, fields: [] },
  {
    action: 'MeterValues',
    good: { connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value: '1' }] }] },
    fields: [
      required('connectorId', int, { mayBeMissing: true }),
      optional('transactionId', int),
      required('meterValue', { is: 'list' }, { mayBeMissing: true }),
    ],
  },
  {
    action: 'StartTransaction',
    good: { connectorId: 1, idTag: 'TAG', meterStart: 5, timestamp },
    fields: [
      required('connectorId', int),
      required('idTag', text(20), { mayBeMissing: true }),
      required('meterStart', int, { fraction: true }),
      required('timestamp', time, { mayBeMissing: true }),
      optional('reservationId', int),
    ],
  },
  {
    action: 'StatusNotification',
    good: { connectorId: 1, errorCode: 'NoError', status: 'Available' },
    fields: [
      required('connectorId', int),
      required('errorCode', word('NoError', 'OtherError', 'GroundFailure'), { mayBeMissing: true, anyWord: true }),
      required('status', word('Available', 'Preparing', 'Charging', 'SuspendedEVSE', 'Faulted')),
      optional('info', text(50)),
      optional('timestamp', time),
      optional('vendorId', text(255)),
      optional('vendorErrorCode', text(50)),
    ],
  },
  {
    action: 'StopTransaction',
    good: { transactionId: 77, meterStop: 9, timestamp },
    fields: [
      required('transactionId', int, { mayBeMissing: true }),
      required('meterStop', int, { fraction: true }),
      required('timestamp', time, { mayBeMissing: true }),
      optional('idTag', text(20)),
      optional('reason', word('EmergencyStop', 'EVDisconnected', 'Local', 'Remote'), { anyWord: true }),
      optional('transactionData', { is: 'list' }),
    ],
  },
];

interface Case {
  readonly what: string;
  readonly payload: unknown;
  /** With repairs, and to the letter. */
  readonly tolerant: Expected;
  readonly strict: Expected;
}

const longest = 255;

/** What is wrong with the whole payload. RPC error table; deviation 4.3: further properties are kept. */
const wholeCases = ({ good, fields }: Described): Case[] => [
  { what: 'in order', payload: good, tolerant: 'result', strict: 'result' },
  {
    what: 'with a further property',
    payload: { ...good, x: 1 },
    tolerant: 'result',
    strict: 'PropertyConstraintViolation',
  },
  {
    what: 'with further properties of odd names',
    payload: { ...good, constructor: 1, toString: [] },
    tolerant: 'result',
    strict: 'PropertyConstraintViolation',
  },
  { what: 'with a list as payload', payload: [], tolerant: 'FormationViolation', strict: 'FormationViolation' },
  { what: 'with text as payload', payload: 'x', tolerant: 'FormationViolation', strict: 'FormationViolation' },
  { what: 'with a number as payload', payload: 0, tolerant: 'FormationViolation', strict: 'FormationViolation' },
  {
    what: 'with its properties in another order',
    payload: Object.fromEntries(Object.entries(good).reverse()),
    tolerant: 'result',
    strict: 'result',
  },
  ...(fields.some((field) => field.required && field.mayBeMissing !== true)
    ? ([
        {
          what: 'with nothing in it',
          payload: {},
          tolerant: 'OccurenceConstraintViolation',
          strict: 'OccurenceConstraintViolation',
        },
      ] as const)
    : []),
];

/** An optional property that nobody can read is left out; a required one is not to be guessed. STA-1. */
const ifUnreadable = (field: Field, code: Expected): Expected => (field.required ? code : 'result');

function fieldCases(field: Field, good: Readonly<Record<string, unknown>>): Case[] {
  const { name, kind } = field;
  const withValue = (what: string, value: unknown, tolerant: Expected, strict: Expected): Case => ({
    what: `with ${name} ${what}`,
    payload: { ...good, [name]: value },
    tolerant,
    strict,
  });
  const { [name]: _gone, ...rest } = good;
  const wrongType = ifUnreadable(field, 'TypeConstraintViolation');
  const missing: Case[] = field.required
    ? [
        {
          what: `without ${name}`,
          payload: rest,
          tolerant: field.mayBeMissing ? 'result' : 'OccurenceConstraintViolation',
          strict: 'OccurenceConstraintViolation',
        },
        withValue(
          'null',
          null,
          field.mayBeMissing ? 'result' : 'OccurenceConstraintViolation',
          'TypeConstraintViolation',
        ),
      ]
    : [withValue('null', null, 'result', 'TypeConstraintViolation')];
  switch (kind.is) {
    case 'text':
      return [
        ...missing,
        withValue('as long as may be', 'x'.repeat(kind.max), 'result', 'result'),
        ...(kind.max < longest
          ? [
              withValue('one too long', 'x'.repeat(kind.max + 1), 'result', 'PropertyConstraintViolation'),
              withValue('far too long', 'x'.repeat(longest), 'result', 'PropertyConstraintViolation'),
              withValue(
                'beyond all bounds',
                'x'.repeat(longest + 1),
                ifUnreadable(field, 'PropertyConstraintViolation'),
                'PropertyConstraintViolation',
              ),
            ]
          : [withValue('one too long', 'x'.repeat(kind.max + 1), 'result', 'PropertyConstraintViolation')]),
        withValue('a number', 12, 'result', 'TypeConstraintViolation'),
        withValue('an object', {}, wrongType, 'TypeConstraintViolation'),
        withValue('a list', ['x'], wrongType, 'TypeConstraintViolation'),
        withValue('of any script', '充電 é \u{1F50C}', 'result', 'result'),
        withValue('empty', '', 'result', 'result'),
      ];
    case 'anyText':
      return [
        ...missing,
        withValue('very long', 'x'.repeat(20_000), 'result', 'result'),
        withValue('a number', 12, 'result', 'TypeConstraintViolation'),
        withValue('an object', { a: [1] }, 'result', 'TypeConstraintViolation'),
      ];
    case 'word':
      return [
        ...missing,
        ...kind.words.map((each) => withValue(each, each, 'result', 'result')),
        ...kind.words.map((each) =>
          withValue(`${each} in small letters`, each.toLowerCase(), 'result', 'PropertyConstraintViolation'),
        ),
        withValue(
          'no word of the list',
          'Zzz',
          field.anyWord ? 'result' : ifUnreadable(field, 'PropertyConstraintViolation'),
          'PropertyConstraintViolation',
        ),
        withValue('an object', {}, wrongType, 'TypeConstraintViolation'),
      ];
    case 'int':
      return [
        ...missing,
        withValue('as digits in text', '7', 'result', 'TypeConstraintViolation'),
        withValue('as a word', 'seven', wrongType, 'TypeConstraintViolation'),
        withValue('a fraction', 7.5, field.fraction ? 'result' : wrongType, 'TypeConstraintViolation'),
        withValue('true', true, wrongType, 'TypeConstraintViolation'),
        withValue('an object', {}, wrongType, 'TypeConstraintViolation'),
        withValue('a list', [7], wrongType, 'TypeConstraintViolation'),
        ...(name === 'connectorId'
          ? []
          : [
              withValue('beyond 2^53', 2 ** 60, 'result', 'result'),
              withValue('below zero', -1, 'result', 'result'),
              withValue('zero', 0, 'result', 'result'),
            ]),
      ];
    case 'time':
      return [
        ...missing,
        withValue('in 1970', '1970-01-01T00:00:00Z', 'result', 'result'),
        withValue('far ahead', '2099-01-01T00:00:00.123456789+14:00', 'result', 'result'),
        withValue('without zone', '2026-06-01T10:00:00', 'result', 'PropertyConstraintViolation'),
        withValue('no time', 'yesterday', 'result', 'PropertyConstraintViolation'),
        withValue('a number', 1_780_000_000, 'result', 'TypeConstraintViolation'),
        withValue('an object', {}, wrongType, 'TypeConstraintViolation'),
      ];
    case 'list':
      return [
        ...missing,
        withValue('empty', [], 'result', 'result'),
        withValue('one object', { timestamp, sampledValue: [{ value: '1' }] }, 'result', 'TypeConstraintViolation'),
        withValue('of nothing', [null], 'result', 'TypeConstraintViolation'),
        withValue('of text', ['x'], 'result', 'TypeConstraintViolation'),
        withValue('without samples', [{ timestamp }], 'result', 'OccurenceConstraintViolation'),
        withValue('without time', [{ sampledValue: [{ value: '1' }] }], 'result', 'OccurenceConstraintViolation'),
        withValue(
          'of numbers as values',
          [{ timestamp, sampledValue: [{ value: 1 }] }],
          'result',
          'TypeConstraintViolation',
        ),
        withValue(
          'of unknown units',
          [{ timestamp, sampledValue: [{ value: '1', unit: 'Hz' }] }],
          'result',
          'PropertyConstraintViolation',
        ),
        withValue(
          'of unreadable samples',
          [{ timestamp, sampledValue: [{ value: {} }, {}] }],
          'result',
          'TypeConstraintViolation',
        ),
        withValue('as text', 'x', wrongType, 'TypeConstraintViolation'),
        withValue('as a number', 5, wrongType, 'TypeConstraintViolation'),
      ];
  }
}

const cases = described.flatMap((message) =>
  [...wholeCases(message), ...message.fields.flatMap((field) => fieldCases(field, message.good))].map((each) => ({
    name: `${message.action} ${each.what}`,
    text: call(message.action, each.payload),
    tolerant: each.tolerant,
    strict: each.strict,
  })),
);

/** Payloads of every message with one thing wrong each, for a charge point whose messages are repaired. */
export const tolerantFields: readonly LabelledFrame[] = cases.map(({ tolerant, ...frame }) => ({
  ...frame,
  expected: tolerant,
}));

/** The same for one whose messages are refused when they break their schema. */
export const strictFields: readonly LabelledFrame[] = cases.map(({ strict, ...frame }) => ({
  ...frame,
  expected: strict,
}));
