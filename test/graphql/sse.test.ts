import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually, keys, listeners, startApi, type TestApi, tell } from './api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ config: { subscriptionsMax: 2 } });
});
afterAll(() => api.close());
afterEach(() => eventually(() => listeners() === 0, 'all subscriptions ended'));

const open = (query: string, signal?: AbortSignal, method: 'POST' | 'GET' = 'POST') => {
  const headers = { authorization: `Bearer ${keys.first}`, accept: 'text/event-stream' };
  if (method === 'GET')
    return fetch(`${api.url}?query=${encodeURIComponent(query)}`, { headers, ...(signal && { signal }) });
  return fetch(api.url, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    ...(signal && { signal }),
  });
};
const events = (text: string) =>
  text.split('\n\n').flatMap((block) => {
    const event = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: ?(.*)$/m.exec(block)?.[1];
    return event === undefined ? [] : [{ event, data: data ? (JSON.parse(data) as unknown) : undefined }];
  });

describe('GraphQL over SSE', () => {
  test.each(['POST', 'GET'] as const)('gives a subscription as next events and complete, by %s', async (method) => {
    const response = await open('subscription { count(to: 2) }', undefined, method);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(events(await response.text())).toEqual([
      { event: 'next', data: { data: { count: 1 } } },
      { event: 'next', data: { data: { count: 2 } } },
      { event: 'complete', data: undefined },
    ]);
  });

  test('works with the graphql-sse client', async () => {
    const stream = api.client().sse<{ count: number }>('subscription { count(to: 5) }');
    expect((await stream.until(({ count }) => count === 5)).map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
    await stream.close();
  });

  test('gives live items as they come', async () => {
    const stream = api.client().sse<{ live: { text: string } }>('subscription { live { text } }');
    const first = stream.next();
    await eventually(() => listeners() === 1, 'a listener');
    tell({ sequence: 1, text: 'now' });
    expect(await first).toEqual({ data: { live: { text: 'now' } } });
    await stream.close();
  });

  test('ends the subscription at the source when the client goes, although nothing comes', async () => {
    const gone = new AbortController();
    const response = open('subscription { live { text } }', gone.signal);
    await eventually(() => listeners() === 1, 'a listener');
    const reading = (await response).text().catch(() => 'aborted');
    gone.abort();
    await eventually(() => listeners() === 0, 'no listener');
    expect(await reading).toBe('aborted');
  });

  test.each([
    [true, 'STREAM_LAGGED'],
    [false, 'INTERNAL_SERVER_ERROR'],
  ])('gives an error of the stream as its last item (expected: %s)', async (expected, code) => {
    const text = await (await open(`subscription { breaks(expected: ${expected}) }`)).text();
    expect(text).not.toContain('secret');
    expect(events(text)).toMatchObject([
      { data: { data: { breaks: 1 } } },
      { data: { errors: [{ extensions: { code } }] } },
      { event: 'complete' },
    ]);
  });

  test('needs the key', async () => {
    const response = await fetch(api.url, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'subscription { count(to: 1) }' }),
    });
    expect(response.status).toBe(401);
  });

  test('is refused when too many subscriptions are open in the process', async () => {
    const gone = new AbortController();
    const held = [1, 2].map(() => open('subscription { live { text } }', gone.signal));
    await eventually(() => listeners() === 2, 'two listeners');
    const refused = await open('subscription { live { text } }');
    expect(await refused.text()).toContain('SUBSCRIPTION_LIMIT');
    await Promise.all(held);
    gone.abort();
  });
});
