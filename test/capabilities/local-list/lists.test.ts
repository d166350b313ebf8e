import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ListFixture, newIdentity, startListHub } from './fixture.ts';

let it: ListFixture;
beforeAll(async () => {
  it = await startListHub();
}, 60_000);
afterAll(() => it.close());

const attempt = async (name: string, input: object, api = it.hub.api) => {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const data = await api.data<Record<string, { __typename: string; path?: string }>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ... on ValidationError { path } } }`,
    { input },
  );
  return data[name];
};

describe('lists', () => {
  test('are made, changed, found by name page by page, and deleted when nobody has them any more', async () => {
    const id = await it.list({ name: 'B', tokens: ['one', 'ONE', 'two'] });
    await it.list({ name: 'A', groupIds: ['G', 'G'] });
    expect(await attempt('createLocalList', { name: 'A' })).toMatchObject({ __typename: 'ConflictError' });
    const page = await it.hub.api.data(
      `{ localLists(first: 1) { edges { node { name groupIds allActiveTokens version } } pageInfo { hasNextPage endCursor } } }`,
    );
    expect(page).toMatchObject({
      localLists: {
        edges: [{ node: { name: 'A', groupIds: ['G'], allActiveTokens: false, version: 1 } }],
        pageInfo: { hasNextPage: true },
      },
    });
    const { localLists } = page as { localLists: { pageInfo: { endCursor: string } } };
    const next = await it.hub.api.data(
      `query ($after: String!) { localLists(first: 1, after: $after) { edges { node { name tokens { totalCount edges { node { value } } } } } } }`,
      { after: localLists.pageInfo.endCursor },
    );
    expect(next).toMatchObject({
      localLists: {
        edges: [
          {
            node: {
              name: 'B',
              tokens: { totalCount: 2, edges: [{ node: { value: 'one' } }, { node: { value: 'two' } }] },
            },
          },
        ],
      },
    });
    const changed = await it.mutate(
      'updateLocalList',
      { localList: id, name: 'C', allActiveTokens: true, ifVersion: 1 },
      'localList { name allActiveTokens version }',
    );
    expect(changed['localList']).toEqual({ name: 'C', allActiveTokens: true, version: 2 });
    expect((await attempt('updateLocalList', { localList: id, ifVersion: 1 }))?.__typename).toBe(
      'VersionConflictError',
    );
    expect((await attempt('updateLocalList', { localList: id, name: 'A' }))?.__typename).toBe('ConflictError');

    const identity = newIdentity();
    await it.mutate('createChargePoint', { identity }, 'chargePoint { id }');
    await it.assign(id, identity);
    expect((await attempt('deleteLocalList', { localList: id }))?.__typename).toBe('ConflictError');
    const seen = await it.hub.api.data(
      `query ($id: ID!) { localList(id: $id) { chargePoints { totalCount edges { node { state chargePoint { identity } } } } } }`,
      { id },
    );
    expect(seen).toEqual({
      localList: {
        chargePoints: { totalCount: 1, edges: [{ node: { state: 'PENDING', chargePoint: { identity } } }] },
      },
    });
    await it.mutate('unassignLocalList', { chargePoints: [{ identity }] }, 'localLists { state }');
    await it.mutate('deleteLocalList', { localList: id }, 'localList { name }');
    expect(await it.hub.api.data('query ($id: ID!) { localList(id: $id) { name } }', { id })).toEqual({
      localList: null,
    });
  });

  test('have limits, and say which field is over them', async () => {
    const localList = await it.list({ name: 'limits' });
    const many = Array.from({ length: 1_001 }, (_, index) => `T${index}`);
    const path = async (name: string, input: object) => (await attempt(name, input))?.path;
    expect(await path('createLocalList', { name: '' })).toBe('input.name');
    expect(await path('createLocalList', { name: 'x', groupIds: many.slice(0, 101) })).toBe('input.groupIds');
    expect(await path('createLocalList', { name: 'x', tokens: many })).toBe('input.tokens');
    expect(await path('changeLocalListTokens', { localList, add: ['X'.repeat(21)] })).toBe('input.add');
    expect(await path('changeLocalListTokens', { localList, add: ['a'], remove: ['A'] })).toBe('input.remove');
    expect(await path('assignLocalList', { localList, chargePoints: [] })).toBe('input.chargePoints');
  });

  test('are of one tenant: another one sees, changes and assigns nothing of it', async () => {
    const id = await it.list({ name: 'ours', tokens: ['T'] });
    const identity = newIdentity();
    const { chargePoint } = await it.mutate('createChargePoint', { identity }, 'chargePoint { id }');
    const foreign = await it.hub.foreignClient();
    expect(await foreign.data('query ($id: ID!) { localList(id: $id) { name } node(id: $id) { id } }', { id })).toEqual(
      {
        localList: null,
        node: null,
      },
    );
    expect(await foreign.data('{ localLists { edges { node { name } } } }')).toEqual({ localLists: { edges: [] } });
    const theirs = { identity: newIdentity() };
    await foreign.data(`mutation { createChargePoint(input: { identity: "${theirs.identity}" }) { __typename } }`);
    for (const [name, input] of [
      ['updateLocalList', { localList: id, name: 'theirs' }],
      ['changeLocalListTokens', { localList: id, add: ['X'] }],
      ['deleteLocalList', { localList: id }],
      ['assignLocalList', { localList: id, chargePoints: [theirs] }],
      ['unassignLocalList', { chargePoints: [chargePoint] }],
      ['syncLocalList', { chargePoint }],
      ['sendLocalList', { chargePoint, updateType: 'FULL' }],
    ] as const) {
      expect((await attempt(name, input, foreign))?.__typename, name).toBe('NotFoundError');
    }
  });

  test('are forgotten with the charge point that had them', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    await it.tokens(['GONE']);
    const id = await it.list({ name: identity, tokens: ['GONE'] });
    await it.assign(id, identity);
    await it.untilInSync(station, ['GONE']);
    await it.mutate('deleteChargePoint', { chargePoint: { identity } }, 'identity');
    const { store } = it.hub.database;
    expect(await store.collection('localListEntries').countDocuments({ idTag: 'GONE' })).toBe(0);
    expect((await attempt('deleteLocalList', { localList: id }))?.__typename).toBe('DeleteLocalListPayload');
  });
});

test('a list of thousands of tokens goes out in pieces, and is read page by page', async () => {
  const { store } = it.hub.database;
  const at = it.clock.now();
  const [known] = await store.collection<{ tenantId: string }>('localLists').find().limit(1).toArray();
  const tenantId = known?.tenantId ?? '';
  const values = Array.from({ length: 6_000 }, (_, index) => `BULK-${String(index).padStart(5, '0')}`);
  // straight into the database: making them is not what is looked at
  await store.collection<{ _id: string }>('tokens').insertMany(
    values.map((value) => ({
      _id: value,
      tenantId,
      value,
      valueKey: value,
      status: 'ACTIVE',
      groupId: 'BULK',
      allowConcurrent: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    })),
  );
  const identity = newIdentity();
  const station = await it.station(identity);
  await it.limits(station, { perMessage: 2_000 });
  await it.assign(await it.list({ name: identity, groupIds: ['BULK'] }), identity);
  const state = await it.untilInSync(station, values);
  expect(state).toMatchObject({ entryCount: 6_000, wantedCount: 6_000 });
  expect(station.sent.map(({ localAuthorizationList: { length } = [] }) => length)).toEqual([2_000, 2_000, 2_000]);
}, 60_000);

test('many charge points at once are brought level a few at a time', async () => {
  await it.tokens(['SHARED']);
  const id = await it.list({ name: 'shared', tokens: ['SHARED'] });
  const identities = Array.from({ length: 25 }, newIdentity);
  let open = 0;
  let most = 0;
  const stations = await Promise.all(identities.map((identity) => it.station(identity)));
  for (const { chargePoint, list } of stations) {
    chargePoint.onCall('GetLocalListVersion', async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 20)); // time for the others to come, would they
      open -= 1;
      return { listVersion: list.version() };
    });
  }
  await it.assign(id, ...identities);
  await it.eventually('all level', async () => {
    const data = await it.hub.api.data<{ localList: { chargePoints: { edges: { node: { state: string } }[] } } }>(
      'query ($id: ID!) { localList(id: $id) { chargePoints(first: 100) { edges { node { state } } } } }',
      { id },
    );
    const { edges } = data.localList.chargePoints;
    return edges.length === 25 && edges.every(({ node }) => node.state === 'IN_SYNC');
  });
  expect(stations.every(({ list }) => String(list.keys()) === 'SHARED')).toBe(true);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});
