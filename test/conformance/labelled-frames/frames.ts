import { call, id, type LabelledFrame } from './label.ts';

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const heartbeat = call('Heartbeat', {});

/** Frames that nobody can answer: no id can be read, or they answer nothing. RPC-7, RPC-8. */
const ignored: readonly (readonly [name: string, text: string])[] = [
  ['empty', ''],
  ['a blank', ' '],
  ['line ends', '\r\n\r\n'],
  ['a word', 'hello'],
  ['HTML', '<html><body>502</body></html>'],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '42'],
  ['text in quotes', '"Heartbeat"'],
  ['an object', '{}'],
  ['an object like a frame', '{"0":2,"1":"a","2":"Heartbeat"}'],
  ['an empty list', '[]'],
  ['a list of null', '[null]'],
  ['nested lists', '[[2,"a","Heartbeat",{}]]'],
  ['a type alone', '[2]'],
  ['type 0', '[0,"a","Heartbeat",{}]'],
  ['type 1', '[1,"a","Heartbeat",{}]'],
  ['type 5', '[5,"a","Heartbeat",{}]'],
  ['type 6 of OCPP 2.1', '[6,"a","NotifyPeriodicEventStream",{}]'],
  ['type -2', '[-2,"a","Heartbeat",{}]'],
  ['type 2.5', '[2.5,"a","Heartbeat",{}]'],
  ['type as text', '["2","a","Heartbeat",{}]'],
  ['type null', '[null,"a","Heartbeat",{}]'],
  ['type as list', '[[2],"a","Heartbeat",{}]'],
  ['id null', '[2,null,"Heartbeat",{}]'],
  ['id true', '[2,true,"Heartbeat",{}]'],
  ['id an object', '[2,{},"Heartbeat",{}]'],
  ['id a list', '[2,["a"],"Heartbeat",{}]'],
  ['id infinite', '[2,1e999,"Heartbeat",{}]'],
  ['id of 256 characters', `[2,"${'i'.repeat(256)}","Heartbeat",{}]`],
  ['id of 10,000 characters', `[2,"${'i'.repeat(10_000)}","Heartbeat",{}]`],
  ['cut off in the type', '[2'],
  ['cut off in the id', '[2,"a'],
  ['cut off in the action', '[2,"a","Heart'],
  ['cut off in the payload', '[2,"a","Heartbeat",{'],
  ['without its last bracket', heartbeat.slice(0, -1)],
  ['with a bracket too many', `${heartbeat}]`],
  ['with a comma too many', '[2,"a","Heartbeat",{},]'],
  ['with single quotes', "[2,'a','Heartbeat',{}]"],
  ['with comments', '[2,"a",/* x */"Heartbeat",{}]'],
  ['with NaN', '[2,"a","DataTransfer",{"vendorId":NaN}]'],
  ['with undefined', '[2,"a","Heartbeat",undefined]'],
  ['with a raw control character', '[2,"a","DataTransfer",{"vendorId":"\u0001"}]'],
  ['with a raw line end in text', '[2,"a","DataTransfer",{"vendorId":"a\nb"}]'],
  ['with a broken escape', '[2,"a","DataTransfer",{"vendorId":"\\x41"}]'],
  ['with a broken unicode escape', '[2,"a","DataTransfer",{"vendorId":"\\u12"}]'],
  ['with leading zeros', '[02,"a","Heartbeat",{}]'],
  ['in hexadecimal', '[0x2,"a","Heartbeat",{}]'],
  ['after a byte order mark', `\ufeff${heartbeat}`],
  ['before a NUL', `${heartbeat}\0`],
  ['two frames in one', `${heartbeat}${heartbeat}`],
  ['two frames on two lines', `${heartbeat}\n${heartbeat}`],
  ['nested very deeply', deep(30_000)],
  ['opened very deeply', '['.repeat(50_000)],
  ['a result without a call', `[3,"${id}",{"status":"Accepted"}]`],
  ['a result without a payload', `[3,"${id}"]`],
  ['a result with an empty id', '[3,"",{}]'],
  ['a result with a numeric id', '[3,1,{}]'],
  ['a result without an id', '[3]'],
  ['a result nested too deeply', `[3,"a",${deep(40)}]`],
  ['an error without a call', `[4,"${id}","NotSupported","",{}]`],
  ['an error with an empty id', '[4,"","GenericError","",{}]'],
  ['an error with id null', '[4,null,"GenericError","",{}]'],
  ['an error with nothing but an id', '[4,"a"]'],
  ['an error of numbers', '[4,1,2,3,4]'],
  ['an error nested too deeply', `[4,"a","GenericError","",${deep(40)}]`],
];

