import { afterEach, expect, vi } from 'vitest';
import { startGateway, type TestGateway } from '../gateway/gateway-harness.ts';
import { deviation } from '../support/deviations.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { connectChargePoint, UpgradeRefused } from '../support/scripted-charge-point.ts';

let hub: TestGateway;
afterEach(() => hub.close());

const status = (connecting: Promise<unknown>): Promise<number> =>
  connecting.then(
    () => 101,
    (error: unknown) => (error instanceof UpgradeRefused ? error.status : Number.NaN),
  );
const heartbeat = async (station: { call: (action: string) => Promise<readonly unknown[]> }) =>
  expect((await station.call('Heartbeat'))[0]).toBe(3);

deviation('4.1-1', async () => {
  hub = await startGateway();
  hub.registry.add('PLAIN');
  hub.registry.add('ODD', { tolerance: { assumeSubprotocol: true } });
  expect(await status(connectChargePoint({ url: hub.url, identity: 'PLAIN', protocols: [] }))).toBe(400);
  const station = await connectChargePoint({ url: hub.url, identity: 'ODD', protocols: [] });
  expect(station.protocol).toBe('');
  await heartbeat(station);
  expect(hub.registry.tolerations).toEqual(['subprotocolMissing']);
  expect(await status(connectChargePoint({ url: hub.url, identity: 'ODD', protocols: ['ocpp2.0.1'] }))).toBe(400);
});

deviation('4.1-2', async () => {
  hub = await startGateway();
  hub.registry.add('PLAIN');
  hub.registry.add('ODD', { tolerance: { assumeSubprotocol: true } });
  for (const spelling of ['OCPP1.6', 'ocpp1.6j', 'ocpp1.6-json', 'ocpp16']) {
    expect(await status(connectChargePoint({ url: hub.url, identity: 'PLAIN', protocols: [spelling] }))).toBe(400);
    const station = await connectChargePoint({ url: hub.url, identity: 'ODD', protocols: ['ocpp2.0.1', spelling] });
    expect(station.protocol).toBe(spelling);
    await heartbeat(station);
  }
  expect(new Set(hub.registry.tolerations)).toEqual(new Set(['subprotocolSpelling']));
  const exact = await connectChargePoint({ url: hub.url, identity: 'ODD', protocols: ['OCPP1.6', 'ocpp1.6'] });
  expect(exact.protocol).toBe('ocpp1.6');
});

deviation('4.1-3', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const response = await fetch(`http://127.0.0.1:${hub.port}/ocpp/CP1`);
  expect(response.status).toBe(426);
  expect(hub.logLines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('without "Connection: Upgrade"'));
});

deviation('4.1-4', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const both = ['ocpp2.0.1', 'ocpp1.6'];
  expect(await status(connectChargePoint({ url: hub.url, identity: 'CP1', protocols: ['ocpp2.0.1'] }))).toBe(400);
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1', protocols: both });
  expect(station.protocol).toBe('ocpp1.6');
  await heartbeat(station);
});

deviation('4.1-5', async () => {
  hub = await startGateway();
  for (const identity of ['RDAM 123', 'a/b']) {
    hub.registry.add(identity);
    await heartbeat(await connectChargePoint({ url: hub.url, identity }));
  }
  hub.registry.add('Exact');
  hub.registry.add('Loose', { tolerance: { anyIdentityCase: true }, password: 'a-good-password' });
  expect(await status(connectChargePoint({ url: hub.url, identity: 'EXACT' }))).toBe(404);
  await heartbeat(await connectChargePoint({ url: hub.url, identity: 'LOOSE', password: 'a-good-password' }));
  expect(hub.link('Loose').chargePoint.identity).toBe('Loose');
  expect(hub.registry.tolerations).toEqual(['identityCase']);
  expect(await status(connectChargePoint({ url: hub.url, identity: 'LOOSE', password: 'a-wrong-password' }))).toBe(401);
});

deviation('4.1-6', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const old = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  await heartbeat(old);
  const fresh = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  await old.closed;
  await heartbeat(fresh);
  expect(hub.registry.isOnline('CP1')).toBe(true);
});

deviation('4.1-7', async () => {
  const clock = createManualClock();
  hub = await startGateway({ clock, config: { pingIntervalMs: 0 } });
  hub.registry.add('NONE');
  hub.registry.add('OFTEN', { tolerance: { pingIntervalSeconds: 20 } });
  const none = await connectChargePoint({ url: hub.url, identity: 'NONE' });
  const often = await connectChargePoint({ url: hub.url, identity: 'OFTEN', autoPong: false });
  const pings = { none: 0, often: 0 };
  none.socket.on('ping', () => pings.none++);
  often.socket.on('ping', () => pings.often++);
  await Promise.all([heartbeat(none), heartbeat(often)]);
  for (let round = 1; round <= 12; round++) {
    clock.advance(20_000);
    await vi.waitFor(() => expect(pings.often).toBe(round));
    await heartbeat(often); // ignores pings but talks: it lives
  }
  expect(pings.none).toBe(0);
});

deviation('4.1-10', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  for (const text of ['', ' ', '\r\n']) station.socket.send(text);
  await heartbeat(station);
  expect(station.received).toHaveLength(1);
});

deviation('4.1-12', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  for (const text of [
    '[2,"a","Heartbeat",{',
    '[2,"a","DataTransfer",{"vendorId":"\u0001"}]',
    '[2,"a","DataTransfer",{"vendorId":"\\x"}]',
  ]) {
    station.socket.send(text);
  }
  await heartbeat(station);
  expect(station.received).toHaveLength(1);
});

deviation('4.1-15', async () => {
  hub = await startGateway();
  hub.registry.add('CP1');
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  const answer = await station.call('StatusNotification', { connectorId: 1, status: 'Weird', errorCode: 'NoError' });
  expect(answer[0]).toBe(4);
  const good = { connectorId: 1, status: 'Available', errorCode: 'Odd', info: '', extra: { deep: [1] } };
  expect((await station.call('StatusNotification', good)).slice(2)).toEqual([{}]);
});

const key = Buffer.from('0001feff80c0e0f0a0b0c0d0e0f0fffefdfcfbfa', 'hex');

deviation('4.7-1', async () => {
  hub = await startGateway();
  hub.registry.add('CP1', { password: key });
  hub.registry.add('STRICT', { password: key, isStrict: true });
  await heartbeat(await connectChargePoint({ url: hub.url, identity: 'CP1', password: key.toString('hex') }));
  const refused = connectChargePoint({ url: hub.url, identity: 'STRICT', password: key.toString('hex') });
  expect(await status(refused)).toBe(401);
});

deviation('4.7-2', async () => {
  hub = await startGateway();
  hub.registry.add('CP1', { password: key });
  await heartbeat(await connectChargePoint({ url: hub.url, identity: 'CP1', password: key }));
});

deviation('4.7-3', async () => {
  hub = await startGateway();
  const long = 'p'.repeat(64);
  hub.registry.add('CP1', { password: long });
  await heartbeat(await connectChargePoint({ url: hub.url, identity: 'CP1', password: long }));
});

deviation('4.7-6', async () => {
  hub = await startGateway();
  hub.registry.add('CP1', { registration: 'PENDING' });
  const station = await connectChargePoint({ url: hub.url, identity: 'CP1' });
  const event = { type: 'StartupOfTheDevice', timestamp: '2026-01-01T00:00:00Z' };
  const [kind, , code] = await station.call('SecurityEventNotification', event);
  expect([kind, code]).not.toEqual([4, 'SecurityError']); // acceptance is no condition for it
});
