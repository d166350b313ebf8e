import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import type { EventLog, StoredEvent } from '../../src/events/event.ts';
import type { WriterRecord } from '../../src/events/store.ts';
import type { Store } from '../../src/store/store.ts';
import { createTestDatabase } from '../support/database.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import {
  disturbed,
  eventsOf,
  followAll,
  numbered,
  numberOf,
  openLog,
  range,
  tenantId,
  turn,
  until,
} from './support.ts';

const leaseMs = 15_000;

describe('the writers of the event log', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let clock: ManualClock;
  let open: EventLog[];

  beforeEach(async () => {
    database = await createTestDatabase();
    clock = createManualClock();
    open = [];
    return () => database.close();
  });
  afterEach(async () => {
    for (const log of open) await log.close();
  });

  const openShared = async (options: Parameters<typeof openLog>[1] = {}, store: Store = database.store) => {
    const log = await openLog(store, { clock, exclusive: false, leaseMs, heartbeatMs: 1e9, ...options });
    open.push(log);
    return log;
  };
  const appendAll = (log: EventLog, numbers: number[]) => Promise.all(numbers.map((n) => log.append(numbered(n))));
  const slots = () =>
    database.store
      .collection<WriterRecord>('eventWriters')
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const documents = () =>
    database.store
      .collection<StoredEvent>('events')
      .find({ tenantId }, { sort: { writer: 1, seq: 1 } })
      .toArray();
  const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
  const readNumbers = async (log: EventLog, after?: string) =>
    (await log.read({ tenantId, filter: {}, after, limit: 10_000 })).items.map(({ event }) => numberOf(event));

  test('a log opened again goes on far above the last position, and old cursors stay good', async () => {
    const first = await openLog(database.store);
    await appendAll(first, range(0, 50));
    const middle = (await first.read({ tenantId, filter: {}, limit: 20 })).endCursor;
    const end = await first.endCursor();
    await first.close();

    const second = await openLog(database.store);
    open.push(second);
    const following = followAll(second, { after: middle });
    await appendAll(second, range(50, 100));
    await until(() => eventsOf(following.items).length === 80, 'everything after the cursor is heard');
    await following.stop();
    expect(following.numbers()).toEqual(range(20, 100));
    expect(await readNumbers(second, end)).toEqual(range(50, 100));
    const [last, next] = (await documents()).slice(49, 51);
    expect((next?.seq ?? 0) - (last?.seq ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  test('two logs take two writers, and a follower on each hears everything once, each writer in order', async () => {
    const bus = createInProcessBus({ clock });
    const [a, b] = [await openShared({ bus }), await openShared({ bus })];
    const [onA, onB] = [followAll(a), followAll(b)];
    await until(() => onA.items.length === 1 && onB.items.length === 1, 'both follow');
    const write = async (log: EventLog, from: number) => {
      for (let n = from; n < from + 500; n += 10) await appendAll(log, range(n, n + 10));
    };
    await Promise.all([write(a, 0), write(b, 1_000)]);
    const all = [...range(0, 500), ...range(1_000, 1_500)];
    await until(() => onA.items.length === 1_001 && onB.items.length === 1_001, 'both have heard all');
    for (const following of [onA, onB]) {
      expect(sorted(following.numbers())).toEqual(all);
      expect(following.numbers().filter((n) => n < 1_000)).toEqual(range(0, 500));
      expect(following.numbers().filter((n) => n >= 1_000)).toEqual(range(1_000, 1_500));
    }
    expect(new Set((await documents()).map(({ writer }) => writer))).toEqual(new Set([0, 1]));

    // Any cursor of one is good on the other, also in the middle and at its very end.
    for (const index of [1, 250, 500, 1_000]) {
      const { cursor } = onA.items[index] ?? { cursor: '' };
      const seen = eventsOf(onA.items.slice(0, index + 1)).map(numberOf);
      expect(sorted([...seen, ...(await readNumbers(b, cursor))])).toEqual(all);
    }
    expect(sorted(await readNumbers(a))).toEqual(all);
    await Promise.all([onA.stop(), onB.stop()]);
  });

  test('without a common bus the database tells within a second', async () => {
    const [a, b] = [await openShared(), await openShared()];
    const following = followAll(b);
    await until(() => following.items.length === 1, 'it follows');
    await appendAll(a, range(0, 20));
    expect(await readNumbers(b)).toEqual([]);
    await until(async () => {
      clock.advance(1_000);
      await turn();
      return following.items.length === 21;
    }, 'the events of the other process are heard');
    expect(following.numbers()).toEqual(range(0, 20));
    await following.stop();
  });

  test('a cursor given out by another process a moment ago is good here', async () => {
    const [a, b] = [await openShared(), await openShared()];
    await appendAll(a, range(0, 20));
    const after = await a.endCursor();
    expect(await readNumbers(b, after)).toEqual([]);
    const following = followAll(b, { after });
    await until(() => following.items.length === 1, 'it follows');
    await appendAll(a, range(20, 25));
    await until(async () => {
      clock.advance(1_000);
      await turn();
      return following.items.length >= 6;
    }, 'the later events are heard');
    // What lies behind the cursor was told to this process only now, and is not handed on.
    expect(following.numbers()).toEqual(range(20, 25));
    await following.stop();
  });

  test('a slot given back in order is taken again; one that is held is not', async () => {
    const a = await openShared();
    await a.append(numbered(0));
    await a.close();
    expect((await slots()).map(({ owner }) => owner)).toEqual([null]);
    await openShared();
    await openShared();
    expect((await slots()).map(({ owner }) => owner !== null)).toEqual([true, true]);
  });

  test('what a lost process wrote last is heard by the others when its lease has run out', async () => {
    const dying = await openShared({ clock: createManualClock() });
    await appendAll(dying, range(0, 20));
    // It dies: nothing is told any more, and the slot is not given back.
    const [slot] = await slots();
    const survivor = await openShared();
    const following = followAll(survivor);
    await until(() => following.items.length === 1, 'it follows');
    open = [survivor];
    await database.store
      .collection<WriterRecord>('eventWriters')
      .updateOne({ _id: 0 }, { $set: { owner: 'lost', leaseUntil: slot?.leaseUntil ?? new Date() } });
    await until(async () => {
      clock.advance(1_000);
      await turn();
      return following.items.length === 21;
    }, 'the last words are heard');
    expect(following.numbers()).toEqual(range(0, 20));
    expect((await slots())[0]?.owner).toBeNull();
    await following.stop();
    await dying.close();
  });

  test('a process that lost its slot without knowing cannot write behind the back of readers', async () => {
    let release = (): void => undefined;
    let isHeld = false;
    const held = new Promise<void>((resolve) => (release = resolve));
    const store = disturbed(database.store, {
      async insertMany(real) {
        if (isHeld) await held;
        return real();
      },
    });
    const bus = createInProcessBus({ clock });
    const zombie = await openShared({ bus }, store);
    await appendAll(zombie, range(0, 10));
    isHeld = true;
    const late = appendAll(zombie, range(10, 20)); // on its way, and takes longer than the lease
    await until(() => turn().then(() => true), 'the insert is under way');

    const records = database.store.collection<WriterRecord>('eventWriters');
    await records.updateOne({ _id: 0 }, { $set: { owner: 'lost', leaseUntil: new Date(0) } });
    const heir = await openShared({ bus });
    const following = followAll(heir, { after: await heir.oldestCursor() });
    await appendAll(heir, range(20, 30));
    await until(() => eventsOf(following.items).length === 20, 'the heir goes on');

    isHeld = false;
    release();
    await late;
    await until(() => eventsOf(following.items).length === 30, 'the late events are heard too');
    expect(sorted(following.numbers())).toEqual(range(0, 30));
    const stored = await documents();
    expect(stored.filter(({ writer }) => writer === 0).map(numberOf)).toEqual([...range(0, 10), ...range(20, 30)]);
    expect(stored.filter(({ writer }) => writer === 1).map(numberOf)).toEqual(range(10, 20));
    await following.stop();
  });
});
