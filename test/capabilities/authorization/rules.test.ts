import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

let hub: TestHub;
let clock: ManualClock;
let count = 0;
let name: string;
beforeAll(async () => {
  clock = createManualClock('2026-06-01T12:00:00.000Z'); // a Monday
  hub = await startTestHub({ clock });
});
afterAll(() => hub.close());
beforeEach(() => {
  name = `RULE-${++count}`;
});

interface Outcome {
  readonly __typename: string;
  readonly path?: string;
}
const mutate = async (field: string, input: string, api = hub.api): Promise<Outcome> => {
  const data = await api.data<Record<string, Outcome>>(
    `mutation { ${field}(input: { ${input} }) { __typename ... on ValidationError { path } } }`,
  );
  return data[field] ?? { __typename: 'nothing' };
};
const idOf = async (identity: string) =>
  (await hub.api.data<{ chargePoint: { id: string } }>(`{ chargePoint(by: { identity: "${identity}" }) { id } }`))
    .chargePoint.id;
const authorize = async (chargePoint: ScriptedChargePoint, idTag: string) =>
  (await chargePoint.call('Authorize', { idTag }))[2];
const start = async (chargePoint: ScriptedChargePoint, idTag: string, connectorId = 1) => {
  const timestamp = clock.now().toISOString();
  const [, , answer] = await chargePoint.call('StartTransaction', { connectorId, idTag, meterStart: 0, timestamp });
  return answer as { transactionId: number; idTagInfo: Record<string, unknown> };
};
const accepted = { idTagInfo: { status: 'Accepted' } };
const inAMinute = () => new Date(clock.now().getTime() + 60_000).toISOString();

describe('a token that is limited to places', () => {
  test('is refused elsewhere for the moment, and everywhere accepted when the limit is taken away', async () => {
    const [here, there] = [await hub.booted(`${name}-HERE`), await hub.booted(`${name}-THERE`)];
    const allowedAt = `[{ chargePointId: "${await idOf(here.identity)}", connectorIds: [2] }]`;
    await mutate('createToken', `value: "${name}", allowedAt: ${allowedAt}`);
    expect(await authorize(here, name)).toEqual(accepted);
    expect(await authorize(there, name)).toEqual({ idTagInfo: { status: 'Blocked', expiryDate: inAMinute() } });
    expect((await start(here, name, 2)).idTagInfo['status']).toBe('Accepted');
    const refused = await start(here, name, 1);
    expect(refused).toEqual({
      transactionId: expect.any(Number),
      idTagInfo: { status: 'Blocked', expiryDate: inAMinute() },
    });
    const text = `{ token(by: { value: "${name}" }) { allowedAt { chargePoint { identity } connectorIds } } }`;
    expect(await hub.api.data(text)).toEqual({
      token: { allowedAt: [{ chargePoint: { identity: here.identity }, connectorIds: [2] }] },
    });
    await mutate('updateToken', `token: { value: "${name}" }, note: "stays limited"`);
    expect(await authorize(there, name)).toMatchObject({ idTagInfo: { status: 'Blocked' } });
    await mutate('updateToken', `token: { value: "${name}" }, allowedAt: null`);
    expect(await authorize(there, name)).toEqual(accepted);
  });

  test('limits the members of its group with it', async () => {
    const [here, there] = [await hub.booted(`${name}-HERE`), await hub.booted(`${name}-THERE`)];
    await mutate('createToken', `value: "${name}", allowedAt: [{ chargePointId: "${await idOf(here.identity)}" }]`);
    await mutate('createToken', `value: "${name}-M", groupId: "${name}"`);
    expect(await authorize(here, `${name}-M`)).toEqual({ idTagInfo: { status: 'Accepted', parentIdTag: name } });
    expect(await authorize(there, `${name}-M`)).toMatchObject({ idTagInfo: { status: 'Blocked', parentIdTag: name } });
  });

  test('cannot be limited to a charge point of another tenant, to none, or to one twice', async () => {
    await hub.booted(name);
    const id = await idOf(name);
    const foreign = await hub.foreignClient();
    const create = (places: string, api = hub.api) =>
      mutate('createToken', `value: "${name}", allowedAt: ${places}`, api);
    expect(await create(`[{ chargePointId: "${id}" }]`, foreign)).toEqual({
      __typename: 'ValidationError',
      path: 'input.allowedAt.0.chargePointId',
    });
    for (const places of ['[]', `[{ chargePointId: "${id}" }, { chargePointId: "${id}" }]`]) {
      expect(await create(places)).toEqual({ __typename: 'ValidationError', path: 'input.allowedAt' });
    }
    for (const connectors of ['[]', '[0]']) {
      expect(await create(`[{ chargePointId: "${id}", connectorIds: ${connectors} }]`)).toEqual({
        __typename: 'ValidationError',
        path: 'input.allowedAt.0.connectorIds',
      });
    }
  });
});

