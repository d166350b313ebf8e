import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOperator, type Operator, type OperatorCommand } from '../../certification/operator.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
  for (const value of ['GOOD', 'OTHER']) {
    await hub.api.data('mutation ($value: String!) { createToken(input: { value: $value }) { __typename } }', {
      value,
    });
  }
});
afterAll(() => hub.close());

/** A booted charge point with connectors 1 and 2 that says yes to everything, and whoever operates it. */
async function playing(on = hub): Promise<{ station: ScriptedChargePoint; operator: Operator }> {
  count += 1;
  const identity = `RC-${count}`;
  const station = await on.booted(identity);
  for (const action of ['RemoteStartTransaction', 'RemoteStopTransaction', 'TriggerMessage', 'Reset']) {
    station.onCall(action, () => ({ status: 'Accepted' }));
  }
  station.onCall('UnlockConnector', () => ({ status: 'Unlocked' }));
  for (const connectorId of [0, 1, 2]) await status(station, connectorId, 'Available');
  return { station, operator: createOperator(on.api, identity) };
}
const status = (station: ScriptedChargePoint, connectorId: number, word: string) =>
  station.call('StatusNotification', { connectorId, status: word, errorCode: 'NoError' });
async function start(station: ScriptedChargePoint, connectorId: number, idTag = 'GOOD'): Promise<number> {
  const timestamp = new Date().toISOString();
  const frame = await station.call('StartTransaction', { connectorId, idTag, meterStart: 0, timestamp });
  return (frame[2] as { transactionId: number }).transactionId;
}
const remoteStart = (operator: Operator, more: object = {}) =>
  operator.command('remoteStartTransaction', { idTag: 'GOOD', ...more });
const number = '... on RemoteStartTransactionCommand { transaction { ocppTransactionId } }';
const startedBy = async (operator: Operator, command: OperatorCommand) =>
  (await operator.state(command, 'FINISHED', number))['transaction'];

describe('a remote start', () => {
  test('is dropped when the hub refuses the token, and nothing is sent again', async () => {
    const { station, operator } = await playing();
    const command = await remoteStart(operator, { idTag: 'NOBODY' });
    expect(command.execution.warnings).toEqual([{ code: 'TOKEN_UNKNOWN', path: 'input.idTag' }]);
    await station.call('Authorize', { idTag: 'nobody' });
    await operator.state(command, 'EFFECT_MISSING');
    await station.expectNothing();
    expect(station.received.filter((frame) => frame[2] === 'RemoteStartTransaction')).toHaveLength(1);
  });

  test('is not dropped by the refusal of another token, nor by the cable of another connector', async () => {
    const { station, operator } = await playing();
    const command = await remoteStart(operator, { connectorId: 1 });
    await station.call('Authorize', { idTag: 'NOBODY' });
    await status(station, 2, 'Preparing');
    await status(station, 2, 'Available');
    await status(station, 1, 'Preparing');
    const ocppTransactionId = await start(station, 1);
    expect(await startedBy(operator, command)).toEqual({ ocppTransactionId });
  });

  test('a connector that became free before the answer drops nothing', async () => {
    const { station, operator } = await playing();
    await status(station, 1, 'Preparing');
    station.onCall('RemoteStartTransaction', async () => {
      await status(station, 1, 'Available');
      return { status: 'Accepted' };
    });
    const command = await remoteStart(operator, { connectorId: 1 });
    const ocppTransactionId = await start(station, 1);
    expect(await startedBy(operator, command)).toEqual({ ocppTransactionId });
  });

  test('two of the same token each get a transaction of their own, the one that names the connector that one', async () => {
    const { station, operator } = await playing();
    const anywhere = await remoteStart(operator);
    const there = await remoteStart(operator, { connectorId: 2 });
    const onTwo = await start(station, 2);
    const onOne = await start(station, 1);
    expect(await startedBy(operator, there)).toEqual({ ocppTransactionId: onTwo });
    expect(await startedBy(operator, anywhere)).toEqual({ ocppTransactionId: onOne });
  });

  test('is shown with the transaction that followed (STA-8)', async () => {
    const { station, operator } = await playing();
    const command = await remoteStart(operator, { connectorId: 1 });
    await start(station, 1);
    await operator.state(command, 'FINISHED');
    await start(station, 2);
    expect(await operator.transactions('connectorId remoteStart { id }')).toEqual([
      { connectorId: 2, remoteStart: null },
      { connectorId: 1, remoteStart: { id: command.id } },
    ]);
  });

  test('one transaction is not taken twice over a restart of the hub', async () => {
    const first = await startTestHub();
    const { station, operator } = await playing(first);
    const [one, two] = [await remoteStart(operator), await remoteStart(operator)];
    await start(station, 1);
    await operator.state(one, 'FINISHED');
    await first.hub.stop();
    const next = await startTestHub({ database: first.database });
    const later = createOperator(next.api, station.identity);
    await later.state(two, 'RESPONDED');
    const again = await next.booted(station.identity);
    const ocppTransactionId = await start(again, 2);
    expect(await startedBy(later, two)).toEqual({ ocppTransactionId });
    await next.close();
    await first.database.close();
  });
});

