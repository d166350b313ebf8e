import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../commands/fixture.ts';
import { type ListFixture, newIdentity, startListHub } from './fixture.ts';

let it: ListFixture;
beforeAll(async () => {
  it = await startListHub();
  await it.tokens(['KNOWN', 'OTHER', 'FAMILY'], { groupId: 'FAMILY' });
  await it.tokens(['BLOCKED'], { status: 'BLOCKED' });
}, 60_000);
afterAll(() => it.close());

type Sent = Answer & { readonly command: Answer['command'] & { readonly listVersion: number } };
interface Warned {
  readonly command: { readonly execution: { readonly warnings: readonly { code: string; path: string }[] } };
}

const fields =
  'command { id status updateType listVersion entryCount execution { state request response warnings { code path } } } idempotentReplay';
const send = (identity: string, input: object): Promise<Sent & Warned> =>
  it.mutate('sendLocalList', { chargePoint: { identity }, ...input }, fields) as unknown as Promise<Sent & Warned>; // the fields above
const refusal = async (name: string, input: object) => {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const data = await it.hub.api.data<Record<string, { __typename: string; path?: string }>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ... on ValidationError { path } } }`,
    { input },
  );
  return data[name];
};

async function quiet() {
  const identity = newIdentity();
  await it.mutate('createChargePoint', { identity, certificationMode: true }, 'chargePoint { id }');
  return { identity, station: await it.station(identity) };
}

describe('in certification mode', () => {
  test('an assigned list is not sent, not after a boot, a token change or a conflict, and nothing is asked', async () => {
    const { identity, station } = await quiet();
    const listId = await it.list({ name: identity, tokens: ['KNOWN'] });
    await it.assign(listId, identity);
    await it.mutate('updateToken', { token: { value: 'KNOWN' }, note: 'x' }, 'token { id }');
    const { chargePoint } = station;
    await chargePoint.call('StatusNotification', {
      connectorId: 0,
      status: 'Available',
      errorCode: 'LocalListConflict',
    });
    for (let minutes = 0; minutes < 30; minutes += 1) await it.clock.advanceSettled(60_000);
    await chargePoint.expectNothing(200);
    expect(await it.state(identity)).toMatchObject({ state: 'PENDING' });
    expect(station.reads()).toBe(0);
  });

  test('a client that asks for it gets it', async () => {
    const { identity, station } = await quiet();
    await it.assign(await it.list({ name: identity, tokens: ['KNOWN', 'OTHER'] }), identity);
    const payload = await it.mutate('syncLocalList', { chargePoint: { identity } }, 'localList { state ackedVersion }');
    expect(payload['localList']).toEqual({ state: 'IN_SYNC', ackedVersion: station.list.version() });
    expect(station.list.keys()).toEqual(['KNOWN', 'OTHER']);
    expect(station.sent.map(({ updateType }) => updateType)).toEqual(['Full']);
  });
});

describe('a synchronisation that a client asks for', () => {
  test('sends nothing when there is nothing to send, and everything when told so', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    await it.assign(await it.list({ name: identity, tokens: ['KNOWN'] }), identity);
    await it.untilInSync(station, ['KNOWN']);
    const { length } = station.sent;
    const reads = station.reads();
    await it.mutate('syncLocalList', { chargePoint: { identity } }, 'localList { state }');
    expect(station.sent).toHaveLength(length);
    expect(station.reads()).toBe(reads + 1);
    await it.mutate('syncLocalList', { chargePoint: { identity }, full: true }, 'localList { state }');
    expect(station.sent.slice(length).map(({ updateType }) => updateType)).toEqual(['Full']);
  });

  test('is refused where nothing is assigned, and for who is not there', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    const chargePoint = { identity };
    expect((await refusal('syncLocalList', { chargePoint }))?.__typename).toBe('ConflictError');
    await it.assign(await it.list({ name: identity, tokens: ['KNOWN'] }), identity);
    await station.chargePoint.close();
    await it.eventually('noticed', async () => {
      const answer = await refusal('syncLocalList', { chargePoint, waitSeconds: 0 });
      return answer?.__typename === 'ChargePointOfflineError';
    });
    expect(await refusal('syncLocalList', { chargePoint, waitSeconds: 61 })).toMatchObject({
      path: 'input.waitSeconds',
    });
  });
});

describe('a list that an operator sends himself', () => {
  test('goes out exactly as given, every field of it, and is in the books when it was accepted', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    const validUntil = '2027-01-01T00:00:00.000Z';
    const { command } = await send(identity, {
      updateType: 'FULL',
      listVersion: 17,
      entries: [
        { idTag: 'known' },
        { idTag: 'BLOCKED' },
        { idTag: 'FREE', info: { status: 'EXPIRED', validUntil, groupId: 'G' } },
      ],
    });
    expect(command).toMatchObject({ status: 'ACCEPTED', listVersion: 17, entryCount: 3 });
    expect(command.execution.warnings).toEqual([]);
    expect(command.execution.request).toEqual({
      listVersion: 17,
      updateType: 'Full',
      localAuthorizationList: [
        { idTag: 'known', idTagInfo: { status: 'Accepted', parentIdTag: 'FAMILY' } },
        { idTag: 'BLOCKED', idTagInfo: { status: 'Blocked' } },
        { idTag: 'FREE', idTagInfo: { status: 'Expired', expiryDate: validUntil, parentIdTag: 'G' } },
      ],
    });
    const next = await send(identity, { updateType: 'DIFFERENTIAL', entries: [{ idTag: 'known', remove: true }] });
    expect(next.command.execution.request).toEqual({
      listVersion: 18,
      updateType: 'Differential',
      localAuthorizationList: [{ idTag: 'known' }],
    });
    expect(station.list.keys()).toEqual(['BLOCKED', 'FREE']);
    expect(await it.state(identity)).toMatchObject({ ackedVersion: 18, entryCount: 2, state: null });
    const empty = await send(identity, { updateType: 'FULL' });
    expect(empty.command.execution.request).toEqual({ listVersion: 19, updateType: 'Full' });
    expect(await it.state(identity)).toMatchObject({ ackedVersion: 19, entryCount: 0 });
  });

  test('is sent and warned about when it is unusual', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    await it.limits(station, { perMessage: 2, inAll: 2 });
    const codes = async (input: object) =>
      (await send(identity, input)).command.execution.warnings.map(({ code, path }) => `${code} ${path}`);
    expect(await codes({ updateType: 'FULL', listVersion: 0, entries: [] })).toEqual([
      'LIST_VERSION_NOT_POSITIVE input.listVersion',
    ]);
    expect(
      await codes({
        updateType: 'FULL',
        listVersion: 5,
        entries: [
          { idTag: 'NOBODY' },
          { idTag: 'KNOWN', info: { status: 'CONCURRENT_TX' } },
          { idTag: 'known' },
          { idTag: 'OTHER', remove: true },
        ],
      }),
    ).toEqual([
      'CONCURRENT_TX_IN_LIST input.entries.1.info.status',
      'REMOVAL_IN_FULL_LIST input.entries.3',
      'TOKEN_UNKNOWN input.entries.0',
      'TOKEN_TWICE input.entries.2.idTag',
      'MESSAGE_TOO_LONG input.entries',
      'LIST_TOO_LONG input.entries',
    ]);
    const info = ({ idTagInfo }: { idTagInfo?: unknown }) => idTagInfo !== undefined;
    expect(station.sent.at(-1)?.localAuthorizationList?.every(info)).toBe(true);
    expect(await codes({ updateType: 'DIFFERENTIAL', listVersion: 5 })).toEqual([
      'LIST_VERSION_NOT_GREATER input.listVersion',
      'NOTHING_TO_CHANGE input.entries',
    ]);
    expect(station.sent).toHaveLength(3);
    // version 0 was accepted, and is none to count from
    expect(await it.state(identity)).toMatchObject({ ackedVersion: 5 });
    expect((await send(identity, { updateType: 'FULL' })).command.listVersion).toBe(6);
  });

  test('is refused only when the wire cannot carry it', async () => {
    const identity = newIdentity();
    await it.station(identity);
    const path = async (entry: object) =>
      refusal('sendLocalList', { chargePoint: { identity }, updateType: 'FULL', entries: [entry] });
    expect(await path({ idTag: 'X'.repeat(21) })).toMatchObject({ path: 'input.entries.0.idTag' });
    expect(await path({ idTag: 'X', info: { status: 'ACCEPTED', groupId: 'G'.repeat(21) } })).toMatchObject({
      path: 'input.entries.0.info.parentIdTag',
    });
    expect(await path({ idTag: 'X', remove: true, info: { status: 'ACCEPTED' } })).toMatchObject({
      path: 'input.entries.0',
    });
    const many = Array.from({ length: 5_001 }, (_, index) => ({ idTag: `T${index}` }));
    expect(
      await refusal('sendLocalList', { chargePoint: { identity }, updateType: 'FULL', entries: many }),
    ).toMatchObject({ path: 'input.entries' });
  });

  test('under an idempotency key goes out once, although the hub chose the version', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    const input = { updateType: 'FULL', entries: [{ idTag: 'KNOWN' }], idempotencyKey: identity };
    const [first, second] = [await send(identity, input), await send(identity, input)];
    expect(second).toMatchObject({ idempotentReplay: true, command: { id: first.command?.id } });
    expect(station.sent).toHaveLength(1);
  });

  test('does not last where a list is assigned: the hub puts that one back', async () => {
    const identity = newIdentity();
    const station = await it.station(identity);
    await it.assign(await it.list({ name: identity, tokens: ['KNOWN'] }), identity);
    await it.untilInSync(station, ['KNOWN']);
    await send(identity, { updateType: 'FULL', entries: [{ idTag: 'OTHER' }] });
    expect(station.list.keys()).toEqual(['OTHER']);
    expect(await it.state(identity)).toMatchObject({ state: 'PENDING' });
    await it.untilInSync(station, ['KNOWN']);
  });
});
