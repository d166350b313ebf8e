import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasteful } from '../../support/query-plans.ts';
import { createChargePointHub } from './fixture.ts';

let fixture: Awaited<ReturnType<typeof createChargePointHub>>;
beforeAll(async () => {
  fixture = await createChargePointHub();
});
afterAll(() => fixture.hub.close());

const fields = 'id identity displayName admission registrationStatus heartbeatIntervalSeconds hasPassword version';
interface Shown {
  id: string;
  identity: string;
  displayName: string | null;
  heartbeatIntervalSeconds: number;
  hasPassword: boolean;
  version: number;
}
type Result = { __typename: string; chargePoint: Shown; password: string | null } & Record<string, unknown>;

const failures =
  '... on Error { code message } ... on ValidationError { path } ... on VersionConflictError { currentVersion }';
const create = async (tenantId: string, input: Record<string, unknown>) => {
  const text = `mutation ($input: CreateChargePointInput!) { createChargePoint(input: $input) {
    __typename ... on CreateChargePointPayload { password chargePoint { ${fields} } } ${failures.replace(/\.\.\. on VersionConflictError.*/, '')} } }`;
  return (await fixture.hub.data<{ createChargePoint: Result }>(tenantId, text, { input })).createChargePoint;
};
const update = async (tenantId: string, input: Record<string, unknown>) => {
  const text = `mutation ($input: UpdateChargePointInput!) { updateChargePoint(input: $input) {
    __typename ... on UpdateChargePointPayload { password chargePoint { ${fields} } } ${failures} } }`;
  return (await fixture.hub.data<{ updateChargePoint: Result }>(tenantId, text, { input })).updateChargePoint;
};
const remove = async (tenantId: string, input: Record<string, unknown>) => {
  const text = `mutation ($input: DeleteChargePointInput!) { deleteChargePoint(input: $input) {
    __typename ... on DeleteChargePointPayload { deletedId identity } ${failures} } }`;
  return (await fixture.hub.data<{ deleteChargePoint: Result }>(tenantId, text, { input })).deleteChargePoint;
};
const find = async (tenantId: string, by: Record<string, unknown>) => {
  const text = `query ($by: ChargePointRefInput!) { chargePoint(by: $by) { ${fields} } }`;
  return (await fixture.hub.data<{ chargePoint: Shown | null }>(tenantId, text, { by })).chargePoint;
};

describe('creating', () => {
  test('gives a charge point that is found by id and by identity', async () => {
    const { chargePoint } = await create('make', { identity: 'CP 1/ä', displayName: 'Front', password: 'long enough' });
    expect(chargePoint).toMatchObject({
      identity: 'CP 1/ä',
      displayName: 'Front',
      admission: 'ACCEPT',
      registrationStatus: 'UNKNOWN',
      heartbeatIntervalSeconds: 300,
      hasPassword: true,
      version: 1,
    });
    expect(await find('make', { identity: 'CP 1/ä' })).toEqual(chargePoint);
    expect(await find('make', { id: chargePoint.id })).toEqual(chargePoint);
  });

  test('shows a made password once', async () => {
    const { password, chargePoint } = await create('make', { identity: 'CP-made', generatePassword: true });
    expect(password).toHaveLength(20);
    expect(chargePoint.hasPassword).toBe(true);
    const again = await update('make', { chargePoint: { id: chargePoint.id }, displayName: 'Later' });
    expect(again.password).toBeNull();
  });

  test('refuses an identity that is taken, also when two ask at once', async () => {
    const results = await Promise.all([1, 2, 3].map(() => create('make', { identity: 'CP-once' })));
    expect(results.map(({ __typename }) => __typename).sort()).toEqual([
      'ConflictError',
      'ConflictError',
      'CreateChargePointPayload',
    ]);
  });

  test('the same identity may exist in another tenant', async () => {
    await create('make', { identity: 'CP-shared' });
    expect((await create('other', { identity: 'CP-shared' })).__typename).toBe('CreateChargePointPayload');
  });

  test.each([
    [{ identity: '' }, 'input.identity'],
    [{ identity: 'x'.repeat(256) }, 'input.identity'],
    [{ identity: 'a\nb' }, 'input.identity'],
    [{ identity: 'bad', password: 'short' }, 'input.password'],
    [{ identity: 'bad', password: 'x'.repeat(65) }, 'input.password'],
    [{ identity: 'bad', password: 'long enough', generatePassword: true }, 'input.generatePassword'],
    [{ identity: 'bad', heartbeatIntervalSeconds: 0 }, 'input.heartbeatIntervalSeconds'],
    [{ identity: 'bad', displayName: '' }, 'input.displayName'],
  ])('refuses %j', async (input, path) => {
    expect(await create('make', input)).toMatchObject({ __typename: 'ValidationError', code: 'VALIDATION', path });
    expect(await find('make', { identity: 'bad' })).toBeNull();
  });
});