describe('a private charge point', () => {
  test('takes the tokens of its groups only, until it is for everybody again', async () => {
    const chargePoint = await hub.booted(name);
    await mutate('createToken', `value: "${name}-STRANGER"`);
    await mutate('createToken', `value: "${name}-FAMILY", groupId: "${name}"`);
    const limit = (groups: string, api = hub.api) =>
      mutate('limitChargePointToGroups', `chargePoint: { identity: "${name}" }, groupIds: ${groups}`, api);
    const groups = () => hub.api.data(`{ chargePoint(by: { identity: "${name}" }) { allowedGroupIds } }`);
    expect(await groups()).toEqual({ chargePoint: { allowedGroupIds: null } });
    expect((await limit(`["${name.toLowerCase()}"]`)).__typename).toBe('LimitChargePointToGroupsPayload');
    expect(await groups()).toEqual({ chargePoint: { allowedGroupIds: [name.toLowerCase()] } });
    expect(await authorize(chargePoint, `${name}-FAMILY`)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    expect(await authorize(chargePoint, `${name}-STRANGER`)).toMatchObject({ idTagInfo: { status: 'Blocked' } });
    expect((await start(chargePoint, `${name}-STRANGER`)).idTagInfo['status']).toBe('Blocked');
    expect((await limit('null')).__typename).toBe('LimitChargePointToGroupsPayload');
    expect(await authorize(chargePoint, `${name}-STRANGER`)).toEqual(accepted);
    expect(await limit('[]')).toEqual({ __typename: 'ValidationError', path: 'input.groupIds' });
    expect(await limit(`["${'G'.repeat(21)}"]`)).toEqual({ __typename: 'ValidationError', path: 'input.groupIds.0' });
    expect((await limit('null', await hub.foreignClient())).__typename).toBe('NotFoundError');
  });

  test('takes its limit with it when it is deleted', async () => {
    await (await hub.booted(name)).close();
    const chargePoint = `chargePoint: { identity: "${name}" }`;
    await mutate('limitChargePointToGroups', `${chargePoint}, groupIds: ["G"]`);
    const limits = () => hub.database.store.collection('chargePointAccess').countDocuments({ groupIds: 'G' });
    expect(await limits()).toBe(1);
    await mutate('deleteChargePoint', chargePoint);
    expect(await limits()).toBe(0);
  });
});

test('a token with hours is refused outside of them, by the clocks of its time zone', async () => {
  const chargePoint = await hub.booted(name);
  const spans = '[{ days: [MONDAY], from: "08:00", to: "15:00" }]'; // 12:00 UTC is 14:00 in Berlin
  const created = await mutate(
    'createToken',
    `value: "${name}", allowedHours: { timeZone: "Europe/Berlin", spans: ${spans} }`,
  );
  expect(created.__typename).toBe('CreateTokenPayload');
  expect(await authorize(chargePoint, name)).toEqual(accepted);
  clock.advance(3_600_000);
  const later = await hub.booted(`${name}-LATER`); // the hour without a pong has cost the first its link
  expect(await authorize(later, name)).toEqual({ idTagInfo: { status: 'Blocked', expiryDate: inAMinute() } });
  const attempts = `authorizationAttempts(first: 1) { nodes { decision { status reason cacheUntil } } }`;
  expect(
    await hub.api.data(
      `{ token(by: { value: "${name}" }) { ${attempts} allowedHours { timeZone spans { days from to } } } }`,
    ),
  ).toEqual({
    token: {
      authorizationAttempts: {
        nodes: [{ decision: { status: 'NOT_AT_THIS_TIME', reason: 'TIME_NOT_ALLOWED', cacheUntil: inAMinute() } }],
      },
      allowedHours: { timeZone: 'Europe/Berlin', spans: [{ days: ['MONDAY'], from: '08:00', to: '15:00' }] },
    },
  });
  const wrong = `token: { value: "${name}" }, allowedHours: { timeZone: "Nowhere", spans: ${spans} }`;
  expect(await mutate('updateToken', wrong)).toEqual({
    __typename: 'ValidationError',
    path: 'input.allowedHours.timeZone',
  });
});

describe('a token that may run once (STA-5)', () => {
  test('is refused a second transaction elsewhere, not a repeat, not a question, and not in certification mode', async () => {
    await mutate('createChargePoint', `identity: "${name}-TEST", certificationMode: true`);
    const [first, second, tested] = [
      await hub.booted(`${name}-A`),
      await hub.booted(`${name}-B`),
      await hub.booted(`${name}-TEST`),
    ];
    await mutate('createToken', `value: "${name}", allowConcurrent: 1`);
    const running = await start(first, name);
    expect(running.idTagInfo['status']).toBe('Accepted');
    expect((await start(second, name)).idTagInfo['status']).toBe('ConcurrentTx');
    expect(await start(first, name)).toEqual(running);
    expect(await authorize(second, name)).toEqual(accepted);
    expect((await start(tested, name)).idTagInfo['status']).toBe('Accepted');
  });
});

describe('a group (AUT-2, STO-4)', () => {
  test('is given in every answer, also by the token that is the group (TC_053)', async () => {
    const chargePoint = await hub.booted(name);
    await mutate('createToken', `value: "${name}"`);
    await mutate('createToken', `value: "${name}-M", groupId: "${name}", validUntil: "2035-01-01T00:00:00Z"`);
    const member = { status: 'Accepted', parentIdTag: name, expiryDate: '2035-01-01T00:00:00.000Z' };
    const parent = { status: 'Accepted', parentIdTag: name };
    expect(await authorize(chargePoint, `${name}-M`)).toEqual({ idTagInfo: member });
    expect(await authorize(chargePoint, name)).toEqual({ idTagInfo: parent });
    const { transactionId, idTagInfo } = await start(chargePoint, `${name}-M`);
    expect(idTagInfo).toEqual(member);
    const stop = { transactionId, meterStop: 5, timestamp: clock.now().toISOString(), idTag: name };
    expect((await chargePoint.call('StopTransaction', stop))[2]).toEqual({ idTagInfo: parent });
  });

  test('a blocked card of the group gets its own refusal, and what it stopped is stopped', async () => {
    const chargePoint = await hub.booted(name);
    await mutate('createToken', `value: "${name}-1", groupId: "${name}"`);
    await mutate('createToken', `value: "${name}-2", groupId: "${name}", status: BLOCKED`);
    const refusal = { idTagInfo: { status: 'Blocked', parentIdTag: name } };
    const { transactionId } = await start(chargePoint, `${name}-1`);
    expect(await authorize(chargePoint, `${name}-2`)).toEqual(refusal);
    const stop = { transactionId, meterStop: 5, timestamp: clock.now().toISOString(), idTag: `${name}-2` };
    expect((await chargePoint.call('StopTransaction', stop))[2]).toEqual(refusal);
    const by = `ocpp: { chargePoint: { identity: "${name}" }, transactionId: ${transactionId} }`;
    expect(
      await hub.api.data(`{ transaction(by: { ${by} }) { state tokenValue stopTokenValue authorizationStatus } }`),
    ).toEqual({
      transaction: {
        state: 'ENDED',
        tokenValue: `${name}-1`,
        stopTokenValue: `${name}-2`,
        authorizationStatus: 'ACCEPTED',
      },
    });
  });
});

test('tokens of payment terminals, of hexadecimal firmware and of great length are like any other (§4.4, AUT-3)', async () => {
  const chargePoint = await hub.booted(name);
  for (const value of [`VID;${name};42`, `04A2B3C4D5E6F${count}`, `${name}-${'long'.repeat(20)}`]) {
    expect(await authorize(chargePoint, value)).toEqual({ idTagInfo: { status: 'Invalid' } });
    await mutate('createToken', `value: "${value}"`);
    expect(await authorize(chargePoint, value.toLowerCase())).toEqual(accepted);
  }
  expect(chargePoint.faults).toEqual([]);
});
