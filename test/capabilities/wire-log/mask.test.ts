import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskIdTags, withoutSecrets } from '../../../src/capabilities/wire-log/mask.ts';

test.each([
  [
    'ChangeConfiguration',
    '[2, "1","ChangeConfiguration",{"value" : "s3cr\\"et", "key":"AuthorizationKey"}]',
    '[2, "1","ChangeConfiguration",{"value" : "***", "key":"AuthorizationKey"}]',
  ],
  [
    'the key in another case, and with escapes',
    '[2,"1","ChangeConfiguration",{"key":"AUTHORIZATION\\u004bey","value":"secret"}]',
    '[2,"1","ChangeConfiguration",{"key":"AUTHORIZATION\\u004bey","value":"***"}]',
  ],
  [
    'GetConfiguration, only the one key',
    '[3,"1",{"configurationKey":[{"key":"A","readonly":true,"value":"a"},{"key":"authorizationkey","readonly":false,"value":"secret"}]}]',
    '[3,"1",{"configurationKey":[{"key":"A","readonly":true,"value":"a"},{"key":"authorizationkey","readonly":false,"value":"***"}]}]',
  ],
  [
    'a value of any kind',
    '[3,"1",{"x":{"key":"AuthorizationKey","value":{"a":[1,"}"]},"z":1}}]',
    '[3,"1",{"x":{"key":"AuthorizationKey","value":"***","z":1}}]',
  ],
  [
    'a frame that breaks off',
    '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"secr',
    '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"',
  ],
  [
    'asking for the key is no secret',
    '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]',
    '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]',
  ],
])('secrets are replaced: %s', (_case, text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

test.each([
  [
    'Authorize, whitespace kept',
    '[2,"1","Authorize",\t{ "idTag" : "04\\u0041B" }]',
    '[2,"1","Authorize",\t{ "idTag" : "***" }]',
  ],
  [
    'parentIdTag inside',
    '[3,"1",{"idTagInfo":{"status":"Accepted","parentIdTag":"P"}}]',
    '[3,"1",{"idTagInfo":{"status":"Accepted","parentIdTag":"***"}}]',
  ],
  ['a number for an idTag', '[2,"1","Authorize",{"IdTag":12}]', '[2,"1","Authorize",{"IdTag":"***"}]'],
  [
    "a vendor's text",
    '[2,"1","DataTransfer",{"vendorId":"v","data":"{\\"idTag\\":\\"X\\"}"}]',
    '[2,"1","DataTransfer",{"vendorId":"v","data":"***"}]',
  ],
  ['a list', '[3,"1",{"idTags":["A","B"],"a":1}]', '[3,"1",{"idTags":"***","a":1}]'],
  ['no JSON', '[2,"1","Authorize",{"idTag":"X"', '***'],
  ['nothing to hide', '[2,"1","Heartbeat",{}]', '[2,"1","Heartbeat",{}]'],
])('idTags are masked: %s', (_case, text, expected) => {
  expect(maskIdTags(text)).toBe(expected);
});

test('whatever the payload, no idTag is left, all else is as it was, and a frame without one is untouched', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.stringMatching(/^[A-Z]{12}$/),
      fc.nat({ max: 3 }),
      (value, tag, indent) => {
        const text = JSON.stringify([2, 'm', 'X', { before: value, idTag: `<${tag}>`, after: value }], null, indent);
        const hidden = JSON.stringify([2, 'm', 'X', { before: value, idTag: '***', after: value }], null, indent);
        fc.pre(!/id_?tag/i.test(JSON.stringify(value)));
        expect(maskIdTags(text)).toBe(hidden);
        const plain = JSON.stringify([3, 'm', { value }], null, indent);
        expect(maskIdTags(plain)).toBe(plain);
        expect(withoutSecrets(plain)).toBe(plain);
      },
    ),
    { numRuns: 300, seed: 16 },
  );
});

test('a very long text is masked in reasonable time', () => {
  const text = `[2,"1","X",{"a":"${'x\\n'.repeat(300_000)}","idTag":"T","l":[${'1,'.repeat(100_000)}1]}]`;
  expect(maskIdTags(text)).toContain('"idTag":"***"');
});

test.each([
  [
    '[2,"1","GetDiagnostics",{"location":"ftp://user:pass@host/f"}]',
    '[2,"1","GetDiagnostics",{"location":"ftp://***@host/f"}]',
  ],
  [
    '[2,"1","UpdateFirmware",{"location" : "https:\\/\\/h/f?sig=abc", "retries":1}]',
    '[2,"1","UpdateFirmware",{"location" : "https://h/f?sig=***", "retries":1}]',
  ],
  ['[2,"1","GetDiagnostics",{"location":"https://host/f"}]', '[2,"1","GetDiagnostics",{"location":"https://host/f"}]'],
  ['[4,"1","GenericError","cannot reach ftp://u:p@h/f",{}]', '[4,"1","GenericError","cannot reach ftp://***@h/f",{}]'],
  ['[4,"1","GenericError","cannot reach ftp://u:p@h/f"', '[4,"1","GenericError","cannot reach ftp://***@h/f"'],
])('what opens a file server is not kept of %s', (text, kept) => {
  expect(withoutSecrets(text)).toBe(kept);
});