/** CALLs whose form is wrong though their id can be read: told FormationViolation. RPC-8. */
const misformed: readonly (readonly [name: string, text: string])[] = [
  ['without an action', `[2,"${id}"]`],
  ['with action null', `[2,"${id}",null,{}]`],
  ['with a number as action', `[2,"${id}",7,{}]`],
  ['with an empty action', `[2,"${id}","",{}]`],
  ['with a list as action', `[2,"${id}",["Heartbeat"],{}]`],
  ['with an object as action', `[2,"${id}",{"Heartbeat":1},{}]`],
  ['with true as action', `[2,"${id}",true,{}]`],
  ['with the payload before the action', `[2,"${id}",{},"Heartbeat"]`],
  ['with an action of 256 characters', `[2,"${id}","${'A'.repeat(256)}",{}]`],
  ['with a payload nested 40 deep', `[2,"${id}","DataTransfer",{"vendorId":"x","data":${deep(40)}}]`],
  ['with a payload nested 10,000 deep', `[2,"${id}","DataTransfer",${deep(10_000)}]`],
  ['with a payload that is nothing but lists', `[2,"${id}","Heartbeat",${deep(33)}]`],
];

/** CALLs of actions that the hub does not answer. RPC error table. */
const unanswerable: readonly LabelledFrame[] = [
  ...[
    'Reboot',
    'heartbeat',
    'Heartbeat ',
    'NotifyEvent',
    'TransactionEvent',
    '__proto__',
    'constructor',
    'toString',
    '$where',
    '\u{1F50C}',
  ].map(
    (action): LabelledFrame => ({
      name: `the unknown action ${action}`,
      text: call(action, {}),
      expected: 'NotImplemented',
    }),
  ),
  ...[
    'CancelReservation',
    'ChangeAvailability',
    'ChangeConfiguration',
    'ClearCache',
    'ClearChargingProfile',
    'GetCompositeSchedule',
    'GetConfiguration',
    'GetDiagnostics',
    'GetLocalListVersion',
    'RemoteStartTransaction',
    'RemoteStopTransaction',
    'ReserveNow',
    'Reset',
    'SendLocalList',
    'SetChargingProfile',
    'TriggerMessage',
    'UnlockConnector',
    'UpdateFirmware',
  ].map(
    (action): LabelledFrame => ({
      name: `${action}, which is the hub's to ask`,
      text: call(action, {}),
      expected: 'NotSupported',
    }),
  ),
];

