import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReservationStore } from '../../../src/capabilities/reservation/store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { wasteful, watchQueries } from '../../support/query-plans.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';
import { cancel, makeTokens, reserve, start } from './fixture.ts';

let database: TestDatabase;
let watched: ReturnType<typeof watchQueries<TestDatabase['store']>>;
let hub: TestHub;
beforeAll(async () => {
  database = await createTestDatabase();
  watched = watchQueries(database.store);
  hub = await startTestHub({ database: { ...database, store: watched.store } });
  await makeTokens(hub.api);
});
afterAll(async () => {
  await hub.close();
  await database.close();
});

const connected = async (identity: string): Promise<ScriptedChargePoint> => {
  const chargePoint = await hub.booted(identity);
  chargePoint.onCall('ReserveNow', () => ({ status: 'Accepted' }));
  chargePoint.onCall('CancelReservation', () => ({ status: 'Accepted' }));
  return chargePoint;
};
const plansOfReservations = async () =>
  (await watched.plans())
    .filter(({ collection }) => collection === 'reservations')
    .filter(({ filter }) => !/^\{"(untold|sweepAt)"/.test(filter)); // the clock's own, tested below

test('every list is filtered, paged and served by an index', async () => {
  const [one, two] = [await connected('LIST-1'), await connected('LIST-2')];
  expect([one.faults, two.faults]).toEqual([[], []]);
  const numbers: number[] = [];
  for (const [identity, connectorId, idTag] of [
    ['LIST-1', 1, 'GOOD'],
    ['LIST-1', 2, 'OTHER'],
    ['LIST-2', 1, 'GOOD'],
    ['LIST-2', 0, 'OTHER'],
    ['LIST-2', 3, 'SISTER'],
  ] as const) {
    const { command } = await reserve(hub.api, identity, { connectorId, idTag });
    numbers.push(command?.reservationId ?? 0);
  }
  const [a, b, c, d, e] = numbers;
  await cancel(hub.api, 'LIST-2', e ?? 0);
  const { one: first } = await hub.api.data<{ one: { id: string } }>(
    '{ one: chargePoint(by: { identity: "LIST-1" }) { id } }',
  );

  await watched.plans();
  const list = async (args: string) => {
    const { reservations } = await hub.api.data<{
      reservations: {
        nodes: { reservationId: number }[];
        totalCount: number;
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    }>(`{ reservations${args} { nodes { reservationId } totalCount pageInfo { hasNextPage endCursor } } }`);
    return { ...reservations, numbers: reservations.nodes.map(({ reservationId }) => reservationId) };
  };
  expect((await list('')).numbers).toEqual([e, d, c, b, a]);
  expect((await list('(filter: { states: [ACTIVE] })')).numbers).toEqual([d, c, b, a]);
  expect((await list('(filter: { states: [CANCELLED, EXPIRED] })')).numbers).toEqual([e]);
  expect((await list('(filter: { tokenValues: ["good"] })')).numbers).toEqual([c, a]);
  expect((await list(`(filter: { chargePointIds: ["${first.id}"], connectorIds: [2] })`)).numbers).toEqual([b]);
  expect((await list(`(filter: { requestedAt: { from: "2099-01-01T00:00:00Z" } })`)).numbers).toEqual([]);
  expect((await list(`(filter: { requestedAt: { to: "2099-01-01T00:00:00Z" } })`)).totalCount).toBe(5);
  const page = await list('(first: 2)');
  expect(page).toMatchObject({ numbers: [e, d], totalCount: 5, pageInfo: { hasNextPage: true } });
  expect((await list(`(first: 2, after: "${page.pageInfo.endCursor}")`)).numbers).toEqual([c, b]);
  expect((await list('(last: 2)')).numbers).toEqual([b, a]);

  const { chargePoint } = await hub.api.data<{ chargePoint: unknown }>(
    `{ chargePoint(by: { identity: "LIST-2" }) { reservations(states: [ACTIVE]) { nodes { reservationId } }
      connector(connectorId: 1) { reservation { reservationId } } } }`,
  );
  expect(chargePoint).toEqual({
    reservations: { nodes: [{ reservationId: d }, { reservationId: c }] },
    connector: null, // the charge point never named it
  });
  await two.call('StatusNotification', { connectorId: 1, status: 'Reserved', errorCode: 'NoError' });
  const shown = await hub.api.data<{ chargePoint: unknown }>(
    `{ chargePoint(by: { identity: "LIST-2" }) { connector(connectorId: 1) { reservation {
      reservationId requestedBy { kind } connector { connectorId } chargePoint { identity }
      reserveCommand { __typename execution { state } } cancelCommand { __typename } } } } }`,
  );
  expect(shown.chargePoint).toEqual({
    connector: {
      reservation: {
        reservationId: c,
        requestedBy: { kind: 'API_KEY' },
        connector: { connectorId: 1 },
        chargePoint: { identity: 'LIST-2' },
        reserveCommand: { __typename: 'ReserveNowCommand', execution: { state: 'RESPONDED' } },
        cancelCommand: null,
      },
    },
  });
  const plans = await plansOfReservations();
  expect(plans.length).toBeGreaterThan(10);
  expect(plans.filter(wasteful)).toEqual([]);
  await expect(
    list(`(filter: { connectorIds: [${Array.from({ length: 501 }, (_, index) => index).join(',')}] })`),
  ).rejects.toThrow('at most 500');
});

test('a start costs one indexed read more, with and without reservations; a status of a free connector one, else none', async () => {
  const chargePoint = await connected('COST-1');
  const { command } = await reserve(hub.api, 'COST-1');
  await reserve(hub.api, 'COST-1', { connectorId: 0 });
  const costOf = async (act: () => Promise<unknown>) => {
    await watched.plans();
    await act();
    const plans = await plansOfReservations();
    expect(plans.filter(wasteful)).toEqual([]);
    return plans.length;
  };
  expect(await costOf(() => start(chargePoint, { idTag: 'OTHER', connectorId: 2 }))).toBe(1);
  expect(await costOf(() => start(chargePoint, { idTag: 'BAD', connectorId: 2 }))).toBe(0);
  expect(await costOf(() => start(chargePoint, { reservationId: 123_456_789, idTag: 'OTHER', connectorId: 3 }))).toBe(
    1,
  );
  expect(await costOf(() => start(chargePoint, { reservationId: command?.reservationId }))).toBe(1);
  expect(await costOf(() => start(chargePoint))).toBe(1);
  const say = (status: string) => () =>
    chargePoint.call('StatusNotification', { connectorId: 1, status, errorCode: 'NoError' });
  expect(await costOf(say('Charging'))).toBe(0);
  expect(await costOf(say('Available'))).toBe(1);
});

test('transactions find their reservations, and reservations their transactions, in one read each', async () => {
  const chargePoint = await connected('BATCH-1');
  for (const connectorId of [1, 2, 3]) {
    const { command } = await reserve(hub.api, 'BATCH-1', { connectorId });
    await start(chargePoint, { connectorId, reservationId: command?.reservationId, meterStart: connectorId });
  }
  await watched.plans();
  const { chargePoint: seen } = await hub.api.data<{
    chargePoint: { transactions: { nodes: { reservation: { transaction: { connectorId: number } } }[] } };
  }>(
    '{ chargePoint(by: { identity: "BATCH-1" }) { transactions { nodes { reservation { transaction { connectorId } } } } } }',
  );
  expect(seen.transactions.nodes.map(({ reservation }) => reservation.transaction.connectorId)).toEqual([3, 2, 1]);
  const plans = await plansOfReservations();
  expect(plans).toHaveLength(1);
  expect(plans.filter(wasteful)).toEqual([]);
});

test('the stream begins with the active ones when asked to, tells every change, and goes on where a reader left it', async () => {
  const chargePoint = await connected('STREAM-1');
  const { command } = await reserve(hub.api, 'STREAM-1');
  const { chargePoint: own } = await hub.api.data<{ chargePoint: { id: string } }>(
    '{ chargePoint(by: { identity: "STREAM-1" }) { id } }',
  );
  interface Item {
    readonly reservationEvents: { readonly __typename: string; readonly cursor: string } & Record<string, unknown>;
  }
  const text = `subscription ($filter: ReservationEventFilterInput, $after: EventCursor, $snapshot: Boolean) {
    reservationEvents(filter: $filter, after: $after, snapshot: $snapshot) { __typename
      ... on StreamItem { cursor }
      ... on ReservationSnapshot { reservation { reservationId } }
      ... on ReservationChangedEvent { reservationId previousReservationState reservationState reservationReason uncertain mismatch
        reservation { transaction { connectorId } } chargePoint { identity } } } }`;
  const filter = { chargePointIds: [own.id] };
  const stream = hub.api.subscribe<Item>(text, { filter, snapshot: true });
  const before = await stream.until(({ reservationEvents: item }) => item.__typename === 'StreamCaughtUp');
  expect(before.map(({ reservationEvents: item }) => item.__typename)).toEqual([
    'ReservationSnapshot',
    'StreamCaughtUp',
  ]);
  expect(before[0]?.reservationEvents).toMatchObject({ reservation: { reservationId: command?.reservationId } });

  await start(chargePoint, { reservationId: command?.reservationId });
  await reserve(hub.api, 'STREAM-1', { connectorId: 2 });
  const isActive = ({ reservationEvents: item }: Item) => item['reservationState'] === 'ACTIVE';
  const changes = (await stream.until(isActive)).map(({ reservationEvents: item }) => item);
  await stream.close();
  expect(changes).toMatchObject([
    {
      previousReservationState: 'ACTIVE',
      reservationState: 'USED',
      reservationReason: 'NAMED_BY_START',
      reservation: { transaction: { connectorId: 1 } },
      chargePoint: { identity: 'STREAM-1' },
    },
    { previousReservationState: null, reservationState: 'REQUESTED', uncertain: false, mismatch: false },
    { previousReservationState: 'REQUESTED', reservationState: 'ACTIVE', reservationReason: null },
  ]);
  const resumed = hub.api.subscribe<Item>(text, { filter, after: changes[0]?.cursor });
  const rest = await resumed.until(isActive);
  expect(rest.map(({ reservationEvents: item }) => item['reservationState'])).toEqual(['REQUESTED', 'ACTIVE']);
  await resumed.close();
});

test('what the clock looks for, and what a deletion ends, is served by an index', async () => {
  const store = createReservationStore(watched.store);
  await watched.plans();
  await store.due(new Date(), 500);
  await store.untold(new Date(), 500);
  await store.findOpen('default', 'nobody');
  const plans = (await watched.plans()).filter(({ collection }) => collection === 'reservations');
  expect(plans.length).toBeGreaterThanOrEqual(3);
  expect(plans.filter(wasteful)).toEqual([]);
});
