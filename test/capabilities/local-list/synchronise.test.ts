import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ListFixture, newIdentity, startListHub, type Whim } from './fixture.ts';
import { createModelList } from './model-list.ts';

let it: ListFixture;
const people = Array.from({ length: 12 }, (_, index) => `PERSON-${String(index + 1).padStart(2, '0')}`);
beforeAll(async () => {
  it = await startListHub();
  await it.tokens(people);
}, 60_000);
afterAll(() => it.close());

/** A charge point that is assigned a list of these tokens. */
async function assigned(tokens: readonly string[], limits: { perMessage?: number; inAll?: number } = {}) {
  const identity = newIdentity();
  const station = await it.station(identity);
  await it.limits(station, limits);
  const listId = await it.list({ name: `list of ${identity}`, tokens });
  return { identity, station, listId, assign: () => it.assign(listId, identity) };
}

describe('a charge point that is given a list', () => {
  test('gets it in pieces that it can take: the first is Full, the others go on from it, one at a time', async () => {
    const { station, assign } = await assigned(people, { perMessage: 5 });
    await assign();
    const state = await it.untilInSync(station, people);
    expect(station.sent.map(({ updateType }) => updateType)).toEqual(['Full', 'Differential', 'Differential']);
    expect(station.sent.map(({ localAuthorizationList = [] }) => localAuthorizationList.length)).toEqual([5, 5, 2]);
    const versions = station.sent.map(({ listVersion }) => listVersion);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(versions[0]).toBeGreaterThan(0);
    expect(station.mostAtOnce()).toBe(1);
    expect(state).toMatchObject({ entryCount: 12, wantedCount: 12, truncated: false, lastError: null });
    expect(station.chargePoint.faults).toEqual([]);
  });

  test('gets as many as it can hold, and the list is flagged as truncated', async () => {
    const { station, assign, identity, listId } = await assigned(people, { perMessage: 4, inAll: 7 });
    await it.mutate(
      'setLocalListExceptions',
      { chargePoint: { identity }, extra: ['person-12'], excluded: ['PERSON-11'] },
      'localList { state }',
    );
    await assign();
    await it.eventually('seven entries', async () => (await it.state(identity))['state'] === 'IN_SYNC');
    expect(station.list.keys()).toHaveLength(7);
    expect(station.list.keys()).toContain('PERSON-12'); // what was named for this one stays first
    expect(station.list.keys()).not.toContain('PERSON-11');
    expect(await it.state(identity)).toMatchObject({ truncated: true, leftOutCount: 4, wantedCount: 7 });
    expect(listId).not.toBe('');
  });

  test('is told of changes only, of all that come together at once, and of who is blocked first', async () => {
    const tokens = people.filter((value) => value !== 'PERSON-12');
    const { station, assign, listId } = await assigned(tokens);
    await assign();
    await it.untilInSync(station, tokens);
    const before = station.sent.length;
    await it.mutate('updateToken', { token: { value: 'PERSON-01' }, groupId: 'FAMILY' }, 'token { id }');
    await it.mutate('updateToken', { token: { value: 'PERSON-02' }, status: 'BLOCKED' }, 'token { id }');
    await it.mutate(
      'changeLocalListTokens',
      { localList: listId, add: ['PERSON-12'], remove: ['PERSON-06'] },
      'localList { id }',
    );
    const keys = people.filter((value) => value !== 'PERSON-06');
    await it.untilInSync(station, keys);
    const [changes, ...more] = station.sent.slice(before);
    expect(more.length).toBeLessThanOrEqual(1); // the block does not wait for the others
    const all = [changes, ...more].flatMap((update) => update?.localAuthorizationList ?? []);
    expect(all).toHaveLength(4);
    expect(changes?.updateType).toBe('Differential');
    expect(all[0]).toEqual(
      all.find(({ idTag, idTagInfo }) => idTag === 'PERSON-02' || (idTag === 'PERSON-06' && idTagInfo === undefined)),
    );
    expect(station.list.tags().find(({ idTag }) => idTag === 'PERSON-02')?.idTagInfo?.status).toBe('Blocked');
    await it.mutate('updateToken', { token: { value: 'PERSON-02' }, status: 'ACTIVE' }, 'token { id }');
    await it.mutate('updateToken', { token: { value: 'PERSON-01' }, groupId: null }, 'token { id }');
    await it.untilInSync(station, keys);
  });

  test('is told when a token expires, at that time', async () => {
    const validUntil = new Date(it.clock.now().getTime() + 3_600_000).toISOString();
    const value = `SHORT-${newIdentity()}`;
    await it.tokens([value], { validUntil });
    const { station, assign } = await assigned([value]);
    await assign();
    await it.untilInSync(station, [value]);
    expect(station.list.tags()[0]?.idTagInfo).toEqual({ status: 'Accepted', expiryDate: validUntil });
    it.clock.advance(3_590_000);
    await it.eventually('expired', () => station.list.tags()[0]?.idTagInfo?.status === 'Expired');
    await it.untilInSync(station, [value]);
  });

  test('and from whom it is taken away keeps what it holds, or forgets it when told so', async () => {
    const tokens = people.slice(0, 3);
    const { station, assign, identity } = await assigned(tokens);
    await assign();
    await it.untilInSync(station, tokens);
    const chargePoints = [{ identity }];
    await it.mutate('unassignLocalList', { chargePoints }, 'localLists { state list { name } }');
    expect(await it.state(identity)).toMatchObject({ state: null, list: null, entryCount: 3 });
    await it.mutate('unassignLocalList', { chargePoints, clear: true }, 'localLists { state }');
    await it.eventually('emptied', async () => (await it.state(identity))['state'] === null);
    expect(station.sent.at(-1)).toMatchObject({ updateType: 'Full', localAuthorizationList: [] });
    expect(station.list.keys()).toEqual([]);
    expect(await it.state(identity)).toMatchObject({ entryCount: 0 });
  });
});

