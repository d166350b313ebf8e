import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { keys, startApi, type TestApi } from './api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ config: { allowedOrigins: ['https://console.example'] } });
});
afterAll(() => api.close());

const headers = { authorization: `Bearer ${keys.first}`, 'content-type': 'application/json' };
const ask = (origin: string) =>
  fetch(api.url, { method: 'POST', headers: { ...headers, origin }, body: '{"query":"{ __typename }"}' });
const preflight = (origin: string) =>
  fetch(api.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

test('a page of an allowed origin may ask, and is told so by name', async () => {
  const answer = await preflight('https://console.example');
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://console.example');
  expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  const result = await ask('https://console.example');
  expect(result.headers.get('access-control-allow-origin')).toBe('https://console.example');
  expect(result.headers.get('vary')).toContain('origin');
});

test.each(['https://evil.example', 'null', 'https://console.example.evil.example'])(
  'a page of %s gets no leave',
  async (origin) => {
    expect((await preflight(origin)).status).toBe(403);
    expect((await ask(origin)).headers.get('access-control-allow-origin')).toBeNull();
  },
);

const upgrade = (origin: string | undefined) =>
  new Promise<string>((resolve) => {
    const socket = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws', origin ? { origin } : {});
    socket.once('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.once('unexpected-response', (_request, { statusCode }) => {
      resolve(String(statusCode));
      socket.terminate();
    });
    socket.on('error', () => undefined); // the answer tells
  });

test('sockets of foreign pages are refused in the handshake; those of programs, allowed pages and the hub’s own are not', async () => {
  expect(await upgrade('https://evil.example')).toBe('403');
  expect(await upgrade('null')).toBe('403');
  expect(await upgrade(undefined)).toBe('open');
  expect(await upgrade('https://console.example')).toBe('open');
  expect(await upgrade(`http://127.0.0.1:${api.port}`)).toBe('open');
});
