import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditable } from '../../../src/capabilities/audit/model.ts';
import { createAudit } from '../../../src/capabilities/audit/operations.ts';
import { createLogger } from '../../../src/kernel/log.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock } from '../../support/manual-clock.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

interface Audited {
  readonly auditEntries: {
    readonly nodes: readonly {
      readonly operation: string;
      readonly outcome: string;
      readonly input: Record<string, unknown>;
      readonly actor: { readonly kind: string; readonly name: string };
      readonly remoteAddress: string | null;
    }[];
  };
}
const entries = async (filter: string, api = hub.api) =>
  (
    await api.data<Audited>(`{ auditEntries(filter: { ${filter} }, first: 50) {
      nodes { operation outcome input actor { kind name } remoteAddress } } }`)
  ).auditEntries.nodes;

test('each mutation is written down with who, what and the outcome, refused ones too', async () => {
  const create =
    'mutation { createChargePoint(input: { identity: "AUDITED", password: "top secret" }) { __typename } }';
  await hub.api.data(create);
  await hub.api.data(create);
  const found = await entries('operations: ["createChargePoint"]');
  expect(found.map(({ outcome }) => outcome)).toEqual(['CONFLICT', 'OK']);
  expect(found[1]).toMatchObject({
    input: { identity: 'AUDITED', password: '***' },
    actor: { kind: 'API_KEY', name: 'test' },
    remoteAddress: expect.stringContaining('127.0.0.1'),
  });
  expect(JSON.stringify(await hub.database.store.collection('auditEntries').find({}).toArray())).not.toContain(
    'secret',
  );
});

test('what GraphQL refuses before it is carried out is no mutation, and queries are none', async () => {
  const before = (await entries('')).length;
  await hub.api.query('mutation { createToken(input: { }) { __typename } }');
  await hub.api.query('{ tokens { totalCount } }');
  expect((await entries('')).length).toBe(before);
});

test('a command is found from its entry, and the audit log of another tenant is not seen', async () => {
  await hub.api.data('mutation { reset(input: { chargePoint: { identity: "AUDITED" }, type: SOFT }) { __typename } }');
  expect((await entries('operations: ["reset"]')).map(({ outcome }) => outcome)).toEqual(['CHARGE_POINT_OFFLINE']);
  expect(await entries('', await hub.foreignClient())).toEqual([]);
});

test.each([
  [
    { password: 'x', nested: { newSecret: 'y' } },
    { password: '***', nested: { newSecret: '***' } },
  ],
  [
    { key: 'AuthorizationKey', value: '0123' },
    { key: 'AuthorizationKey', value: '***' },
  ],
  [
    { key: 'HeartbeatInterval', value: '60' },
    { key: 'HeartbeatInterval', value: '60' },
  ],
  [{ location: 'ftp://user:pass@host/file' }, { location: 'ftp://***@host/file' }],
  [{ list: Array.from({ length: 150 }, () => 1) }, { list: Array.from({ length: 100 }, () => 1) }],
  ['x'.repeat(2000), 'x'.repeat(1000)],
])('of %j is kept what may be', (input, kept) => {
  expect(auditable(input)).toEqual(kept);
});

test('old entries are removed', async () => {
  const clock = createManualClock('2026-06-01T12:00:00.000Z');
  const log = createLogger('silent');
  const audit = createAudit({ store: hub.database.store, clock, log, retentionMs: 86_400_000 });
  const tenant = systemPrincipal('old');
  await audit.operations.record(tenant, { operation: 'a', outcome: 'OK', input: {}, requestId: '1' });
  audit.start();
  await clock.advance(23 * 3_600_000);
  await audit.operations.record(tenant, { operation: 'b', outcome: 'OK', input: {}, requestId: '2' });
  await clock.advance(2 * 3_600_000);
  await expect
    .poll(async () => {
      await clock.advance(3_600_000);
      const { items } = await audit.operations.page('old', {}, { limit: 10, fromEnd: false });
      return items.map(({ operation }) => operation);
    })
    .toEqual(['b']);
  audit.stop();
});