describe('lists that depend on the tokens', () => {
  test('of groups follow who joins, leaves and is deleted; the block of a group is the block of its tokens', async () => {
    const group = `G-${newIdentity()}`;
    await it.tokens([group]);
    await it.tokens([`${group}-A`, `${group}-B`], { groupId: group });
    const identity = newIdentity();
    const station = await it.station(identity);
    await it.assign(await it.list({ name: `groups of ${identity}`, groupIds: [group] }), identity);
    await it.untilInSync(station, [`${group}-A`, `${group}-B`]);
    await it.mutate('updateToken', { token: { value: `${group}-A` }, groupId: null }, 'token { id }');
    await it.untilInSync(station, [`${group}-B`]);
    await it.tokens([`${group}-C`], { groupId: group });
    await it.untilInSync(station, [`${group}-B`, `${group}-C`]);
    await it.mutate('updateToken', { token: { value: group }, status: 'BLOCKED' }, 'token { id }');
    await it.eventually('both blocked', () => station.list.tags().every((tag) => tag.idTagInfo?.status === 'Blocked'));
    await it.mutate('deleteToken', { token: { value: `${group}-C` } }, 'token { id }');
    await it.untilInSync(station, [`${group}-B`]);
  });

  test('of all active tokens leave out who may not charge', async () => {
    const own = await startListHub();
    await own.tokens(['ONE', 'TWO', 'THREE']);
    await own.tokens(['FOUR'], { status: 'BLOCKED' });
    await own.tokens(['A-TOKEN-OF-MORE-THAN-TWENTY']);
    const station = await own.station('ALL');
    await own.assign(await own.list({ name: 'all', allActiveTokens: true }), 'ALL');
    const state = await own.untilInSync(station, ['ONE', 'THREE', 'TWO']);
    expect(state).toMatchObject({ truncated: true, leftOutCount: 1 }); // too long for the wire
    await own.mutate('updateToken', { token: { value: 'TWO' }, status: 'BLOCKED' }, 'token { id }');
    await own.untilInSync(station, ['ONE', 'THREE']);
    await own.close();
  }, 60_000);
});

