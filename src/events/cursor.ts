import { CursorInvalidError } from './errors.ts';

/**
 * A place in the log: per writer, the sequence number of the last event that lies behind. A writer that is not there
 * stands at 0, before its first event.
 */
export type Position = ReadonlyMap<number, number>;

/** Writers are numbered from 0; more than this many processes cannot write at the same time. */
export const writersMax = 256;

const version = 1;
const cursorLengthMax = 16_384;

/** The opaque text of a position. Equal positions give equal text. */
export function encodeCursor(position: Position): string {
  const pairs = [...position].filter(([, seq]) => seq > 0).sort(([a], [b]) => a - b);
  const body = JSON.stringify(pairs);
  return Buffer.from(`[${version},${body},${checksum(body)}]`).toString('base64url');
}

/** Reads a cursor. Throws `CursorInvalidError` when the text is not one; whether the place exists is not checked here. */
export function decodeCursor(cursor: string): Map<number, number> {
  if (cursor.length > cursorLengthMax) throw new CursorInvalidError('it is too long');
  const parsed = parse(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parsed) || parsed.length !== 3) throw new CursorInvalidError('it cannot be read');
  const [itsVersion, pairs, sum]: unknown[] = parsed;
  if (itsVersion !== version) throw new CursorInvalidError('its version is unknown');
  if (!Array.isArray(pairs) || sum !== checksum(JSON.stringify(pairs)) || !pairs.every(isPair))
    throw new CursorInvalidError('it was changed');
  return new Map(pairs);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isPair = (pair: unknown): pair is [number, number] =>
  Array.isArray(pair) &&
  pair.length === 2 &&
  Number.isInteger(pair[0]) &&
  pair[0] >= 0 &&
  pair[0] < writersMax &&
  Number.isSafeInteger(pair[1]) &&
  pair[1] > 0;

/** FNV-1a, 32 bits: catches a damaged cursor at the price of a few hundred nanoseconds, once per event and follower. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