describe('an unlock', () => {
  test('where a transaction runs is seen through when the connector is let go', async () => {
    const { station, operator } = await playing();
    await start(station, 1);
    const command = await operator.command('unlockConnector', { connectorId: 1 });
    expect(command.execution).toMatchObject({ state: 'RESPONDED', warnings: [{ code: 'TRANSACTION_RUNNING' }] });
    await status(station, 2, 'Finishing');
    await operator.state(command, 'RESPONDED');
    await status(station, 1, 'Finishing');
    await operator.state(command, 'FINISHED');
  });

  test('elsewhere is finished with the answer', async () => {
    const { operator } = await playing();
    const { execution } = await operator.command('unlockConnector', { connectorId: 1 });
    expect(execution).toMatchObject({ state: 'FINISHED', warnings: [] });
  });
});

describe('a trigger', () => {
  test('without a connector is seen through by the message of any, also of connector 0', async () => {
    const { station, operator } = await playing();
    const command = await operator.command('triggerMessage', { requestedMessage: 'STATUS_NOTIFICATION' });
    expect(command.execution).toMatchObject({
      state: 'RESPONDED',
      request: { requestedMessage: 'StatusNotification' },
    });
    await status(station, 0, 'Available');
    await operator.state(command, 'FINISHED');
  });

  test('two for the same message need two messages', async () => {
    const { station, operator } = await playing();
    const ask = () => operator.command('triggerMessage', { requestedMessage: 'HEARTBEAT' });
    const [one, two] = [await ask(), await ask()];
    await station.call('Heartbeat');
    await operator.state(one, 'FINISHED');
    await operator.state(two, 'RESPONDED');
    await station.call('Heartbeat');
    await operator.state(two, 'FINISHED');
  });
});

describe('what is legal but unwise is sent with a warning', () => {
  test.each([
    ['remoteStartTransaction', { idTag: 'GOOD', connectorId: 9 }, 'CONNECTOR_UNKNOWN', 'RemoteStartTransaction'],
    ['unlockConnector', { connectorId: 9 }, 'CONNECTOR_UNKNOWN', 'UnlockConnector'],
    ['triggerMessage', { requestedMessage: 'HEARTBEAT', connectorId: 1 }, 'CONNECTOR_MEANINGLESS', 'TriggerMessage'],
    ['triggerMessage', { requestedMessage: 'BOOT_NOTIFICATION' }, 'ALREADY_ACCEPTED', 'TriggerMessage'],
  ])('%s %j: %s', async (name, input, code, action) => {
    const { station, operator } = await playing();
    const { execution } = await operator.command(name, input);
    expect(execution.warnings.map((warning) => warning.code)).toEqual([code]);
    await station.nextCall(action);
  });

  test('a remote start on a connector that is out of service and in use', async () => {
    const { station, operator } = await playing();
    await start(station, 1);
    await status(station, 1, 'Faulted');
    const { execution } = await remoteStart(operator, { connectorId: 1 });
    expect(execution.warnings.map(({ code }) => code)).toEqual(['CONNECTOR_OUT_OF_SERVICE', 'CONNECTOR_IN_USE']);
  });

  test('a remote stop of a transaction that has ended', async () => {
    const { station, operator } = await playing();
    const transactionId = await start(station, 1);
    await station.call('StopTransaction', { transactionId, meterStop: 1, timestamp: new Date().toISOString() });
    const transaction = { ocpp: { chargePoint: operator.chargePoint, transactionId } };
    const { execution } = await operator.commandOf('remoteStopTransaction', { transaction });
    expect(execution.warnings).toEqual([{ code: 'TRANSACTION_ENDED', path: 'input.transaction' }]);
  });

  test.each(['remoteStartTransaction', 'unlockConnector', 'triggerMessage'])(
    '%s for connector 0 means nothing on the wire and is refused (RST-1, UNL-1, TRG-1)',
    async (name) => {
      const { operator } = await playing();
      const more = {
        remoteStartTransaction: { idTag: 'GOOD' },
        triggerMessage: { requestedMessage: 'METER_VALUES' },
      }[name];
      expect(await operator.refusal(name, { connectorId: 0, ...more })).toBe('ValidationError');
    },
  );
});

test.each([
  ['remoteStartTransaction', { idTag: 'GOOD' }, 180],
  ['triggerMessage', { requestedMessage: 'HEARTBEAT' }, 60],
  ['reset', { type: 'SOFT' }, 600],
])('%s: what was promised and does not come within its time is EFFECT_MISSING', async (name, input, seconds) => {
  const clock = createManualClock();
  const own = await startTestHub({ clock });
  const { operator } = await playing(own);
  const command = await operator.command(name, input);
  await clock.advanceSettled(seconds * 1000 - 1);
  await operator.state(command, 'RESPONDED');
  await clock.advanceSettled(1);
  await operator.state(command, 'EFFECT_MISSING');
  await own.close();
});
