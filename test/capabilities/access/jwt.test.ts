import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphqlClient } from '../../support/graphql-client.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';

let hub: TestHub;
let issue: (claims: Record<string, unknown>, options?: { key?: CryptoKey; alg?: string }) => Promise<string>;
let foreignKey: CryptoKey;
const server = createServer((_request, response) => response.end(keySet));
let keySet = '';

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  foreignKey = (await generateKeyPair('ES256')).privateKey;
  keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issue = (claims, { key = privateKey, alg = 'ES256' } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: 'https://issuer.example', aud: 'hub', sub: 'somebody', exp: now + 600, ...claims };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new SignJWT(kept).setProtectedHeader({ alg, kid: 'one' }).sign(key);
  };
  hub = await startTestHub({
    settings: {
      API_JWT_KEY_SET: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
      API_JWT_ISSUER: 'https://issuer.example',
      API_JWT_AUDIENCE: 'hub',
    },
  });
});
afterAll(async () => {
  await hub.close();
  server.close();
});

async function ask(token: string, query = '{ viewer { actor { kind id name } tenantId scopes } }') {
  const client = createGraphqlClient({ port: hub.hub.apiPort, apiKey: token });
  try {
    return await client.query(query);
  } finally {
    await client.close();
  }
}

test('a token stands for its subject, with the tenant and the scopes that it names', async () => {
  const { data } = await ask(
    await issue({ name: 'Ada', tenant: 'other', scope: 'CHARGE_POINTS_WRITE openid NOT_OURS' }),
  );
  expect(data).toEqual({
    viewer: {
      actor: { kind: 'USER', id: 'somebody', name: 'Ada' },
      tenantId: 'other',
      scopes: ['CHARGE_POINTS_READ', 'CHARGE_POINTS_WRITE'],
    },
  });
});

test('scopes may be a list, and a token without any is allowed nothing', async () => {
  const withList = await ask(await issue({ scope: ['ID_TAGS_READ', 7] }));
  expect(withList.data).toMatchObject({ viewer: { scopes: ['ID_TAGS_READ'], tenantId: 'default' } });
  const without = await ask(await issue({}), '{ chargePoints { totalCount } }');
  expect(without.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
});

const past = Math.floor(Date.now() / 1000) - 120;
test.each([
  ['has expired', { exp: past }],
  ['never expires', { exp: undefined }],
  ['is not valid yet', { nbf: past + 1200 }],
  ['comes from another issuer', { iss: 'https://evil.example' }],
  ['is for another audience', { aud: 'somebody else' }],
  ['names nobody', { sub: undefined }],
  ['names a tenant that cannot be one', { tenant: 7 }],
])('a token that %s is refused', async (_what, claims) => {
  const { errors } = await ask(await issue({ scope: 'ID_TAGS_READ', ...claims }));
  expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
});

test('a token that another key signed, an unsigned one, and a broken one are refused', async () => {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`;
  const good = await issue({ scope: 'ID_TAGS_READ' });
  for (const token of [
    await issue({}, { key: foreignKey }),
    unsigned,
    `${good.slice(0, -4)}AAAA`,
    'a.b.c',
    'nothing',
  ]) {
    const { errors } = await ask(token);
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  }
});

test('a key set may be a file', async () => {
  const path = join(tmpdir(), `key-set-${process.pid}.json`);
  writeFileSync(path, keySet);
  const other = await startTestHub({
    settings: { API_JWT_KEY_SET: path, API_JWT_ISSUER: 'https://issuer.example', API_JWT_AUDIENCE: 'hub' },
  });
  const client = createGraphqlClient({ port: other.hub.apiPort, apiKey: await issue({ scope: 'ID_TAGS_READ' }) });
  expect(await client.data('{ viewer { scopes } }')).toEqual({ viewer: { scopes: ['ID_TAGS_READ'] } });
  await client.close();
  await other.close();
});

test('a key set without issuer and audience is a mistake that stops the start', async () => {
  await expect(startTestHub({ settings: { API_JWT_KEY_SET: '/somewhere' } })).rejects.toThrow('needs API_JWT_ISSUER');
});
