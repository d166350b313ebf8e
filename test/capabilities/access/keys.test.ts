import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGraphqlClient, type GraphqlClient } from '../../support/graphql-client.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';

let hub: TestHub;
const clients: GraphqlClient[] = [];
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await hub.close();
});

interface Made {
  readonly __typename: string;
  readonly message?: string;
  readonly path?: string;
  readonly secret: string;
  readonly apiKey: {
    readonly id: string;
    readonly prefix: string;
    readonly scopes: string[];
    readonly expiresAt: string | null;
  };
}

const shown = `__typename ... on ValidationError { path message } ... on Error { message }
  ... on CreateApiKeyPayload { secret apiKey { id prefix scopes expiresAt } }`;
const create = async (input: string, api = hub.api): Promise<Made> =>
  (await api.data<{ createApiKey: Made }>(`mutation { createApiKey(input: { ${input} }) { ${shown} } }`)).createApiKey;

function clientOf(secret: string): GraphqlClient {
  const client = createGraphqlClient({ port: hub.hub.apiPort, apiKey: secret });
  clients.push(client);
  return client;
}
const withScopes = async (...scopes: string[]) =>
  clientOf((await create(`name: "some", scopes: [${scopes.join(', ')}]`)).secret);

const codeOf = async (api: GraphqlClient, text: string) =>
  (await api.query(text)).errors?.map(({ extensions }) => extensions?.['code']);

/** Waits until a condition of another process or timer holds. */
async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 50) {
    if (waited > withinMs) throw new Error('it did not come true in time');
    await sleep(50);
  }
}

describe('scopes', () => {
  test('a credential does what it is allowed, and nothing of an operation beyond that is carried out', async () => {
    const api = await withScopes('CHARGE_POINTS_READ');
    expect((await api.query('{ chargePoints { totalCount } viewer { scopes } }')).data).toEqual({
      chargePoints: { totalCount: expect.any(Number) },
      viewer: { scopes: ['CHARGE_POINTS_READ'] },
    });
    expect(await codeOf(api, '{ chargePoints { nodes { transactions { totalCount } } } }')).toEqual(['FORBIDDEN']);
    expect(await codeOf(api, '{ tokens { totalCount } }')).toEqual(['FORBIDDEN']);
    expect(await codeOf(api, 'mutation { createChargePoint(input: { identity: "never" }) { __typename } }')).toEqual([
      'FORBIDDEN',
    ]);
    const { data } = await hub.api.query('{ chargePoint(by: { identity: "never" }) { id } }');
    expect(data).toEqual({ chargePoint: null });
  });

  test('subscriptions are refused as well, over both transports', async () => {
    const api = await withScopes('CHARGE_POINTS_READ');
    await expect(api.subscribe('subscription { events { cursor } }').next()).resolves.toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect(await codeOf(api, 'subscription { transactionEvents { __typename } }')).toEqual(['FORBIDDEN']);
  });

  test('an object by its id does not exist for a credential that may not see its type', async () => {
    const data = await hub.api.data<{ createToken: { token: { id: string } } }>(
      'mutation { createToken(input: { value: "BY-ID" }) { ... on CreateTokenPayload { token { id } } } }',
    );
    const { id } = data.createToken.token;
    const api = await withScopes('CHARGE_POINTS_READ');
    expect(await api.data(`{ node(id: "${id}") { id } nodes(ids: ["${id}"]) { id } }`)).toEqual({
      node: null,
      nodes: [null],
    });
    expect(await hub.api.data(`{ node(id: "${id}") { id } }`)).toEqual({ node: { id } });
    expect(await hub.api.data(`{ nodes(ids: ["${id}"]) { id } }`)).toEqual({ nodes: [{ id }] });
  });

  test('a command is seen by whoever may send it', async () => {
    const api = await withScopes('REMOTE_CONTROL');
    const station = await hub.booted('KEYS-1', { handlers: { UnlockConnector: () => ({ status: 'Unlocked' }) } });
    const text = `mutation { unlockConnector(input: { chargePoint: { identity: "KEYS-1" }, connectorId: 1 }) {
      ... on UnlockConnectorPayload { command { status } } } }`;
    expect(await api.data(text)).toEqual({ unlockConnector: { command: { status: 'UNLOCKED' } } });
    expect(await codeOf(api, text.replace('command { status }', 'command { chargePoint { identity } }'))).toEqual([
      'FORBIDDEN',
    ]);
    await station.close();
  });
});