/** Frames that are odd and answered all the same. RPC-1, RPC-2, RPC-3; §2.3 rules. */
const answered: readonly LabelledFrame[] = [
  { name: 'null as payload', text: `[2,"${id}","Heartbeat",null]`, expected: 'result' },
  { name: 'no payload', text: `[2,"${id}","Heartbeat"]`, expected: 'result' },
  { name: 'a further part', text: `[2,"${id}","Heartbeat",{},"x"]`, expected: 'result' },
  { name: 'a numeric id', text: '[2,17,"Heartbeat",{}]', id: 17, expected: 'result' },
  { name: 'the id 0', text: '[2,0,"Heartbeat",{}]', id: 0, expected: 'result' },
  { name: 'a negative id', text: '[2,-1,"Heartbeat",{}]', id: -1, expected: 'result' },
  { name: 'a fraction as id', text: '[2,1.5,"Heartbeat",{}]', id: 1.5, expected: 'result' },
  { name: 'an empty id', text: '[2,"","Heartbeat",{}]', id: '', expected: 'result' },
  {
    name: 'an id of 36 characters',
    text: `[2,"${'i'.repeat(36)}","Heartbeat",{}]`,
    id: 'i'.repeat(36),
    expected: 'result',
  },
  {
    name: 'an id of 37 characters',
    text: `[2,"${'i'.repeat(37)}","Heartbeat",{}]`,
    id: 'i'.repeat(37),
    expected: 'result',
  },
  {
    name: 'an id of 255 characters',
    text: `[2,"${'i'.repeat(255)}","Heartbeat",{}]`,
    id: 'i'.repeat(255),
    expected: 'result',
  },
  {
    name: 'an id of other scripts',
    text: '[2,"充電\u{1F50C}","Heartbeat",{}]',
    id: '充電\u{1F50C}',
    expected: 'result',
  },
  { name: 'the id __proto__', text: '[2,"__proto__","Heartbeat",{}]', id: '__proto__', expected: 'result' },
  { name: 'blanks around everything', text: ` [ 2 , "${id}" , "Heartbeat" , { } ] \r\n`, expected: 'result' },
  { name: 'escaped letters', text: `[2,"${id}","Heart\\u0062eat",{}]`, expected: 'result' },
  { name: 'half a surrogate pair', text: `[2,"${id}","DataTransfer",{"vendorId":"\\ud800"}]`, expected: 'result' },
  { name: 'type 2.0', text: `[2.0,"${id}","Heartbeat",{}]`, expected: 'result' },
  { name: 'a double property', text: `[2,"${id}","Authorize",{"idTag":"A","idTag":"B"}]`, expected: 'result' },
  { name: 'the property __proto__', text: `[2,"${id}","Heartbeat",{"__proto__":{"a":1}}]`, expected: 'result' },
  {
    name: 'the property __proto__ beside a tag',
    text: `[2,"${id}","Authorize",{"idTag":"A","__proto__":null}]`,
    expected: 'result',
  },
  {
    name: '500 further properties',
    text: call('Heartbeat', Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`p${n}`, n]))),
    expected: 'result',
  },
  {
    name: 'a number with 400 digits',
    text: `[2,"${id}","StopTransaction",{"transactionId":1${'0'.repeat(300)},"meterStop":1,"timestamp":"x"}]`,
    expected: 'result',
  },
  {
    name: 'an infinite meter',
    text: `[2,"${id}","StopTransaction",{"transactionId":1,"meterStop":1e999,"timestamp":"x"}]`,
    expected: 'TypeConstraintViolation',
  },
  {
    name: 'a connector beyond all stations',
    text: call('StatusNotification', { connectorId: 100_000, errorCode: 'NoError', status: 'Available' }),
    expected: 'PropertyConstraintViolation',
  },
  {
    name: 'a negative connector',
    text: call('StatusNotification', { connectorId: -1, errorCode: 'NoError', status: 'Available' }),
    expected: 'PropertyConstraintViolation',
  },
  {
    name: 'a start on a connector nobody has',
    text: call('StartTransaction', { connectorId: 2 ** 40, idTag: 'A', meterStart: 0, timestamp: '' }),
    expected: 'result',
  },
  {
    name: 'a start on a negative connector',
    text: call('StartTransaction', { connectorId: -7, idTag: 'A', meterStart: -5, timestamp: '' }),
    expected: 'result',
  },
  {
    name: 'meter values of connector 0',
    text: call('MeterValues', { connectorId: 0, meterValue: [] }),
    expected: 'result',
  },
  {
    name: '2,000 samples',
    text: call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: '', sampledValue: Array.from({ length: 2_000 }, (_, n) => ({ value: String(n) })) }],
    }),
    expected: 'result',
  },
  {
    name: 'a stop of a transaction that never began',
    text: call('StopTransaction', { transactionId: 2_147_483_647, meterStop: 1, timestamp: '2026-06-01T10:00:00Z' }),
    expected: 'result',
  },
  {
    name: 'a status of connector 0 that only connectors have',
    text: call('StatusNotification', { connectorId: 0, errorCode: 'NoError', status: 'Charging' }),
    expected: 'result',
  },
];

