import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessKey } from '../../../src/capabilities/access/index.ts';
import type { BatchMember } from '../../../src/capabilities/command-batches/model.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import { defaultTenantId, systemPrincipal } from '../../../src/kernel/principal.ts';
import { createGraphqlClient } from '../../support/graphql-client.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { AnswerWithError } from '../../support/scripted-charge-point.ts';
import { type Batch, batchFields, callsOf, ended, fleet, issue } from './fixture.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

const identities = (stations: readonly { identity: string }[]) => stations.map(({ identity }) => identity);

test('300 charge points hear one wish once each, no more at a time than allowed', async () => {
  let open = 0;
  let most = 0;
  const stations = await fleet(hub, 'MANY', 300, 'ClearCache', async () => {
    most = Math.max(most, ++open);
    await sleep(5);
    open -= 1;
    return { status: 'Accepted' };
  });
  const { issueCommandBatch } = await hub.api.data<{ issueCommandBatch: { commandBatch: Batch } }>(
    `mutation { issueCommandBatch(input: { idempotencyKey: "many", selector: { filter: { search: "many-" } },
      request: { clearCache: true }, concurrency: 10 }) { ... on IssueCommandBatchPayload { commandBatch { id total } } } }`,
  );
  expect(issueCommandBatch.commandBatch.total).toBe(300);
  expect(await ended(hub.api, issueCommandBatch.commandBatch.id)).toMatchObject({
    state: 'FINISHED',
    counts: { finished: 300, waiting: 0, underWay: 0 },
  });
  expect(callsOf(stations, 'ClearCache')).toBe(300);
  expect(stations.every(({ received }) => received.length === 2)).toBe(true);
  expect(most).toBeLessThanOrEqual(10);
  for (const station of stations) station.terminate();
}, 60_000);

test('each outcome is told apart, the status verbatim, and the same key changes nothing', async () => {
  const [yes] = await fleet(hub, 'YES', 1, 'ClearCache', () => ({ status: 'Accepted' }));
  const [no] = await fleet(hub, 'NO', 1, 'ClearCache', () => ({ status: 'Rejected' }));
  const [broken] = await fleet(hub, 'BROKEN', 1, 'ClearCache', () => {
    throw new AnswerWithError('InternalError', 'out of order');
  });
  if (!yes || !no || !broken) throw new Error('no fleet');
  await hub.api.data('mutation { createChargePoint(input: { identity: "AWAY" }) { __typename } }');
  const names = [...identities([yes, no, broken]), 'AWAY', yes.identity];
  const issued = await issue(hub.api, names, 'request: { clearCache: true }', 'outcomes');
  const batch = await ended(hub.api, issued.commandBatch?.id);
  expect(batch).toMatchObject({ state: 'FINISHED', total: 4 });
  const { commandBatch } = await hub.api.data<{ commandBatch: { members: { nodes: unknown[] } } }>(
    `{ commandBatch(id: "${batch.id}") { members { nodes { chargePoint { identity } outcome status errorCode command { execution { state } } } } } }`,
  );
  expect(commandBatch.members.nodes).toMatchObject([
    { chargePoint: { identity: 'YES-000' }, outcome: 'FINISHED', status: 'Accepted', errorCode: null },
    { chargePoint: { identity: 'NO-000' }, outcome: 'REFUSED', status: 'Rejected' },
    { outcome: 'FAILED', errorCode: 'CALL_ERROR', command: { execution: { state: 'FAILED' } } },
    { outcome: 'OFFLINE', errorCode: 'CHARGE_POINT_OFFLINE', command: null },
  ]);
  const again = await issue(hub.api, names, 'request: { clearCache: true }', 'outcomes');
  expect(again).toMatchObject({ idempotentReplay: true, commandBatch: { id: batch.id, state: 'FINISHED' } });
  const other = await issue(hub.api, names, 'request: { getLocalListVersion: true }', 'outcomes');
  expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(callsOf([yes, no, broken], 'ClearCache')).toBe(3);
  const filtered = await hub.api.data<{ commandBatch: { members: { nodes: unknown[] } } }>(
    `{ commandBatch(id: "${batch.id}") { members(filter: { outcomes: [REFUSED, OFFLINE] }) { nodes { outcome } } } }`,
  );
  expect(filtered.commandBatch.members.nodes).toEqual([{ outcome: 'REFUSED' }, { outcome: 'OFFLINE' }]);
});

