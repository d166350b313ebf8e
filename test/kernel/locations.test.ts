import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskLocation, maskLocationsIn, schemeOf } from '../../src/kernel/locations.ts';

test.each([
  ['ftp://user:pass@host/path/file', 'ftp://***@host/path/file'],
  ['ftp://user@host/path', 'ftp://***@host/path'],
  ['FTPS://a:b@c@host:990/', 'FTPS://***@host:990/'],
  ['ftp://user:pa/ss@host/path', 'ftp://***@host/path'],
  ['user:pass@host/path', '***@host/path'],
  ['https://host/fw@2.bin', 'https://host/fw@2.bin'],
  ['https://host:8443/fw@2.bin', 'https://host:8443/fw@2.bin'],
  ['https://[::1]:8443/fw@2.bin', 'https://[::1]:8443/fw@2.bin'],
  ['https://s3.example/fw?X-Amz-Signature=abc&v=2&token=t', 'https://s3.example/fw?X-Amz-Signature=***&v=2&token=***'],
  ['https://host/fw?sv=1&sig=abc#x', 'https://host/fw?sv=1&sig=***#x'],
  ['https://host/plain', 'https://host/plain'],
  ['', ''],
])('%s is shown as %s', (location, shown) => {
  expect(maskLocation(location)).toBe(shown);
});

test('no password before the host survives, whatever it is made of', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9:@/?#%!$&.;_-]{1,20}$/);
  fc.assert(
    fc.property(word, (noise) => {
      const masked = maskLocation(`ftp://user:S3CRET${noise}@host/file`);
      expect(masked).not.toContain('S3CRET');
      expect(masked.endsWith('@host/file')).toBe(true);
    }),
  );
});

test('a masked location stays as it is', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
      expect(maskLocation(maskLocation(url))).toBe(maskLocation(url));
    }),
  );
});

test('URLs inside a text are masked, the text around them stays', () => {
  expect(maskLocationsIn('cannot open "ftp://u:p@h/f" (530), a@b')).toBe('cannot open "ftp://***@h/f" (530), a@b');
});

test.each([
  ['FTP://x', 'ftp'],
  ['https:x', 'https'],
  ['/x', undefined],
])('the scheme of %s is %s', (location, scheme) => {
  expect(schemeOf(location)).toBe(scheme);
});