/** Frames wrong in themselves, whatever they carry. */
export const brokenFrames: readonly LabelledFrame[] = [
  ...ignored.map(([name, text]): LabelledFrame => ({ name, text, expected: 'ignored' })),
  ...misformed.map(([name, text]): LabelledFrame => ({ name: `a call ${name}`, text, expected: 'FormationViolation' })),
  ...unanswerable,
  ...answered,
];

/** Calls that are said again, in a row: each copy is answered. RPC-3, RPC-5. */
export const repeatedFrames: readonly LabelledFrame[] = [
  heartbeat,
  call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }),
  call('Authorize', { idTag: 'A' }),
  call('StartTransaction', { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: '2026-06-01T10:00:00Z' }),
  call('StopTransaction', { transactionId: 5, meterStop: 1, timestamp: '2026-06-01T10:00:00Z' }),
  call('MeterValues', {
    connectorId: 1,
    meterValue: [{ timestamp: '2026-06-01T10:00:00Z', sampledValue: [{ value: '1' }] }],
  }),
  call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' }),
  call('DataTransfer', { vendorId: 'x' }),
  call('FirmwareStatusNotification', { status: 'Idle' }),
  call('DiagnosticsStatusNotification', { status: 'Idle' }),
].flatMap((text) =>
  [1, 2, 3].map((copy): LabelledFrame => ({ name: `copy ${copy} of ${text.slice(0, 60)}`, text, expected: 'result' })),
);

/** Frames of a strict charge point that OCPP-J does not know. RPC-1, RPC-2. */
export const strictFrames: readonly LabelledFrame[] = [
  { name: 'null as payload', text: `[2,"${id}","Heartbeat",null]`, expected: 'FormationViolation' },
  { name: 'no payload', text: `[2,"${id}","Heartbeat"]`, expected: 'FormationViolation' },
  { name: 'a further part', text: `[2,"${id}","Heartbeat",{},"x"]`, expected: 'FormationViolation' },
  { name: 'a numeric id', text: '[2,17,"Heartbeat",{}]', id: 17, expected: 'FormationViolation' },
  { name: 'an empty id', text: '[2,"","Heartbeat",{}]', id: '', expected: 'FormationViolation' },
  {
    name: 'an id of 37 characters',
    text: `[2,"${'i'.repeat(37)}","Heartbeat",{}]`,
    id: 'i'.repeat(37),
    expected: 'FormationViolation',
  },
  {
    name: 'an id of 36 characters',
    text: `[2,"${'i'.repeat(36)}","Heartbeat",{}]`,
    id: 'i'.repeat(36),
    expected: 'result',
  },
];

const frameBytesMax = 65_536;
const sized = (bytes: number): string => {
  const frame = call('DataTransfer', { vendorId: 'x', data: '' });
  return call('DataTransfer', { vendorId: 'x', data: 'x'.repeat(bytes - frame.length) });
};

/** Frames around the largest one that is taken. */
export const sizedFrames: readonly LabelledFrame[] = [
  { name: 'as large as may be', text: sized(frameBytesMax), expected: 'result' },
  { name: 'one byte too large', text: sized(frameBytesMax + 1), expected: 'closed 1009' },
  { name: 'twice too large', text: sized(2 * frameBytesMax), expected: 'closed 1009' },
  { name: 'a megabyte of blanks', text: ' '.repeat(1 << 20), expected: 'closed 1009' },
  { name: 'a megabyte of brackets', text: '['.repeat(1 << 20), expected: 'closed 1009' },
  { name: 'too large an id', text: `[2,"${'i'.repeat(frameBytesMax)}","Heartbeat",{}]`, expected: 'closed 1009' },
  {
    name: 'small letters of many bytes',
    text: `[2,"${id}","DataTransfer",{"vendorId":"${'é'.repeat(frameBytesMax / 2)}"}]`,
    expected: 'closed 1009',
  },
];
