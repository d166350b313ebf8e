import { HubError } from './errors.ts';

/** The way a list runs by its sort field. */
export type Direction = 'ascending' | 'descending';

/** Where an item stands: its sort value, then its id to tell equals apart. */
export type Position = readonly [sortValue: Date | string | number, id: string];

/** A checked request for one page. Keyset paging: never skip, so cost does not grow with depth. */
export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  /** `last` was given: the page is taken from the end. */
  readonly fromEnd: boolean;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
}

/** One page, in the order of the list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly position: (item: T) => Position;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The arguments of a Relay connection. */
export interface ConnectionArguments {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

const badPage = (message: string) => new HubError('BAD_REQUEST', message);

/** Largest page; the default is 20. */
export const pageMax = 100;

/** Checks connection arguments. Throws BAD_REQUEST with what is allowed. */
export function pageRequest({ first, last, after, before }: ConnectionArguments): PageRequest {
  if (typeof first === 'number' && typeof last === 'number') throw badPage('give first or last, not both');
  const limit = first ?? last ?? 20;
  if (limit < 1 || limit > pageMax) throw badPage(`first and last must be 1 to ${pageMax}`);
  return {
    limit,
    fromEnd: typeof last === 'number',
    ...(typeof after === 'string' && { after: decodePosition(after) }),
    ...(typeof before === 'string' && { before: decodePosition(before) }),
  };
}

/** The opaque cursor of a position. */
export function encodePosition([sortValue, id]: Position): string {
  const value = sortValue instanceof Date ? { d: sortValue.getTime() } : sortValue;
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

/** The position of a cursor. Throws BAD_REQUEST for anything that `encodePosition` did not make. */
export function decodePosition(cursor: string): Position {
  if (cursor.length <= 1024) {
    try {
      const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
      if (Array.isArray(decoded) && decoded.length === 2 && typeof decoded[1] === 'string') {
        const [value, id] = decoded as [unknown, string];
        if (typeof value === 'string' || typeof value === 'number') return [value, id];
        if (typeof value === 'object' && value !== null && 'd' in value && typeof value.d === 'number') {
          const date = new Date(value.d);
          if (!Number.isNaN(date.getTime())) return [date, id];
        }
      }
    } catch {
      // falls through: whatever is wrong with it, the answer is the same
    }
  }
  throw badPage('the cursor is not one that this list gave out');
}

/** The plain range beside the `$or` is what lets an index be entered at the position. */
const beyond = (field: string, operator: '$gt' | '$lt', [value, id]: Position) => ({
  [field]: { [`${operator}e`]: value },
  $or: [{ [field]: { [operator]: value } }, { [field]: value, _id: { [operator]: id } }],
});

/** The part of a query document that cuts a page out of a list sorted by (`field`, `_id`). Empty for the first page. */
export function keysetFilter(
  field: string,
  direction: Direction,
  { after, before }: PageRequest,
): Record<string, unknown> {
  const forward = direction === 'ascending' ? '$gt' : '$lt';
  const backward = direction === 'ascending' ? '$lt' : '$gt';
  const cuts = [
    ...(after === undefined ? [] : [beyond(field, forward, after)]),
    ...(before === undefined ? [] : [beyond(field, backward, before)]),
  ];
  return cuts.length === 0 ? {} : { $and: cuts };
}

/** The sort document that goes with `keysetFilter`; turned round when the page is taken from the end. Fetch `limit + 1`. */
export function keysetSort(field: string, direction: Direction, { fromEnd }: PageRequest): Record<string, 1 | -1> {
  const sign = (direction === 'ascending') === fromEnd ? -1 : 1;
  return { [field]: sign, _id: sign };
}

/** Makes a page of up to `limit + 1` documents found with `keysetFilter` and `keysetSort`. */
export function toPage<T>(found: readonly T[], request: PageRequest, position: (item: T) => Position): Page<T> {
  const more = found.length > request.limit;
  const cut = found.slice(0, request.limit);
  return {
    items: request.fromEnd ? cut.reverse() : cut,
    position,
    hasNextPage: request.fromEnd ? request.before !== undefined : more,
    hasPreviousPage: request.fromEnd ? more : request.after !== undefined,
  };
}
