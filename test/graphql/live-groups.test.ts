import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, keys, listeners, startApi, type TestApi, takeExecutions, tell } from './api.ts';

let shared: TestApi;
let single: TestApi;
beforeAll(async () => {
  shared = await startApi();
  single = await startApi({ config: { shareLiveStreams: false } });
});
afterAll(async () => {
  await shared.close();
  await single.close();
});

const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await eventually(() => listeners() === 0, 'all subscriptions ended');
  expect([shared.liveGroups(), single.liveGroups()]).toEqual([0, 0]);
});

interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

/** A bare socket with one subscription, so that frames are seen byte for byte. */
async function follow({ port }: TestApi, operation: Operation, { key = keys.first as string, id = '1' } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  sockets.push(socket);
  const frames: string[] = [];
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey: key } }));
  await new Promise((resolve) => socket.once('message', resolve));
  socket.on('message', (data) => frames.push(String(data)));
  const before = listeners();
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: operation }));
  await eventually(() => listeners() === before + 1, 'the subscription');
  return {
    socket,
    frames,
    payloads: () => frames.map((frame) => (JSON.parse(frame) as { payload: { data?: unknown } }).payload.data),
    async until(count: number): Promise<readonly string[]> {
      await eventually(() => frames.length >= count, `${count} frames`);
      return frames;
    },
  };
}

const documents: Record<string, Operation> = {
  plain: { query: 'subscription { live { sequence text } }' },
  'aliases and a nested object': {
    query: 'subscription { a: live { x: sequence self { y: text self { sequence } } list { text } } }',
  },
  fragments: {
    query:
      'subscription One { live { ...Top ... on LiveItem { text } } } fragment Top on LiveItem { self { ...Deep } } fragment Deep on LiveItem { text __typename }',
  },
  'variables at the root and below': {
    query:
      'subscription ($wanted: String, $say: String! = "x", $with: Boolean!) { live(wanted: $wanted) { echo(text: $say) text @include(if: $with) } }',
    variables: { wanted: 'all', with: false },
  },
  'a named operation among others': {
    query: 'query A { hello } subscription B { live { text } }',
    operationName: 'B',
  },
  'an error that makes a field null': { query: 'subscription {\n  live { text maybe { fails } } }' },
  'an error that makes everything null': { query: 'subscription { live { self { list { fails } } } }' },
};

test.each(Object.entries(documents))('%s: shared and single delivery give the same bytes', async (_name, operation) => {
  const one = await follow(shared, operation, { id: 'an "id"' });
  const two = await follow(shared, operation, { key: keys.other });
  const alone = await follow(single, operation);
  expect([shared.liveGroups(), single.liveGroups()]).toEqual([1, 0]);
  tell({ sequence: 1, text: 'äöü "quoted" \u2028 😀' });
  tell({ sequence: 2, text: 'x'.repeat(70_000) });
  const expected = [...(await alone.until(2))];
  expect(await two.until(2)).toEqual(expected);
  expect(await one.until(2)).toEqual(expected.map((frame) => frame.replace('"id":"1"', '"id":"an \\"id\\""')));
});

test('errors name the place in the text of each client, though the selection is shared', async () => {
  const compact = await follow(shared, { query: 'subscription { live { fails } }' });
  const spread = await follow(shared, { query: 'subscription {\n\n  live(wanted: "all") { fails }\n}' });
  expect(shared.liveGroups()).toBe(1);
  tell({ sequence: 1, text: '' });
  expect((await compact.until(1))[0]).toContain('"locations":[{"line":1,"column":23}]');
  expect((await spread.until(1))[0]).toContain('"locations":[{"line":3,"column":25}]');
});

test('a selection is executed once for all who select it, whatever their filter and credential', async () => {
  const query = 'subscription ($wanted: String) { live(wanted: $wanted) { sequence executions } }';
  const readers: Awaited<ReturnType<typeof follow>>[] = [];
  for (let n = 0; n < 10; n += 1) {
    const key = n % 2 === 0 ? keys.first : keys.other;
    readers.push(await follow(shared, { query, variables: { wanted: String(n) } }, { key }));
  }
  takeExecutions();
  for (let sequence = 0; sequence < 5; sequence += 1) tell({ sequence, text: '' });
  for (const reader of readers) {
    await reader.until(5);
    expect(reader.payloads()).toEqual([0, 1, 2, 3, 4].map((sequence) => ({ live: { sequence, executions: 0 } })));
  }
  expect(takeExecutions()).toBe(5);
  expect(shared.liveGroups()).toBe(1);
});

