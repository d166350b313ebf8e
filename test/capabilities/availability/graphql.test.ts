import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { wasteful } from '../../support/query-plans.ts';
import { createAvailabilityHub } from './fixture.ts';

let fixture: Awaited<ReturnType<typeof createAvailabilityHub>>;
beforeAll(async () => {
  fixture = await createAvailabilityHub();
});
afterAll(() => fixture.hub.close());

const send = (
  chargePoint: LinkedChargePoint,
  connectorId: number,
  status: string,
  timestamp = '2026-06-01T11:00:00Z',
) => fixture.hub.receive(chargePoint, 'StatusNotification', { connectorId, status, errorCode: 'NoError', timestamp });
const globalId = async ({ tenantId, identity }: LinkedChargePoint) => {
  const text = 'query ($identity: String!) { chargePoint(by: { identity: $identity }) { id } }';
  const data = await fixture.hub.data<{ chargePoint: { id: string } }>(tenantId, text, { identity });
  return data.chargePoint.id;
};

test('a charge point shows its own state, its EVSEs and its connectors', async () => {
  const chargePoint = await fixture.register('shown', 'CP');
  const text = `{ chargePoint(by: { identity: "CP" }) {
    status errorCode
    connectors { connectorId }
    evses { evseId connectors { connectorId status errorCode wireStatus statusSince statusIsCurrent } }
    connector(connectorId: 2) { chargePoint { identity } status }
    none: connector(connectorId: 3) { id }
    self: connector(connectorId: 0) { id } } }`;
  const empty = { status: null, errorCode: null, connectors: [], evses: [], connector: null, none: null, self: null };
  expect(await fixture.hub.data('shown', text)).toEqual({ chargePoint: empty });

  await send(chargePoint, 2, 'Charging');
  await send(chargePoint, 1, 'Available');
  await send(chargePoint, 0, 'Unavailable');
  await fixture.chargePoints.registry.attached(chargePoint, {
    version: '1.6',
    remoteAddress: '192.0.2.1',
    connectedAt: fixture.hub.clock.now(),
  });

  const connector = (connectorId: number, status: string, wireStatus: string) => ({
    evseId: connectorId,
    connectors: [
      {
        connectorId,
        status,
        wireStatus,
        errorCode: 'NO_ERROR',
        statusSince: '2026-06-01T11:00:00.000Z',
        statusIsCurrent: true,
      },
    ],
  });
  expect(await fixture.hub.data('shown', text)).toEqual({
    chargePoint: {
      status: 'UNAVAILABLE',
      errorCode: 'NO_ERROR',
      connectors: [{ connectorId: 1 }, { connectorId: 2 }],
      evses: [connector(1, 'AVAILABLE', 'Available'), connector(2, 'CHARGING', 'Charging')],
      connector: { chargePoint: { identity: 'CP' }, status: 'CHARGING' },
      none: null,
      self: null,
    },
  });
});

test('a connector that another message named has no known status', async () => {
  const { tenantId, id: chargePointId } = await fixture.register('named', 'CP');
  const { operations } = fixture.availability;
  await operations.ensureConnector({ tenantId, chargePointId, connectorId: 1 }, fixture.hub.clock.now());
  await operations.ensureConnector({ tenantId, chargePointId, connectorId: 1 }, fixture.hub.clock.now());
  const text =
    '{ chargePoint(by: { identity: "CP" }) { connectors { status wireStatus statusSince statusIsCurrent } } }';
  expect(await fixture.hub.data('named', text)).toEqual({
    chargePoint: {
      connectors: [{ status: 'UNKNOWN', wireStatus: null, statusSince: null, statusIsCurrent: false }],
    },
  });
});

test('the history of a connector comes newest first, in pages and spans', async () => {
  const chargePoint = await fixture.register('history', 'CP');
  const words = ['Available', 'Preparing', 'Charging', 'Finishing'];
  for (const [hour, word] of words.entries()) await send(chargePoint, 1, word, `2026-06-01T0${hour}:00:00Z`);
  const history = async (args: string) => {
    const text = `{ chargePoint(by: { identity: "CP" }) { connector(connectorId: 1) { statusHistory(${args}) {
      nodes { status occurredAt late } pageInfo { endCursor hasNextPage } } } } }`;
    type Data = {
      chargePoint: {
        connector: {
          statusHistory: {
            nodes: { status: string }[];
            pageInfo: { endCursor: string; hasNextPage: boolean };
          };
        };
      };
    };
    const { statusHistory } = (await fixture.hub.data<Data>('history', text)).chargePoint.connector;
    return { ...statusHistory, words: statusHistory.nodes.map(({ status }) => status) };
  };
  await fixture.hub.plans();
  const first = await history('first: 3');
  expect(first.words).toEqual(['FINISHING', 'CHARGING', 'PREPARING']);
  expect(first.pageInfo.hasNextPage).toBe(true);
  expect((await history(`after: "${first.pageInfo.endCursor}"`)).words).toEqual(['AVAILABLE']);
  const span = 'from: "2026-06-01T01:00:00Z", to: "2026-06-01T03:00:00Z"';
  expect((await history(span)).words).toEqual(['CHARGING', 'PREPARING']);
  expect((await fixture.hub.plans()).filter(wasteful)).toEqual([]);
});

