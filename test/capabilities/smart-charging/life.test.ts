import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { AnswerWithError, silence } from '../../support/scripted-charge-point.ts';
import { begin, end, heldNumbers, profile, profilesOf, run, willing } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub({ settings: { OCPP_CALL_TIMEOUT_SECONDS: '1' } });
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());

const newIdentity = () => `SC-${++count}`;
const set = (identity: string, over: object = {}, more: object = {}) =>
  run(hub.api, 'setChargingProfile', identity, { connectorId: 1, profile: profile(over), ...more });
const every = ['SENT', 'INSTALLED', 'UNKNOWN', 'REJECTED', 'NOT_SENT', 'REPLACED', 'CLEARED', 'ENDED'];
const states = async (identity: string) =>
  Object.fromEntries(
    (await profilesOf(hub.api, identity, every)).map(({ profile: { profileId }, state }) => [profileId, state]),
  );
const becomes = async (identity: string, wanted: Record<string, string>) =>
  expect.poll(() => states(identity), { timeout: 5_000 }).toEqual(wanted);

describe('what an answer does to the belief (OUT-2)', () => {
  test('only a yes installs; the number is chosen by the hub unless the caller names one', async () => {
    const identity = newIdentity();
    const answers = ['Rejected', 'NotSupported', 'Accepted', 'Accepted'];
    const chargePoint = await willing(hub, identity, { SetChargingProfile: () => ({ status: answers.shift() }) });
    const refused = await set(identity, { profileId: 11 });
    expect(refused.command).toMatchObject({
      status: 'REJECTED',
      installed: { state: 'REJECTED', wireStatus: 'Rejected' },
      execution: { state: 'FINISHED' },
    });
    const unable = await set(identity, { profileId: 12 });
    expect(unable.command).toMatchObject({
      status: 'NOT_SUPPORTED',
      installed: { state: 'REJECTED', wireStatus: 'NotSupported' },
    });
    const { command } = await set(identity);
    expect(command).toMatchObject({ status: 'ACCEPTED', installed: { state: 'INSTALLED', wireStatus: 'Accepted' } });
    const chosen = command.profile?.profileId ?? 0;
    expect(chosen).toBeGreaterThan(0);
    await set(identity, { profileId: 2_147_483_647, stackLevel: 9 });
    expect(await heldNumbers(hub.api, identity)).toEqual([chosen, 2_147_483_647]);
    expect(chargePoint.faults).toEqual([]);
  });

  test.each(['NotSupported', 'PropertyConstraintViolation'])('CALLERROR %s is shown as such (SC-11)', async (code) => {
    const identity = newIdentity();
    const refuse = () => {
      throw new AnswerWithError(code, 'no');
    };
    await willing(hub, identity, {
      SetChargingProfile: refuse,
      ClearChargingProfile: refuse,
      GetCompositeSchedule: refuse,
    });
    const failure = { kind: 'CALL_ERROR', ocppErrorCode: code };
    const { command } = await set(identity, { profileId: 1 });
    expect(command).toMatchObject({ status: null, execution: { state: 'FAILED', failure } });
    await becomes(identity, { 1: 'REJECTED' });
    const clear = await run(hub.api, 'clearChargingProfile', identity);
    expect(clear.command.execution).toMatchObject({ state: 'FAILED', failure });
    const asked = await run(hub.api, 'getCompositeSchedule', identity, { connectorId: 1, durationSeconds: 60 });
    expect(asked.command).toMatchObject({ schedule: null, execution: { state: 'FAILED', failure } });
  });

  test('a broken answer and a lost link leave it unknown', async () => {
    const identity = newIdentity();
    const chargePoint = await willing(hub, identity, { SetChargingProfile: () => ({ status: 'Perhaps' }) });
    expect((await set(identity, { profileId: 1 })).command).toMatchObject({
      execution: { failure: { kind: 'INVALID_ANSWER' } },
    });
    await becomes(identity, { 1: 'UNKNOWN' });
    chargePoint.onCall('SetChargingProfile', () => {
      chargePoint.terminate();
      return silence;
    });
    await set(identity, { profileId: 2, stackLevel: 2 });
    await becomes(identity, { 1: 'UNKNOWN', 2: 'UNKNOWN' });
  });

  test('the same place or number replaces, everything else is stacked (SC-2)', async () => {
    const identity = newIdentity();
    await willing(hub, identity);
    for (const profileId of [1, 2]) await set(identity, { profileId, stackLevel: profileId });
    await set(identity, { profileId: 3, stackLevel: 1, purpose: 'TX_PROFILE' });
    await set(identity, { profileId: 4, stackLevel: 1 }, { connectorId: 2 });
    expect(await heldNumbers(hub.api, identity)).toEqual([1, 2, 3, 4]);
    const { command } = await set(identity, { profileId: 5, stackLevel: 2 });
    expect(command.replaced).toEqual([{ profile: { profileId: 2 } }]);
    expect(command.execution.warnings).toEqual([{ code: 'REPLACES_PROFILE', path: 'input.profile.stackLevel' }]);
    const moved = await set(identity, { profileId: 1, stackLevel: 7 }, { connectorId: 2 });
    expect(moved.command.replaced).toEqual([{ profile: { profileId: 1 } }]);
    expect(await heldNumbers(hub.api, identity)).toEqual([1, 3, 4, 5]);
    const [replaced] = (await profilesOf(hub.api, identity, ['REPLACED'])).filter(
      (gone) => gone.profile.profileId === 2,
    );
    expect(replaced).toMatchObject({ removedAt: expect.any(String), removedBy: { id: command.id } });
  });
});