test('it stops after so many failures, and no more than were under way are sent besides', async () => {
  const stations = await fleet(hub, 'STOP', 20, 'ClearCache', () => ({ status: 'Rejected' }));
  const issued = await issue(
    hub.api,
    identities(stations),
    'request: { clearCache: true }, concurrency: 3, stopAfterFailures: 4',
  );
  const batch = await ended(hub.api, issued.commandBatch?.id);
  expect(batch.state).toBe('STOPPED');
  const sent = callsOf(stations, 'ClearCache');
  expect(sent).toBeGreaterThanOrEqual(4);
  expect(sent).toBeLessThanOrEqual(6);
  expect(batch.counts).toMatchObject({ refused: sent, cancelled: 20 - sent, waiting: 0, underWay: 0 });
});

test('cancelled, nothing new is sent and what waits for a charge point is taken back', async () => {
  for (const name of ['OFF-1', 'OFF-2', 'OFF-3']) {
    await hub.api.data(`mutation { createChargePoint(input: { identity: "${name}" }) { __typename } }`);
  }
  const issued = await issue(
    hub.api,
    ['OFF-1', 'OFF-2', 'OFF-3'],
    'request: { clearCache: true }, whenOffline: QUEUE, concurrency: 1',
  );
  const id = issued.commandBatch?.id;
  const text = `mutation { cancelCommandBatch(input: { id: "${id}" }) { __typename ... on Error { code }
    ... on CancelCommandBatchPayload { commandBatch { state } } } }`;
  expect(await hub.api.data(text)).toMatchObject({ cancelCommandBatch: { commandBatch: { state: 'CANCELLED' } } });
  expect(await ended(hub.api, id)).toMatchObject({ state: 'CANCELLED', counts: { cancelled: 3, underWay: 0 } });
  expect(await hub.api.data(text)).toMatchObject({ cancelCommandBatch: { code: 'CONFLICT' } });
  const station = await hub.booted('OFF-1');
  await station.expectNothing();
});

/** The hub looks after its batches once a minute; here every two seconds. */
const hasty: Clock = {
  ...systemClock,
  after: (delayMs, run) => systemClock.after(delayMs === 60_000 ? 2_000 : delayMs, run),
};

test.each(['FAIL', 'QUEUE'])(
  'a restart in the middle sends nothing twice and leaves nobody out (%s)',
  async (whenOffline) => {
    const first = await startTestHub({ database: hub.database });
    const seen: string[] = [];
    const names = Array.from({ length: 12 }, (_, index) => `AGAIN-${whenOffline}-${index}`);
    const answer = (identity: string) => ({
      handlers: {
        Reset: async () => {
          seen.push(identity);
          await sleep(60);
          return { status: 'Rejected' };
        },
      },
    });
    for (const name of names) await first.booted(name, answer(name));
    const { commandBatch } = await issue(
      first.api,
      names,
      `request: { reset: { type: SOFT } }, concurrency: 2, whenOffline: ${whenOffline}`,
    );
    while (seen.length < 4) await sleep(5);
    await first.close();
    expect(seen.length).toBeLessThan(10);

    // as if the hub had died just after it sent one, and just before it stored another
    const members = hub.database.store.collection<BatchMember>('commandBatchMembers');
    const batchId =
      Buffer.from(commandBatch?.id ?? '', 'base64')
        .toString()
        .split(':')
        .at(-1) ?? '';
    const sent = await members.findOneAndUpdate(
      { batchId, outcome: 'REFUSED' },
      { $set: { outcome: 'UNDER_WAY' }, $unset: { commandId: '', status: '' } },
    );
    const claimed = await members.findOneAndUpdate({ batchId, outcome: 'WAITING' }, { $set: { outcome: 'UNDER_WAY' } });
    expect([sent, claimed]).not.toContain(null);

    const second = await startTestHub({ database: hub.database, clock: hasty });
    for (const name of names) await second.connect(name, answer(name));
    const batch = await ended(second.api, commandBatch?.id);
    expect(batch).toMatchObject({ state: 'FINISHED', total: 12, counts: { waiting: 0, underWay: 0, offline: 0 } });
    expect([...seen].sort()).toEqual([...names].sort());
    await second.close();
  },
  40_000,
);

