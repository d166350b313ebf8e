import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import { durableSubscription } from '../../src/capabilities/event-stream/index.ts';
import type { EventLog } from '../../src/events/event.ts';
import { createEventLog } from '../../src/events/log.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createLogKeeper, keys, startApi, type TestApi, textSaid } from './api.ts';

const states = ['on', 'off'];
durableSubscription('texts', {
  scope: 'EVENTS_READ',
  description: 'Texts, with the state of things first.',
  union: { name: 'TextStreamItem', description: 'What `texts` gives.' },
  events: [textSaid],
  args: (arg) => ({ connectorId: arg.int({ description: 'Only of this connector.' }) }),
  filter: ({ connectorId }) => ({ connectorIds: typeof connectorId === 'number' ? [connectorId] : undefined }),
  matches: ({ data }) => data['text'] !== 'secret',
  snapshot: {
    name: 'StateSnapshot',
    description: 'A state when the subscription began.',
    byDefault: true,
    fields: (t) => ({ state: t.string({ description: 'The state.', resolve: ({ state }) => state }) }),
    read: async function* () {
      for (const state of states) yield { state };
    },
  },
});

let database: TestDatabase;
let events: EventLog;
let api: TestApi;
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
    heartbeatMs: 200,
  });
  api = await startApi({ events });
});
afterAll(async () => {
  await api.close();
  await events.close();
  await database.close();
});

let number = 0;
async function say(text: string, more: { tenantId?: string; connectorId?: number; type?: string } = {}): Promise<void> {
  number += 1;
  const at = new Date();
  const event = { tenantId: 'first', type: 'TEXT_SAID', key: [number], occurredAt: at, receivedAt: at, data: { text } };
  await events.append({ ...event, ...more });
}

interface Item {
  __typename: string;
  cursor: string;
  id?: string;
  text?: string;
  state?: string;
}
const itemFields =
  '__typename ... on StreamItem { cursor } ... on TextSaidEvent { id text } ... on StateSnapshot { state }';
const eventFields = '__typename cursor ... on TextSaidEvent { id text }';

