import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SimulatedChargePoint } from '../../src/simulator/charge-point.ts';
import { type Csms, createCsms, createTestChargePoint, expectNoViolations, requests, story, until } from './csms.ts';

let csms: Csms;
let chargePoint: SimulatedChargePoint;

beforeEach(async () => {
  csms = await createCsms();
});

afterEach(async () => {
  await chargePoint.stop();
  await csms.close();
  expectNoViolations(csms);
});

async function boot(options: Parameters<typeof createTestChargePoint>[1] = {}): Promise<void> {
  chargePoint = createTestChargePoint(csms, { connectors: 2, ...options }).chargePoint;
  chargePoint.start();
  await until(() => story(csms).includes('2:Available'));
}

const command = (action: string, request: object) => csms.command('CP-1', action, request);
const connector = (id: number) => {
  const found = chargePoint.connectors.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no connector ${id}`);
  return found;
};
const steps = (count: number) => until(() => story(csms).length >= count && story(csms));

/** A car charges at connector 1, and goes on until somebody ends it. */
async function charging(): Promise<void> {
  await boot({ energyWh: 50_000 });
  void chargePoint.charge(connector(1), 'DEMO'); // ends with the test
  await until(() => story(csms).at(-1) === '1:Charging');
}

test('RemoteStartTransaction begins a session with the tag of the hub, authorised first', async () => {
  await boot();
  expect(await command('RemoteStartTransaction', { connectorId: 2, idTag: 'REMOTE' })).toEqual({ status: 'Accepted' });
  expect((await steps(8)).slice(4)).toEqual(['Authorize', '2:Preparing', 'StartTransaction', '2:Charging']);
  expect(requests(csms, 'StartTransaction')[0]).toMatchObject({ connectorId: 2, idTag: 'REMOTE' });
});

test('RemoteStartTransaction takes a free connector, asks nobody when told so, and is rejected when none is left', async () => {
  await boot({ energyWh: 50_000 });
  await command('ChangeConfiguration', { key: 'AuthorizeRemoteTxRequests', value: 'false' });
  expect(await command('RemoteStartTransaction', { idTag: 'A' })).toEqual({ status: 'Accepted' });
  expect(await command('RemoteStartTransaction', { idTag: 'B' })).toEqual({ status: 'Accepted' });
  expect(await command('RemoteStartTransaction', { idTag: 'C' })).toEqual({ status: 'Rejected' });
  expect(await command('RemoteStartTransaction', { idTag: 'C', connectorId: 9 })).toEqual({ status: 'Rejected' });
  await until(() => requests(csms, 'StartTransaction').length === 2);
  expect(requests(csms, 'Authorize')).toEqual([]);
});

test('RemoteStopTransaction ends the transaction it names, and no other', async () => {
  await charging();
  expect(await command('RemoteStopTransaction', { transactionId: 4711 })).toEqual({ status: 'Rejected' });
  expect(connector(1).status()).toBe('Charging');
  expect(await command('RemoteStopTransaction', { transactionId: 1 })).toEqual({ status: 'Accepted' });
  await until(() => story(csms).at(-1) === '1:Available');
  expect(requests(csms, 'StopTransaction')).toMatchObject([{ transactionId: 1, reason: 'Remote' }]);
});

for (const type of ['Soft', 'Hard'] as const) {
  test(`a ${type} reset ends the transaction, and the charge point connects and boots again`, async () => {
    await charging();
    const before = csms.heard.length;
    expect(await command('Reset', { type })).toEqual({ status: 'Accepted' });
    await until(() => csms.connections() === 2 && requests(csms, 'BootNotification').length === 2);
    await until(() => requests(csms, 'StopTransaction').length > 0);
    await until(() => story(csms).filter((step) => step === '2:Available').length === 2);

    expect(requests(csms, 'StopTransaction')[0]).toMatchObject({ transactionId: 1, reason: `${type}Reset` });
    const later = csms.heard.slice(before).map(({ action }) => action);
    if (type === 'Soft') expect(later.indexOf('StopTransaction')).toBeLessThan(later.indexOf('BootNotification'));
    expect(connector(1).status()).toBe('Available');
    void chargePoint.charge(connector(1), 'DEMO');
    await until(() => story(csms).at(-1) === '1:Charging');
  });
}

test('ChangeAvailability takes a connector out of service and back', async () => {
  await boot();
  expect(await command('ChangeAvailability', { connectorId: 2, type: 'Inoperative' })).toEqual({ status: 'Accepted' });
  expect((await steps(5)).at(-1)).toBe('2:Unavailable');
  expect(await command('RemoteStartTransaction', { connectorId: 2, idTag: 'A' })).toEqual({ status: 'Rejected' });
  expect(await command('ChangeAvailability', { connectorId: 2, type: 'Operative' })).toEqual({ status: 'Accepted' });
  expect((await steps(6)).at(-1)).toBe('2:Available');
  expect(await command('ChangeAvailability', { connectorId: 9, type: 'Operative' })).toEqual({ status: 'Rejected' });
});

test('ChangeAvailability of the whole waits for a running transaction and takes the other connector at once', async () => {
  await charging();
  expect(await command('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })).toEqual({ status: 'Scheduled' });
  await until(() => story(csms).includes('2:Unavailable'));
  expect(story(csms)).toContain('0:Unavailable');
  expect(connector(1).status()).toBe('Charging');
  await command('RemoteStopTransaction', { transactionId: 1 });
  await until(() => story(csms).at(-1) === '1:Unavailable');
});

test('TriggerMessage makes the charge point say what the hub wants to hear', async () => {
  await charging();
  const trigger = (requestedMessage: string, connectorId?: number) =>
    command('TriggerMessage', { requestedMessage, ...(connectorId === undefined ? {} : { connectorId }) });
  await command('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '0' });

  for (const [action, more] of [
    ['Heartbeat', 1],
    ['BootNotification', 1],
    ['StatusNotification', 3],
  ] as const) {
    const before = requests(csms, action).length;
    expect(await trigger(action)).toEqual({ status: 'Accepted' });
    await until(() => requests(csms, action).length >= before + more);
  }
  expect(await trigger('MeterValues', 1)).toEqual({ status: 'Accepted' });
  const triggered = () =>
    requests(csms, 'MeterValues').find(({ meterValue }) => JSON.stringify(meterValue).includes('"Trigger"'));
  expect(await until(triggered)).toMatchObject({ connectorId: 1, transactionId: 1 });
  expect(await trigger('MeterValues', 7)).toEqual({ status: 'Rejected' });
  expect(await trigger('FirmwareStatusNotification')).toEqual({ status: 'NotImplemented' });
  expect(await trigger('DiagnosticsStatusNotification')).toEqual({ status: 'NotImplemented' });
});

test('UnlockConnector ends the transaction on its connector', async () => {
  await charging();
  expect(await command('UnlockConnector', { connectorId: 3 })).toEqual({ status: 'NotSupported' });
  expect(await command('UnlockConnector', { connectorId: 2 })).toEqual({ status: 'Unlocked' });
  expect(connector(1).status()).toBe('Charging');
  expect(await command('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' });
  await until(() => story(csms).at(-1) === '1:Available');
  expect(requests(csms, 'StopTransaction')).toMatchObject([{ reason: 'UnlockCommand' }]);
});

test('GetConfiguration tells all keys, or those asked for and those that do not exist', async () => {
  await boot();
  const all = await command('GetConfiguration', {});
  expect(all['configurationKey']).toContainEqual({ key: 'NumberOfConnectors', readonly: true, value: '2' });
  expect(all['unknownKey']).toBeUndefined();
  expect(await command('GetConfiguration', { key: ['supportedfeatureprofiles', 'Nonsense'] })).toEqual({
    configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value: 'Core,RemoteTrigger' }],
    unknownKey: ['Nonsense'],
  });
});

test('ChangeConfiguration answers each case in the words of the standard, and works', async () => {
  await boot();
  const change = async (key: string, value: string) => (await command('ChangeConfiguration', { key, value }))['status'];
  expect(await change('MeterValueSampleInterval', '60')).toBe('Accepted');
  expect(await change('MeterValueSampleInterval', '-1')).toBe('Rejected');
  expect(await change('NumberOfConnectors', '3')).toBe('Rejected');
  expect(await change('MeterValuesSampledData', 'Energy.Active.Import.Register,Nonsense')).toBe('Rejected');
  expect(await change('LocalPreAuthorize', 'maybe')).toBe('Rejected');
  expect(await change('WebSocketPingInterval', '30')).toBe('RebootRequired');
  expect(await change('Nonsense', '1')).toBe('NotSupported');
  expect(await command('GetConfiguration', { key: ['MeterValueSampleInterval'] })).toEqual({
    configurationKey: [{ key: 'MeterValueSampleInterval', readonly: false, value: '60' }],
  });
  expect(await change('HeartbeatInterval', '2')).toBe('Accepted');
  await until(() => requests(csms, 'Heartbeat').length > 1);
});

test('ClearCache forgets tags: they do not charge offline any more', async () => {
  await boot();
  await chargePoint.charge(connector(1), 'DEMO');
  expect(await command('ClearCache', {})).toEqual({ status: 'Accepted' });
  csms.refuseWith(503);
  await csms.cut('CP-1');
  expect(await chargePoint.charge(connector(1), 'DEMO')).toBe('refused');
});

test('DataTransfer echoes for one vendor and knows no other', async () => {
  await boot();
  const data = '{"a":1}';
  expect(await command('DataTransfer', { vendorId: 'org.example.echo', data })).toEqual({ status: 'Accepted', data });
  expect(await command('DataTransfer', { vendorId: 'org.example' })).toEqual({ status: 'UnknownVendorId' });
});

test('what belongs to other profiles is declined in the words of the standard', async () => {
  await boot();
  expect(await command('GetLocalListVersion', {})).toEqual({ listVersion: -1 });
  expect(await command('SendLocalList', { listVersion: 1, updateType: 'Full' })).toEqual({ status: 'NotSupported' });
  await expect(command('CancelReservation', { reservationId: 1 })).rejects.toMatchObject({
    rpcErrorCode: 'NotSupported',
  });
  await expect(command('GetInstalledCertificateIds', { certificateType: 'CentralSystemRootCertificate' }))
    .rejects //
    .toMatchObject({ rpcErrorCode: 'NotImplemented' });
});
