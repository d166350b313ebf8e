import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriesPipeline } from '../../../src/capabilities/metering/store.ts';
import { encodePosition } from '../../../src/kernel/page.ts';
import { wasteful } from '../../support/query-plans.ts';
import { type ChargingHub, createChargingHub } from './fixture.ts';

let hub: ChargingHub;
const at = (minutes: number) => new Date(Date.UTC(2026, 5, 1, 10, minutes));

/** Two charge points with four charges each, the last of each still running. */
beforeAll(async () => {
  hub = await createChargingHub();
  await hub.authorization.operations.create('default', { value: 'GOOD', groupId: 'GROUP', allowConcurrent: 5 });
  for (let station = 0; station < 2; station++) {
    const chargePoint = await hub.station();
    const say = (action: string, request: object, minutes: number) =>
      hub.hub.receive(chargePoint, action, request, { receivedAt: at(minutes) });
    for (let charge = 0; charge < 4; charge++) {
      const minutes = 10 * charge;
      const { transactionId } = (await say(
        'StartTransaction',
        { connectorId: 1, idTag: 'GOOD', meterStart: 100 * charge, timestamp: at(minutes).toISOString() },
        minutes,
      )) as { transactionId: number };
      const sampledValue = [{ value: String(100 * charge + 50) }];
      const meterValue = [{ timestamp: at(minutes + 5).toISOString(), sampledValue }];
      await say('MeterValues', { connectorId: 1, meterValue }, minutes + 5);
      const stop = {
        transactionId,
        meterStop: 100 * charge + 60,
        timestamp: at(minutes + 9).toISOString(),
        idTag: 'GOOD',
      };
      if (charge < 3) await say('StopTransaction', stop, minutes + 9);
    }
    await say('StopTransaction', { transactionId: 0, meterStop: 1, timestamp: '' }, 50);
    await say('StartTransaction', { connectorId: 2, idTag: 'NOBODY', meterStart: 0, timestamp: '' }, 50);
  }
});
afterAll(() => hub.hub.close());

test('what a message needs is found by an index', async () => {
  const plans = await hub.hub.plans();
  expect(new Set(plans.map(({ collection }) => collection))).toEqual(
    new Set(['chargePointAccess', 'chargePoints', 'eventWriters', 'events', 'tokens', 'transactions']),
  );
  expect(plans.filter(wasteful)).toEqual([]);
});

interface Listed {
  readonly transactions: { readonly nodes: readonly { readonly id: string }[]; readonly totalCount: number };
}

const filters: readonly (readonly [string, number])[] = [
  ['{}', 10],
  ['{ states: [ACTIVE] }', 4],
  ['{ tokenValues: ["good"] }', 8],
  ['{ startedAt: { from: "2026-06-01T10:05:00Z", to: "2026-06-01T10:25:00Z" } }', 4],
  ['{ tokenValues: ["GOOD"], states: [ENDED] }', 6],
];
test.each(
  ['STARTED_AT_DESC', 'STARTED_AT_ASC', 'UPDATED_AT_ASC', 'UPDATED_AT_DESC'].flatMap((order) =>
    filters.map(([filter, count]) => [order, filter, count] as const),
  ),
)('transactions by %s of %s come in pages, served by an index', async (order, filter, count) => {
  await hub.hub.plans();
  const list = (page: string) =>
    hub.hub.data<Listed>(
      'default',
      `{ transactions(filter: ${filter}, orderBy: ${order}, ${page}) { totalCount nodes { id } pageInfo { endCursor } } }`,
    );
  const all = (await list('first: 100')).transactions;
  expect(all.totalCount).toBe(count);
  const ids = all.nodes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(count);
  expect((await list('last: 100')).transactions.nodes.map(({ id }) => id)).toEqual(ids);
  const pages: string[] = [];
  for (let after = ''; pages.length < count; ) {
    const { nodes, pageInfo } = (await list(`first: 3${after}`)).transactions as Listed['transactions'] & {
      pageInfo: { endCursor: string };
    };
    pages.push(...nodes.map(({ id }) => id));
    after = `, after: "${pageInfo.endCursor}"`;
  }
  expect(pages).toEqual(ids);
  expect((await hub.hub.plans()).filter(wasteful)).toEqual([]);
});

