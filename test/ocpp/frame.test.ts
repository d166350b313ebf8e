import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OcppError } from '../../src/ocpp/errors.ts';
import { encodeCall, encodeError, encodeResult, parseFrame } from '../../src/ocpp/frame.ts';

const fault = (text: string): OcppError => {
  try {
    parseFrame(text);
  } catch (error) {
    if (error instanceof OcppError) return error;
    throw error;
  }
  throw new Error('the frame was taken');
};

describe('reading', () => {
  test('RPC-1: the three kinds of frames are told apart', () => {
    expect(parseFrame('[2,"a","Heartbeat",{}]')).toEqual({
      kind: 'call',
      messageId: 'a',
      action: 'Heartbeat',
      payload: {},
    });
    expect(parseFrame('[3,"a",{"status":"Accepted"}]')).toEqual({
      kind: 'result',
      messageId: 'a',
      payload: { status: 'Accepted' },
    });
    expect(parseFrame('[4,"a","NotSupported","no",{"x":1}]')).toEqual({
      kind: 'error',
      messageId: 'a',
      code: 'NotSupported',
      description: 'no',
      details: { x: 1 },
    });
  });

  test.each(['[2,1,"Heartbeat",null]', '[2,1,"Heartbeat"]'])('RPC-1: %s has the payload {}', (text) => {
    expect(parseFrame(text)).toMatchObject({ payload: {} });
  });

  test.each(['[3,"a"]', '[3,"a",null]'])('RPC-1: the answer %s has the payload {}', (text) => {
    expect(parseFrame(text)).toEqual({ kind: 'result', messageId: 'a', payload: {} });
  });

  test('RPC-2: a numeric message id keeps its type, in the answer too', () => {
    const frame = parseFrame('[2,17,"Heartbeat",{}]');
    expect(frame.messageId).toBe(17);
    expect(encodeResult(frame.messageId, {})).toBe('[3,17,{}]');
    expect(encodeError(frame.messageId, 'NotImplemented', 'unknown action')).toBe(
      '[4,17,"NotImplemented","unknown action",{}]',
    );
  });

  test.each([
    '',
    '  \r\n',
    'hello',
    '[2,"a","Heartbeat",{"x":"\u0001"}]',
    '{"a":1}',
    '"text"',
    'null',
    '[]',
    '[5,"a",{}]',
    '["2","a","Heartbeat",{}]',
    '[2]',
    '[2,null,"Heartbeat",{}]',
    '[2,{},"Heartbeat",{}]',
    '[2,1e999,"Heartbeat",{}]',
    `[2,"${'i'.repeat(256)}","Heartbeat",{}]`,
  ])('RPC-7, RPC-8: %j is to be ignored: nobody can be answered', (text) => {
    expect(fault(text)).toMatchObject({ code: 'FormationViolation', messageId: undefined });
  });

  test.each(['[2,"a"]', '[2,"a",7,{}]', '[2,"a","",{}]', `[2,"a","${'A'.repeat(256)}",{}]`])(
    'RPC-8: %j is a call without a name, answered by its id',
    (text) => {
      expect(fault(text)).toMatchObject({ code: 'FormationViolation', messageId: 'a' });
    },
  );

  test('a payload nested too deeply is refused, whatever its depth', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(parseFrame(`[2,"a","DataTransfer",{"x":${nested(31)}}]`).kind).toBe('call');
    expect(fault(`[2,"a","DataTransfer",{"x":${nested(32)}}]`)).toMatchObject({ messageId: 'a' });
    expect(fault(`[2,"a","DataTransfer",${nested(200_000)}]`)).toMatchObject({ messageId: 'a' });
    expect(fault(`[3,"a",${nested(200_000)}]`).messageId).toBeUndefined();
  });

  test.each([
    ['OccurrenceConstraintViolation', 'OccurenceConstraintViolation'],
    ['OccurenceConstraintViolation', 'OccurenceConstraintViolation'],
    ['FormatViolation', 'FormationViolation'],
    ['notsupported', 'NotSupported'],
    ['VendorTrouble', 'VendorTrouble'],
  ])('error code %s is read as %s', (received, read) => {
    expect(parseFrame(`[4,"a","${received}","",{}]`)).toMatchObject({ code: read });
  });

  test('an error with nothing but its id still ends the call', () => {
    expect(parseFrame('[4,"a"]')).toEqual({
      kind: 'error',
      messageId: 'a',
      code: 'GenericError',
      description: '',
      details: {},
    });
  });

  test('any text gives a frame or an OcppError', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.jsonValue()).map((list) => JSON.stringify(list)),
      fc
        .tuple(fc.integer({ min: 1, max: 5 }), fc.jsonValue(), fc.jsonValue(), fc.jsonValue())
        .map((f) => JSON.stringify(f)),
    );
    fc.assert(
      fc.property(text, (frame) => {
        try {
          expect(['call', 'result', 'error']).toContain(parseFrame(frame).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(OcppError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('writing', () => {
  const sentId = fc.string({ minLength: 1, maxLength: 36 });
  const receivedId = fc.oneof(fc.string({ maxLength: 255 }), fc.integer());
  const payload = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })).map((p) => JSON.parse(JSON.stringify(p)));

  test('what is written is read again', () => {
    fc.assert(
      fc.property(sentId, fc.string({ minLength: 1, maxLength: 255 }), payload, (messageId, action, content) => {
        expect(parseFrame(encodeCall(messageId, action, content))).toEqual({
          kind: 'call',
          messageId,
          action,
          payload: content,
        });
      }),
    );
    fc.assert(
      fc.property(receivedId, payload, (messageId, content) => {
        expect(parseFrame(encodeResult(messageId, content))).toEqual({ kind: 'result', messageId, payload: content });
      }),
    );
    fc.assert(
      fc.property(receivedId, fc.string({ maxLength: 255 }), payload, (messageId, description, details) => {
        expect(parseFrame(encodeError(messageId, 'GenericError', description, details))).toEqual({
          kind: 'error',
          messageId,
          code: 'GenericError',
          description,
          details,
        });
      }),
    );
  });

  test('RPC-1: an empty payload goes out as {}', () => {
    expect(encodeCall('a', 'ClearCache', undefined)).toBe('[2,"a","ClearCache",{}]');
    expect(encodeResult('a', undefined)).toBe('[3,"a",{}]');
  });

  test('RPC-2: a message id of the hub has 1 to 36 characters', () => {
    expect(() => encodeCall('', 'Reset', {})).toThrow(OcppError);
    expect(() => encodeCall('i'.repeat(37), 'Reset', {})).toThrow(OcppError);
  });

  test('an error description is cut at 255 characters', () => {
    expect(parseFrame(encodeError('a', 'InternalError', 'x'.repeat(300)))).toMatchObject({
      description: 'x'.repeat(255),
    });
  });
});
