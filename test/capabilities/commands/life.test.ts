import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { AnswerWithError, silence } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub({ settings: { OCPP_CALL_TIMEOUT_SECONDS: '1' } });
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());

const commands = () => hub.database.store.collection<Command>('commands');
const newIdentity = () => `CMD-${++count}`;
const run = (name: string, input: string, fields = 'status', api = hub.api) => runCommand(api, name, input, fields);

describe('what cannot be sent is told at once, and nothing is stored', () => {
  test.each([
    [
      'offline',
      async (identity: string) => (await hub.booted(identity)).close(),
      'reset',
      'type: SOFT',
      'ChargePointOfflineError',
    ],
    ['unknown', async () => undefined, 'reset', 'type: SOFT', 'NotFoundError'],
    [
      'too long a token',
      (identity: string) => hub.booted(identity),
      'remoteStartTransaction',
      `idTag: "${'X'.repeat(21)}", idempotencyKey: "k"`,
      'ValidationError',
    ],
  ])('%s', async (_name, prepare, name, input, error) => {
    const identity = newIdentity();
    await prepare(identity);
    const before = await commands().countDocuments({});
    const deadline = Date.now() + 5000;
    let answer = await run(name, `${of(identity)} ${input}`);
    while (error === 'ChargePointOfflineError' && answer.__typename !== error && Date.now() < deadline) {
      answer = await run(name, `${of(identity)} ${input}`); // the close is on its way
    }
    expect(answer.__typename).toBe(error);
    if (error !== 'ChargePointOfflineError') expect(await commands().countDocuments({})).toBe(before);
  });

  test('a station that waits for acceptance gets no remote start, but a trigger', async () => {
    const identity = newIdentity();
    await hub.api.data(
      `mutation { createChargePoint(input: { identity: "${identity}", admission: HOLD }) { __typename } }`,
    );
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('TriggerMessage', () => ({ status: 'Rejected' }));
    expect(
      (await run('remoteStartTransaction', `${of(identity)} idTag: "GOOD", idempotencyKey: "${identity}"`)).__typename,
    ).toBe('ChargePointNotAcceptedError');
    expect((await run('triggerMessage', `${of(identity)} requestedMessage: BOOT_NOTIFICATION`)).command?.status).toBe(
      'REJECTED',
    );
  });
});

describe('an idempotency key', () => {
  test('makes one command of several calls, also at the same time; another input is refused', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    let calls = 0;
    chargePoint.onCall('RemoteStartTransaction', () => {
      calls += 1;
      return { status: 'Rejected' };
    });
    const input = `${of(identity)} idTag: "GOOD", idempotencyKey: "${identity}"`;
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => run('remoteStartTransaction', input)));
    expect(calls).toBe(1);
    expect(new Set(answers.map(({ command }) => command?.id)).size).toBe(1);
    expect(answers.filter(({ idempotentReplay }) => idempotentReplay === false)).toHaveLength(1);
    const other = await run(
      'remoteStartTransaction',
      `${of(identity)} connectorId: 2, idTag: "GOOD", idempotencyKey: "${identity}"`,
    );
    expect(other.__typename).toBe('IdempotencyKeyReusedError');
  });
});