test('a charge point in certification mode gets it: it is a wish of the client', async () => {
  const [station] = await fleet(hub, 'CERT', 1, 'ClearCache', () => ({ status: 'Accepted' }));
  await hub.api.data(
    'mutation { updateChargePoint(input: { chargePoint: { identity: "CERT-000" }, certificationMode: true }) { __typename } }',
  );
  const { commandBatch } = await issue(hub.api, ['CERT-000'], 'request: { clearCache: true }');
  expect((await ended(hub.api, commandBatch?.id)).counts['finished']).toBe(1);
  expect(station?.faults).toEqual([]);
});

test('another tenant sees nothing of it; without the scope of the operation nothing is issued', async () => {
  const [station] = await fleet(hub, 'MINE', 1, 'ClearCache', () => ({ status: 'Accepted' }));
  if (!station) throw new Error('no fleet');
  const { commandBatch } = await issue(hub.api, ['MINE-000'], 'request: { clearCache: true }');
  await ended(hub.api, commandBatch?.id);
  const foreign = await hub.foreignClient();
  expect(
    await foreign.data(`{ commandBatch(id: "${commandBatch?.id}") { id } node(id: "${commandBatch?.id}") { id } }`),
  ).toEqual({
    commandBatch: null,
    node: null,
  });
  expect((await issue(foreign, ['MINE-000'], 'request: { clearCache: true }')).code).toBe('NOT_FOUND');
  const { secret } = await hub.hub
    .use(accessKey)
    .create(systemPrincipal(defaultTenantId), { name: 'few', scopes: ['COMMANDS_WRITE', 'CHARGE_POINTS_READ'] });
  const few = createGraphqlClient({ port: hub.hub.apiPort, apiKey: secret });
  await expect(issue(few, ['MINE-000'], 'request: { clearCache: true }')).rejects.toThrow('FORBIDDEN');
  await few.close();
  expect(callsOf([station], 'ClearCache')).toBe(1);
});

test.each([
  ['concurrency: 0, request: { clearCache: true }', 'input.concurrency'],
  ['concurrency: 201, request: { clearCache: true }', 'input.concurrency'],
  ['stopAfterFailures: 0, request: { clearCache: true }', 'input.stopAfterFailures'],
  ['expiresInSeconds: 3601, request: { clearCache: true }', 'input.expiresInSeconds'],
  ['request: { clearCache: false }', 'input.request.clearCache'],
  [
    'request: { changeConfiguration: { key: "AuthorizationKey", value: "0123456789abcdef" } }',
    'input.request.changeConfiguration',
  ],
])('%s is refused', async (input, path) => {
  expect(await issue(hub.api, ['MINE-000'], input, `refused ${path} ${input}`.slice(0, 100))).toMatchObject({
    code: 'VALIDATION',
    path,
  });
});

test('no charge point, or more than 5,000, is refused', async () => {
  expect((await issue(hub.api, [], 'request: { clearCache: true }')).code).toBe('VALIDATION');
  const many = Array.from({ length: 5_001 }, () => 'MINE-000');
  expect((await issue(hub.api, many, 'request: { clearCache: true }', 'too many')).code).toBe('VALIDATION');
});

test('its stream tells how it stands, not each change', async () => {
  const stations = await fleet(hub, 'FLOW', 40, 'ClearCache', async () => {
    await sleep(30);
    return { status: 'Accepted' };
  });
  const { commandBatch } = await issue(hub.api, identities(stations), 'request: { clearCache: true }, concurrency: 1');
  const stream = hub.api.subscribe<{ commandBatchUpdates: Batch }>(
    `subscription { commandBatchUpdates(id: "${commandBatch?.id}") { ${batchFields} } }`,
  );
  const items = await stream.until((item) => item.commandBatchUpdates.finishedAt !== null, 20_000);
  expect(items.length).toBeLessThan(12);
  expect(items.length).toBeGreaterThan(1);
  await expect(stream.next()).rejects.toThrow('ended');
});
