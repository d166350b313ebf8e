import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventLog } from '../../src/events/event.ts';
import { createTestDatabase } from '../support/database.ts';
import { createManualClock } from '../support/manual-clock.ts';
import {
  disturbed,
  eventsOf,
  type Following,
  followAll,
  numbered,
  numberOf,
  openLog,
  range,
  seededRandom,
  tenantId,
  turn,
  until,
} from './support.ts';

describe('following the event log', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let log: EventLog;
  const clock = createManualClock();
  let next = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    log = await openLog(database.store, { clock, heartbeatMs: 30_000, bufferMax: 16 });
  });
  afterAll(async () => {
    await log.close();
    await database.close();
  });

  /** Appends `count` events that no test appended before; returns their numbers. */
  const append = async (count: number, fields = {}) => {
    const numbers = range(next, next + count);
    next += count;
    await Promise.all(numbers.map((n) => log.append(numbered(n, fields))));
    return numbers;
  };
  const hasCaughtUp = (following: Following) =>
    until(() => following.items.some(({ kind }) => kind === 'caughtUp'), 'the follower has caught up');

  test('without a cursor it tells only what happens from the call on, even when reading begins later', async () => {
    await append(3);
    const stream = log.follow({ tenantId, filter: {}, signal: AbortSignal.timeout(15_000) });
    const numbers = await append(2);
    const heard: unknown[] = [];
    for await (const item of stream) {
      heard.push(item.kind === 'event' ? numberOf(item.event) : item.kind);
      if (item.kind === 'caughtUp') break;
    }
    expect(heard).toEqual([...numbers, 'caughtUp']);
  });

  test('with a cursor it replays, says that it has caught up, and goes on live', async () => {
    const after = await log.endCursor();
    const before = await append(600);
    const following = followAll(log, { after });
    await hasCaughtUp(following);
    const later = await append(5);
    await until(() => following.items.length === 606, 'the live events are heard');
    await following.stop();
    expect(following.numbers()).toEqual([...before, ...later]);
    expect(following.items[600]).toMatchObject({ kind: 'caughtUp', replayedCount: 600 });
  });

  test('every cursor resumes exactly behind its item', async () => {
    const after = await log.endCursor();
    const numbers = await append(40);
    const first = followAll(log, { after });
    await hasCaughtUp(first);
    numbers.push(...(await append(10)));
    await until(() => first.items.length === 51, 'all is heard');
    await first.stop();
    for (const [index, item] of first.items.entries()) {
      const resumed = followAll(log, { after: item.cursor });
      await hasCaughtUp(resumed);
      await resumed.stop();
      const seen = eventsOf(first.items.slice(0, index + 1)).length;
      expect(resumed.numbers()).toEqual(numbers.slice(seen));
    }
  });

  test('a filter and the tenant hold in the replay and live', async () => {
    const after = await log.endCursor();
    const filter = { chargePointIds: ['a', 'b'], types: ['COUNTED'] };
    const replayed = await append(3, { chargePointId: 'a' });
    await append(3, { chargePointId: 'c' });
    await append(3, { chargePointId: 'a', tenantId: 'other' });
    await append(3, { chargePointId: 'b', type: 'OTHER' });
    const following = followAll(log, { after, filter });
    await hasCaughtUp(following);
    await append(3, { chargePointId: 'c' });
    await append(3, { chargePointId: 'a', tenantId: 'other' });
    const live = await append(3, { chargePointId: 'b' });
    await until(() => following.items.length === 7, 'the live events are heard');
    await following.stop();
    expect(following.numbers()).toEqual([...replayed, ...live]);
  });

  test('a quiet follower hears a heartbeat whose cursor moves on', async () => {
    const following = followAll(log, { filter: { types: ['NEVER'] } });
    await hasCaughtUp(following);
    await append(20);
    await turn();
    clock.advance(30_000);
    await until(() => following.items.length === 2, 'the heartbeat is heard');
    expect(following.items[1]).toEqual({ kind: 'heartbeat', cursor: await log.endCursor(), at: clock.now() });
    clock.advance(29_999);
    await turn();
    expect(following.items).toHaveLength(2);
    await following.stop();
  });

  test('aborting the signal, returning the iterator and closing the log each end a waiting follower', async () => {
    const closing = await openLog(database.store, { clock });
    const byClose = followAll(closing);
    const byAbort = followAll(log);
    await Promise.all([hasCaughtUp(byClose), hasCaughtUp(byAbort)]);
    await closing.close();
    expect(await byClose.ended).toBeUndefined();
    await byAbort.stop();

    const stream = log.follow({ tenantId, filter: {}, signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect(await stream.next()).toMatchObject({ value: { kind: 'caughtUp' } });
    const waiting = stream.next();
    await turn();
    const timers = clock.waiting();
    await stream.return?.();
    expect(await waiting).toMatchObject({ done: true });
    expect(clock.waiting()).toBe(timers - 1);
  });

  test('a follower outlives reads that fail', async () => {
    let failures = 3;
    const store = disturbed(database.store, {
      find(real) {
        failures -= 1;
        if (failures >= 0) throw new Error('the database is away');
        return real();
      },
    });
    const after = await log.endCursor();
    const numbers = await append(5);
    const failing = await openLog(store, { clock });
    failures = 3;
    const following = followAll(failing, { after });
    await until(async () => {
      clock.advance(1_000);
      await turn();
      return following.items.length >= 6;
    }, 'the events are read at last');
    await following.stop();
    expect(following.numbers()).toEqual(numbers);
    await failing.close();
  });
});

