import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../support/hub.ts';
import { createOcppRpcChargePoint, type OcppRpcChargePoint } from '../support/ocpp-rpc-charge-point.ts';

let hub: TestHub;
let chargePoint: OcppRpcChargePoint;
beforeAll(async () => {
  hub = await startTestHub({ settings: { OCPP_AUTO_REGISTER: 'off' } });
  const { createChargePoint } = await hub.api.data<{ createChargePoint: { password: string } }>(
    `mutation { createChargePoint(input: { identity: "INDEPENDENT", generatePassword: true }) {
      ... on CreateChargePointPayload { password } } }`,
  );
  await hub.api.data('mutation { createToken(input: { value: "DRIVER" }) { __typename } }');
  const { password } = createChargePoint;
  chargePoint = createOcppRpcChargePoint({ url: hub.ocppUrl, identity: 'INDEPENDENT', password });
  await chargePoint.connect();
});
afterAll(async () => {
  await chargePoint.close();
  await hub.close();
});

test('a whole charge of an independent client, with its schemas checked by that client, arrives in the API', async () => {
  expect(await chargePoint.boot()).toMatchObject({ status: 'Accepted' });
  await chargePoint.status(1, 'Preparing');
  expect(await chargePoint.authorize('DRIVER')).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  const begin = new Date(Date.now() - 60_000);
  const started = await chargePoint.startTransaction({ connectorId: 1, idTag: 'DRIVER', meterStartWh: 100, at: begin });
  const transactionId = Number(started['transactionId']);
  await chargePoint.status(1, 'Charging');
  await chargePoint.meterValues({ connectorId: 1, transactionId, registerWh: 4100, powerW: 11_000 });
  const running = await hub.api.data<{ transactions: { nodes: unknown[] } }>(
    '{ transactions { nodes { state energyWh energySource } } }',
  );
  expect(running.transactions.nodes).toEqual([{ state: 'ACTIVE', energyWh: 4000, energySource: 'LAST_SAMPLE' }]);
  await chargePoint.stopTransaction({ transactionId, meterStopWh: 7100 });
  await chargePoint.status(1, 'Available');
  const ended = await hub.api.data<{ transactions: { nodes: unknown[] }; chargePoint: unknown }>(
    `{ transactions { nodes { state energyWh stopReason meterValues { nodes { sampledValues { measurand numericValue unit } } } } }
      chargePoint(by: { identity: "INDEPENDENT" }) { vendor model link { connected } connectors { connectorId status currentTransaction { id } } } }`,
  );
  expect(ended.transactions.nodes).toMatchObject([{ state: 'ENDED', energyWh: 7000, stopReason: 'LOCAL' }]);
  expect(ended.chargePoint).toEqual({
    vendor: 'Independent',
    model: 'ocpp-rpc',
    link: { connected: true },
    connectors: [{ connectorId: 1, status: 'AVAILABLE', currentTransaction: null }],
  });
  expect(chargePoint.violations).toEqual([]);
});

const target = 'chargePoint: { identity: "INDEPENDENT" }';
test.each([
  [
    'remoteStartTransaction',
    `${target} connectorId: 1, idTag: "DRIVER", idempotencyKey: "s"`,
    'RemoteStartTransaction',
    { connectorId: 1, idTag: 'DRIVER' },
  ],
  [
    'remoteStopTransaction',
    `transaction: { ocpp: { ${target} transactionId: 12 } } idempotencyKey: "e"`,
    'RemoteStopTransaction',
    { transactionId: 12 },
  ],
  ['reset', `${target} type: SOFT`, 'Reset', { type: 'Soft' }],
  ['unlockConnector', `${target} connectorId: 1`, 'UnlockConnector', { connectorId: 1 }],
  [
    'changeAvailability',
    `${target} connectorId: 1, type: OPERATIVE`,
    'ChangeAvailability',
    { connectorId: 1, type: 'Operative' },
  ],
  ['getConfiguration', `${target} keys: ["NumberOfConnectors"]`, 'GetConfiguration', { key: ['NumberOfConnectors'] }],
  [
    'changeConfiguration',
    `${target} key: "MeterValueSampleInterval", value: "60"`,
    'ChangeConfiguration',
    { key: 'MeterValueSampleInterval', value: '60' },
  ],
  ['clearCache', target, 'ClearCache', {}],
  ['triggerMessage', `${target} requestedMessage: HEARTBEAT`, 'TriggerMessage', { requestedMessage: 'Heartbeat' }],
  [
    'dataTransfer',
    `${target} vendorId: "org.example", messageId: "hi", data: "there"`,
    'DataTransfer',
    { vendorId: 'org.example', messageId: 'hi', data: 'there' },
  ],
])('%s reaches the independent client, and its answer comes back', async (name, input, action, request) => {
  const next = chargePoint.nextCommand(action);
  const data = await hub.api.data<Record<string, { command: { execution: Record<string, unknown> } }>>(
    `mutation { ${name}(input: { ${input} }) { ... on CommandPayload { command { execution { state request response failure { description } } } } } }`,
  );
  expect(await next).toEqual(request);
  expect(data[name]?.command.execution).toMatchObject({ request, failure: null });
  expect(chargePoint.violations).toEqual([]);
});
