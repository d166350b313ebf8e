import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import { type EventLog, eventsSubject, type NewEvent, type StoredEvent } from '../../src/events/event.ts';
import { liveEvents } from '../../src/events/filter.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { DatabaseUnavailable } from '../../src/store/store.ts';
import { createTestDatabase } from '../support/database.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { disturbed, numbered, numberOf, openLog, range, tenantId, turn, until } from './support.ts';

describe('appending to the event log', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let log: EventLog;
  const bus = createInProcessBus({ clock: systemClock });

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.store.collection('events').deleteMany({});
    log = await openLog(database.store, { bus });
    return () => log.close();
  });

  const stored = () =>
    database.store
      .collection<StoredEvent>('events')
      .find({}, { sort: { seq: 1 } })
      .toArray();

  test('an event is in the database when append resolves, with all that it told', async () => {
    const event: NewEvent = {
      ...numbered(1),
      key: ['t-1', 7],
      chargePointId: 'p',
      connectorId: 2,
      transactionId: 't-1',
      data: { energyWh: 12.5, at: new Date(5), nested: { list: [1, 'two', null] } },
    };
    await log.append(event);
    const { key: _, ...told } = event;
    const documents = await stored();
    expect(documents).toEqual([
      { ...told, _id: expect.stringMatching(/^[0-9a-f]{32}$/), writer: 0, seq: expect.any(Number) },
    ]);
  });

  test('concurrent callers each get their event stored once, in the order of their calls', async () => {
    await Promise.all(range(0, 2_000).map((n) => log.append(numbered(n))));
    expect((await stored()).map(numberOf)).toEqual(range(0, 2_000));
  });

  test('every event is told on the bus in log order, after it can be read', async () => {
    const heard: StoredEvent[] = [];
    const stop = liveEvents(bus, { tenantId, filter: {} }, (event) => heard.push(event));
    await Promise.all(range(0, 300).map((n) => log.append(numbered(n))));
    stop();
    expect(heard).toEqual(await stored());
  });

  test('the same event again resolves, is stored once and told once', async () => {
    const heard: unknown[] = [];
    const stop = bus.subscribe(eventsSubject(tenantId), (event) => heard.push(event));
    await Promise.all([log.append(numbered(1)), log.append(numbered(1)), log.append(numbered(2))]);
    await log.append(numbered(1, { data: { n: 1, changed: true } }));
    await Promise.all(range(0, 10).map((n) => log.append(numbered(n))));
    stop();
    expect((await stored()).map(numberOf).sort((a, b) => a - b)).toEqual(range(0, 10));
    expect((await stored()).find((event) => numberOf(event) === 1)?.data).toEqual({ n: 1 });
    expect(heard).toHaveLength(10);
  });

  test('the same key is another event in another tenant or of another type', async () => {
    await log.append(numbered(1));
    await log.append(numbered(1, { tenantId: 'other' }));
    await log.append(numbered(1, { type: 'OTHER' }));
    expect(await stored()).toHaveLength(3);
  });

  test('an event that no database can hold is refused and harms none beside it', async () => {
    const tooLarge = numbered(2, { data: { n: 2, text: 'x'.repeat(17_000_000) } });
    const outcomes = await Promise.allSettled([numbered(1), tooLarge, numbered(3)].map(log.append));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await stored()).map(numberOf)).toEqual([1, 3]);
  });

  test('events beyond the queue are refused at once, and the others still stored', async () => {
    const small = await openLog(database.store, { waitingMax: 10 });
    const outcomes = await Promise.allSettled(range(0, 12).map((n) => small.append(numbered(n))));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(failures).toEqual([expect.any(DatabaseUnavailable), expect.any(DatabaseUnavailable)]);
    expect(await stored()).toHaveLength(10);
    await small.close();
  });

  test('close stores what waits and refuses what comes later', async () => {
    const appended = Promise.all(range(0, 700).map((n) => log.append(numbered(n))));
    await log.close();
    await appended;
    expect(await stored()).toHaveLength(700);
    await expect(log.append(numbered(701))).rejects.toBeInstanceOf(DatabaseUnavailable);
  });
});