test('a foreign tenant sees no connector', async () => {
  const chargePoint = await fixture.register('owner', 'CP');
  await send(chargePoint, 1, 'Available');
  const owned = await fixture.hub.data<{ chargePoint: { connector: { id: string } } }>(
    'owner',
    '{ chargePoint(by: { identity: "CP" }) { connector(connectorId: 1) { id } } }',
  );
  const text = 'query ($id: ID!) { node(id: $id) { ... on Connector { connectorId } } }';
  const { id } = owned.chargePoint.connector;
  expect(await fixture.hub.data('owner', text, { id })).toEqual({ node: { connectorId: 1 } });
  expect(await fixture.hub.data('thief', text, { id })).toEqual({ node: null });
});

test('the connectors of many charge points are one read', async () => {
  for (const identity of ['A', 'B', 'C']) {
    const chargePoint = await fixture.register('batch', identity);
    await send(chargePoint, 1, 'Available');
  }
  await fixture.hub.plans();
  const text = '{ chargePoints { nodes { status connectors { status statusIsCurrent chargePoint { identity } } } } }';
  const { chargePoints } = await fixture.hub.data<{ chargePoints: { nodes: unknown[] } }>('batch', text);
  expect(chargePoints.nodes).toHaveLength(3);
  const plans = await fixture.hub.plans();
  expect(plans.map(({ collection }) => collection)).toEqual(['chargePoints', 'connectors', 'chargePoints']);
  expect(plans.filter(wasteful)).toEqual([]);
});

test('a deleted charge point takes its connectors along', async () => {
  const chargePoint = await fixture.register('deleted', 'CP');
  await send(chargePoint, 1, 'Available');
  const [connector] = await fixture.availability.operations.findOf('deleted', [chargePoint.id]);
  await fixture.chargePoints.operations.remove(systemPrincipal('deleted'), { id: chargePoint.id });
  expect(await fixture.availability.operations.findByIds('deleted', [String(connector?._id)])).toEqual([]);
});

interface Item {
  readonly connectorStatus: { readonly __typename: string; readonly cursor?: string } & Record<string, unknown>;
}
const streamText = `subscription ($filter: ConnectorFilterInput, $after: EventCursor) {
  connectorStatus(filter: $filter, after: $after) { __typename
    ... on ConnectorSnapshot { connector { connectorId status } }
    ... on ConnectorStatusChangedEvent { cursor connectorId previousStatus status connector { status } } } }`;

test('the stream of states begins with the present ones and goes on where a reader left it', async () => {
  const chargePoint = await fixture.register('stream', 'CP');
  const other = await fixture.register('stream', 'other');
  await send(chargePoint, 1, 'Available');
  await send(chargePoint, 2, 'Charging');
  await send(chargePoint, 0, 'Available');
  await send(other, 1, 'Available');
  const filter = { chargePointIds: [await globalId(chargePoint)] };

  const items: Item['connectorStatus'][] = [];
  for await (const { connectorStatus } of fixture.hub.subscribe<Item>('stream', streamText, { filter })) {
    items.push(connectorStatus);
    if (connectorStatus.__typename === 'StreamCaughtUp') {
      await send(other, 1, 'Faulted');
      await send(chargePoint, 1, 'Preparing');
      await send(chargePoint, 0, 'Unavailable');
      await send(chargePoint, 1, 'Charging');
    }
    if (items.length === 6) break;
  }
  const [, , , first] = items;
  expect(items).toMatchObject([
    { __typename: 'ConnectorSnapshot', connector: { connectorId: 1, status: 'AVAILABLE' } },
    { __typename: 'ConnectorSnapshot', connector: { connectorId: 2, status: 'CHARGING' } },
    { __typename: 'StreamCaughtUp' },
    { __typename: 'ConnectorStatusChangedEvent', connectorId: 1, previousStatus: 'AVAILABLE', status: 'PREPARING' },
    { __typename: 'ConnectorStatusChangedEvent', connectorId: 0, status: 'UNAVAILABLE', connector: null },
    { __typename: 'ConnectorStatusChangedEvent', connectorId: 1, previousStatus: 'PREPARING', status: 'CHARGING' },
  ]);

  const again: Item['connectorStatus'][] = [];
  const resumed = { filter: { ...filter, connectorIds: [1] }, after: first?.cursor };
  for await (const { connectorStatus } of fixture.hub.subscribe<Item>('stream', streamText, resumed)) {
    again.push(connectorStatus);
    if (again.length === 2) break;
  }
  expect(again).toMatchObject([{ connectorId: 1, status: 'CHARGING' }, { __typename: 'StreamCaughtUp' }]);
});

test('the snapshot of many connectors is read piece by piece over an index', async () => {
  const chargePoint = await fixture.register('many', 'CP');
  await Promise.all(
    Array.from({ length: 700 }, (_, index) =>
      fixture.availability.operations.ensureConnector(
        { tenantId: 'many', chargePointId: chargePoint.id, connectorId: index + 1 },
        fixture.hub.clock.now(),
      ),
    ),
  );
  await fixture.hub.plans();
  const numbers: number[] = [];
  for await (const { connectorId } of fixture.availability.operations.readAll('many', {})) numbers.push(connectorId);
  expect(numbers).toEqual(Array.from({ length: 700 }, (_, index) => index + 1));
  const plans = await fixture.hub.plans();
  expect(plans).toHaveLength(2);
  expect(plans.filter(wasteful)).toEqual([]);
});
