import { expect, test } from 'vitest';
import { hostsOf, UnsafeUri, withSafeWrites } from '../../src/store/uri.ts';

test.each([
  ['mongodb://a', 'mongodb://a/?w=majority&journal=true'],
  ['mongodb://a/', 'mongodb://a/?w=majority&journal=true'],
  ['mongodb://a,b:2/shop', 'mongodb://a,b:2/shop?w=majority&journal=true'],
  ['mongodb+srv://u:p%40ss@a/?retryWrites=true', 'mongodb+srv://u:p%40ss@a/?retryWrites=true&w=majority&journal=true'],
  ['mongodb://a/?w=2', 'mongodb://a/?w=2&journal=true'],
  ['mongodb://a/?W=2&Journal=true', 'mongodb://a/?W=2&Journal=true'],
  ['mongodb://%2Ftmp%2Fx.sock/?w=1&journal=true', 'mongodb://%2Ftmp%2Fx.sock/?w=1&journal=true'],
])('%s is asked for confirmed writes as %s', (given, safe) => {
  expect(withSafeWrites(given)).toBe(safe);
});

test.each(['mongodb://a/?w=0', 'mongodb://a/?journal=false'])('%s is refused', (uri) => {
  expect(() => withSafeWrites(uri)).toThrow(UnsafeUri);
});

test('messages name the hosts and no secret', () => {
  expect(hostsOf('mongodb://user:pass@one:1,two:2/shop?w=1')).toBe('one:1,two:2');
  expect(hostsOf('mongodb://%2Ftmp%2Fx.sock/?w=1')).toBe('/tmp/x.sock');
});
