import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OcppError } from '../../src/ocpp/errors.ts';
import { asJsonSchema } from '../../src/ocpp/json-schema.ts';
import type { Message } from '../../src/ocpp/message.ts';
import {
  Authorize,
  BootNotification,
  DataTransfer,
  GetConfiguration,
  Heartbeat,
  MeterValues,
  Reset,
  receivedMessages16,
  SetChargingProfile,
  StartTransaction,
  StatusNotification,
  StopTransaction,
} from '../../src/ocpp/v16/index.ts';
import { checkOutgoing, readIncoming } from '../../src/ocpp/validate.ts';
import { payloadOf } from '../support/payloads.ts';

const timestamp = '2026-03-01T12:00:00Z';
const start = { connectorId: 1, idTag: 'TAG', meterStart: 10, timestamp };
const stop = { transactionId: 7, meterStop: 20, timestamp };
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const sample = (value: unknown) => ({ connectorId: 1, meterValue: [{ timestamp, sampledValue: [value] }] });

const read = (message: Message, payload: unknown) => readIncoming(message, 'request', payload);
const refusal = (message: Message, payload: unknown): unknown => {
  try {
    return read(message, payload);
  } catch (error) {
    return error;
  }
};

describe('what charge points get wrong is understood, and named', () => {
  test.each<[string, Message, unknown, unknown, string[]]>([
    ['null for an absent property', StopTransaction, { ...stop, idTag: null }, stop, ['nullProperty']],
    [
      'an empty text for an absent word',
      StopTransaction,
      { ...stop, reason: '' },
      { ...stop, reason: 'Other' },
      ['unknownWord'],
    ],
    ['an empty text for an absent time', StatusNotification, { ...status, timestamp: '' }, status, ['emptyProperty']],
    ['an empty text for an absent number', StartTransaction, { ...start, reservationId: '' }, start, ['emptyProperty']],
    ['an empty unit', MeterValues, sample({ value: '1', unit: '' }), sample({ value: '1' }), ['emptyProperty']],
    ['a property nobody knows', Heartbeat, { uptime: 5 }, { uptime: 5 }, ['unknownProperty']],
    ['a number as idTag', Authorize, { idTag: 1234 }, { idTag: '1234' }, ['numberAsText']],
    ['a number as measured value', MeterValues, sample({ value: 230.5 }), sample({ value: '230.5' }), ['numberAsText']],
    ['digits as text', StopTransaction, { ...stop, meterStop: ' 20 ' }, stop, ['textAsNumber']],
    [
      'a fraction of a Wh',
      StopTransaction,
      { ...stop, meterStop: 26008.333 },
      { ...stop, meterStop: 26008 },
      ['fractionRounded'],
    ],
    [
      'a fraction of a Wh as text',
      StartTransaction,
      { ...start, meterStart: '10.6' },
      { ...start, meterStart: 11 },
      ['textAsNumber', 'fractionRounded'],
    ],
    [
      'one object instead of a list',
      MeterValues,
      { connectorId: 1, meterValue: { timestamp, sampledValue: { value: '1' } } },
      sample({ value: '1' }),
      ['notAList'],
    ],
    ['words in another case', StatusNotification, { ...status, status: 'available' }, status, ['wordCase']],
    [
      'an unknown error code',
      StatusNotification,
      { ...status, errorCode: 'Error' },
      { ...status, errorCode: 'OtherError', vendorErrorCode: 'Error' },
      ['unknownWord'],
    ],
    [
      'an unknown error code beside a vendor code',
      StatusNotification,
      { ...status, errorCode: 'Error', vendorErrorCode: 'E7' },
      { ...status, errorCode: 'OtherError', vendorErrorCode: 'E7' },
      ['unknownWord'],
    ],
    ['no error code', StatusNotification, { connectorId: 1, status: 'Available' }, status, ['errorCodeMissing']],
    [
      'the word of OCPP 1.5 for a used connector',
      StatusNotification,
      { ...status, status: 'Occupied' },
      { ...status, status: 'Preparing' },
      ['oldWord'],
    ],
    [
      'an unknown stop reason',
      StopTransaction,
      { ...stop, reason: 'Bored' },
      { ...stop, reason: 'Other' },
      ['unknownWord'],
    ],
    [
      'an unknown unit',
      MeterValues,
      sample({ value: '50', unit: 'Hz' }),
      sample({ value: '50', unit: 'Hz' }),
      ['unknownWord'],
    ],
    [
      'a model name that is too long',
      BootNotification,
      { chargePointVendor: 'V', chargePointModel: 'm'.repeat(255) },
      { chargePointVendor: 'V', chargePointModel: 'm'.repeat(255) },
      ['chargePointModelTooLong'],
    ],
    [
      'a timestamp without zone',
      StartTransaction,
      { ...start, timestamp: '2026-03-01T12:00:00' },
      { ...start, timestamp: '2026-03-01T12:00:00' },
      ['oddTimestamp'],
    ],
    [
      'an object as data',
      DataTransfer,
      { vendorId: 'v', data: { a: 1 } },
      { vendorId: 'v', data: '{"a":1}' },
      ['objectAsText'],
    ],
  ])('%s', (_, message, payload, understood, repairs) => {
    const given = structuredClone(payload);
    expect(read(message, payload)).toEqual({ payload: understood, repairs, violations: [] });
    expect(payload).toEqual(given); // the payload given is never changed
  });

  test('AUT-3: a tag of more than 20 characters reaches the handler, by that name', () => {
    const idTag = 'T'.repeat(36);
    expect(read(Authorize, { idTag })).toMatchObject({ payload: { idTag }, repairs: ['idTagTooLong'] });
    expect(read(StartTransaction, { ...start, idTag })).toMatchObject({
      payload: { idTag },
      repairs: ['idTagTooLong'],
    });
  });

  test('an empty list of samples is legal and stays', () => {
    const payload = { connectorId: 1, meterValue: [{ timestamp, sampledValue: [] }] };
    expect(read(MeterValues, payload)).toEqual({ payload, repairs: [], violations: [] });
  });

  test('each repair is named once, however often it was needed', () => {
    const payload = { connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value: 1 }, { value: 2 }] }] };
    expect(read(MeterValues, payload).repairs).toEqual(['numberAsText']);
  });

  test('a property named __proto__ stays a property', () => {
    const { payload } = read(Authorize, JSON.parse('{"idTag":"A","__proto__":{"idTag":"B"},"constructor":1}'));
    expect(Object.getPrototypeOf(payload)).toBe(Object.prototype);
    expect(Object.keys(payload as object)).toEqual(['idTag', '__proto__', 'constructor']);
  });
});