describe('silence and late answers', () => {
  /** A charge point that keeps still until told; gives the ids of the CALLs of each action. */
  const silent = async (identity: string, action: string) => {
    const ids: string[] = [];
    const chargePoint = await willing(hub, identity, {
      [action]: (_payload, id) => {
        ids.push(id);
        return silence;
      },
    });
    return {
      chargePoint,
      ids,
      answer: (status: string) => chargePoint.send(JSON.stringify([3, ids.shift(), { status }])),
    };
  };

  test.each([
    ['Accepted', 'INSTALLED'],
    ['Rejected', 'REJECTED'],
  ])('a late %s settles what was unknown', async (status, state) => {
    const identity = newIdentity();
    const { answer } = await silent(identity, 'SetChargingProfile');
    expect((await set(identity, { profileId: 1 })).command.execution.state).toBe('TIMED_OUT');
    await becomes(identity, { 1: 'UNKNOWN' });
    expect(await heldNumbers(hub.api, identity)).toEqual([1]);
    answer(status);
    await becomes(identity, { 1: state });
  });

  test('a late yes does not bring back what a newer profile has replaced', async () => {
    const identity = newIdentity();
    const { chargePoint, answer } = await silent(identity, 'SetChargingProfile');
    await set(identity, { profileId: 1 });
    chargePoint.onCall('SetChargingProfile', () => ({ status: 'Accepted' }));
    await set(identity, { profileId: 2 });
    await becomes(identity, { 1: 'REPLACED', 2: 'INSTALLED' });
    answer('Accepted');
    await set(identity, { profileId: 3, stackLevel: 3 }); // answered after the late one
    expect(await states(identity)).toEqual({ 1: 'REPLACED', 2: 'INSTALLED', 3: 'INSTALLED' });
  });

  test('a late yes to a clear removes only what was sent before it', async () => {
    const identity = newIdentity();
    const { answer } = await silent(identity, 'ClearChargingProfile');
    await set(identity, { profileId: 1 });
    const clear = await run(hub.api, 'clearChargingProfile', identity);
    expect(clear.command.execution.state).toBe('TIMED_OUT');
    await set(identity, { profileId: 2, stackLevel: 2 });
    expect(await heldNumbers(hub.api, identity)).toEqual([1, 2]);
    answer('Accepted');
    await becomes(identity, { 1: 'CLEARED', 2: 'INSTALLED' });
  });

  test('a transaction that ended while its profile was on the way ends the profile', async () => {
    const identity = newIdentity();
    const { chargePoint, answer } = await silent(identity, 'SetChargingProfile');
    const ocppTransactionId = await begin(chargePoint);
    await set(identity, { profileId: 1, purpose: 'TX_PROFILE' }, { transaction: { ocppTransactionId } });
    await end(chargePoint, ocppTransactionId);
    answer('Accepted');
    await becomes(identity, { 1: 'ENDED' });
  });
});

