import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../src/events/cursor.ts';
import { CursorExpiredError, CursorInvalidError } from '../../src/events/errors.ts';
import type { EventFilter, EventLog } from '../../src/events/event.ts';
import { createEventStore } from '../../src/events/store.ts';
import { createTestDatabase } from '../support/database.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { followAll, numbered, numberOf, openLog, range, tenantId, until } from './support.ts';

/** Reads all pages; returns the numbers and the last cursor. */
async function readAll(log: EventLog, filter: EventFilter, limit: number, after?: string) {
  const numbers: number[] = [];
  for (let cursor = after; ; ) {
    const page = await log.read({ tenantId, filter, after: cursor, limit });
    numbers.push(...page.items.map(({ event }) => numberOf(event)));
    cursor = page.endCursor;
    if (!page.hasNextPage) return { numbers, cursor };
  }
}

describe('reading the event log', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let log: EventLog;

  beforeAll(async () => {
    database = await createTestDatabase();
    log = await openLog(database.store);
    await Promise.all(
      range(0, 1_000).map((n) =>
        log.append(
          numbered(n, {
            tenantId: n % 10 === 9 ? 'other' : tenantId,
            type: n % 2 === 0 ? 'EVEN' : 'ODD',
            chargePointId: `p${n % 5}`,
            connectorId: n % 3,
            ...(n % 4 === 0 && { transactionId: `t${n % 8}` }),
            ...(n % 100 === 1 && { commandId: `c${n}` }),
          }),
        ),
      ),
    );
  });
  afterAll(async () => {
    await log.close();
    await database.close();
  });

  const ours = range(0, 1_000).filter((n) => n % 10 !== 9);

  test.each([1, 7, 100, 900, 5_000])('pages of %i hold everything of the tenant once, in order', async (limit) => {
    expect((await readAll(log, {}, limit)).numbers).toEqual(ours);
  });

  test.each<[string, EventFilter, (n: number) => boolean]>([
    ['type', { types: ['EVEN'] }, (n) => n % 2 === 0],
    ['charge point', { chargePointIds: ['p1', 'p3'] }, (n) => n % 5 === 1 || n % 5 === 3],
    ['connector', { connectorIds: [0] }, (n) => n % 3 === 0],
    ['transaction', { transactionIds: ['t4'] }, (n) => n % 8 === 4],
    ['command', { commandIds: ['c101', 'c201'] }, (n) => n === 101 || n === 201],
    ['all of it', { types: ['EVEN'], chargePointIds: ['p1'], connectorIds: [0] }, (n) => n % 30 === 6],
    ['nothing', { types: [] }, () => false],
    ['a hundred and more values', { chargePointIds: range(0, 150).map((n) => `p${n * 2}`) }, (n) => (n % 5) % 2 === 0],
  ])('a filter by %s gives what matches', async (_, filter, matches) => {
    expect((await readAll(log, filter, 50)).numbers).toEqual(ours.filter(matches));
  });

  test('the end cursor of the last page leads to what is appended later', async () => {
    const { cursor } = await readAll(log, { types: ['RARE'] }, 50);
    expect(cursor).toBe(await log.endCursor());
    await log.append(numbered(5_000, { type: 'RARE' }));
    expect((await readAll(log, { types: ['RARE'] }, 50, cursor)).numbers).toEqual([5_000]);
  });

  test('one event is found by its id, with a cursor to go on behind it, and only by its tenant', async () => {
    const page = await log.read({ tenantId, filter: {}, limit: 10 });
    const [item, next] = page.items.slice(4, 6);
    const id = item?.event._id ?? '';
    expect(await log.find({ tenantId, id })).toEqual(item);
    expect(await log.find({ tenantId: 'other', id })).toBeUndefined();
    const rest = await log.read({ tenantId, filter: {}, after: item?.cursor, limit: 1 });
    expect(rest.items).toEqual([next]);
  });

  test.each([
    ['text that is no cursor', 'hello'],
    ['a place ahead of the log', encodeCursor(new Map([[0, 999_999_999]]))],
    ['a writer that never was', encodeCursor(new Map([[7, 1]]))],
  ])('%s is refused by read and follow', async (_, after) => {
    await expect(log.read({ tenantId, filter: {}, after, limit: 1 })).rejects.toBeInstanceOf(CursorInvalidError);
    expect(await followAll(log, { after }).ended).toBeInstanceOf(CursorInvalidError);
  });

  test('every query walks an index and looks at no more than it returns', async () => {
    const events = createEventStore(database.store);
    const filters: EventFilter[] = [
      {},
      { types: ['EVEN'] },
      { types: ['EVEN', 'ODD'] },
      { chargePointIds: ['p1'] },
      { chargePointIds: ['p1', 'p2', 'p3'] },
      { transactionIds: ['t4'] },
      { transactionIds: ['t0', 't4'] },
      { commandIds: ['c101'] },
      { commandIds: ['c101', 'c201'] },
    ];
    for (const filter of filters) {
      const plan = await events.explain({ tenantId, filter }, 0);
      const text = JSON.stringify(plan);
      expect(text, JSON.stringify(filter)).not.toMatch(/"stage":"(COLLSCAN|SORT)"/);
      expect(text).toMatch(/"stage":"IXSCAN"/);
      const { totalDocsExamined, nReturned } = (plan as { executionStats: Record<string, number> }).executionStats;
      expect(totalDocsExamined, JSON.stringify(filter)).toBe(nReturned);
    }
  });
});

