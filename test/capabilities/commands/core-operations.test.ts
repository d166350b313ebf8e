import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOperator } from '../../certification/operator.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

async function playing() {
  count += 1;
  const identity = `CORE-${count}`;
  const station = await hub.booted(identity);
  const status = (connectorId: number, word: string) =>
    station.call('StatusNotification', { connectorId, status: word, errorCode: 'NoError' });
  return { station, status, operator: createOperator(hub.api, identity) };
}

describe('many keys', () => {
  const fields = 'configurationKeys { key } unknownKeys parts { id }';
  const answer = ({ key = [] }: { key?: string[] }) => ({
    configurationKey: key.filter((one) => one !== 'None').map((one) => ({ key: one, readonly: false, value: '1' })),
    unknownKey: key.filter((one) => one === 'None'),
  });

  test('go out in as many messages as the charge point takes, and come back as one answer (CFG-1)', async () => {
    const { station, operator } = await playing();
    const asked: unknown[] = [];
    station.onCall('GetConfiguration', (payload) => {
      asked.push(payload);
      return payload['key'] === undefined
        ? { configurationKey: [{ key: 'GetConfigurationMaxKeys', readonly: true, value: '2' }] }
        : answer(payload);
    });
    await operator.command('getConfiguration', {}, fields);
    const input = { keys: ['A', 'None', 'B', 'C', 'D'], idempotencyKey: 'many' };
    const command = await operator.command('getConfiguration', input, fields);
    expect(asked).toEqual([{}, { key: ['A', 'None'] }, { key: ['B', 'C'] }, { key: ['D'] }]);
    expect(command).toMatchObject({
      configurationKeys: ['A', 'B', 'C', 'D'].map((key) => ({ key })),
      unknownKeys: ['None'],
      parts: [{}, {}],
    });
    const again = await operator.command('getConfiguration', input, fields);
    expect(again.id).toBe(command.id);
    expect(asked).toHaveLength(4);
  });

  test('go out in one message while the maximum is not known', async () => {
    const { station, operator } = await playing();
    const asked: unknown[] = [];
    station.onCall('GetConfiguration', (payload) => {
      asked.push(payload);
      return answer(payload);
    });
    const command = await operator.command('getConfiguration', { keys: ['A', 'B', 'C'] }, fields);
    expect(asked).toEqual([{ key: ['A', 'B', 'C'] }]);
    expect(command['parts']).toEqual([]);
  });

  test('beyond what one mutation may name are refused, and nothing is sent', async () => {
    const { station, operator } = await playing();
    const keys = Array.from({ length: 201 }, (_, index) => `K${index}`);
    expect(await operator.refusal('getConfiguration', { keys })).toBe('ValidationError');
    await station.expectNothing();
  });
});

test('a key that was reported as read-only is written with a warning', async () => {
  const { station, operator } = await playing();
  station.onCall('GetConfiguration', () => ({ configurationKey: [{ key: 'Fixed', readonly: true, value: '1' }] }));
  station.onCall('ChangeConfiguration', () => ({ status: 'Rejected' }));
  await operator.command('getConfiguration', {}, '');
  const { status, execution } = await operator.command('changeConfiguration', { key: 'fixed', value: '2' });
  expect(status).toBe('REJECTED');
  expect(execution.warnings).toEqual([{ code: 'KEY_READONLY', path: 'input.key' }]);
});

describe('what a connector shall be (CHA-1, CHA-2)', () => {
  const wishes =
    'availabilityWish { type scheduled } connectors { connectorId status availabilityWish { type scheduled } }';

  test('is kept as agreed, over status messages and reboots; the status follows the charge point alone', async () => {
    const { station, status, operator } = await playing();
    for (const connectorId of [0, 1, 2]) await status(connectorId, 'Available');
    station.onCall('ChangeAvailability', () => ({ status: 'Scheduled' }));
    await operator.command('changeAvailability', { connectorId: 1, type: 'INOPERATIVE' });
    const wish = { type: 'INOPERATIVE', scheduled: true };
    const expected = (word: string) => ({
      availabilityWish: null,
      connectors: [
        { connectorId: 1, status: word, availabilityWish: wish },
        { connectorId: 2, status: 'AVAILABLE', availabilityWish: null },
      ],
    });
    expect(await operator.chargePointFields(wishes)).toEqual(expected('AVAILABLE'));
    await status(1, 'Unavailable');
    await station.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
    await status(1, 'Unavailable');
    expect(await operator.chargePointFields(wishes)).toEqual(expected('UNAVAILABLE'));
  });

  test('for connector 0 goes for the charge point and all its connectors; a refusal changes nothing', async () => {
    const { station, status, operator } = await playing();
    for (const connectorId of [0, 1, 2]) await status(connectorId, 'Available');
    station.onCall('ChangeAvailability', () => ({ status: 'Accepted' }));
    await operator.command('changeAvailability', { connectorId: 0, type: 'INOPERATIVE' });
    station.onCall('ChangeAvailability', () => ({ status: 'Rejected' }));
    await operator.command('changeAvailability', { connectorId: 1, type: 'OPERATIVE' });
    const availabilityWish = { type: 'INOPERATIVE', scheduled: false };
    expect(await operator.chargePointFields(wishes)).toMatchObject({
      availabilityWish,
      connectors: [{ availabilityWish }, { availabilityWish }],
    });
  });

  test('of a connector that was never named is asked with a warning', async () => {
    const { station, operator } = await playing();
    station.onCall('ChangeAvailability', () => ({ status: 'Rejected' }));
    const { execution } = await operator.command('changeAvailability', { connectorId: 7, type: 'OPERATIVE' });
    expect(execution.warnings).toEqual([{ code: 'CONNECTOR_UNKNOWN', path: 'input.connectorId' }]);
    expect(await operator.refusal('changeAvailability', { connectorId: -1, type: 'OPERATIVE' })).toBe(
      'ValidationError',
    );
  });
});

test('a charge point that was rejected hears a command with a warning (BOOT-3)', async () => {
  const identity = 'CORE-REFUSED';
  await hub.api.data(
    `mutation { createChargePoint(input: { identity: "${identity}", admission: REFUSE }) { __typename } }`,
  );
  const station = await hub.booted(identity);
  station.onCall('ClearCache', () => ({ status: 'Accepted' }));
  const { execution } = await createOperator(hub.api, identity).command('clearCache');
  expect(execution.warnings).toEqual([{ code: 'CHARGE_POINT_NOT_ACCEPTED', path: 'input.chargePoint' }]);
});