describe('transaction messages come through', () => {
  test.each([0, -1, 2 ** 31, Number.MAX_SAFE_INTEGER + 1, 2 ** 63])(
    'STO-1, STO-2: transaction id %s, as number and as text',
    (transactionId) => {
      expect(read(StopTransaction, { ...stop, transactionId })).toEqual({
        payload: { ...stop, transactionId },
        repairs: [],
        violations: [],
      });
      expect(read(StopTransaction, { ...stop, transactionId: BigInt(transactionId).toString() })).toMatchObject({
        payload: { transactionId },
        repairs: ['textAsNumber'],
      });
      expect(read(MeterValues, { ...sample({ value: '1' }), transactionId }).repairs).toEqual([]);
    },
  );

  test('STO-2: a stop that names no transaction is read as -1', () => {
    expect(read(StopTransaction, { ...stop, transactionId: null })).toMatchObject({
      payload: { transactionId: -1 },
      repairs: ['nullProperty', 'transactionIdMissing'],
    });
  });

  test('STA-1: a start without tag and time still reaches the handler', () => {
    expect(read(StartTransaction, { connectorId: 1, meterStart: 10 })).toEqual({
      payload: { connectorId: 1, meterStart: 10, idTag: '', timestamp: '' },
      repairs: ['idTagMissing', 'timestampMissing'],
      violations: [],
    });
  });

  test('STA-1: an optional property that cannot be read is left out', () => {
    expect(read(StartTransaction, { ...start, reservationId: { id: 3 } })).toMatchObject({
      payload: start,
      repairs: ['reservationIdUnreadable'],
    });
  });

  test('MET-1: samples that cannot be read do not cost the others', () => {
    const payload = {
      connectorId: 1,
      meterValue: [7, { timestamp, sampledValue: [{ value: null }, 'x', null, { value: '5', unit: {} }] }],
    };
    expect(read(MeterValues, payload)).toEqual({
      payload: sample({ value: '5' }),
      repairs: ['unreadableItem', 'nullProperty', 'nullItem', 'unitUnreadable'],
      violations: [],
    });
  });

  test('STO-1: transaction data that cannot be read does not cost the stop', () => {
    expect(read(StopTransaction, { ...stop, transactionData: 'none' })).toMatchObject({
      payload: stop,
      repairs: ['transactionDataUnreadable'],
    });
  });
});

