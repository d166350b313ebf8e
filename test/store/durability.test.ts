import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createStore } from '../../src/store/mongo.ts';
import { createEngineFolder, type EngineFolder, eventually, isAlive } from '../support/engine.ts';

const rounds = 5;
const writers = 32;

let folder: EngineFolder;
beforeEach(async () => {
  folder = await createEngineFolder();
});
afterEach(() => folder.remove());

test('nothing that was confirmed is missing after the engine was killed under load, again and again', async () => {
  const engine = await folder.start();
  const store = await createStore({
    uri: engine.uri,
    databaseName: 'durable',
    clock: systemClock,
    log: createLogger('silent'),
    writeTimeoutMs: 20_000,
  });
  await store.ensureIndexes({ inserts: [{ key: { writer: 1, n: 1 }, unique: true }] });
  const inserts = store.collection<{ _id: string }>('inserts');
  const latest = store.collection<{ _id: string; n: number }>('latest');
  const heard: boolean[] = [];
  store.onChange((up) => heard.push(up));
  const confirmed: string[] = [];
  const confirmedLatest = new Map<string, number>();
  let going = true;
  const write = async (writer: number) => {
    for (let n = 0; going; n++) {
      const _id = `${writer}-${n}`;
      const inserted = store.write('inserts', { insertOne: { document: { _id, writer, n } } });
      const key = `latest-${writer}`;
      const updated = store.write<{ _id: string; n: number }>('latest', {
        updateOne: { filter: { _id: key }, update: { $set: { n } }, upsert: true },
      });
      // Each document is written once, so "it was there before" would be a lie told after a lost answer.
      expect(await inserted).toEqual({ applied: true, inserted: true });
      confirmed.push(_id);
      await updated;
      confirmedLatest.set(key, n);
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));

  for (let round = 0; round < rounds; round++) {
    const before = confirmed.length;
    await eventually('writes are confirmed', () => confirmed.length > before + 200 + 100 * round);
    const pid = engine.pid() ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually('the engine is gone', () => !isAlive(pid));
    await eventually('another engine runs', () => engine.pid() !== undefined && engine.pid() !== pid);
    await eventually('the store is up', store.isUp);
  }
  going = false;
  await writing;

  const stored = new Set(await inserts.distinct('_id'));
  expect(confirmed.filter((id) => !stored.has(id))).toEqual([]);
  expect(new Set(confirmed).size).toBe(confirmed.length);
  for (const { _id, n } of await latest.find().toArray())
    expect(n).toBeGreaterThanOrEqual(confirmedLatest.get(_id) ?? 0);
  expect(heard).toEqual(Array.from({ length: rounds }, () => [false, true]).flat());
  expect(await store.database.command({ validate: 'inserts', full: true })).toMatchObject({ valid: true });
  await store.close();
}, 60_000);

test('a counter never repeats a number, whoever is killed', async () => {
  const engine = await folder.start();
  const open = () =>
    createStore({
      uri: engine.uri,
      databaseName: 'counted',
      clock: systemClock,
      log: createLogger('silent'),
      writeTimeoutMs: 20_000,
    });
  const numbers: number[] = [];
  const first = await open();
  const take = async (count: number) => {
    for (let n = 0; n < count; n++) numbers.push(await first.nextNumber('transactions'));
  };
  await take(10);
  process.kill(engine.pid() ?? 0, 'SIGKILL');
  await take(120); // the block in hand lasts over the restart, and the next one is asked for until it comes
  const second = await open(); // as a hub that starts after a crash: it knows nothing of the block in hand
  for (let n = 0; n < 60; n++) numbers.push(await second.nextNumber('transactions'));
  expect(new Set(numbers).size).toBe(190);
  expect(Math.min(...numbers)).toBe(1);
  await first.close();
  await second.close();
});
