import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyBulkWriteOperation } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createGate } from '../../src/store/gate.ts';
import { createStore, type MongoStore, type StoreOptions } from '../../src/store/mongo.ts';
import { DatabaseUnavailable } from '../../src/store/store.ts';
import { eventually } from '../support/engine.ts';
import { openUnreliableLine, type UnreliableLine } from '../support/unreliable-line.ts';

interface Thing {
  _id: string;
  n?: number;
  text?: string;
}

const databaseName = `test_${randomUUID().slice(0, 8)}`;
const socketPath = join(tmpdir(), `hub-line-${process.pid}.sock`);
let store: MongoStore;
let line: UnreliableLine;

const open = (options: Partial<StoreOptions> = {}) =>
  createStore({ uri: inject('mongoUri'), databaseName, clock: systemClock, log: createLogger('silent'), ...options });

beforeAll(async () => {
  store = await open();
  line = await openUnreliableLine(inject('mongoUri'), socketPath);
});
afterAll(async () => {
  await store.database.dropDatabase();
  await store.close();
  await line.close();
  await rm(socketPath, { force: true });
});

const insert = (document: Thing): AnyBulkWriteOperation<Thing> => ({ insertOne: { document } });
const put = (_id: string, n: number): AnyBulkWriteOperation<Thing> => ({
  updateOne: { filter: { _id }, update: { $set: { n } }, upsert: true },
});
const made = { applied: true, inserted: true };
const changed = { applied: true, inserted: false };
const duplicate = { applied: false, inserted: false };

/** Fresh names, so that tests do not see each other. */
const newName = () => `c${randomUUID().replaceAll('-', '')}`;

describe('group commit', () => {
  test('writes that arrive together leave in a few commands', async () => {
    const name = newName();
    const before = store.stats();
    const outcomes = await Promise.all(
      Array.from({ length: 1_200 }, (_, n) => store.write(name, insert({ _id: `${n}` }))),
    );
    const after = store.stats();
    expect(outcomes.every(({ inserted }) => inserted)).toBe(true);
    expect(after.operations - before.operations).toBe(1_200);
    expect(after.commands - before.commands).toBe(3);
    expect(after.largestBatch).toBe(500);
    expect(after.waiting).toBe(0);
    expect(await store.collection(name).countDocuments()).toBe(1_200);
  });

  test('each caller of a mixed batch learns what became of its own write', async () => {
    const name = newName();
    await store.write(name, insert({ _id: 'there' }));
    await store.write(name, insert({ _id: 'doomed' }));
    const outcomes = await Promise.all([
      store.write(name, insert({ _id: 'new' })),
      store.write(name, put('there', 1)),
      store.write(name, put('upserted', 2)),
      store.write(name, insert({ _id: 'new 2' })),
      store.write<Thing>(name, { deleteOne: { filter: { _id: 'doomed' } } }),
      store.write<Thing>(name, { updateOne: { filter: { _id: 'absent' }, update: { $set: { n: 3 } } } }),
      store.write<Thing>(name, { replaceOne: { filter: { _id: 'replaced' }, replacement: { n: 4 }, upsert: true } }),
    ]);
    expect(outcomes).toEqual([made, changed, made, made, changed, changed, made]);
    const ids = await store.collection<Thing>(name).distinct('_id');
    expect(ids.sort()).toEqual(['new', 'new 2', 'replaced', 'there', 'upserted']);
  });

  test('a duplicate is the outcome of its caller alone, on the id as on any unique index', async () => {
    const name = newName();
    await store.ensureIndexes({ [name]: [{ key: { text: 1 }, unique: true }] });
    await store.write(name, insert({ _id: 'a', text: 'x' }));
    const outcomes = await Promise.all([
      store.write(name, insert({ _id: 'a', text: 'y' })),
      store.write(name, insert({ _id: 'b', text: 'x' })),
      store.write(name, insert({ _id: 'c', text: 'z' })),
      store.write<Thing>(name, { updateOne: { filter: { _id: 'd' }, update: { $set: { text: 'x' } }, upsert: true } }),
    ]);
    expect(outcomes).toEqual([duplicate, duplicate, made, duplicate]);
    expect(await store.collection<Thing>(name).distinct('_id')).toEqual(['a', 'c']);
  });

  test('writes to one document keep their order without waiting for each other', async () => {
    const name = newName();
    const outcomes = [store.write(name, insert({ _id: 'a', n: 0 }))];
    for (let n = 1; n <= 50; n++)
      outcomes.push(store.write(name, put('a', n)), store.write(name, put(`other ${n}`, n)));
    outcomes.push(store.write<Thing>(name, { deleteMany: { filter: { n: { $lt: 10 } } } }));
    outcomes.push(store.write(name, put('other 1', 7)));
    await Promise.all(outcomes);
    expect(await store.collection<Thing>(name).findOne({ _id: 'a' })).toEqual({ _id: 'a', n: 50 });
    expect(await store.collection<Thing>(name).findOne({ _id: 'other 1' })).toEqual({ _id: 'other 1', n: 7 });
    expect(await store.collection<Thing>(name).countDocuments()).toBe(43); // a, other 1, and 10 to 50
  });

  test('two hubs that make the same document both succeed, and one of them made it', async () => {
    const name = newName();
    const other = await open();
    for (let n = 0; n < 50; n++) {
      const outcomes = await Promise.all([store.write(name, put(`${n}`, n)), other.write(name, put(`${n}`, n))]);
      expect(outcomes.every(({ applied }) => applied)).toBe(true);
      expect(outcomes.filter(({ inserted }) => inserted)).toHaveLength(1);
    }
    await other.close();
  });

  test('a write that the database refuses fails alone', async () => {
    const name = newName();
    await store.write<Thing>(name, insert({ _id: 'text', text: 'x' }));
    const refused = store.write<Thing>(name, {
      updateOne: { filter: { _id: 'text' }, update: { $push: { text: 1 } } as never },
    });
    const fine = Promise.all([store.write(name, insert({ _id: 'a' })), store.write(name, put('b', 1))]);
    await expect(refused).rejects.toThrow(/must be an array/);
    expect(await fine).toEqual([made, made]);
  });

  test('a write that cannot even be sent fails alone', async () => {
    const name = newName();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const bad = [
      store.write(name, { insertOne: { document: circular } }),
      store.write(name, { insertOne: { document: { text: 'x'.repeat(17 * 1024 * 1024) } } }),
      store.write(name, { updateOne: { filter: { _id: 'b' as never }, update: { n: 1 } } }),
    ];
    const good = [...'abcdef'].map((id) => store.write(name, insert({ _id: id })));
    for (const one of await Promise.allSettled(bad)) expect(one.status).toBe('rejected');
    expect(await Promise.all(good)).toEqual([made, made, made, made, made, made]);
    expect(store.stats().waiting).toBe(0);
    expect(store.isUp()).toBe(true);
  });
});