describe('changing', () => {
  test('what is absent stays, null clears', async () => {
    const { chargePoint } = await create('change', { identity: 'CP', displayName: 'Old', password: 'long enough' });
    const by = { chargePoint: { identity: 'CP' } };
    const first = await update('change', { ...by, heartbeatIntervalSeconds: 60 });
    expect(first.chargePoint).toEqual({ ...chargePoint, heartbeatIntervalSeconds: 60, version: 2 });
    const second = await update('change', { ...by, displayName: null, password: null, admission: 'HOLD' });
    expect(second.chargePoint).toMatchObject({ displayName: null, hasPassword: false, admission: 'HOLD', version: 3 });
    expect(await update('change', { ...by, admission: null })).toMatchObject({ path: 'input.admission' });
  });

  test('an old version is told which one is present, and changes nothing', async () => {
    await create('change', { identity: 'CP-version', displayName: 'Mine' });
    const by = { chargePoint: { identity: 'CP-version' } };
    await update('change', { ...by, displayName: 'Yours', ifVersion: 1 });
    const late = await update('change', { ...by, displayName: 'Mine again', ifVersion: 1 });
    expect(late).toMatchObject({ __typename: 'VersionConflictError', currentVersion: 2 });
    expect((await find('change', { identity: 'CP-version' }))?.displayName).toBe('Yours');
  });

  test('changes at once without a version all count', async () => {
    await create('change', { identity: 'CP-busy' });
    const by = { chargePoint: { identity: 'CP-busy' } };
    const results = await Promise.all([1, 2, 3].map((n) => update('change', { ...by, displayName: `name ${n}` })));
    expect(results.map(({ __typename }) => __typename)).toEqual(Array(3).fill('UpdateChargePointPayload'));
    expect((await find('change', { identity: 'CP-busy' }))?.version).toBe(4);
  });

  test('nothing is found without a charge point', async () => {
    expect(await update('change', { chargePoint: { identity: 'nobody' } })).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('deleting', () => {
  test('ends the charge point and tells the node with its link', async () => {
    const { chargePoint } = await create('delete', { identity: 'CP' });
    const stored = await fixture.operations.findByIdentity('delete', 'CP');
    const revoked: unknown[] = [];
    fixture.hub.bus.subscribe(`charge-point.delete.${stored?._id}.revoked`, (message) => revoked.push(message));

    expect(await remove('delete', { chargePoint: { id: chargePoint.id }, ifVersion: 9 })).toMatchObject({
      __typename: 'VersionConflictError',
    });
    expect(await remove('delete', { chargePoint: { id: chargePoint.id } })).toEqual({
      __typename: 'DeleteChargePointPayload',
      deletedId: chargePoint.id,
      identity: 'CP',
    });
    expect(await find('delete', { identity: 'CP' })).toBeNull();
    await expect.poll(() => revoked).toHaveLength(1);
    expect(await remove('delete', { chargePoint: { id: chargePoint.id } })).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is refused while another capability speaks against it', async () => {
    await create('delete', { identity: 'CP-busy' });
    let isBusy = true;
    fixture.operations.guardDelete(async ({ identity }) =>
      isBusy && identity === 'CP-busy' ? 'a transaction is open' : undefined,
    );
    const by = { chargePoint: { identity: 'CP-busy' } };
    expect(await remove('delete', by)).toMatchObject({ __typename: 'ConflictError', message: 'a transaction is open' });
    isBusy = false;
    expect((await remove('delete', by)).__typename).toBe('DeleteChargePointPayload');
  });
});

test('a foreign tenant finds and changes nothing', async () => {
  const { chargePoint } = await create('owner', { identity: 'CP-owned' });
  const by = { chargePoint: { id: chargePoint.id } };
  expect(await find('thief', { id: chargePoint.id })).toBeNull();
  expect(await find('thief', { identity: 'CP-owned' })).toBeNull();
  expect(await update('thief', { ...by, displayName: 'Mine' })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await remove('thief', by)).toMatchObject({ code: 'NOT_FOUND' });
  const text = 'query ($id: ID!) { node(id: $id) { id } chargePoints { nodes { id } totalCount } }';
  expect(await fixture.hub.data('thief', text, { id: chargePoint.id })).toEqual({
    node: null,
    chargePoints: { nodes: [], totalCount: 0 },
  });
  expect(await find('owner', { id: chargePoint.id })).toEqual(chargePoint);
});

describe('listing', () => {
  const list = async (args: string, variables: Record<string, unknown> = {}) => {
    const declared = Object.keys(variables).map((name) => `$${name}: String`);
    const text = `query ${declared.length > 0 ? `(${declared})` : ''} { chargePoints(${args}) {
      nodes { identity } totalCount pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }`;
    const { chargePoints } = await fixture.hub.data<{
      chargePoints: {
        nodes: { identity: string }[];
        totalCount: number;
        pageInfo: { endCursor: string; startCursor: string; hasNextPage: boolean; hasPreviousPage: boolean };
      };
    }>('list', text, variables);
    return { ...chargePoints, identities: chargePoints.nodes.map(({ identity }) => identity) };
  };

  beforeAll(async () => {
    for (const identity of ['beta', 'Alpha', 'ALPHA', 'alpha2', 'gamma']) {
      fixture.hub.clock.advance(1_000);
      await create('list', { identity });
    }
    const gamma = await fixture.registry.find('list', 'gamma');
    const connectedAt = fixture.hub.clock.now();
    if (gamma) await fixture.registry.attached(gamma, { version: '1.6', remoteAddress: '192.0.2.1', connectedAt });
  });

  test('pages forward and backward through all, each once', async () => {
    const first = await list('first: 2');
    const second = await list('first: 2, after: $after', { after: first.pageInfo.endCursor });
    const third = await list('first: 2, after: $after', { after: second.pageInfo.endCursor });
    const forward = [...first.identities, ...second.identities, ...third.identities];
    expect(forward.map((identity) => identity.toLowerCase())).toEqual(['alpha', 'alpha', 'alpha2', 'beta', 'gamma']);
    expect(new Set(forward).size).toBe(5);
    expect([first.pageInfo.hasNextPage, third.pageInfo.hasNextPage]).toEqual([true, false]);
    expect(first.totalCount).toBe(5);
    const back = await list('last: 2, before: $before', { before: third.pageInfo.startCursor });
    expect(back.identities).toEqual(second.identities);
  });

  test('filters by the beginning of the identity, by link, by registration and by change', async () => {
    expect((await list('filter: { search: "alp" }')).totalCount).toBe(3);
    expect((await list('filter: { connected: true }')).identities).toEqual(['gamma']);
    expect((await list('filter: { registrationStatus: [ACCEPTED] }')).identities).toEqual([]);
    expect((await list('filter: { registrationStatus: [UNKNOWN, PENDING] }')).totalCount).toBe(5);
    const span = 'updatedAt: { from: "2026-06-01T12:00:02Z", to: "2026-06-01T12:00:04Z" }';
    const synced = await list(`orderBy: UPDATED_AT, filter: { ${span} }`);
    expect(synced.identities).toEqual(['Alpha', 'ALPHA']);
  });

  test('every list is served by an index', async () => {
    await fixture.hub.plans();
    const { pageInfo } = await list('first: 1');
    const after = { after: pageInfo.endCursor };
    await list('first: 1, after: $after', after);
    await list('last: 1, before: $after', after);
    await list('first: 1, filter: { search: "al" }');
    await list('first: 1, filter: { connected: true }');
    await list('first: 1, filter: { registrationStatus: [UNKNOWN, PENDING] }');
    await list('first: 1, orderBy: UPDATED_AT, filter: { updatedAt: { from: "2026-06-01T12:00:02Z" } }');
    await find('list', { identity: 'beta' });
    const plans = await fixture.hub.plans();
    expect(plans.length).toBeGreaterThan(6);
    expect(plans.filter(wasteful)).toEqual([]);
  });
});

test('the stream of links gives the state first and then what happens, resumable', async () => {
  await create('stream', { identity: 'CP-1' });
  await create('stream', { identity: 'CP-2' });
  const chargePoint = await fixture.registry.find('stream', 'CP-1');
  if (chargePoint === undefined) throw new Error('not found');
  const text = `subscription ($after: EventCursor) { chargePointLinks(after: $after) { __typename
    ... on ChargePointSnapshot { chargePoint { identity link { connected } } }
    ... on ChargePointConnectedEvent { cursor protocol remoteAddress chargePoint { identity } }
    ... on ChargePointDisconnectedEvent { closeCode reason } } }`;
  type Item = { chargePointLinks: { __typename: string; cursor?: string } & Record<string, unknown> };
  const connectedAt = fixture.hub.clock.now();

  const items: Item['chargePointLinks'][] = [];
  for await (const { chargePointLinks } of fixture.hub.subscribe<Item>('stream', text)) {
    items.push(chargePointLinks);
    if (chargePointLinks.__typename === 'StreamCaughtUp') {
      const link = { version: '1.6', remoteAddress: '192.0.2.9', connectedAt } as const;
      const { epoch } = await fixture.registry.attached(chargePoint, link);
      await fixture.registry.detached(chargePoint, { epoch, code: 1000, reason: 'bye', disconnectedAt: connectedAt });
    }
    if (chargePointLinks.__typename === 'ChargePointDisconnectedEvent') break;
  }
  const cursor = items[3]?.cursor;
  expect(items).toEqual([
    { __typename: 'ChargePointSnapshot', chargePoint: { identity: 'CP-1', link: { connected: false } } },
    { __typename: 'ChargePointSnapshot', chargePoint: { identity: 'CP-2', link: { connected: false } } },
    { __typename: 'StreamCaughtUp' },
    {
      __typename: 'ChargePointConnectedEvent',
      cursor,
      protocol: 'ocpp1.6',
      remoteAddress: '192.0.2.9',
      chargePoint: { identity: 'CP-1' },
    },
    { __typename: 'ChargePointDisconnectedEvent', closeCode: 1000, reason: 'bye' },
  ]);

  for await (const { chargePointLinks } of fixture.hub.subscribe<Item>('stream', text, { after: cursor })) {
    expect(chargePointLinks).toEqual(items[4]);
    break;
  }
});

test('the charge points of many events are one read', async () => {
  await fixture.hub.plans();
  const text = '{ events(filter: { types: [CHARGE_POINT_CONNECTED] }) { nodes { chargePoint { identity } } } }';
  await fixture.hub.data('list', text);
  const reads = (await fixture.hub.plans()).filter(({ collection }) => collection === 'chargePoints');
  expect(reads).toHaveLength(1);
});
