import { randomBytes } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, keys, listeners, startApi, type TestApi, tell } from './api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({
    config: { connectionInitTimeoutMs: 300, subscriptionsPerConnectionMax: 3, websocketsMax: 20, subscriptionsMax: 5 },
  });
});
afterAll(() => api.close());

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

/** A bare socket: what is sent and received is what the protocol text says. */
function open(port: number, protocols: string[] = ['graphql-transport-ws'], headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, protocols, { headers });
  sockets.push(socket);
  const received: Message[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data) => received.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const opened = new Promise<void>((resolve) => socket.once('open', resolve));
  let read = 0;
  return {
    socket,
    closed,
    opened,
    received,
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next(): Promise<Message> {
      await eventually(() => received.length > read, 'a message');
      const message = received[read] as Message;
      read += 1;
      return message;
    },
  };
}
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await eventually(() => listeners() === 0, 'all subscriptions ended');
});

async function acknowledged(payload: Record<string, unknown> = { apiKey: keys.first }, port = api.port) {
  const peer = open(port);
  await peer.opened;
  peer.send({ type: 'connection_init', payload });
  expect(await peer.next()).toMatchObject({ type: 'connection_ack' });
  return peer;
}

const subscribe = (id: string, query: string, more: Record<string, unknown> = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, ...more },
});