describe('the seam between replay and live', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  test.each([1, 2, 3, 4, 5, 6])(
    'followers that start, pause and resume at random moments under concurrent writers hear all once, in order (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      await database.store.collection('events').deleteMany({});
      const log = await openLog(database.store, { bufferMax: 1 + Math.floor(random() * 20), batchMax: 50 });
      const start = await log.endCursor();
      const total = 3_000;
      let written = 0;
      const write = async () => {
        while (written < total) {
          const burst = range(written, Math.min(total, written + 1 + Math.floor(random() * 40)));
          written += burst.length;
          await Promise.all(burst.map((n) => log.append(numbered(n, { chargePointId: `p${n % 3}` }))));
          if (random() < 0.3) await turn();
        }
      };

      /** Reads in stretches of random length; each stretch resumes with the cursor of the last item. */
      const follow = async (wanted: (n: number) => boolean, chargePointIds?: string[]) => {
        const expected = range(0, total).filter(wanted).length;
        const heard: number[] = [];
        for (let after = start; heard.length < expected; ) {
          let itemsLeft = 1 + Math.floor(random() * 400);
          for await (const item of log.follow({
            tenantId,
            filter: { chargePointIds },
            after,
            signal: AbortSignal.timeout(15_000),
          })) {
            after = item.cursor;
            if (item.kind === 'event') heard.push(numberOf(item.event));
            if (random() < 0.02) await turn();
            itemsLeft -= 1;
            if (itemsLeft === 0 || heard.length >= expected) break;
          }
        }
        return heard;
      };

      const [everything, some, none, twice] = await Promise.all([
        follow(() => true),
        follow((n) => n % 3 === 1, ['p1']),
        follow((n) => n % 3 !== 1, ['p0', 'p2']),
        follow(() => true),
        write(),
        write(),
        write(),
      ]);
      const order = (await log.read({ tenantId, filter: {}, limit: total })).items.map(({ event }) => numberOf(event));
      expect([...order].sort((a, b) => a - b)).toEqual(range(0, total));
      expect(everything).toEqual(order);
      expect(twice).toEqual(order);
      expect(some).toEqual(order.filter((n) => n % 3 === 1));
      expect(none).toEqual(order.filter((n) => n % 3 !== 1));
      await log.close();
    },
  );
});
