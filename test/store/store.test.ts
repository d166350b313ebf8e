import { randomUUID } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger, type Logger } from '../../src/kernel/log.ts';
import { createSemaphore } from '../../src/store/heavy.ts';
import { createStore, type MongoStore } from '../../src/store/mongo.ts';
import { DatabaseUnavailable } from '../../src/store/store.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { openUnreliableLine } from '../support/unreliable-line.ts';

const databaseName = `test_${randomUUID().slice(0, 8)}`;
const log = createLogger('silent');
const open = () => createStore({ uri: inject('mongoUri'), databaseName, clock: systemClock, log });

let store: MongoStore;
beforeAll(async () => {
  store = await open();
});
afterAll(async () => {
  await store.database.dropDatabase();
  await store.close();
});

test('a store that is open is up and answers', async () => {
  expect(store.isUp()).toBe(true);
  expect(await store.ping()).toBeGreaterThan(0);
});

describe('connecting', () => {
  const connect = (uri: string, connectTimeoutMs = 1_200) =>
    createStore({ uri, databaseName, clock: systemClock, log, connectTimeoutMs });

  test('to nobody fails when the time is up, and names the host but no secret', async () => {
    const silent = connect('mongodb://user:secret@127.0.0.1:1/?serverSelectionTimeoutMS=200', 100);
    const error = await silent.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(String(error)).toMatch(/no answer from the MongoDB at 127\.0\.0\.1:1 within 0\.1 s/);
    expect(String(error)).not.toContain('secret');
  });

  test.each([
    ['an address that cannot be read', 'mongodb://a/?w=majority&readPreference=nonsense', /MONGODB_URI cannot be used/],
    ['an address that switches confirmation off', 'mongodb://a/?w=0', /must not switch off/],
  ])('with %s fails at once', async (_, uri, text) => {
    await expect(connect(uri)).rejects.toThrow(text);
  });

  test('with credentials that the database does not take fails at once, without telling them', async () => {
    const error = await connect(inject('mongoUri').replace('mongodb://', 'mongodb://user:secret@')).catch(String);
    expect(error).toMatch(/cannot use the MongoDB at .*mongodb\.sock/);
    expect(error).not.toContain('secret');
  });

  test('waits for a database that is still starting', async () => {
    // First somebody who hangs up, as a server does that is not ready; then the engine itself behind the same address.
    const path = join(tmpdir(), `hub-late-${process.pid}.sock`);
    const refusing = createServer((socket: Socket) => socket.destroy());
    await new Promise<void>((resolve) => refusing.listen(path, resolve));
    const warned: unknown[] = [];
    const listening: Logger = { ...log, warn: (fields: unknown) => void warned.push(fields), child: () => listening };
    const connecting = createStore({
      uri: `mongodb://${encodeURIComponent(path)}/?directConnection=true&w=1&journal=true`,
      databaseName,
      clock: systemClock,
      log: listening,
    });
    await new Promise((resolve) => refusing.close(resolve));
    const line = await openUnreliableLine(inject('mongoUri'), path);
    const late = await connecting;
    expect(late.isUp()).toBe(true);
    await late.close();
    await line.close();
  });
});

describe('numbers', () => {
  test('start at 1 and rise, a counter of its own for each name', async () => {
    expect([await store.nextNumber('a'), await store.nextNumber('a'), await store.nextNumber('b')]).toEqual([1, 2, 1]);
  });

  test('never repeat between hubs that count at the same time', async () => {
    const other = await open();
    const taken = await Promise.all(
      Array.from({ length: 400 }, (_, n) => (n % 2 === 0 ? store : other).nextNumber('shared')),
    );
    expect(new Set(taken).size).toBe(400);
    expect(Math.min(...taken)).toBe(1);
    expect(taken.every(Number.isInteger)).toBe(true);
    await other.close();
  });

  test('end with an error where int32 ends', async () => {
    await store
      .collection<{ _id: string }>('counters')
      .updateOne({ _id: 'full' }, { $set: { last: 2 ** 31 - 40 } }, { upsert: true });
    await expect(store.nextNumber('full')).rejects.toThrow('the counter full is used up');
  });
});