describe('an answer that is lost', () => {
  let shaky: MongoStore;
  beforeAll(async () => {
    shaky = await open({ uri: line.uri });
  });
  afterAll(() => shaky.close());

  test.each<[string, AnyBulkWriteOperation<Thing>]>([
    ['an insert', insert({ _id: 'mine', n: 1, text: 'x' })],
    [
      'an upsert',
      { updateOne: { filter: { _id: 'mine' }, update: { $setOnInsert: { text: 'x' }, $set: { n: 1 } }, upsert: true } },
    ],
  ])('%s that was carried out unheard is known as ours', async (_, operation) => {
    const name = newName();
    const before = line.lost();
    line.loseAnswerTo(name);
    expect(await shaky.write(name, operation)).toEqual(made);
    expect(line.lost()).toBe(before + 1);
    expect(await store.collection<Thing>(name).find().toArray()).toEqual([{ _id: 'mine', text: 'x', n: 1 }]);
  });

  test('a document of somebody else stays a duplicate', async () => {
    const name = newName();
    await store.write(name, insert({ _id: 'theirs', n: 1 }));
    line.loseAnswerTo(name);
    const outcomes = await Promise.all([
      shaky.write(name, insert({ _id: 'theirs', n: 2 })),
      shaky.write(name, insert({ _id: 'ours', n: 2 })),
    ]);
    expect(outcomes).toEqual([duplicate, made]);
    expect(await store.collection<Thing>(name).findOne({ _id: 'theirs' })).toEqual({ _id: 'theirs', n: 1 });
  });
});

describe('a database that does not answer', () => {
  test('writes are given back after their deadline, the store is down, and recovers by itself', async () => {
    const name = newName();
    const shaky = await open({ uri: line.uri, writeTimeoutMs: 400 });
    const heard: boolean[] = [];
    shaky.onChange((up) => heard.push(up));
    line.hold();
    const from = performance.now();
    const first = shaky.write(name, insert({ _id: 'held' }));
    await new Promise((resolve) => setImmediate(resolve));
    const second = shaky.write(name, insert({ _id: 'queued' }));
    await expect(first).rejects.toThrow(DatabaseUnavailable);
    await expect(second).rejects.toThrow(/within 400 ms/);
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(shaky.isUp()).toBe(false);
    line.release();
    await eventually('the store is up', shaky.isUp);
    expect(heard).toEqual([false, true]);
    expect(await shaky.write(name, insert({ _id: 'later' }))).toEqual(made);
    await shaky.close();
  });

  test('more writes than may wait are turned away at once', async () => {
    const shaky = await open({ uri: line.uri, waitingWritesMax: 3 });
    line.hold();
    const name = newName();
    const waiting = ['a', 'b', 'c'].map((_id) => shaky.write(name, insert({ _id })));
    await expect(shaky.write(name, insert({ _id: 'd' }))).rejects.toThrow('too many writes');
    line.release();
    expect(await Promise.all(waiting)).toEqual([made, made, made]);
    await shaky.close();
  });
});

test('a closed gate turns writes away with its reason', async () => {
  const gate = createGate();
  const gated = await open({ gate });
  gate.close('space', 'the disk is nearly full');
  expect(gated.isUp()).toBe(false);
  await expect(gated.write(newName(), insert({ _id: 'a' }))).rejects.toThrow(
    new DatabaseUnavailable('the disk is nearly full'),
  );
  gate.open('space');
  expect(gated.isUp()).toBe(true);
  expect(await gated.write(newName(), insert({ _id: 'a' }))).toEqual(made);
  await gated.close();
});

test('closing writes what waits, and takes nothing after that', async () => {
  const name = newName();
  const other = await open();
  const waiting = Array.from({ length: 700 }, (_, n) => other.write(name, insert({ _id: `${n}` })));
  const closed = other.close();
  await expect(other.write(name, insert({ _id: 'late' }))).rejects.toThrow(DatabaseUnavailable);
  await closed;
  expect((await Promise.all(waiting)).every(({ inserted }) => inserted)).toBe(true);
  expect(await store.collection(name).countDocuments()).toBe(700);
});
