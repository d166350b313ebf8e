import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys, startApi, type TestApi } from './api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ config: { operationTimeoutMs: 300 } });
});
afterAll(() => api.close());

const authorized = { authorization: `Bearer ${keys.first}` };
const post = (body: unknown, headers: Record<string, string> = authorized) =>
  fetch(api.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}
const answerOf = async (response: Response) => (await response.json()) as Answer;

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({
    url: () => api.url,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...authorized } }),
  });
  for (const audit of audits) {
    test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      if (result.status === 'ok' || result.status === 'notice') return;
      expect.fail(result.reason);
    });
  }
});

describe('the API key', () => {
  test('is taken from Authorization', async () => {
    expect(await answerOf(await post({ query: '{ hello }' }))).toEqual({ data: { hello: 'hello first' } });
  });

  test('is taken from X-Api-Key', async () => {
    const answer = await answerOf(await post({ query: '{ hello }' }, { 'x-api-key': keys.second }));
    expect(answer).toEqual({ data: { hello: 'hello second' } });
  });

  test.each([{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${keys.first}` }, { 'x-api-key': '' }])(
    'is demanded: %o gets 401 and learns nothing of the schema',
    async (headers) => {
      const response = await post({ query: '{ helo __schema { types { name } } }' }, headers as Record<string, string>);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      const answer = await answerOf(response);
      expect(answer.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
      expect(answer).not.toHaveProperty('data');
    },
  );

  test('that cannot be checked gets 503 without the reason', async () => {
    const response = await post({ query: '{ hello }' }, { authorization: 'Bearer database-away' });
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('database');
    expect(api.lines.some(({ fields }) => String(fields['err']).includes('the database is away'))).toBe(true);
  });

  test('does not open the API to other origins', async () => {
    const response = await post({ query: '{ hello }' }, { ...authorized, origin: 'https://elsewhere.example' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(api.url, { method: 'OPTIONS', headers: { origin: 'https://elsewhere.example' } });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('errors', () => {
  test('that nobody expected are masked, and logged with their cause under the id that the client got', async () => {
    const response = await post({ query: '{ bug }' });
    const text = await response.text();
    expect(text).not.toContain('secret');
    const [error] = (JSON.parse(text) as Answer).errors ?? [];
    expect(error).toMatchObject({ message: 'internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } });
    const requestId = error?.extensions?.['requestId'];
    expect(requestId).toBe(response.headers.get('x-request-id'));
    const line = api.lines.find(({ fields }) => fields['requestId'] === requestId);
    expect(line).toMatchObject({
      level: 'error',
      fields: { err: expect.objectContaining({ message: 'the secret detail' }) },
    });
  });

  test('that the hub foresees keep their message and code', async () => {
    const { errors } = await answerOf(await post({ query: '{ known }' }));
    expect(errors).toMatchObject([{ message: 'too old', extensions: { code: 'CURSOR_EXPIRED', retryable: false } }]);
  });

  test.each([
    ['{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { hello } query B { hello }', 'OPERATION_RESOLUTION_FAILURE'],
    ['{ node(id: "nonsense") { id } }', 'BAD_REQUEST'],
    ['{ events(first: 0) { nodes { id } } }', 'BAD_REQUEST'],
  ])('of the request have a code: %s', async (query, code) => {
    const { errors } = await answerOf(await post({ query }));
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual([code]);
  });

  test('of asking for too many nodes have a code', async () => {
    const query = `{ nodes(ids: [${'"VGV4dDox",'.repeat(101)}]) { id } }`;
    expect((await answerOf(await post({ query }))).errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  });

  test('of variables have a code', async () => {
    const query = 'query ($to: EventCursor) { events(after: $to) { nodes { id } } }';
    const { errors } = await answerOf(await post({ query, variables: { to: 'with space' } }));
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  });

  test('of a missing database say that another try may help, and nothing of the database', async () => {
    const { errors } = await answerOf(await post({ query: '{ away }' }));
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: true } }]);
    expect(JSON.stringify(errors)).not.toContain('10.0.0.1');
  });

  test('of time come when the time is up', async () => {
    const { errors } = await answerOf(await post({ query: '{ never }' }));
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
  });
});

describe('mutations', () => {
  const create = async (name: string) => {
    const query = `mutation ($name: String!) { createThing(input: { name: $name }) { __typename
      ... on CreateThingPayload { name } ... on Error { code message retryable } ... on VersionConflictError { currentVersion } } }`;
    return answerOf(await post({ query, variables: { name } }));
  };

  test('give their payload', async () => {
    expect((await create('new')).data).toEqual({ createThing: { __typename: 'CreateThingPayload', name: 'new' } });
  });

  test('give a declared failure as data', async () => {
    expect((await create('taken')).data).toEqual({
      createThing: { __typename: 'ConflictError', code: 'CONFLICT', message: 'the name is taken', retryable: false },
    });
    expect((await create('changed')).data?.['createThing']).toMatchObject({
      code: 'VERSION_CONFLICT',
      currentVersion: 7,
    });
  });

  test('give any other failure as an error, and null', async () => {
    expect(await create('not declared')).toMatchObject({
      data: { createThing: null },
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
    expect(await create('bug')).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  });
});

describe('limits', () => {
  const codeOf = async (query: string) => (await answerOf(await post({ query }))).errors?.[0]?.extensions?.['code'];
  const fields = (count: number) => Array.from({ length: count }, (_, n) => `a${n}: hello`).join(' ');

  test('tokens: 2,000 of a document', async () => {
    const messageOf = async (query: string) => (await answerOf(await post({ query }))).errors?.[0]?.message;
    expect(await messageOf(`{ ${'hello '.repeat(1998)} }`)).not.toContain('Token limit'); // too many root fields
    expect(await messageOf(`{ ${'hello '.repeat(1999)} }`)).toBe('Token limit of 2000 exceeded.');
  });

  test('root fields: 20, also inside fragments', async () => {
    expect(await codeOf(`{ ${fields(20)} }`)).toBeUndefined();
    expect(await codeOf(`{ ${fields(21)} }`)).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(`{ ...F ... on Query { b: hello } } fragment F on Query { ${fields(20)} }`)).toBe(
      'LIMIT_EXCEEDED',
    );
  });

  test('aliases: 30', async () => {
    const nodes = (count: number) =>
      `{ nodes(ids: []) { ${Array.from({ length: count }, (_, n) => `a${n}: id`).join(' ')} } }`;
    expect(await codeOf(nodes(30))).toBeUndefined();
    expect(await codeOf(nodes(31))).toBe('LIMIT_EXCEEDED');
  });

  test('depth: 12', async () => {
    const nested = (depth: number) =>
      `{ __type(name: "Query") ${'{ ofType '.repeat(depth - 2)}{ name }${' }'.repeat(depth - 2)} }`;
    expect(await codeOf(nested(12))).toBeUndefined();
    expect(await codeOf(nested(13))).toBe('LIMIT_EXCEEDED');
  });

  test('directives: 50', async () => {
    const directives = (count: number) => `{ hello ${'@include(if: true) '.repeat(count)} }`;
    expect(await codeOf(directives(51))).toBe('LIMIT_EXCEEDED');
  });

  test('fragments that spread each other are refused, not followed', async () => {
    expect(await codeOf('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });

  test('introspection as tools ask for it is allowed', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect(await codeOf(getIntrospectionQuery())).toBeUndefined();
  });

  test('body: 1 MB', async () => {
    const response = await post({ query: '{ hello }', extensions: { text: 'x'.repeat(1 << 20) } });
    expect(response.status).toBe(413);
    const chunk = new TextEncoder().encode('x'.repeat(1 << 16));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 1000) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const options = { method: 'POST', headers: { ...authorized, 'content-type': 'application/json' }, duplex: 'half' };
    const refused = await fetch(api.url, { ...options, body: endless } as RequestInit).catch(() => undefined);
    expect(refused?.status ?? 413).toBe(413); // the connection may be gone before the answer is read
    expect(sent).toBeLessThan(1000);
  });

  test('batches are not taken', async () => {
    expect((await post([{ query: '{ hello }' }, { query: '{ hello }' }])).status).toBeGreaterThanOrEqual(400);
  });

  test('mutations are not taken by GET', async () => {
    const query = encodeURIComponent('mutation { createThing(input: { name: "x" }) { __typename } }');
    expect((await fetch(`${api.url}?query=${query}`, { headers: authorized })).status).toBe(405);
  });
});

describe('beside GraphQL', () => {
  test('/health says 200 without a key', async () => {
    const response = await fetch(api.url.replace('/graphql', '/health'));
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('/health says 503 when the process is not fit, or does not know', async () => {
    for (const healthy of [() => false, () => Promise.reject(new Error('no'))]) {
      const sick = await startApi({ healthy });
      expect((await fetch(sick.url.replace('/graphql', '/health'))).status).toBe(503);
      await sick.close();
    }
  });

  test('other paths are not found', async () => {
    expect((await fetch(api.url.replace('/graphql', '/elsewhere'))).status).toBe(404);
  });

  test('a browser gets the explorer, whole, from the hub alone', async () => {
    const response = await fetch(api.url, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await response.text();
    expect(html).toContain('YogaGraphiQL');
    expect(html).toContain('Authorization');
    const markup = html.replace(/<script>[\s\S]*<\/script>/, '').replace(/<style>[\s\S]*?<\/style>/, '');
    expect(markup).not.toMatch(/https?:\/\//);
    const styles = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    expect(styles).not.toMatch(/@import|url\(["']?(https?:)?\/\//);
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=["']?(https?:)?\/\//);
  });

  test('the explorer is sent again only when it changed', async () => {
    const headers = { accept: 'text/html' };
    const etag = (await fetch(api.url, { headers })).headers.get('etag') ?? '';
    expect((await fetch(api.url, { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304);
  });
});
