import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basicPassword, chooseProtocol, passwordForms, readTarget } from '../../src/gateway/handshake.ts';

describe('CON-1: the identity is the last path segment, decoded after splitting', () => {
  test.each([
    ['/ocpp/CP1', 'CP1'],
    ['/ocpp/CP1/', 'CP1'],
    ['/ocpp//CP1', 'CP1'],
    ['/ocpp/CP1?token=x/y', 'CP1'],
    ['/ocpp/RDAM%20123', 'RDAM 123'],
    ['/ocpp/a%2Fb', 'a/b'],
    ['/ocpp/%C3%BC', 'ü'],
    [`/ocpp/${'x'.repeat(255)}`, 'x'.repeat(255)],
  ])('%s names %s', (target, identity) => {
    expect(readTarget(target, '/ocpp')).toEqual({ tenant: undefined, identity });
  });

  test('a segment before it is the tenant', () => {
    expect(readTarget('/ocpp/acme/CP%2F1', '/ocpp/')).toEqual({ tenant: 'acme', identity: 'CP/1' });
  });

  test.each([
    ['/', 404],
    ['/ocpp', 404],
    ['/ocpp/', 404],
    ['/ocppx/CP1', 404],
    ['/other/CP1', 404],
    ['/ocpp/a/b/c', 404],
    ['/ocpp/a//b', 404],
    ['/ocpp/%E0%A4%A', 400],
    ['/ocpp/%ff', 400],
    ['/ocpp/a%00b', 400],
    ['/ocpp/a%0Ab', 400],
    [`/ocpp/${'x'.repeat(256)}`, 400],
    [`/ocpp/${'%C3%BC'.repeat(128)}`, 400],
    [`/ocpp/${'x'.repeat(3000)}`, 414],
  ])('%.40s is refused with %i', (target, status) => {
    expect(readTarget(target, '/ocpp')).toMatchObject({ status });
  });

  test('every identity without control characters comes through its encoding', () => {
    const identities = fc
      .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
      .filter((text) => !/\p{Cc}/u.test(text) && Buffer.byteLength(text) <= 255);
    fc.assert(
      fc.property(identities, (identity) => {
        expect(readTarget(`/ocpp/${encodeURIComponent(identity)}`, '/ocpp')).toEqual({ tenant: undefined, identity });
      }),
    );
  });
});

describe('CON-3, CON-4: the sub-protocol', () => {
  test.each(['ocpp1.6', 'ocpp0.1,ocpp1.6', 'ocpp2.0.1, ocpp1.6', 'ocpp1.6,,ocpp1.6'])('%s gives ocpp1.6', (offer) => {
    expect(chooseProtocol(offer)).toEqual({ subprotocol: 'ocpp1.6', version: '1.6' });
  });
  test.each([undefined, '', 'ocpp0.1', 'ocpp2.0.1', 'OCPP1.6', 'xocpp1.6'])('%s is refused', (offer) => {
    expect(chooseProtocol(offer)).toMatchObject({ status: 400 });
  });
});

const header = (user: string, password: Buffer) =>
  `Basic ${Buffer.concat([Buffer.from(`${user}:`), password]).toString('base64')}`;

describe('SEC-3: Basic credentials are bytes', () => {
  test('every password comes out as it went in, whatever its bytes and the colons in the identity', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.uint8Array({ maxLength: 40 }), (identity, bytes) => {
        const password = Buffer.from(bytes);
        expect(basicPassword(header(identity, password), identity)).toEqual(password);
      }),
    );
  });

  test.each([
    undefined,
    '',
    'Bearer abc',
    'Basic',
    'Basic !!!',
    header('other', Buffer.from('secret')),
    `Basic ${Buffer.from('CP1').toString('base64')}`,
  ])('%s holds no password of CP1', (value) => {
    expect(basicPassword(value, 'CP1')).toBeUndefined();
  });
});

describe('SEC-4: the forms that stations make of one AuthorizationKey', () => {
  const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  test('bytes stand for their hexadecimal text, and the text for its bytes; as presented comes first', () => {
    expect(passwordForms(key).map(String)).toEqual([
      String(key),
      '00112233445566778899aabbccddeeff',
      '00112233445566778899AABBCCDDEEFF',
    ]);
    const text = Buffer.from('00112233445566778899AABBCCDDEEFF');
    expect(passwordForms(text)).toEqual([text, key]);
  });
  test.each(['secret', 'a'.repeat(31), 'ab'.repeat(21), 'g'.repeat(32)])('%s has no other form', (text) => {
    expect(passwordForms(Buffer.from(text))).toEqual([Buffer.from(text)]);
  });
});
