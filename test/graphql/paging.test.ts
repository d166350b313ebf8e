import fc from 'fast-check';
import { graphql } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builder } from '../../src/graphql/builder.ts';
import type { HubContext } from '../../src/graphql/context.ts';
import { connection, connectionType, totalCountMax } from '../../src/graphql/paging.ts';
import { keysetFilter, keysetSort, toPage } from '../../src/kernel/page.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import './api.ts';

interface Thing {
  readonly _id: string;
  readonly group: number;
  readonly rank: number;
}

let database: TestDatabase;
let group = 0;
let counts: number[] = [];
let total: number | undefined;
const things = () => database.store.collection<Thing>('things');

const ThingRef = builder.objectRef<Thing>('Thing').implement({
  description: 'A thing.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: 'Not unique.' }),
    id: t.exposeString('_id', { description: 'Id.' }),
  }),
});
const ThingConnection = connectionType(ThingRef, { counted: true, scope: 'CHARGE_POINTS_READ' });
builder.queryField('things', (t) =>
  t.connection(
    {
      type: ThingRef,
      nullable: true,
      description: 'Things by rank.',
      args: { descending: t.arg.boolean({ required: true, description: 'From the top.' }) },
      resolve: (_root, args) =>
        connection(args, {
          fetch: async (page) => {
            const direction = args.descending ? 'descending' : 'ascending';
            const found = await things()
              .find({ $and: [{ group }, keysetFilter('rank', direction, page)] })
              .sort(keysetSort('rank', direction, page))
              .limit(page.limit + 1)
              .toArray();
            return toPage(found, page, ({ rank, _id }) => [rank, _id]);
          },
          count: async (max) => {
            counts.push(max);
            return total ?? things().countDocuments({ group }, { limit: max });
          },
        }),
    },
    ThingConnection,
  ),
);
const schema = builder.toSchema();

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  totalCount?: number | null;
}
async function ask(
  args: string,
  fields = 'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
) {
  const result = await graphql({ schema, source: `{ things(${args}) { ${fields} } }`, contextValue: {} as HubContext });
  return { page: (result.data?.['things'] ?? undefined) as Page | undefined, errors: result.errors };
}
async function page(args: string): Promise<Page> {
  const { page: found, errors } = await ask(args);
  if (found === undefined) throw new Error(String(errors));
  return found;
}

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('every walk, forward or backward, in either order and any page size, sees each thing once and in order', async () => {
  const ranks = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(ranks, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (list, size, descending) => {
      group += 1;
      const stored = list.map((rank, n) => ({ _id: `${group}-${(n * 7919) % 1000}-${n}`, group, rank }));
      if (stored.length > 0) await things().insertMany(stored);
      const ascending = stored.toSorted((a, b) => a.rank - b.rank || (a._id < b._id ? -1 : 1)).map(({ _id }) => _id);
      const expected = descending ? ascending.toReversed() : ascending;

      const forward: string[] = [];
      let after = '';
      for (let more = true; more; ) {
        const { nodes, edges, pageInfo } = await page(`descending: ${descending}, first: ${size}${after}`);
        expect(edges.map(({ node }) => node)).toEqual(nodes);
        expect(pageInfo.hasPreviousPage).toBe(after !== '');
        forward.push(...nodes.map(({ id }) => id));
        after = `, after: "${pageInfo.endCursor}"`;
        more = pageInfo.hasNextPage;
      }
      expect(forward).toEqual(expected);

      const backward: string[] = [];
      let before = '';
      for (let more = true; more; ) {
        const { nodes, pageInfo } = await page(`descending: ${descending}, last: ${size}${before}`);
        expect(pageInfo.hasNextPage).toBe(before !== '');
        backward.unshift(...nodes.map(({ id }) => id));
        before = `, before: "${pageInfo.startCursor}"`;
        more = pageInfo.hasPreviousPage;
      }
      expect(backward).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});

test('what is inserted during a walk behind it does not move what is before it', async () => {
  group += 1;
  await things().insertMany([1, 2, 3, 4].map((rank) => ({ _id: `${group}-${rank}`, group, rank })));
  const first = await page('descending: false, first: 2');
  await things().insertOne({ _id: `${group}-0`, group, rank: 0 });
  const second = await page(`descending: false, first: 2, after: "${first.pageInfo.endCursor}"`);
  expect(second.nodes.map(({ id }) => id)).toEqual([`${group}-3`, `${group}-4`]);
});

test('totalCount is asked for only when selected, and is null beyond 10,000', async () => {
  group += 1;
  counts = [];
  await things().insertMany([1, 2, 3].map((rank) => ({ _id: `${group}-${rank}`, group, rank })));
  await page('descending: false');
  expect(counts).toEqual([]);
  expect((await ask('descending: false, first: 1', 'totalCount')).page?.totalCount).toBe(3);
  expect(counts).toEqual([totalCountMax + 1]);
  for (const [most, shown] of [
    [totalCountMax, totalCountMax],
    [totalCountMax + 1, null],
  ]) {
    total = most ?? undefined;
    expect((await ask('descending: false', 'totalCount')).page?.totalCount).toBe(shown);
  }
  total = undefined;
});

test.each([
  'first: 0',
  'first: 101',
  'last: -1',
  'first: 1, last: 1',
  'after: "nonsense"',
  'before: ""',
  'after: "WzFd"',
])('is refused: %s', async (args) => {
  const { errors } = await ask(`descending: false, ${args}`);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_REQUEST' });
});
