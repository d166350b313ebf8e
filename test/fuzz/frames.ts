import fc from 'fast-check';
import { asJsonSchema } from '../../src/ocpp/json-schema.ts';
import { messages16, receivedMessages16 } from '../../src/ocpp/v16/index.ts';
import { payloadOf } from '../support/payloads.ts';

/** What a charge point, or an operator, does next. */
export type Step =
  | { readonly kind: 'frame'; readonly text: string }
  /** The hub asks; the answer, if any, is one of the frames. */
  | { readonly kind: 'ask' }
  /** An answer to the CALL of the hub that is open, or to none. */
  | { readonly kind: 'answer'; readonly payload: unknown; readonly isError: boolean };

const nest = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);

const nastyNames = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '$set',
  'a.b',
  'idTag',
  'connectorId',
  'value',
  '\u{1F50C}',
];
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    ' ',
    0,
    -0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    2 ** 63,
    1e308,
    '1e999',
    '12,5',
    '__proto__',
    'Accepted',
    'accepted',
    '1970-01-01T00:00:00Z',
    '2026-06-01T10:00:00',
    '\u0000',
    '\ud800',
    [],
    {},
    [null],
    [[]],
    'x'.repeat(300),
    'x'.repeat(6_000),
    nest(20),
    nest(40),
    nest(2_000),
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.double(),
  fc.dictionary(fc.constantFrom(...nastyNames), fc.constantFrom<unknown>(null, 1, 'x', {}), {
    noNullPrototype: true,
    maxKeys: 4,
  }),
);

const messageId: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.string({ minLength: 1, maxLength: 36 }) },
  { weight: 2, arbitrary: fc.integer() },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>('', null, 1e308, {}, 'i'.repeat(255), 'i'.repeat(256), '__proto__'),
  },
);

type CallParts = readonly [id: unknown, action: string, payload: unknown];

/** Calls in order, made once: to make each anew would take longer than to answer it. */
const pool: readonly CallParts[] = fc.sample(
  fc
    .constantFrom(...receivedMessages16)
    .chain(({ action, request }) => fc.tuple(messageId, fc.constant(action), payloadOf(asJsonSchema(request)))),
  { numRuns: 3_000, seed: 16 },
);

const valid = fc.nat(pool.length - 1).map((index): CallParts => pool[index] ?? ['a', 'Heartbeat', {}]);

/** A copy with one part of it replaced, left out, or joined by another; `at` picks the part. */
function mutated(value: unknown, at: number, part: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return [part];
    const index = at % value.length;
    return value.map((item, position) => (position === index ? mutated(item, at >> 2, part, name) : item));
  }
  if (typeof value !== 'object' || value === null) return part;
  const entries = Object.entries(value);
  const index = at % (entries.length + 1);
  if (index === entries.length) return Object.fromEntries([...entries, [name, part]]);
  const kept = entries.flatMap(([key, item], position): [string, unknown][] => {
    if (position !== index) return [[key, item]];
    return at % 3 === 0 ? [] : [[key, mutated(item, at >> 2, part, name)]];
  });
  return Object.fromEntries(kept);
}

const oneThingWrong = fc
  .tuple(valid, fc.nat(1 << 16), nasty, fc.constantFrom(...nastyNames))
  .map(([[id, action, payload], at, part, name]) => [2, id, action, mutated(payload, at, part, name)]);

const otherShape = fc
  .tuple(
    fc.constantFrom<unknown>(2, 3, 4, 5, '2', null),
    messageId,
    fc.oneof(nasty, fc.constantFrom<unknown>(...messages16.map(({ action }) => action))),
    nasty,
    nasty,
    fc.nat(5),
  )
  .map(([type, id, action, payload, more, length]) => [type, id, action, payload, more].slice(0, length));

const damaged = fc
  .tuple(valid, fc.nat(400), fc.nat(20), fc.string({ unit: 'binary', maxLength: 3 }))
  .map(([[id, action, payload], at, cut, put]) => {
    const text = JSON.stringify([2, id, action, payload]);
    const from = at % (text.length + 1);
    return text.slice(0, from) + put + text.slice(from + cut);
  });

const frame: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: valid.map(([id, action, payload]) => JSON.stringify([2, id, action, payload])) },
  { weight: 6, arbitrary: oneThingWrong.map((parts) => JSON.stringify(parts)) },
  { weight: 3, arbitrary: otherShape.map((parts) => JSON.stringify(parts)) },
  { weight: 3, arbitrary: damaged },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 5 }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: frame.map((text): Step => ({ kind: 'frame', text })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'ask' }) },
  {
    weight: 1,
    arbitrary: fc.tuple(nasty, fc.boolean()).map(([payload, isError]): Step => ({ kind: 'answer', payload, isError })),
  },
);

/** A piece of a conversation, with some frames said twice. */
export const conversation = (length: number): fc.Arbitrary<Step[]> =>
  fc
    .tuple(fc.array(step, { minLength: length, maxLength: length, size: 'max' }), fc.nat(length - 1))
    .map(([steps, again]) => [...steps, ...steps.slice(again, again + 2)]);

/** The id that must be echoed once; undefined: nobody can be answered. RPC-1, RPC-2, RPC-8. */
export function answerable(text: string): string | number | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts[0] !== 2) return undefined;
  const id: unknown = parts[1];
  if (typeof id === 'string') return id.length <= 255 ? id : undefined;
  return typeof id === 'number' && Number.isFinite(id) ? id : undefined;
}