describe('Query.events', () => {
  test('gives the log in order, page by page, and only of the own tenant', async () => {
    const start = await events.endCursor();
    for (const text of ['a', 'b', 'c', 'd', 'e']) await say(text);
    await say('foreign', { tenantId: 'second' });
    const seen: (string | undefined)[] = [];
    let after: string = start;
    for (let page = 0; page < 3; page += 1) {
      const { events: found } = await api.client().data<{
        events: { nodes: Item[]; edges: { cursor: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      }>(
        `query ($after: EventCursor) { events(first: 2, after: $after) { nodes { ${eventFields} } edges { cursor } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      expect(found.pageInfo.hasNextPage).toBe(page < 2);
      expect(found.edges.map(({ cursor }) => cursor)).toEqual(found.nodes.map(({ cursor }) => cursor));
      seen.push(...found.nodes.map(({ text }) => text));
      after = found.pageInfo.endCursor;
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('leaves out events of kinds that the API does not have', async () => {
    const after = await events.endCursor();
    await say('unknown', { type: 'SOMETHING_ELSE' });
    await say('known');
    const { events: found } = await api
      .client()
      .data<{ events: { nodes: Item[] } }>(
        `query ($after: EventCursor) { events(after: $after) { nodes { ${eventFields} } } }`,
        { after },
      );
    expect(found.nodes.map(({ text }) => text)).toEqual(['known']);
  });

  test('filters, and says which id is of the wrong kind', async () => {
    const after = await events.endCursor();
    await say('one', { connectorId: 1 });
    await say('two', { connectorId: 2 });
    const query = `query ($after: EventCursor, $filter: EventFilterInput) { events(after: $after, filter: $filter) { nodes { ${eventFields} } } }`;
    const { events: found } = await api
      .client()
      .data<{ events: { nodes: Item[] } }>(query, { after, filter: { connectorIds: [2], types: ['TEXT_SAID'] } });
    expect(found.nodes.map(({ text }) => text)).toEqual(['two']);
    const id = Buffer.from('Transaction:1').toString('base64');
    const wrong = await api.client().query(query, { filter: { chargePointIds: [id] } });
    expect(wrong.errors).toMatchObject([
      { message: 'chargePointIds holds the id of a Transaction', extensions: { code: 'BAD_REQUEST' } },
    ]);
  });

  test('refuses a cursor that is none', async () => {
    const { errors } = await api.client().query('{ events(after: "nonsense") { nodes { id } } }');
    expect(errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }]);
  });
});

describe('an event', () => {
  test('is a node, for its own tenant only', async () => {
    const after = await events.endCursor();
    await say('node');
    const { events: found } = await api
      .client()
      .data<{ events: { nodes: Item[] } }>(
        `query ($after: EventCursor) { events(after: $after) { nodes { ${eventFields} } } }`,
        { after },
      );
    const id = found.nodes[0]?.id;
    const query =
      'query ($id: ID!) { node(id: $id) { id __typename ... on TextSaidEvent { text type cursor occurredAt } } }';
    const own = await api.client().data<{ node: Item }>(query, { id });
    expect(own.node).toMatchObject({ id, __typename: 'TextSaidEvent', text: 'node', type: 'TEXT_SAID' });
    expect(await api.client(keys.second).data(query, { id })).toEqual({ node: null });
  });
});

describe.each(['subscribe', 'sse'] as const)('Subscription.events over %s', (transport) => {
  test('replays from a cursor, says that it is level, goes on live, and resumes without gap or repeat', async () => {
    const after = await events.endCursor();
    await say('old 1');
    await say('old 2');
    const query = `subscription ($after: EventCursor) { events(after: $after) { ${itemFields.replace('... on StateSnapshot { state }', '')} } }`;
    const client = api.client();
    const stream = client[transport]<{ events: Item }>(query, { after });
    const replay = await stream.until(({ events: { __typename } }) => __typename === 'StreamCaughtUp');
    expect(replay.map(({ events: { text } }) => text)).toEqual(['old 1', 'old 2', undefined]);
    const live = stream.until(({ events: { text } }) => text === 'live');
    await say('live');
    const cursor = (await live).at(-1)?.events.cursor;
    await stream.until(({ events: { __typename } }) => __typename === 'StreamHeartbeat');
    await stream.close();
    await say('meanwhile');
    const resumed = client[transport]<{ events: Item }>(query, { after: cursor });
    const rest = await resumed.until(({ events: { __typename } }) => __typename === 'StreamCaughtUp');
    expect(rest.map(({ events: { text } }) => text)).toEqual(['meanwhile', undefined]);
    await resumed.close();
  });

  test('ends with CURSOR_INVALID when the cursor is none', async () => {
    const stream = api.client()[transport]('subscription { events(after: "nonsense") { cursor } }');
    expect((await stream.next()).errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }]);
    await expect(stream.next()).rejects.toThrow('ended');
  });

  test('does not hear of other tenants', async () => {
    const stream = api
      .client(keys.second)
      [transport]<{ events: Item }>(
        `subscription { events { ${eventFields.replace('TextSaidEvent { id', 'TextSaidEvent {')} } }`,
      );
    await stream.until(({ events: { __typename } }) => __typename === 'StreamCaughtUp');
    await say('not for you');
    await say('for you', { tenantId: 'second' });
    const items = await stream.until(({ events: { text } }) => text === 'for you');
    expect(items.filter(({ events: { text } }) => text !== undefined)).toHaveLength(1);
    await stream.close();
  });
});

describe('a durable subscription', () => {
  const query = (args: string) => `subscription { texts${args} { ${itemFields} } }`;
  const shortly = (items: { texts: Item }[]) =>
    items.flatMap(({ texts: { __typename, text, state } }) =>
      __typename === 'StreamHeartbeat' ? [] : [text ?? state ?? __typename],
    );

  test('gives the state first, then what happened since, with one cursor at the seam', async () => {
    const stream = api.client().subscribe<{ texts: Item }>(query('(connectorId: 1)'));
    const first = await stream.until(({ texts: { __typename } }) => __typename === 'StreamCaughtUp');
    expect(shortly(first)).toEqual(['on', 'off', 'StreamCaughtUp']);
    await say('elsewhere', { connectorId: 2 });
    await say('secret', { connectorId: 1 });
    await say('here', { connectorId: 1 });
    expect(shortly(await stream.until(({ texts: { text } }) => text === 'here'))).toEqual(['here']);
    await stream.close();

    const seam = first[0]?.texts.cursor;
    expect(first[1]?.texts.cursor).toBe(seam);
    const resumed = api.client().subscribe<{ texts: Item }>(query(`(connectorId: 1, after: "${seam}")`));
    const again = await resumed.until(({ texts: { __typename } }) => __typename === 'StreamCaughtUp');
    expect(shortly(again)).toEqual(['here', 'StreamCaughtUp']);
    await resumed.close();
  });

  test('gives no state when the client wants none', async () => {
    const stream = api.client().subscribe<{ texts: Item }>(query('(snapshot: false)'));
    expect(shortly(await stream.until(({ texts: { __typename } }) => __typename === 'StreamCaughtUp'))).toEqual([
      'StreamCaughtUp',
    ]);
    await stream.close();
  });
});