describe('what becomes of a command', () => {
  test('a CALLERROR is FAILED with its code', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('Reset', () => {
      throw new AnswerWithError('NotSupported', 'no such thing');
    });
    const { command } = await run('reset', `${of(identity)} type: SOFT`);
    expect(command?.execution).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'CALL_ERROR', ocppErrorCode: 'NotSupported', outcomeUnknown: false },
    });
  });

  test('an answer outside its schema is FAILED and kept raw (OUT-4)', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('Reset', () => ({ status: 'Perhaps' }));
    const { command } = await run('reset', `${of(identity)} type: SOFT`);
    expect(command?.execution).toMatchObject({
      state: 'FAILED',
      response: { status: 'Perhaps' },
      failure: { kind: 'INVALID_ANSWER' },
    });
  });

  test('silence is TIMED_OUT with an unknown outcome, and a late answer still counts (RPC-6)', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    let messageId = '';
    chargePoint.onCall('UnlockConnector', (_payload, id) => {
      messageId = id;
      return silence;
    });
    const { command } = await run('unlockConnector', `${of(identity)} connectorId: 1`);
    expect(command?.execution).toMatchObject({
      state: 'TIMED_OUT',
      failure: { kind: 'NO_ANSWER', outcomeUnknown: true },
    });
    const updates = hub.api.subscribe<{ commandUpdates: { execution: { state: string; answeredLate: boolean } } }>(
      'subscription ($id: ID!) { commandUpdates(id: $id) { execution { state answeredLate } } }',
      { id: command?.id },
    );
    expect((await updates.next()).data?.commandUpdates.execution.state).toBe('TIMED_OUT');
    chargePoint.send(JSON.stringify([3, messageId, { status: 'Unlocked' }]));
    const deadline = Date.now() + 5000;
    let found: Command | null = null;
    while (found?.state !== 'FINISHED' && Date.now() < deadline) found = await commands().findOne({ messageId });
    expect(found).toMatchObject({ state: 'FINISHED', answeredLate: true, outcome: { status: 'UNLOCKED' } });
  });

  test('a link that goes before the answer is FAILED with an unknown outcome', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('Reset', () => {
      chargePoint.terminate();
      return silence;
    });
    const { command } = await run('reset', `${of(identity)} type: HARD`);
    expect(command?.execution).toMatchObject({ state: 'FAILED', failure: { kind: 'LINK_LOST', outcomeUnknown: true } });
  });

  test('one CALL at a time, in order (RPC-4)', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    const order: unknown[] = [];
    let isOpen = false;
    chargePoint.onCall('UnlockConnector', async ({ connectorId }) => {
      expect(isOpen).toBe(false);
      isOpen = true;
      order.push(connectorId);
      await new Promise((resolve) => setTimeout(resolve, 20));
      isOpen = false;
      return { status: 'Unlocked' };
    });
    for (const id of [1, 2, 3]) {
      await run(
        'unlockConnector',
        `${of(identity)} connectorId: ${id}, wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }`,
      );
    }
    await run('unlockConnector', `${of(identity)} connectorId: 4`);
    expect(order).toEqual([1, 2, 3, 4]);
  });
});

describe('FINISHED means that the promise was kept', () => {
  test('a remote start is finished by its transaction, also when that comes before the answer', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    let transactionId = 0;
    chargePoint.onCall('RemoteStartTransaction', async () => {
      const timestamp = new Date().toISOString();
      const frame = await chargePoint.call('StartTransaction', {
        connectorId: 1,
        idTag: 'good',
        meterStart: 0,
        timestamp,
      });
      ({ transactionId } = frame[2] as { transactionId: number });
      return { status: 'Accepted' };
    });
    const { command } = await run(
      'remoteStartTransaction',
      `${of(identity)} connectorId: 1, idTag: "GOOD", idempotencyKey: "${identity}", wait: { until: FINISHED, timeoutSeconds: 10 }`,
      'status transaction { ocppTransactionId }',
    );
    expect(command).toMatchObject({
      status: 'ACCEPTED',
      transaction: { ocppTransactionId: transactionId },
      execution: { state: 'FINISHED' },
    });
  });

  test('a reset is RESPONDED until the station boots, also over a restart of the hub', async () => {
    const own = await startTestHub();
    const chargePoint = await own.booted('RESET-1');
    chargePoint.onCall('Reset', () => ({ status: 'Accepted' }));
    const { command } = await run('reset', `${of('RESET-1')} type: HARD`, 'status', own.api);
    expect(command?.execution.state).toBe('RESPONDED');
    await own.hub.stop();
    const next = await startTestHub({ database: own.database });
    await next.booted('RESET-1');
    const deadline = Date.now() + 5000;
    let state = '';
    while (state !== 'FINISHED' && Date.now() < deadline) {
      const data = await next.api.data<{ command: { execution: { state: string } } }>(
        'query ($id: ID!) { command(id: $id) { execution { state } } }',
        { id: command?.id },
      );
      state = data.command.execution.state;
    }
    expect(state).toBe('FINISHED');
    await next.close();
    await own.database.close();
  });
});

test('another tenant sees no command and cannot send one', async () => {
  const identity = newIdentity();
  const chargePoint = await hub.booted(identity);
  chargePoint.onCall('ClearCache', () => ({ status: 'Accepted' }));
  const { command } = await run('clearCache', of(identity));
  const foreign = await hub.foreignClient();
  const seen = await foreign.data(
    'query ($id: ID!) { command(id: $id) { id } node(id: $id) { id } commands { nodes { id } } }',
    { id: command?.id },
  );
  expect(seen).toEqual({ command: null, node: null, commands: { nodes: [] } });
  expect((await run('clearCache', of(identity), 'status', foreign)).__typename).toBe('NotFoundError');
});