describe('heavy reads', () => {
  const held = () => {
    let release: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { done, release: () => release() };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('run four at a time; the fifth takes the place of the first that ends', async () => {
    const gates = Array.from({ length: 6 }, held);
    const started: number[] = [];
    const reads = gates.map(({ done }, n) =>
      store.heavy(async () => {
        started.push(n);
        await done;
        return n;
      }),
    );
    await turn();
    expect(started).toEqual([0, 1, 2, 3]);
    gates[2]?.release();
    await turn();
    expect(started).toEqual([0, 1, 2, 3, 4]);
    for (const { release } of gates) release();
    expect(await Promise.all(reads)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a read that fails gives its place back', async () => {
    for (let n = 0; n < 6; n++) await expect(store.heavy(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await store.heavy(() => Promise.resolve('served'))).toBe('served');
  });

  test('too many are turned away at once, and a long wait ends', async () => {
    const clock = createManualClock();
    const heavy = createSemaphore({ runningMax: 1, waitingMax: 1, waitMs: 1_000, clock });
    const gate = held();
    const first = heavy(() => gate.done);
    const second = heavy(() => Promise.resolve());
    await expect(heavy(() => Promise.resolve())).rejects.toThrow('too many heavy reads');
    clock.advance(1_000);
    await expect(second).rejects.toThrow('waited 1000 ms');
    const third = heavy(() => Promise.resolve('third'));
    gate.release();
    await first;
    expect(await third).toBe('third');
    expect(clock.waiting()).toBe(0);
  });
});

describe('indexes', () => {
  const indexesOf = async (name: string) => {
    const all = await store.collection(name).listIndexes().toArray();
    return all.filter(({ name: one }) => one !== '_id_').map(({ v: _, collation: __, ...index }) => index);
  };

  test('are made, and made again without harm', async () => {
    const wanted = { made: [{ key: { a: 1, b: -1 } }, { key: { c: 1 }, name: 'by_c', unique: true }] } as const;
    await store.ensureIndexes(wanted);
    await store.ensureIndexes(wanted);
    expect(await indexesOf('made')).toEqual([
      { key: { a: 1, b: -1 }, name: 'a_1_b_-1' },
      { key: { c: 1 }, name: 'by_c', unique: true },
    ]);
  });

  test('are replaced when their definition changed: other options, other keys, another name', async () => {
    await store.ensureIndexes({ old: [{ key: { a: 1 } }, { key: { b: 1 }, name: 'b' }, { key: { c: 1 }, name: 'c' }] });
    await store.ensureIndexes({
      old: [
        { key: { a: 1 }, unique: true },
        { key: { b: 1, d: 1 }, name: 'b' },
        { key: { c: 1 }, name: 'renamed' },
        { key: { e: 1 } },
      ],
    });
    const now = await indexesOf('old');
    expect(now.map(({ name, key, unique }) => ({ name, key, unique }))).toEqual(
      expect.arrayContaining([
        { name: 'a_1', key: { a: 1 }, unique: true },
        { name: 'b', key: { b: 1, d: 1 }, unique: undefined },
        { name: 'renamed', key: { c: 1 }, unique: undefined },
        { name: 'e_1', key: { e: 1 }, unique: undefined },
      ]),
    );
    expect(now).toHaveLength(4);
  });

  test('that the documents contradict are an error that names the collection', async () => {
    await store.collection('doubled').insertMany([{ a: 1 }, { a: 1 }]);
    await expect(store.ensureIndexes({ doubled: [{ key: { a: 1 }, unique: true }] })).rejects.toThrow(
      'cannot create the indexes of doubled',
    );
  });
});
