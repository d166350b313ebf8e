import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import type { EmbeddedUnavailable } from '../../src/store/embedded-errors.ts';
import { createStore } from '../../src/store/mongo.ts';
import { createEngineFolder, type EngineFolder, eventually, isAlive } from '../support/engine.ts';

let folder: EngineFolder;
beforeEach(async () => {
  folder = await createEngineFolder();
});
afterEach(() => folder.remove());

/** Waits shorten to a moment, so that back-off costs no time. */
const hurried: Clock = { now: systemClock.now, after: (delayMs, run) => systemClock.after(Math.min(delayMs, 20), run) };

const connect = (uri: string) =>
  createStore({ uri, databaseName: 'life', clock: systemClock, log: createLogger('silent') });

async function startHub() {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = join(import.meta.dirname, '../support/hub-process.ts');
  const hub = spawn(process.execPath, ['--import', tsx, script, folder.dataDir, inject('engineCacheDir')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [line] = await once(hub.stdout, 'data');
  const { pid, uri }: { pid: number; uri: string } = JSON.parse(String(line));
  return { hub, enginePid: pid, uri };
}

test.each(['idle', 'loaded'])('kill -9 of the hub ends its %s engine, and the folder opens again', async (state) => {
  const { hub, enginePid, uri } = await startHub();
  const store = await connect(uri);
  await store.write('things', { insertOne: { document: { _id: 'kept' as never } } });
  const reading = state === 'loaded' ? await startSlowRead(store) : undefined;
  expect(isAlive(enginePid)).toBe(true);
  hub.kill('SIGKILL');
  await eventually('the engine is gone', () => !isAlive(enginePid), 15_000);
  await store.close();
  await reading?.ended;

  const engine = await folder.start();
  const again = await connect(engine.uri);
  expect(await again.collection('things').countDocuments()).toBe(1);
  await again.close();
});

test('Ctrl-C reaches the engine together with the hub, and the engine leaves the decision to the hub', async () => {
  const { hub, enginePid, uri } = await startHub();
  const store = await connect(uri);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.kill(enginePid, signal);
  await store.write('things', { insertOne: { document: { _id: 'after' as never } } });
  expect(isAlive(enginePid)).toBe(true);
  await store.close();
  hub.kill('SIGTERM');
  const [code] = await once(hub, 'exit');
  expect(code).toBe(0);
  expect(isAlive(enginePid)).toBe(false);
});

test('an engine that is busy with a long read still stops in time', async () => {
  const engine = await folder.start();
  const pid = engine.pid() ?? 0;
  const store = await connect(engine.uri);
  const reading = await startSlowRead(store);
  const from = performance.now();
  await engine.stop();
  expect(performance.now() - from).toBeLessThan(7_500);
  expect(isAlive(pid)).toBe(false);
  await store.close();
  await reading.ended;
});

test('stop removes the socket, and stopping twice is harmless', async () => {
  const engine = await folder.start();
  await access(join(folder.dataDir, 'mongodb.sock'));
  await engine.stop();
  await engine.stop();
  await expect(access(join(folder.dataDir, 'mongodb.sock'))).rejects.toThrow('ENOENT');
});

test('an engine whose files are gone is given up after five restarts, with the reason', async () => {
  const engine = await folder.start({ clock: hurried });
  const store = await connect(engine.uri);
  const gaveUp = new Promise<EmbeddedUnavailable>((resolve) => engine.onGaveUp(resolve));
  await rm(join(folder.dataDir, 'WiredTiger.wt'));
  process.kill(engine.pid() ?? 0, 'SIGKILL');
  const error = await gaveUp;
  expect(error.fault).toBe('DAMAGED');
  expect(error.message).toMatch(/may be damaged.*MONGODB_URI/);
  expect(engine.pid()).toBeUndefined();
  expect(engine.gate.reason()).toBe(error.message);
  await eventually('the store says so', () => !store.isUp());
  await store.close();
});

test('a disk that fills up closes the store for writes until there is room again', async () => {
  let freeBytes = 10e9;
  const engine = await folder.start({
    freeSpace: async () => ({ freeBytes, floorBytes: 1e9 }),
    watchPeriodMs: 10,
  });
  const store = await createStore({
    uri: engine.uri,
    databaseName: 'life',
    clock: systemClock,
    log: createLogger('silent'),
    gate: engine.gate,
  });
  const heard: boolean[] = [];
  store.onChange((up) => heard.push(up));
  freeBytes = 0.9e9;
  await eventually('the store is down', () => !store.isUp());
  await expect(store.write('things', { insertOne: { document: {} } })).rejects.toThrow('nearly full');
  freeBytes = 1.05e9; // not yet enough to open again: it would only swing to and fro
  freeBytes = 2e9;
  await eventually('the store is up', store.isUp);
  expect(heard).toEqual([false, true]);
  expect((await store.write('things', { insertOne: { document: {} } })).inserted).toBe(true);
  await store.close();
});

/** Keeps one of the engine's threads busy for far longer than any test; resolves when the engine is at it. */
async function startSlowRead({ database }: Awaited<ReturnType<typeof connect>>): Promise<{ ended: Promise<unknown> }> {
  const numbers = { $range: [0, 3_000] };
  const stages = ['a', 'b', 'c'].flatMap((name) => [{ $set: { [name]: numbers } }, { $unwind: `$${name}` }]);
  const pipeline = [{ $documents: [{}] }, ...stages, { $group: { _id: '$c' } }];
  const ended = database.aggregate(pipeline).toArray().catch(String);
  const admin = database.client.db('admin');
  await eventually('the read runs', async () => {
    const running = await admin.aggregate([{ $currentOp: {} }, { $match: { 'command.aggregate': 1 } }]).toArray();
    return running.some(({ command }) => JSON.stringify(command).includes('$range'));
  });
  return { ended };
}
