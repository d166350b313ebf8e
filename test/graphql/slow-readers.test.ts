import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import type { EventLog } from '../../src/events/event.ts';
import { createEventLog } from '../../src/events/log.ts';
import { createSlowReaderWatch } from '../../src/graphql/slow-readers.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createLogKeeper, eventually, keys, listeners, startApi, type TestApi, tell } from './api.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const memoryBytes = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const query = 'subscription { events { __typename ... on TextSaidEvent { text } } }';
const megabyte = 1 << 20;

let database: TestDatabase;
let events: EventLog;
beforeAll(async () => {
  database = await createTestDatabase();
  const { log } = createLogKeeper();
  const bus = createInProcessBus({ clock: systemClock, log });
  events = await createEventLog({
    store: database.store,
    bus,
    clock: systemClock,
    log,
    retentionMs: 86_400_000,
    exclusive: true,
  });
});
afterAll(async () => {
  await events.close();
  await database.close();
});

/** A WebSocket client that subscribes, sees its first item, and then reads nothing any more. */
async function stuckWebSocket({ port }: TestApi, subscription: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey: keys.first } }));
  await new Promise((resolve) => socket.once('message', resolve));
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: subscription } }));
  return socket;
}

/** The same over SSE, on a bare socket. */
function stuckSse({ port }: TestApi, subscription: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const body = JSON.stringify({ query: subscription });
  const lines = [
    'POST /graphql HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${keys.first}`,
    'accept: text/event-stream',
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

test('20,000 events: readers that never read cost a bounded amount and hurt nobody', { timeout: 120_000 }, async () => {
  const count = 20_000;
  const padding = 'x'.repeat(2000); // 40 MB for each reader
  const api = await startApi({ events, config: { keepAliveMs: 600_000, readerStallMs: 600_000 } });
  const stuck = await stuckWebSocket(api, query);
  await new Promise((resolve) => stuck.once('message', resolve));
  stuck.pause();
  const stuckStream = stuckSse(api, query);
  await new Promise((resolve) => stuckStream.once('data', resolve));
  stuckStream.pause();

  const healthy = api.client().subscribe<{ events: { text?: string } }>(query);
  await healthy.until(({ events: { text } }) => text === undefined);
  const before = memoryBytes();
  const readAll = async (): Promise<void> => {
    for (let next = 0; next < count; ) {
      const text = (await healthy.next(60_000)).data?.events.text;
      if (text === undefined) continue; // a heartbeat
      expect(Number.parseInt(text, 10)).toBe(next);
      next += 1;
    }
  };
  const reading = readAll();
  const at = new Date();
  for (let begin = 0; begin < count; begin += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, n) =>
        events.append({
          tenantId: 'first',
          type: 'TEXT_SAID',
          key: ['stuck', begin + n],
          occurredAt: at,
          receivedAt: at,
          data: { text: `${begin + n} ${padding}` },
        }),
      ),
    );
  }
  await reading;
  // The two hold 40 MB each if anything buffers for them. Buffers of the writes above go a moment later.
  await eventually(() => memoryBytes() - before < 12 * megabyte, 'memory as before');
  expect(stuck.readyState).toBe(WebSocket.OPEN);
  expect(stuckStream.destroyed).toBe(false);

  // What was not read is not lost: it comes from the log when the reader goes on.
  let last = -1;
  stuck.on('message', (data) => {
    const { payload } = JSON.parse(String(data)) as { payload?: { data?: { events: { text?: string } } } };
    const text = payload?.data?.events.text;
    if (text === undefined) return;
    const number = Number.parseInt(text, 10);
    if (number === last + 1) last = number;
  });
  stuck.resume();
  const deadline = Date.now() + 60_000;
  while (last < count - 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(last).toBe(count - 1);
  stuck.terminate();
  stuckStream.destroy();
  await healthy.close();
  await api.close();
});

test('readers that take nothing for too long are cut off, on both transports', { timeout: 60_000 }, async () => {
  const api = await startApi({ config: { readerStallMs: 1500 } });
  const stuck = await stuckWebSocket(api, 'subscription { live { text } }');
  const stuckStream = stuckSse(api, 'subscription { live { text } }');
  await eventually(() => listeners() === 2, 'both subscriptions');
  stuck.pause();
  stuckStream.pause();
  const healthy = api.client().subscribe<{ live: { sequence: number } }>('subscription { live { sequence } }');
  const reading = healthy.until(({ live: { sequence } }) => sequence === -1, 50_000);
  await eventually(() => listeners() === 3, 'the healthy subscription');
  const text = 'x'.repeat(50_000);
  const deadline = Date.now() + 40_000;
  for (let sequence = 0; listeners() > 1 && Date.now() < deadline; sequence += 1) {
    tell({ sequence, text });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(listeners()).toBe(1);
  tell({ sequence: -1, text: 'end' });
  await reading;
  expect(api.lines.filter(({ message }) => message.includes('does not read')).map(({ level }) => level)).toEqual([
    'warn',
    'warn',
  ]);
  stuck.terminate();
  stuckStream.destroy();
  await healthy.close();
  await api.close();
});

test('the watch cuts at the bound, or when nothing moves, and leaves a slow but living reader alone', async () => {
  const clock = createManualClock();
  const watch = createSlowReaderWatch({ clock, bytesMax: 1000, stallMs: 5000 });
  const cut: string[] = [];
  const buffered = { greedy: 0, stalled: 0, slow: 0 };
  for (const name of ['greedy', 'stalled', 'slow'] as const) {
    watch.watch({ buffered: () => buffered[name], cut: () => cut.push(name) });
  }
  Object.assign(buffered, { greedy: 1001, stalled: 10, slow: 900 });
  await clock.advanceSettled(1000);
  expect(cut).toEqual(['greedy']);
  for (let second = 0; second < 10; second += 1) {
    buffered.slow -= 10;
    await clock.advanceSettled(1000);
  }
  expect(cut).toEqual(['greedy', 'stalled']);
  watch.close();
});