describe('what cannot be understood is refused with the code that tells why', () => {
  test.each<[string, Message, unknown]>([
    ['FormationViolation', Heartbeat, []],
    ['FormationViolation', Authorize, 'TAG'],
    ['OccurenceConstraintViolation', Authorize, {}],
    ['OccurenceConstraintViolation', BootNotification, { chargePointVendor: 'V', chargePointModel: null }],
    ['OccurenceConstraintViolation', StopTransaction, { transactionId: 7, timestamp }],
    ['TypeConstraintViolation', Authorize, { idTag: {} }],
    ['TypeConstraintViolation', StartTransaction, { ...start, connectorId: 'one' }],
    ['TypeConstraintViolation', StartTransaction, { ...start, connectorId: 1.5 }],
    ['PropertyConstraintViolation', StatusNotification, { ...status, status: 'Sleeping' }],
    ['PropertyConstraintViolation', Authorize, { idTag: 'T'.repeat(256) }],
  ])('%s', (code, message, payload) => {
    expect(refusal(message, payload)).toMatchObject({ name: 'OcppError', code });
  });

  test('the refusal says where, and never repeats the value', () => {
    const error = refusal(Authorize, { idTag: ['SECRET'] });
    expect(error).toMatchObject({ message: 'Authorize: idTag must be string' });
    expect(JSON.stringify(error)).not.toContain('SECRET');
  });
});

describe('OUT-4: an answer that breaks its schema is shown, not refused', () => {
  test('an unknown status word comes back raw with its violation', () => {
    const payload = { status: 'Maybe' };
    expect(readIncoming(Reset, 'response', payload)).toEqual({
      payload,
      repairs: [],
      violations: ['status must be equal to one of the allowed values'],
    });
  });

  test('an answer that is no object comes back raw', () => {
    expect(readIncoming(Reset, 'response', 'Accepted')).toMatchObject({ payload: 'Accepted', violations: [/object/] });
  });

  test('configuration with plain values is understood', () => {
    const payload = {
      configurationKey: [
        { key: 'HeartbeatInterval', readonly: 'false', value: 60 },
        { key: 'X', readonly: true, value: true },
      ],
    };
    expect(readIncoming(GetConfiguration, 'response', payload)).toEqual({
      payload: {
        configurationKey: [
          { key: 'HeartbeatInterval', readonly: false, value: '60' },
          { key: 'X', readonly: true, value: 'true' },
        ],
      },
      repairs: ['textAsBoolean', 'numberAsText', 'booleanAsText'],
      violations: [],
    });
  });

  test('keys that cannot be read are not passed over in silence', () => {
    expect(readIncoming(GetConfiguration, 'response', { configurationKey: 7 }).violations).toHaveLength(1);
  });
});

describe('G2: what the hub sends obeys the schema to the letter', () => {
  test.each<[string, Message, unknown]>([
    ['null for an absent property', GetConfiguration, { key: null }],
    ['a property that does not exist', Reset, { type: 'Hard', force: true }],
    ['a word in the wrong case', Reset, { type: 'hard' }],
    ['nothing', Reset, undefined],
  ])('%s never leaves', (_, message, payload) => {
    expect(() => checkOutgoing(message, 'request', payload)).toThrow(OcppError);
  });

  test('SC-6: every step of 0.1 is a legal limit, a finer one is not', () => {
    const profile = (limit: number) => ({
      connectorId: 1,
      csChargingProfiles: {
        chargingProfileId: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
      },
    });
    for (let tenths = 0; tenths <= 1000; tenths++) checkOutgoing(SetChargingProfile, 'request', profile(tenths / 10));
    expect(() => checkOutgoing(SetChargingProfile, 'request', profile(6.25))).toThrow(OcppError);
  });
});

describe.each(receivedMessages16.map((message) => ({ message, action: message.action })))('$action', ({ message }) => {
  test('whatever comes, it is understood or refused with an OcppError', () => {
    const properties = Object.keys(asJsonSchema(message.request).properties ?? {});
    const damaged = fc
      .tuple(
        payloadOf(asJsonSchema(message.request)),
        fc.dictionary(fc.constantFrom(...properties, 'x', '__proto__'), fc.jsonValue()),
      )
      .map(([payload, damage]) => ({ ...(payload as object), ...damage }));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.jsonValue()), (payload) => {
        const before = JSON.stringify(payload);
        const outcome = refusal(message, payload);
        expect(JSON.stringify(payload)).toBe(before);
        if (outcome instanceof OcppError) return;
        const { payload: understood } = outcome as { payload: unknown };
        // understood means: reading it again gives the same
        expect(read(message, understood).payload).toEqual(understood);
      }),
      { numRuns: 200 },
    );
  });
});