describe('retention of the event log', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  test('old events go, in order; a cursor before them expires and names the oldest one that works', async () => {
    const clock = createManualClock();
    const retentionMs = 3_600_000;
    const log = await openLog(database.store, { clock, retentionMs, sweepEveryMs: 300_000, heartbeatMs: 1e9 });
    const append = (from: number, to: number) =>
      Promise.all(range(from, to).map((n) => log.append(numbered(n, { receivedAt: clock.now() }))));
    await append(0, 2_500);
    const { items } = await log.read({ tenantId, filter: {}, limit: 2_500 });
    const [first, last] = [items[0]?.cursor, items.at(-1)?.cursor];
    clock.advance(retentionMs / 2);
    await append(2_500, 2_600);
    const collection = database.store.collection('events');
    expect(await collection.countDocuments()).toBe(2_600);

    clock.advance(retentionMs / 2);
    await until(() => clock.waiting() === 1, 'the sweep that found nothing is over');
    clock.advance(300_000);
    await until(async () => (await collection.countDocuments()) === 100, 'the old events are deleted');

    const failure: unknown = await log.read({ tenantId, filter: {}, after: first, limit: 10 }).catch((error) => error);
    expect(failure).toBeInstanceOf(CursorExpiredError);
    expect(failure).toMatchObject({ code: 'CURSOR_EXPIRED', oldestCursor: await log.oldestCursor() });
    expect(await followAll(log, { after: first }).ended).toBeInstanceOf(CursorExpiredError);
    // Nothing was missed behind the last deleted event, so its cursor still works; so does the one that the error names.
    expect((await readAll(log, {}, 30, last)).numbers).toEqual(range(2_500, 2_600));
    expect((await readAll(log, {}, 30, (failure as CursorExpiredError).oldestCursor)).numbers).toEqual(
      range(2_500, 2_600),
    );
    expect((await readAll(log, {}, 30)).numbers).toEqual(range(2_500, 2_600));
    await log.close();

    const reopened = await openLog(database.store, { clock, retentionMs });
    expect(await followAll(reopened, { after: first }).ended).toBeInstanceOf(CursorExpiredError);
    expect((await readAll(reopened, {}, 30, last)).numbers).toEqual(range(2_500, 2_600));
    await reopened.close();
  });

  test('a cursor survives when everything behind and before it is deleted and the log starts anew', async () => {
    const clock = createManualClock();
    await database.store.collection('events').deleteMany({});
    const log = await openLog(database.store, { clock, retentionMs: 1_000, sweepEveryMs: 60_000 });
    await log.append(numbered(9_000, { receivedAt: clock.now() }));
    const after = await log.endCursor();
    clock.advance(60_000);
    await until(async () => (await database.store.collection('events').countDocuments()) === 0, 'all is deleted');
    await log.close();
    const reopened = await openLog(database.store, { clock });
    await reopened.append(numbered(9_001));
    expect((await readAll(reopened, {}, 30, after)).numbers).toEqual([9_001]);
    await reopened.close();
  });
});
