import { afterAll, beforeAll, expect, test } from 'vitest';
import { createListStore, listIndexes } from '../../../src/capabilities/local-list/list-store.ts';
import { createStateStore, stateIndexes } from '../../../src/capabilities/local-list/store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { wasteful, watchQueries } from '../../support/query-plans.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('every query of lists and states is served by an index', async () => {
  const watched = watchQueries(database.store);
  await watched.store.ensureIndexes({ ...listIndexes, ...stateIndexes });
  const lists = createListStore(watched.store);
  const states = createStateStore(watched.store);
  const at = new Date('2026-06-01');
  const list = {
    _id: 'L',
    tenantId: 't',
    name: 'list',
    allActiveTokens: true,
    groupIds: ['G'],
    hasRule: true,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
  await lists.insert(list);
  await lists.addMembers(list, ['A', 'B']);
  await lists.noteNews({ _id: 'L', tenantId: 't', at, mark: 'm' });
  await states.change('t', 'SOON', { dueAt: new Date(at.getTime() - 1000) });
  await states.change('t', 'CP', { urgent: true, listId: 'L', dueAt: at, extra: ['A'] });
  await states.apply('t', 'CP', 'C', {
    updateType: 'FULL',
    listVersion: 1,
    entries: [{ idTag: 'A', info: { status: 'ACCEPTED' } }],
  });
  await watched.plans();

  const first = { limit: 2, fromEnd: false };
  for (const page of [first, { ...first, fromEnd: true }, { ...first, after: ['A', 'A'] as const }]) {
    await lists.page('t', page);
    await lists.memberPage('t', 'L', page);
    await states.page('t', 'L', page);
    await states.heldPage('t', 'CP', page);
  }
  await lists.find('t', 'L');
  await lists.findMany('t', ['L']);
  await lists.countMembers('t', 'L', 10);
  for await (const keys of lists.memberKeys('t', 'L')) expect(keys).toEqual(['A', 'B']);
  expect(await lists.affected('t', 'A')).toEqual(['L']);
  expect(await lists.all('t')).toEqual(['L']);
  expect(await lists.dueNews(at, 10)).toHaveLength(1);
  await states.find('t', 'CP');
  expect((await states.due(at, 10)).map(({ _id }) => _id)).toEqual(['CP', 'SOON']); // what is urgent comes first
  expect(await states.countAssigned('t', 'L', 10)).toBe(1);
  expect([...(await states.held('t', 'CP')).keys()]).toEqual(['A']);
  const plans = await watched.plans();
  expect(plans.length).toBeGreaterThan(15);
  expect(plans.filter(wasteful)).toEqual([]);
});

test('an accepted full list that is written down twice is the same list', async () => {
  const states = createStateStore(database.store);
  const update = {
    updateType: 'FULL',
    listVersion: 7,
    entries: [
      { idTag: 'A', info: { status: 'ACCEPTED' } },
      { idTag: 'B', info: { status: 'BLOCKED' } },
    ],
  } as const;
  expect(await states.apply('t', 'TWICE', 'one', update)).toBe(2);
  expect(await states.apply('t', 'TWICE', 'one', update)).toBe(2);
  // another one of the same version takes its place whole
  expect(await states.apply('t', 'TWICE', 'two', { ...update, entries: update.entries.slice(0, 1) })).toBe(1);
});

test('versions are taken once each, also at the same time, and begin again where the wire ends', async () => {
  const states = createStateStore(database.store);
  const taken = await Promise.all(Array.from({ length: 20 }, () => states.takeVersion('t', 'V')));
  expect([...taken].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  await states.change('t', 'V', {}, { known: 2_147_483_647 });
  expect(await states.takeVersion('t', 'V')).toBe(1);
  expect(await states.takeVersion('t', 'V')).toBe(2);
});
