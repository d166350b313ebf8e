import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectChargePoint } from '../support/scripted-charge-point.ts';
import { reset, startGateway, type TestGateway } from './gateway-harness.ts';

let hub: TestGateway;
beforeEach(async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
});
afterEach(() => hub.close());

test('a clean message leaves no note', async () => {
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  await station.call('Heartbeat');
  expect(hub.notes).toEqual([]);
});

test('a repaired call is noted with its id, and answered', async () => {
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  const answer = await station.call('StatusNotification', { connectorId: '1', status: 'available' }, { id: 'a' });
  expect(answer[0]).toBe(3);
  expect(hub.notes).toEqual([
    {
      messageId: 'a',
      action: 'StatusNotification',
      direction: 'request',
      repairs: ['textAsNumber', 'wordCase', 'errorCodeMissing'],
      violations: [],
    },
  ]);
});

test('a refused call is noted with what it breaks, never with its value', async () => {
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  await station.call('DataTransfer', { vendorId: ['a secret'] }, { id: 'b' });
  expect(hub.notes).toMatchObject([{ messageId: 'b', direction: 'request', violations: ['vendorId must be string'] }]);
  expect(JSON.stringify(hub.notes)).not.toContain('secret');
});

test('OUT-4: odd answers to the hub are noted under the id of its call', async () => {
  const answers = [{ status: 'accepted' }, { status: 'Perhaps' }];
  const station = await connectChargePoint({
    url: hub.url,
    identity: 'CP1',
    handlers: { Reset: () => answers.shift() },
  });
  const link = hub.link('CP1');
  for (let count = 0; count < 2; count++) await link.perform(reset.name, { type: 'Soft' }, { timeoutMs: 2_000 });
  const ids = station.received.map(([, id]) => id);
  expect(hub.notes).toMatchObject([
    { messageId: ids[0], action: 'Reset', direction: 'response', repairs: ['wordCase'], violations: [] },
    { messageId: ids[1], action: 'Reset', direction: 'response', violations: [expect.stringContaining('status')] },
  ]);
});
