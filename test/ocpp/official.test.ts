import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import fc from 'fast-check';
import { OCPP16 } from 'typed-ocpp';
import { describe, expect, test } from 'vitest';
import { asJsonSchema } from '../../src/ocpp/json-schema.ts';
import { messages16 } from '../../src/ocpp/v16/index.ts';
import { checkOutgoing, type Direction, readIncoming } from '../../src/ocpp/validate.ts';
import { type PlainSchema, payloadOf } from '../support/payloads.ts';

const official: Readonly<Record<string, PlainSchema>> = { ...OCPP16.schemas };
const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 });
ajvFormats.default(ajv);

const directions: readonly Direction[] = ['request', 'response'];
const nameOf = (action: string, direction: Direction) => `${action}${direction === 'request' ? 'Request' : 'Response'}`;
const payloads = messages16.flatMap((message) =>
  directions.map((direction) => ({ name: nameOf(message.action, direction), message, direction })),
);

/**
 * Every keyword where the hub's schema differs from the oracle's on purpose. `path` leads from the payload to the
 * schema that holds the keyword.
 */
const differences = [
  {
    name: 'ChangeConfigurationRequest',
    path: ['properties', 'value'],
    keyword: 'maxLength',
    ours: 500,
    theirs: 2048,
    reason: 'OCPP 1.6 edition 2 says 500, and charge points built to it must get no more; the oracle is wider',
  },
  {
    name: 'GetConfigurationResponse',
    path: ['properties', 'configurationKey', 'items', 'properties', 'value'],
    keyword: 'maxLength',
    ours: 500,
    theirs: 2048,
    reason: 'as above; longer values that come in are tolerated and named',
  },
  {
    name: 'StatusNotificationRequest',
    path: ['properties', 'info'],
    keyword: 'maxLength',
    ours: 50,
    theirs: 100,
    reason: 'OCPP 1.6 edition 2 says 50; longer text that comes in is tolerated and named',
  },
] as const;

/** The oracle's schema with the listed differences applied; fails when one of them is no difference any more. */
function officialSchema(name: string): PlainSchema {
  const schema: unknown = structuredClone(official[name] ?? {});
  for (const { path, keyword, ours, theirs } of differences.filter((difference) => difference.name === name)) {
    const holder = path.reduce((part, step) => (part as Record<string, unknown>)[step], schema) as PlainSchema;
    expect(holder[keyword]).toBe(theirs);
    Object.assign(holder, { [keyword]: ours });
  }
  return schema as PlainSchema;
}

/** Keywords that say nothing about payloads. No schema of the 28 refers to its `definitions`: a `$ref` would not match. */
const annotations = [
  '$schema',
  '$id',
  'id',
  'title',
  'description',
  'comment',
  'javaType',
  'definitions',
  'x-tolerance',
];

/** Two schemas that accept the same payloads by the same keywords become the same object. */
function normalise(schema: PlainSchema): unknown {
  const entries = Object.entries(schema)
    .filter(([keyword]) => !annotations.includes(keyword))
    .filter(([keyword]) => keyword !== 'additionalProperties' || schema.type === 'object') // written beside strings too
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([keyword, value]): [string, unknown] => {
      if (Array.isArray(value)) return [keyword, [...value].sort()];
      if (keyword === 'properties') return [keyword, normaliseAll(value as Record<string, PlainSchema>)];
      if (keyword === 'items') return [keyword, normalise(value as PlainSchema)];
      return [keyword, value];
    });
  return Object.fromEntries(entries);
}

const normaliseAll = (properties: Record<string, PlainSchema>) =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, normalise(schema)]));

test('the hub knows the 28 messages of OCPP 1.6', () => {
  expect(messages16.map((message) => message.action)).toEqual([
    'Authorize',
    'BootNotification',
    'CancelReservation',
    'ChangeAvailability',
    'ChangeConfiguration',
    'ClearCache',
    'ClearChargingProfile',
    'DataTransfer',
    'DiagnosticsStatusNotification',
    'FirmwareStatusNotification',
    'GetCompositeSchedule',
    'GetConfiguration',
    'GetDiagnostics',
    'GetLocalListVersion',
    'Heartbeat',
    'MeterValues',
    'RemoteStartTransaction',
    'RemoteStopTransaction',
    'ReserveNow',
    'Reset',
    'SendLocalList',
    'SetChargingProfile',
    'StartTransaction',
    'StatusNotification',
    'StopTransaction',
    'TriggerMessage',
    'UnlockConnector',
    'UpdateFirmware',
  ]);
});

describe.each(payloads)('$name', ({ name, message, direction }) => {
  const theirs = officialSchema(name);
  const isOfficial = ajv.compile(theirs);
  const isOurs = (payload: unknown) => {
    try {
      checkOutgoing(message, direction, payload);
      return true;
    } catch {
      return false;
    }
  };

  test('says the same as the official schema', () => {
    expect(normalise(asJsonSchema(message[direction]))).toEqual(normalise(theirs));
  });

  test('every official payload goes out, and comes in untouched', () => {
    fc.assert(
      fc.property(payloadOf(theirs), (payload) => {
        expect(isOfficial(payload)).toBe(true);
        expect(isOurs(payload)).toBe(true);
        const incoming = readIncoming(message, direction, payload);
        expect(incoming).toEqual({ payload, repairs: [], violations: [] });
        expect(incoming.payload).toBe(payload);
      }),
      { numRuns: 50 },
    );
  });

  test('a payload with one thing changed goes out exactly when it is official', () => {
    const changed = fc
      .tuple(payloadOf(theirs), fc.constantFrom(...Object.keys(theirs.properties ?? {}), 'unheardOf'), fc.jsonValue())
      .map(([payload, property, value]) => ({ ...(payload as object), [property]: value }));
    fc.assert(
      fc.property(changed, (payload) => {
        expect(isOurs(payload)).toBe(isOfficial(payload));
      }),
      { numRuns: 50 },
    );
  });
});