describe('clearing', () => {
  test('Unknown removes nothing; Accepted removes by the matching rule (SC-9)', async () => {
    const identity = newIdentity();
    const asked: unknown[] = [];
    let status = 'Unknown';
    await willing(hub, identity, {
      ClearChargingProfile: (payload) => {
        asked.push(payload);
        return { status };
      },
    });
    await set(identity, { profileId: 1, stackLevel: 1 });
    await set(identity, { profileId: 2, stackLevel: 2 });
    await set(identity, { profileId: 3, stackLevel: 2 }, { connectorId: 0 });
    const none = await run(hub.api, 'clearChargingProfile', identity, { profileId: 99 });
    expect(none.command).toMatchObject({
      status: 'UNKNOWN',
      cleared: [],
      execution: { state: 'FINISHED', warnings: [{ code: 'NO_PROFILE_MATCHES' }] },
    });
    expect(await heldNumbers(hub.api, identity)).toEqual([1, 2, 3]);
    status = 'Accepted';
    const some = await run(hub.api, 'clearChargingProfile', identity, { stackLevel: 2, connectorId: 0 });
    expect(some.command.cleared).toEqual([{ profile: { profileId: 3 } }]);
    const one = await run(hub.api, 'clearChargingProfile', identity, { profileId: 1, stackLevel: 5 });
    expect(one.command).toMatchObject({
      cleared: [{ profile: { profileId: 1 } }],
      execution: { warnings: [{ code: 'CRITERIA_IGNORED', path: 'input.profileId' }] },
    });
    expect(asked).toEqual([{ id: 99 }, { connectorId: 0, stackLevel: 2 }, { id: 1, stackLevel: 5 }]);
    expect(await heldNumbers(hub.api, identity)).toEqual([2]);
  });
});

describe('profiles of transactions (SC-8)', () => {
  test('end with their transaction, of which they are fields; a boot ends nothing', async () => {
    const identity = newIdentity();
    const chargePoint = await willing(hub, identity);
    const ocppTransactionId = await begin(chargePoint);
    const { chargePoint: found } = await hub.api.data<{ chargePoint: { activeTransactions: { id: string }[] } }>(
      `{ chargePoint(by: { identity: "${identity}" }) { activeTransactions { id } } }`,
    );
    const id = found.activeTransactions[0]?.id;
    const { command } = await set(identity, { profileId: 1, purpose: 'TX_PROFILE' }, { transaction: { id } });
    expect(command.execution.request).toMatchObject({ csChargingProfiles: { transactionId: ocppTransactionId } });
    expect(command.execution.warnings).toEqual([]);
    await set(identity, { profileId: 2 });
    await set(identity, { profileId: 3, purpose: 'TX_PROFILE', stackLevel: 4 }); // without a number: the running one
    await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
    expect(await heldNumbers(hub.api, identity)).toEqual([1, 2, 3]);
    await end(chargePoint, ocppTransactionId);
    expect(await states(identity)).toEqual({ 1: 'ENDED', 2: 'INSTALLED', 3: 'ENDED' });
    const { node } = await hub.api.data<{ node: { chargingProfiles: { nodes: unknown[] } } }>(
      `query ($id: ID!) { node(id: $id) { ... on Transaction { chargingProfiles { nodes { state profile { profileId } } } } } }`,
      { id },
    );
    expect(node.chargingProfiles.nodes).toEqual([
      { state: 'ENDED', profile: { profileId: 3 } },
      { state: 'ENDED', profile: { profileId: 1 } },
    ]);
  });
});