describe('keys', () => {
  test('a key is made, listed without its secret, rotated with an overlap, and revoked', async () => {
    const { secret, apiKey } = await create('name: "billing", scopes: [TRANSACTIONS_READ]');
    expect(apiKey).toMatchObject({ prefix: secret.slice(0, 10), scopes: ['TRANSACTIONS_READ'], expiresAt: null });
    const listed = JSON.stringify(await hub.api.data('{ apiKeys(first: 100) { nodes { id name prefix scopes } } }'));
    expect(listed).toContain(apiKey.id);
    expect(listed).not.toContain(secret);

    const rotated = await hub.api.data<{ rotateApiKey: Made }>(
      `mutation { rotateApiKey(input: { id: "${apiKey.id}", overlapSeconds: 3600 }) {
        __typename ... on RotateApiKeyPayload { secret apiKey { id prefix scopes expiresAt } } } }`,
    );
    const next = rotated.rotateApiKey;
    expect(next.apiKey.scopes).toEqual(['TRANSACTIONS_READ']);
    for (const good of [secret, next.secret]) {
      expect(await codeOf(clientOf(good), '{ transactions { totalCount } }')).toBeUndefined();
    }
    const again = await hub.api.data<{ rotateApiKey: Made }>(
      `mutation { rotateApiKey(input: { id: "${apiKey.id}" }) { __typename ... on Error { message } } }`,
    );
    expect(again.rotateApiKey.__typename).toBe('ConflictError');

    const revoke = (id: string) =>
      hub.api.data(`mutation { revokeApiKey(input: { id: "${id}" }) {
        __typename ... on RevokeApiKeyPayload { apiKey { revokedAt } } } }`);
    expect(await revoke(next.apiKey.id)).toMatchObject({ revokeApiKey: { apiKey: { revokedAt: expect.any(String) } } });
    expect(await revoke(next.apiKey.id)).toMatchObject({ revokeApiKey: { __typename: 'NotFoundError' } });
    expect(await codeOf(clientOf(next.secret), '{ viewer { scopes } }')).toEqual(['UNAUTHENTICATED']);
  });

  test('nobody makes a key that is allowed more than its maker', async () => {
    const admin = await withScopes('TENANT_ADMIN', 'TRANSACTIONS_READ');
    expect(await create('name: "more", scopes: [REMOTE_CONTROL]', admin)).toMatchObject({
      __typename: 'ValidationError',
      path: 'input.scopes',
    });
    expect(await create('name: "all of it"', admin)).toMatchObject({ path: 'input.scopes' });
    expect(await create('name: "same", scopes: [TRANSACTIONS_READ]', admin)).toHaveProperty('secret');
  });

  test.each([
    ['name: " "', 'input.name'],
    [`name: "${'x'.repeat(101)}"`, 'input.name'],
    ['name: "none", scopes: []', 'input.scopes'],
    ['name: "past", expiresAt: "2020-01-01T00:00:00.000Z"', 'input.expiresAt'],
  ])('a key of %s is refused', async (input, path) => {
    expect(await create(input)).toMatchObject({ __typename: 'ValidationError', path });
  });

  test('keys of another tenant are neither seen nor ended', async () => {
    const { apiKey } = await create('name: "mine"');
    const foreign = await hub.foreignClient();
    expect(await foreign.data(`{ node(id: "${apiKey.id}") { id } }`)).toEqual({ node: null });
    for (const mutation of ['revokeApiKey', 'rotateApiKey']) {
      expect(await foreign.data(`mutation { ${mutation}(input: { id: "${apiKey.id}" }) { __typename } }`)).toEqual({
        [mutation]: { __typename: 'NotFoundError' },
      });
    }
  });
});

describe('what is open ends with its credential', () => {
  test('revoking a key closes its sockets with 4403 and its streams, and nobody else’s', async () => {
    const { secret, apiKey } = await create('name: "live"');
    const [over, sse, other] = [clientOf(secret), clientOf(secret), hub.api];
    const live = over.subscribe('subscription { events { __typename } }');
    const stream = sse.sse('subscription { events { __typename } }');
    const unrelated = other.subscribe('subscription { events { __typename } }');
    for (const one of [live, stream, unrelated]) await one.next();
    await hub.api.data(`mutation { revokeApiKey(input: { id: "${apiKey.id}" }) { __typename } }`);
    await expect(live.next()).rejects.toMatchObject({ code: 4403 });
    await expect(stream.next()).rejects.toBeDefined();
    await hub.api.data('mutation { createToken(input: { value: "STILL-HERE" }) { __typename } }');
    await unrelated.close();
  });

  test('a key that expires closes its sockets by itself', async () => {
    const { secret } = await create(`name: "short", expiresAt: "${new Date(Date.now() + 3_000).toISOString()}"`);
    const live = clientOf(secret).subscribe('subscription { events { __typename } }');
    await live.next();
    await expect(live.next(10_000)).rejects.toMatchObject({ code: 4403 });
    await until(async () => (await codeOf(clientOf(secret), '{ viewer { scopes } }'))?.[0] === 'UNAUTHENTICATED');
  });
});
