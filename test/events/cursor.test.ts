import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, writersMax } from '../../src/events/cursor.ts';
import { CursorInvalidError } from '../../src/events/errors.ts';

const positions = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: writersMax - 1 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  { selector: ([writer]) => writer, maxLength: 20 },
);

describe('cursors', () => {
  test('a cursor names the position it was made of, whatever the order', () => {
    fc.assert(
      fc.property(positions, (pairs) => {
        const position = new Map(pairs);
        expect(decodeCursor(encodeCursor(position))).toEqual(position);
        expect(encodeCursor(new Map([...pairs].reverse()))).toBe(encodeCursor(position));
      }),
    );
  });

  test('a cursor fits into a URL', () => {
    fc.assert(fc.property(positions, (pairs) => /^[\w-]+$/.test(encodeCursor(new Map(pairs)))));
  });

  test('a changed cursor is refused', () => {
    fc.assert(
      fc.property(positions, fc.nat(), fc.constantFrom(...'ABCxyz019-_'), (pairs, at, letter) => {
        const cursor = encodeCursor(new Map(pairs));
        const index = at % cursor.length;
        const changed = cursor.slice(0, index) + letter + cursor.slice(index + 1);
        // The last letter carries spare bits, and another letter may mean the same bytes.
        fc.pre(Buffer.from(changed, 'base64url').toString() !== Buffer.from(cursor, 'base64url').toString());
        expect(() => decodeCursor(changed)).toThrow(CursorInvalidError);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['any text', 'not-a-cursor'],
    ['JSON of another kind', Buffer.from('{"0":1}').toString('base64url')],
    ['another version', Buffer.from('[2,[],0]').toString('base64url')],
    ['a very long text', 'A'.repeat(100_000)],
  ])('%s is refused with a code that a client can act on', (_, text) => {
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });
});