describe('a station that misbehaves ends level all the same', () => {
  test.each<[string, number, Whim]>([
    ['answers VersionMismatch to a difference', 2, 'VersionMismatch'],
    ['answers VersionMismatch to a full list', 1, 'VersionMismatch'],
    ['answers Failed to a difference', 2, 'Failed'],
    ['answers CALLERROR to a difference', 2, 'CALLERROR'],
    ['takes a full list and is silent', 1, 'silent after taking it'],
    ['takes a difference and is silent', 2, 'silent after taking it'],
    ['is silent and takes nothing', 2, 'silent'],
  ])('%s', async (_name, when, whim) => {
    const { station, assign } = await assigned(people, { perMessage: 5 });
    station.whim = (_update, nth) => (nth === when ? whim : undefined);
    await assign();
    await it.untilInSync(station, people);
    if (whim === 'silent after taking it') {
      expect(station.sent).toHaveLength(3); // its version told that the piece had arrived
    } else {
      // its version told that the piece had not arrived, and that what came before is still there
      const fulls = whim === 'silent' ? 1 : 2;
      expect(station.sent.filter(({ updateType }) => updateType === 'Full')).toHaveLength(fulls);
    }
    expect(station.mostAtOnce()).toBe(1);
  });

  test('forgets its list at a restart', async () => {
    const tokens = people.slice(0, 4);
    const { station, assign, identity } = await assigned(tokens);
    await assign();
    await it.untilInSync(station, tokens);
    await station.chargePoint.close();
    station.list.wipe();
    const again = await it.station(identity, { list: station.list });
    await it.eventually('asked', () => again.reads() > 0 && again.sent.length > 0);
    await it.untilInSync(again, tokens);
    expect(again.sent.map(({ updateType }) => updateType)).toEqual(['Full']);
  });

  test('has the list of another system', async () => {
    const list = createModelList();
    list.take({
      listVersion: 700,
      updateType: 'Full',
      localAuthorizationList: [{ idTag: 'STRANGER', idTagInfo: { status: 'Accepted' } }],
    });
    const identity = newIdentity();
    const station = await it.station(identity, { list });
    await it.assign(await it.list({ name: `strange ${identity}`, tokens: ['PERSON-01'] }), identity);
    await it.untilInSync(station, ['PERSON-01']);
    expect(station.sent.map(({ listVersion, updateType }) => ({ listVersion, updateType }))).toEqual([
      { listVersion: 701, updateType: 'Full' },
    ]);
  });

  test('loses its connection between two pieces', async () => {
    const { station, assign, identity } = await assigned(people, { perMessage: 5 });
    station.whim = (_update, nth) => {
      if (nth === 2) station.chargePoint.terminate();
      return nth === 2 ? 'silent' : undefined;
    };
    await assign();
    await it.eventually('lost', () => station.sent.length === 2);
    await station.chargePoint.closed;
    const again = await it.station(identity, { list: station.list });
    await it.untilInSync(again, people);
    expect(again.sent.every(({ updateType }) => updateType === 'Differential')).toBe(true); // it goes on, it does not begin again
  });

  test('reports a conflict of its list', async () => {
    const tokens = people.slice(0, 2);
    const { station, assign } = await assigned(tokens);
    await assign();
    await it.untilInSync(station, tokens);
    const before = station.sent.length;
    await station.chargePoint.call('StatusNotification', {
      connectorId: 0,
      status: 'Available',
      errorCode: 'LocalListConflict',
    });
    await it.eventually('a full list', () => station.sent.length > before);
    expect(station.sent.at(-1)?.updateType).toBe('Full');
    await it.untilInSync(station, tokens);
  });
});

describe('a station that does not take the list', () => {
  test('is left alone for 15 minutes after the third refusal; then it is tried again', async () => {
    const { station, assign, identity } = await assigned(people.slice(0, 3));
    let isWilling = false;
    station.whim = () => (isWilling ? undefined : 'VersionMismatch');
    await assign();
    await it.eventually('failed', async () => (await it.state(identity))['state'] === 'FAILED');
    expect(station.sent).toHaveLength(3);
    const { lastError, nextTryAt } = await it.state(identity);
    expect(lastError).toMatchObject({ code: 'VERSION_MISMATCH' });
    const waitMs = new Date(String(nextTryAt)).getTime() - it.clock.now().getTime();
    expect(waitMs).toBeGreaterThan(14 * 60_000);
    expect(waitMs).toBeLessThanOrEqual(15 * 60_000);
    isWilling = true;
    it.clock.advance(waitMs - 60_000);
    expect(station.sent).toHaveLength(3);
    it.clock.advance(60_000);
    await it.untilInSync(station, people.slice(0, 3));
    const told = async () => {
      const { events } = await it.hub.api.data<{ events: { edges: { node: { state: string } }[] } }>(
        '{ events(filter: { types: [LOCAL_LIST_CHANGED] }, first: 100) { edges { node { ... on LocalListChangedEvent { state errorCode chargePoint { identity } } } } } }',
      );
      const nodes = events.edges.map(({ node }) => node);
      return nodes.filter((node) => JSON.stringify(node).includes(`"${identity}"`)).map(({ state }) => state);
    };
    await it.eventually('told', async () => (await told()).at(-1) === 'IN_SYNC');
    expect(await told()).toEqual(['PENDING', 'PENDING', 'FAILED', 'IN_SYNC']);
  });

  test('because it has none is UNSUPPORTED, and its former list stays in the books', async () => {
    const { station, assign, identity } = await assigned(people.slice(0, 3));
    station.whim = () => 'NotSupported';
    await assign();
    await it.eventually('unsupported', async () => (await it.state(identity))['state'] === 'UNSUPPORTED');
    expect(station.sent).toHaveLength(1);
    expect(await it.state(identity)).toMatchObject({
      ackedVersion: 0,
      entryCount: 0,
      lastError: { code: 'NOT_SUPPORTED' },
    });
  });
});
