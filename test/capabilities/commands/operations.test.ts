import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { of, runCommand } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());

const commands = () => hub.database.store.collection<Command>('commands');
const newIdentity = () => `OP-${++count}`;
const run = (name: string, input: string, fields = 'status', api = hub.api) => runCommand(api, name, input, fields);

describe('each operation sends exactly its OCPP message and shows the answer verbatim', () => {
  test.each([
    ['reset', 'type: HARD', 'Reset', { type: 'Hard' }, { status: 'Rejected' }, 'status', 'REJECTED'],
    [
      'unlockConnector',
      'connectorId: 7',
      'UnlockConnector',
      { connectorId: 7 },
      { status: 'NotSupported' },
      'status',
      'NOT_SUPPORTED',
    ],
    [
      'changeAvailability',
      'connectorId: 0, type: INOPERATIVE',
      'ChangeAvailability',
      { connectorId: 0, type: 'Inoperative' },
      { status: 'Rejected' },
      'status',
      'REJECTED',
    ],
    [
      'changeConfiguration',
      'key: "Nonsense", value: "-1"',
      'ChangeConfiguration',
      { key: 'Nonsense', value: '-1' },
      { status: 'NotSupported' },
      'status',
      'NOT_SUPPORTED',
    ],
    ['clearCache', '', 'ClearCache', {}, { status: 'Accepted' }, 'status', 'ACCEPTED'],
    [
      'triggerMessage',
      'requestedMessage: METER_VALUES, connectorId: 1',
      'TriggerMessage',
      { requestedMessage: 'MeterValues', connectorId: 1 },
      { status: 'NotImplemented' },
      'status',
      'NOT_IMPLEMENTED',
    ],
    [
      'dataTransfer',
      'vendorId: "org.example", data: "x"',
      'DataTransfer',
      { vendorId: 'org.example', data: 'x' },
      { status: 'UnknownVendorId' },
      'status',
      'UNKNOWN_VENDOR_ID',
    ],
    [
      'remoteStartTransaction',
      'idTag: "GOOD", idempotencyKey: "a"',
      'RemoteStartTransaction',
      { idTag: 'GOOD' },
      { status: 'Rejected' },
      'status',
      'REJECTED',
    ],
  ])('%s', async (name, input, action, request, response, fields, status) => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    const received: unknown[] = [];
    chargePoint.onCall(action, (payload) => {
      received.push(payload);
      return response;
    });
    const { command } = await run(name, `${of(identity)} ${input.replace('"a"', `"${identity}"`)}`, fields);
    expect(received).toEqual([request]);
    expect(command).toMatchObject({ status, execution: { state: 'FINISHED', request, response, failure: null } });
    expect(chargePoint.faults).toEqual([]);
    expect(
      await commands().findOne({ chargePointId: { $exists: true }, request }, { sort: { requestedAt: -1 } }),
    ).toMatchObject({ state: 'FINISHED', outcome: { status } });
  });

  test('remoteStopTransaction takes any number, also one that the hub does not know (TC_028)', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('RemoteStopTransaction', ({ transactionId }) => ({
      status: transactionId === 99_999 ? 'Rejected' : 'Accepted',
    }));
    const { command } = await run(
      'remoteStopTransaction',
      `transaction: { ocpp: { ${of(identity)} transactionId: 99999 } } idempotencyKey: "${identity}"`,
    );
    expect(command).toMatchObject({ status: 'REJECTED', execution: { state: 'FINISHED' } });
  });

  test('getConfiguration without keys leaves them out, refreshes the stored settings, and shows no secret', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    const configurationKey = [
      { key: 'HeartbeatInterval', readonly: false, value: '300' },
      { key: 'AuthorizationKey', readonly: false, value: 'topsecret' },
    ];
    chargePoint.onCall('GetConfiguration', (payload) => {
      expect(payload).toEqual({});
      return { configurationKey, unknownKey: [] };
    });
    const answer = await run('getConfiguration', of(identity), 'configurationKeys { key value } unknownKeys');
    expect(JSON.stringify(answer)).not.toContain('topsecret');
    const { chargePoint: stored } = await hub.api.data<{
      chargePoint: { configuration: { key: string; value: string }[] };
    }>(`{ chargePoint(by: { identity: "${identity}" }) { configuration { key value } } }`);
    expect(stored.configuration).toContainEqual({ key: 'HeartbeatInterval', value: '300' });
    const everything = JSON.stringify([
      await commands().find({}).toArray(),
      await hub.database.store.collection('configurationKeys').find({}).toArray(),
    ]);
    expect(everything).not.toContain('topsecret');
  });

  test('a new AuthorizationKey reaches the station and is kept nowhere', async () => {
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    let value: unknown;
    chargePoint.onCall('ChangeConfiguration', (payload) => {
      value = payload['value'];
      return { status: 'Accepted' };
    });
    await run(
      'changeConfiguration',
      `${of(identity)} key: "AuthorizationKey", value: "0011223344556677889900112233445566778899"`,
    );
    expect(value).toBe('0011223344556677889900112233445566778899');
    for (const name of ['commands', 'configurationKeys', 'events']) {
      expect(JSON.stringify(await hub.database.store.collection(name).find({}).toArray())).not.toContain(
        '00112233445566',
      );
    }
  });
});
