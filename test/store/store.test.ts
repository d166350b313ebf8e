import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('a confirmed write can be read, and a second one with its key changes nothing', async () => {
  const { store } = database;
  const things = store.collection<{ _id: string; size: number }>('things');
  expect(await store.write('things', { insertOne: { document: { _id: 'a', size: 1 } } })).toEqual({
    applied: true,
    inserted: true,
  });
  expect(await store.write('things', { insertOne: { document: { _id: 'a', size: 2 } } })).toEqual({
    applied: false,
    inserted: false,
  });
  expect(await things.findOne({ _id: 'a' })).toEqual({ _id: 'a', size: 1 });
  expect(store.isUp()).toBe(true);
  expect(await store.ping()).toBeGreaterThan(0);
});