describe('the handshake', () => {
  test('wants the subprotocol graphql-transport-ws: another one is 4406', async () => {
    expect(await open(api.port, []).closed).toBe(4406);
  });

  test('does not agree on a subprotocol that the hub does not speak', async () => {
    const peer = open(api.port, ['graphql-ws']);
    await peer.closed;
    expect(peer.socket.protocol).toBe('');
  });

  test('is only there at /graphql', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${api.port}/elsewhere`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });

  test('without connection_init in time is closed with 4408', async () => {
    expect(await open(api.port).closed).toBe(4408);
  });

  test('with two connection_init is closed with 4429', async () => {
    const peer = await acknowledged();
    peer.send({ type: 'connection_init', payload: { apiKey: keys.first } });
    expect(await peer.closed).toBe(4429);
  });

  test('tells the limits in connection_ack', async () => {
    const peer = open(api.port);
    await peer.opened;
    peer.send({ type: 'connection_init', payload: { apiKey: keys.first } });
    expect(await peer.next()).toEqual({ type: 'connection_ack', payload: { maxSubscriptions: 3, resumable: true } });
  });
});

describe('the API key', () => {
  test.each([
    { apiKey: keys.second },
    { authorization: `Bearer ${keys.second}` },
    { Authorization: keys.second },
    { headers: { Authorization: `Bearer ${keys.second}` } },
  ])('is taken from connectionParams %o', async (payload) => {
    const peer = await acknowledged(payload);
    peer.send(subscribe('1', '{ hello }'));
    expect(await peer.next()).toEqual({ id: '1', type: 'next', payload: { data: { hello: 'hello second' } } });
  });

  test('is taken from the headers of the handshake', async () => {
    const peer = open(api.port, undefined, { authorization: `Bearer ${keys.first}` });
    await peer.opened;
    peer.send({ type: 'connection_init' });
    expect((await peer.next()).type).toBe('connection_ack');
  });

  test.each([undefined, {}, { apiKey: 'wrong' }, { apiKey: 7 }, { authorization: '' }])(
    'is demanded: %o is closed with 4403',
    async (payload) => {
      const peer = open(api.port);
      await peer.opened;
      peer.send({ type: 'connection_init', ...(payload && { payload }) });
      expect(await peer.closed).toBe(4403);
    },
  );

  test('that cannot be checked now is closed with 1013, so that the client comes back', async () => {
    const peer = open(api.port);
    await peer.opened;
    peer.send({ type: 'connection_init', payload: { apiKey: 'database-away' } });
    expect(await peer.closed).toBe(1013);
  });

  test('comes before anything else: subscribe before the ack is closed with 4401', async () => {
    const peer = open(api.port);
    await peer.opened;
    peer.send(subscribe('1', '{ hello }'));
    expect(await peer.closed).toBe(4401);
  });
});

describe('messages', () => {
  test.each(['no json', '{"type":"unknown"}', '[]', '{"id":"1","type":"subscribe"}'])(
    'that are none are closed with 4400: %s',
    async (text) => {
      const peer = await acknowledged();
      peer.send(text);
      expect(await peer.closed).toBe(4400);
    },
  );

  test('over 64 kB are closed with 1009', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('1', `{ hello } #${randomBytes(33_000).toString('hex')}`));
    expect(await peer.closed).toBe(1009);
  });

  test('ping is answered with pong and the same payload, even before connection_init', async () => {
    const peer = open(api.port);
    await peer.opened;
    peer.send({ type: 'ping', payload: { n: 1 } });
    expect(await peer.next()).toEqual({ type: 'pong', payload: { n: 1 } });
  });

  test('a query gives one next and complete', async () => {
    const peer = await acknowledged();
    peer.send(
      subscribe('q', 'query ($name: String!) { __type(name: $name) { name } }', { variables: { name: 'Query' } }),
    );
    expect(await peer.next()).toEqual({ id: 'q', type: 'next', payload: { data: { __type: { name: 'Query' } } } });
    expect(await peer.next()).toEqual({ id: 'q', type: 'complete' });
  });

  test('a subscription gives its items in order, then complete; the id is free again', async () => {
    const peer = await acknowledged();
    for (const _round of [1, 2]) {
      peer.send(subscribe('s', 'subscription { count(to: 3) }'));
      for (const count of [1, 2, 3])
        expect(await peer.next()).toMatchObject({ type: 'next', payload: { data: { count } } });
      expect(await peer.next()).toEqual({ id: 's', type: 'complete' });
    }
  });

  test('the same id twice at once is closed with 4409', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('s', 'subscription { live { text } }'));
    peer.send(subscribe('s', 'subscription { live { text } }'));
    expect(await peer.closed).toBe(4409);
  });

  test('complete ends a subscription at the source, although nothing comes', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('s', 'subscription { live { text } }'));
    await eventually(() => listeners() === 1, 'a listener');
    peer.send({ id: 's', type: 'complete' });
    await eventually(() => listeners() === 0, 'no listener');
    tell({ sequence: 1, text: 'too late' });
    peer.send({ type: 'ping' });
    expect(await peer.next()).toEqual({ type: 'pong' });
  });

  test('a socket that goes away ends its subscriptions at the source', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('s', 'subscription { live { text } }'));
    await eventually(() => listeners() === 1, 'a listener');
    peer.socket.terminate();
    await eventually(() => listeners() === 0, 'no listener');
  });
});

describe('errors', () => {
  test.each([
    ['{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    [`{ ${Array.from({ length: 21 }, (_, n) => `a${n}: hello`).join(' ')} }`, 'LIMIT_EXCEEDED'],
  ])('of the request are one error message and leave the socket open: %s', async (query, code) => {
    const peer = await acknowledged();
    peer.send(subscribe('1', query));
    const { type, payload } = await peer.next();
    expect(type).toBe('error');
    expect(payload).toMatchObject([{ extensions: { code } }]);
    expect(JSON.stringify(payload)).not.toContain('"http"');
    peer.send({ type: 'ping' });
    expect((await peer.next()).type).toBe('pong');
  });

  test('that nobody expected are masked', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('1', '{ bug }'));
    const { payload } = await peer.next();
    expect(JSON.stringify(payload)).not.toContain('secret');
    expect(payload).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) } }],
    });
  });

  test.each([
    [true, 'STREAM_LAGGED'],
    [false, 'INTERNAL_SERVER_ERROR'],
  ])('of a stream are its last item (expected: %s)', async (expected, code) => {
    const peer = await acknowledged();
    peer.send(subscribe('1', `subscription { breaks(expected: ${expected}) }`));
    expect(await peer.next()).toMatchObject({ type: 'next', payload: { data: { breaks: 1 } } });
    const last = await peer.next();
    expect(last).toMatchObject({ type: 'next', payload: { errors: [{ extensions: { code } }] } });
    expect(JSON.stringify(last)).not.toContain('secret');
    expect(await peer.next()).toEqual({ id: '1', type: 'complete' });
  });

  test('of a stream that cannot begin are its only item', async () => {
    const peer = await acknowledged();
    peer.send(subscribe('1', 'subscription { events { cursor } }'));
    expect(await peer.next()).toMatchObject({
      type: 'next',
      payload: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
    });
    expect(await peer.next()).toEqual({ id: '1', type: 'complete' });
  });
});