describe('appending while the database fails', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(() =>
    database.store
      .collection('events')
      .deleteMany({})
      .then(() => undefined),
  );

  const lost = () => Object.assign(new Error('connection 1 to the database closed'), { name: 'MongoNetworkError' });

  test.each([
    ['before it was carried out', false],
    ['after it was carried out', true],
  ])('an insert whose answer is lost %s is repeated without a gap, a repeat or a silence', async (_, isApplied) => {
    let calls = 0;
    const store = disturbed(database.store, {
      async insertMany(real) {
        calls += 1;
        if (calls % 2 === 0) return real();
        if (isApplied) await Promise.resolve(real()).catch(() => undefined);
        throw lost();
      },
    });
    const bus = createInProcessBus({ clock: systemClock });
    const heard: number[] = [];
    liveEvents(bus, { tenantId, filter: {} }, (event) => heard.push(numberOf(event)));
    const log = await openLog(store, { bus });
    for (const from of range(0, 10))
      await Promise.all(range(from * 20, from * 20 + 20).map((n) => log.append(numbered(n))));
    expect(heard).toEqual(range(0, 200));
    const { items } = await log.read({ tenantId, filter: {}, limit: 500 });
    expect(items.map(({ event }) => numberOf(event))).toEqual(range(0, 200));
    await log.close();
  });

  test('append rejects when its time is up; the event whose outcome is open is told once it is known', async () => {
    const clock = createManualClock();
    let isAway = true;
    const store = disturbed(database.store, {
      async insertMany(real) {
        if (isAway) throw lost();
        return real();
      },
    });
    const log = await openLog(store, { clock, appendTimeoutMs: 5_000 });
    const first = log.append(numbered(1)).catch((error: unknown) => error);
    await until(() => clock.waiting() > 2, 'the first try has failed');
    const second = log.append(numbered(2)).catch((error: unknown) => error);
    clock.advance(5_000);
    expect(await first).toBeInstanceOf(DatabaseUnavailable);
    expect(await second).toBeInstanceOf(DatabaseUnavailable);

    isAway = false;
    const again = log.append(numbered(1));
    await until(() => {
      clock.advance(10);
      return turn().then(async () => (await log.read({ tenantId, filter: {}, limit: 10 })).items.length > 0);
    }, 'the database is back');
    await again;
    await log.append(numbered(3));
    const { items } = await log.read({ tenantId, filter: {}, limit: 10 });
    // The second never left the queue: its caller was told so, and it is not there.
    expect(items.map(({ event }) => numberOf(event))).toEqual([1, 3]);
    await log.close();
  });

  test('while the store refuses writes nothing is sent, although the database answers', async () => {
    let mayWrite = true;
    const log = await openLog({ ...database.store, isUp: () => mayWrite });
    mayWrite = false;
    const appended = log.append(numbered(1));
    for (let n = 0; n < 50; n += 1) await turn();
    const collection = database.store.collection('events');
    expect(await collection.countDocuments()).toBe(0);
    mayWrite = true;
    await appended;
    expect(await collection.countDocuments()).toBe(1);
    await log.close();
  });

  test('what is in the database but not acknowledged as durable cannot be read', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const store = disturbed(database.store, {
      async insertMany(real) {
        const result = await real();
        await held;
        return result;
      },
    });
    const log = await openLog(store);
    const appended = log.append(numbered(1));
    const collection = database.store.collection('events');
    await until(async () => (await collection.countDocuments()) === 1, 'the event can be seen in the database');
    expect((await log.read({ tenantId, filter: {}, limit: 10 })).items).toEqual([]);
    release();
    await appended;
    expect((await log.read({ tenantId, filter: {}, limit: 10 })).items).toHaveLength(1);
    await log.close();
  });
});