test('other tenants, other masking and other variables below the root are other groups', async () => {
  const query = 'subscription ($say: String!) { live { echo(text: $say) masked executions } }';
  const a = { query, variables: { say: 'a' } };
  const own = await follow(shared, a);
  const masked = await follow(shared, a, { key: keys.masked });
  const foreign = await follow(shared, a, { key: keys.second });
  const other = await follow(shared, { query, variables: { say: 'b' } });
  expect(shared.liveGroups()).toBe(4);
  tell({ sequence: 1, text: '' });
  for (const reader of [own, masked, foreign, other]) await reader.until(1);
  expect(own.payloads()).toEqual([{ live: { echo: 'a', masked: false, executions: 0 } }]);
  expect(masked.payloads()).toEqual([{ live: { echo: 'a', masked: true, executions: 0 } }]);
  expect(other.payloads()).toEqual([{ live: { echo: 'b', masked: false, executions: 0 } }]);
  expect(takeExecutions()).toBe(4);
});

test('a field that says it depends on the viewer takes its subscription out of the group', async () => {
  const query = 'subscription { live { ...F } } fragment F on LiveItem { self { marked } }';
  const one = await follow(shared, { query });
  const two = await follow(shared, { query }, { key: keys.other });
  expect(shared.liveGroups()).toBe(0);
  tell({ sequence: 1, text: '' });
  await one.until(1);
  await two.until(1);
  expect(one.payloads()).toEqual([{ live: { self: { marked: 'first' } } }]);
  expect(two.payloads()).toEqual([{ live: { self: { marked: 'other' } } }]);
});

test('a field that depends on the viewer and does not say so breaks its group up for good, and nobody sees a wrong value', async () => {
  const query = 'subscription ($with: Boolean!) { live { sequence unmarked @include(if: $with) } }';
  const harmless = await follow(shared, { query, variables: { with: false } });
  const one = await follow(shared, { query, variables: { with: true } });
  const two = await follow(shared, { query, variables: { with: true } }, { key: keys.other });
  expect(shared.liveGroups()).toBe(2);
  for (let sequence = 0; sequence < 3; sequence += 1) tell({ sequence, text: '' });
  await one.until(3);
  await two.until(3);
  await harmless.until(3);
  tell({ sequence: 3, text: '' });
  await one.until(4);
  await two.until(4);
  const said = (unmarked: string) => [0, 1, 2, 3].map((sequence) => ({ live: { sequence, unmarked } }));
  expect(one.payloads()).toEqual(said('first'));
  expect(two.payloads()).toEqual(said('other'));
  expect(
    shared.lines.filter(({ message }) => message.includes('does not say so')).map(({ fields }) => fields['lookedAt']),
  ).toEqual(['principal.actor']);
  const later = await follow(shared, { query, variables: { with: true } });
  expect(shared.liveGroups()).toBe(1); // only that of the harmless one, until it ends
  tell({ sequence: 9, text: '' });
  await later.until(1);
  expect(later.payloads()).toEqual([{ live: { sequence: 9, unmarked: 'first' } }]);
  one.socket.send(JSON.stringify({ id: '1', type: 'complete' }));
  await eventually(() => listeners() === 3, 'the end of a subscription that reads alone');
});

test('one that completes hears no more, the others go on', async () => {
  const one = await follow(shared, { query: 'subscription { live { sequence } }' });
  const two = await follow(shared, { query: 'subscription { live { sequence } }' });
  one.socket.send(JSON.stringify({ id: '1', type: 'complete' }));
  await eventually(() => listeners() === 1, 'the end of the first');
  tell({ sequence: 1, text: '' });
  await two.until(1);
  expect(one.frames).toEqual([]);
});