describe('limits', () => {
  test('a connection has at most three operations at once', async () => {
    const peer = await acknowledged();
    for (const id of ['1', '2', '3', '4']) peer.send(subscribe(id, 'subscription { live { text } }'));
    expect(await peer.next()).toMatchObject({
      id: '4',
      type: 'error',
      payload: [{ extensions: { code: 'SUBSCRIPTION_LIMIT' } }],
    });
    expect(listeners()).toBe(3);
  });

  test('the process has at most five subscriptions at once, and room again when one ends', async () => {
    const peers = [await acknowledged(), await acknowledged()];
    for (const peer of peers)
      for (const id of ['1', '2', '3']) peer.send(subscribe(id, 'subscription { live { text } }'));
    await eventually(() => listeners() === 5, 'five listeners');
    const refused = peers.find(({ received }) => received.length > 1) ?? peers[1];
    expect(await refused?.next()).toMatchObject({
      payload: { errors: [{ extensions: { code: 'SUBSCRIPTION_LIMIT' } }] },
    });
    peers[0]?.send({ id: '1', type: 'complete' });
    await eventually(() => listeners() === 4, 'four listeners');
    peers[0]?.send(subscribe('9', 'subscription { live { text } }'));
    await eventually(() => listeners() === 5, 'five listeners again');
  });

  test('sockets over the limit are closed with 1013', async () => {
    const small = await startApi({ config: { websocketsMax: 1 } });
    const first = await acknowledged({ apiKey: keys.first }, small.port);
    expect(await open(small.port).closed).toBe(1013);
    first.socket.close();
    await first.closed;
    await small.close();
  });

  test('a client that does not answer pings is cut off', async () => {
    const strict = await startApi({ config: { keepAliveMs: 50 } });
    const peer = open(strict.port);
    await peer.opened;
    peer.send({ type: 'connection_init', payload: { apiKey: keys.first } });
    await peer.next();
    peer.socket.pause();
    const healthy = await acknowledged({ apiKey: keys.first }, strict.port);
    await new Promise((resolve) => setTimeout(resolve, 200));
    peer.socket.resume();
    expect(await peer.closed).toBe(1006);
    expect(healthy.socket.readyState).toBe(WebSocket.OPEN);
    await strict.close();
  });
});

test('when the hub goes, sockets are closed with 1012 and the official client comes back and goes on', async () => {
  let going = await startApi();
  const { port } = going;
  const counts: unknown[] = [];
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: keys.first },
    retryAttempts: 20,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  let code: number | undefined;
  client.on('closed', (event) => {
    code ??= (event as { code: number }).code;
  });
  const end = client.subscribe<{ live: { text: string } }>(
    { query: 'subscription { live { text } }' },
    { next: ({ data }) => counts.push(data?.live.text), error: () => undefined, complete: () => undefined },
  );
  await eventually(() => listeners() === 1, 'a listener');
  await going.close();
  expect(code).toBe(1012);
  expect(listeners()).toBe(0);
  going = await startApi({ config: { port } });
  await eventually(() => listeners() === 1, 'the client is back');
  tell({ sequence: 1, text: 'again' });
  await eventually(() => counts.length === 1, 'an item');
  end();
  await client.dispose();
  await going.close();
});