test('what hangs on charge points, connectors and tokens is served by indexes, and read once for all of a page', async () => {
  await hub.hub.plans();
  const data = await hub.hub.data<{ chargePoints: { nodes: Record<string, unknown>[] } }>(
    'default',
    `{
      chargePoints { nodes {
        activeTransactions { connectorId }
        connectors { currentTransaction { energyWh } meterValues { nodes { timestamp } } }
        transactions(orderBy: UPDATED_AT_ASC) { totalCount nodes { state } }
        orphanedStops { nodes { meterStopWh } }
        meterValues(range: { from: "2026-06-01T10:00:00Z" }) { nodes { timestamp } }
      } }
      tokens(filter: { groupIds: ["GROUP"] }, orderBy: UPDATED_AT) { totalCount nodes { value group { value } } }
      byValue: tokens(filter: { statuses: [ACTIVE] }) { nodes { value } }
    }`,
  );
  expect(data.chargePoints.nodes).toHaveLength(2);
  for (const chargePoint of data.chargePoints.nodes) {
    expect(chargePoint).toMatchObject({
      activeTransactions: [{ connectorId: 1 }, { connectorId: 2 }],
      connectors: [{ currentTransaction: { energyWh: 50 } }, { currentTransaction: { energyWh: 0 } }],
      transactions: { totalCount: 5 },
      orphanedStops: { nodes: [{ meterStopWh: 1 }] },
    });
  }
  const plans = await hub.hub.plans();
  expect(plans.filter(wasteful)).toEqual([]);
  const open = plans.filter(({ collection, filter }) => collection === 'transactions' && filter.includes('"ACTIVE"'));
  expect(open).toHaveLength(1);
});

test('a list of charge points and a cursor deep in it is served by an index', async () => {
  const stations = await hub.chargePoints.operations.findMany(
    'default',
    (await hub.hub.database.store.collection('chargePoints').find({}).toArray()).map(({ _id }) => String(_id)),
  );
  await hub.hub.plans();
  for (const field of ['startedAt', 'updatedAt'] as const) {
    const found = await hub.transactions.operations.list(
      'default',
      { chargePointIds: stations.map(({ _id }) => _id), connectorIds: [1] },
      { field, direction: 'descending' },
      { limit: 100, fromEnd: false },
    );
    expect(found.items).toHaveLength(8);
    expect(encodePosition(found.position(found.items[0] ?? fail()))).not.toBe('');
  }
  // several charge points: each one's part is in order already and they are merged
  const stages = (await hub.hub.plans()).flatMap((plan) => plan.stages);
  expect(stages).not.toContain('COLLSCAN');
  expect(stages).not.toContain('SORT');
});

test('a series is reduced by the database from an index', async () => {
  const { store } = hub.hub.database;
  const [transaction] = await store.collection('transactions').find({ state: 'ACTIVE', connectorId: 1 }).toArray();
  const query = {
    measurand: 'ENERGY_ACTIVE_IMPORT_REGISTER',
    location: 'OUTLET',
    bucketSeconds: 60,
    from: at(0),
    to: at(60),
  } as const;
  for (const scope of [
    { transactionId: String(transaction?.['_id']) },
    { chargePointId: String(transaction?.['chargePointId']), connectorId: 1 },
    { chargePointId: String(transaction?.['chargePointId']) },
  ]) {
    const plan = await store
      .collection('meterValues')
      .aggregate(seriesPipeline('default', scope, query))
      .explain();
    const text = JSON.stringify(plan);
    expect(text).toContain('IXSCAN');
    expect(text).not.toContain('COLLSCAN');
    const expected = 'transactionId' in scope ? 1 : 4;
    expect(await hub.metering.operations.series('default', scope, query)).toHaveLength(expected);
  }
});

function fail(): never {
  throw new Error('nothing found');
}
