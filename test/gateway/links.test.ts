import { afterEach, describe, expect, test, vi } from 'vitest';
import { attachedSubject } from '../../src/gateway/adapter.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { connectChargePoint, silence, UpgradeRefused } from '../support/scripted-charge-point.ts';
import { startGateway, type TestGateway } from './gateway-harness.ts';

let hub: TestGateway;
afterEach(() => hub.close());

const transfer = (data: string) => ({ vendorId: 'V', data });

/** A promise and the means to settle it. */
function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), passed };
}

async function connect(identity = 'CP1') {
  const before = hub.attachedLinks.length;
  const chargePoint = await connectChargePoint({ url: hub.url, identity });
  await vi.waitFor(() => expect(hub.attachedLinks.length).toBeGreaterThan(before));
  return chargePoint;
}

describe('one live link per charge point', () => {
  test('CON-8: the newest connection wins; the old one is closed, its calls are lost, and it never goes offline', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const older = await connect();
    older.onCall('Reset', () => silence);
    const open = hub.link('CP1').perform('reset', { type: 'Soft' }, { timeoutMs: 60_000 });
    const waiting = hub.link('CP1').perform('reset', { type: 'Hard' }, { timeoutMs: 60_000 });
    await older.nextCall('Reset');
    const newer = await connect();
    expect(await older.closed).toEqual({ code: 1008, reason: 'replaced by a newer connection' });
    expect(await open).toEqual({ kind: 'lost', sent: true });
    expect(await waiting).toEqual({ kind: 'lost', sent: false });
    expect((await newer.call('Heartbeat'))[0]).toBe(3);
    expect(hub.link('CP1').epoch).toBe(2);
    expect(hub.detachedLinks.map(({ epoch }) => epoch)).toEqual([1]);
    expect(hub.registry.history).toEqual(['CP1 attached 1 1.6', 'CP1 attached 2 1.6']);
    expect(hub.registry.isOnline('CP1')).toBe(true);
    await newer.close();
    await vi.waitFor(() => expect(hub.registry.isOnline('CP1')).toBe(false));
    expect(hub.gateway.links.count()).toBe(0);
  });

  test('CON-8: a half-open socket does not keep the charge point from coming back', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const dead = await connect();
    dead.socket.pause(); // neither reads nor answers the closing handshake
    const back = await connect();
    expect((await back.call('Heartbeat'))[0]).toBe(3);
    expect(hub.registry.isOnline('CP1')).toBe(true);
    dead.terminate();
    await vi.waitFor(() => expect(hub.detachedLinks).toHaveLength(1));
    expect((await back.call('Heartbeat'))[0]).toBe(3);
    expect(hub.registry.isOnline('CP1')).toBe(true);
  });

  test('CON-8: an old link whose socket was paused is closed as quickly', async () => {
    hub = await startGateway({
      clock: createManualClock(), // so no deadline helps out
      config: { answersPendingMax: 2 },
      onDataTransfer: () => new Promise(() => undefined),
    });
    hub.registry.add('CP1');
    const older = await connect();
    for (let n = 0; n < 4; n++) older.send(`[2,"${n}","DataTransfer",{"vendorId":"V"}]`);
    await vi.waitFor(() => expect(hub.calls).toHaveLength(1));
    await connect();
    expect((await older.closed).code).toBe(1008);
  });

  test('CON-8: a newer link on this node closes the older one even when the bus is cut off', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    hub.bus.publish = () => undefined;
    const older = await connect();
    const newer = await connect();
    expect((await older.closed).code).toBe(1008);
    expect((await newer.call('Heartbeat'))[0]).toBe(3);
  });

  test('CON-8: a newer link on another node closes the one here; an older one does not', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const chargePoint = await connect();
    hub.bus.publish(attachedSubject('default', 'id-1'), { epoch: 1, node: 'node-2' });
    expect((await chargePoint.call('Heartbeat'))[0]).toBe(3);
    hub.bus.publish(attachedSubject('default', 'id-1'), { epoch: 2, node: 'node-2' });
    expect((await chargePoint.closed).code).toBe(1008);
    expect(hub.gateway.links.count()).toBe(0);
  });

  test('CON-8: of two that attach at once the one with the newer epoch stays, whoever gets it first', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const first = gate();
    const attach = hub.registry.attached;
    let attaches = 0;
    hub.registry.attached = async (chargePoint, facts) => {
      const taken = await attach(chargePoint, facts);
      if (++attaches === 1) await first.passed; // the answer of the database comes late
      return taken;
    };
    const slow = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    await vi.waitFor(() => expect(attaches).toBe(1));
    const quick = await connect();
    first.open();
    expect((await slow.closed).code).toBe(1008);
    expect((await quick.call('Heartbeat'))[0]).toBe(3);
    expect(hub.link('CP1').epoch).toBe(2);
    expect(hub.detachedLinks).toEqual([]);
  });

  test('no frame is handled before the epoch is taken; what came meanwhile is answered then', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const attaching = gate();
    hub.registry.before = (operation) => (operation === 'attached' ? attaching.passed : Promise.resolve());
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const answers = Promise.all([chargePoint.call('Heartbeat'), chargePoint.call('Heartbeat')]);
    await chargePoint.expectNothing();
    expect(hub.calls).toEqual([]);
    attaching.open();
    expect((await answers).map(([type]) => type)).toEqual([3, 3]);
    expect(hub.calls.map(({ call }) => call.epoch)).toEqual([1, 1]);
  });

  test('when the epoch cannot be taken the socket is told to come again, and a late epoch is given back', async () => {
    hub = await startGateway({ config: { handshakeTimeoutMs: 100 } });
    hub.registry.add('CP1');
    const attaching = gate();
    hub.registry.before = (operation) => (operation === 'attached' ? attaching.passed : Promise.resolve());
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    expect((await chargePoint.closed).code).toBe(1013);
    attaching.open();
    await vi.waitFor(() => expect(hub.registry.history).toEqual(['CP1 attached 1 1.6', 'CP1 detached 1 1013']));
    expect(hub.attachedLinks).toEqual([]);
  });

  test('a socket that goes away while the epoch is taken leaves nothing behind', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const attaching = gate();
    hub.registry.before = (operation) => (operation === 'attached' ? attaching.passed : Promise.resolve());
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    chargePoint.terminate();
    await chargePoint.closed;
    attaching.open();
    await vi.waitFor(() => expect(hub.registry.history.at(-1)).toMatch(/^CP1 detached 1/));
    expect(hub.gateway.links.count()).toBe(0);
  });

  test('the end of a link is told again until the database takes it', async () => {
    const clock = createManualClock();
    hub = await startGateway({ clock });
    hub.registry.add('CP1');
    let failures = 0;
    hub.registry.before = async (operation) => {
      if (operation === 'detached' && failures++ < 2) throw new Error('down');
    };
    await (await connect()).close();
    for (const wanted of [1, 2, 3]) {
      await vi.waitFor(() => expect(failures).toBe(wanted));
      await clock.advanceSettled(5_000);
    }
    expect(hub.registry.isOnline('CP1')).toBe(false);
  });
});

describe('liveness', () => {
  const minute = 60_000;

  test('CON-10: a station that fell silent is cut off and goes offline; one that only ignores pings is not', async () => {
    const clock = createManualClock();
    hub = await startGateway({ clock, config: { pingIntervalMs: minute } });
    hub.registry.add('silent');
    hub.registry.add('pongless');
    const silent = await connect('silent');
    const pongless = await connectChargePoint({ url: hub.url, identity: 'pongless', autoPong: false });
    const pinged = new Promise((resolve) => silent.socket.once('ping', resolve));
    await vi.waitFor(() => expect(hub.gateway.links.count()).toBe(2));
    clock.advance(minute);
    await pinged;
    await vi.waitFor(() => expect(hub.registry.seenCount.get('silent')).toBe(1)); // its pong
    silent.socket.pause();
    for (let round = 0; round < 5; round++) {
      await pongless.call('Heartbeat');
      clock.advance(minute);
    }
    await vi.waitFor(() => expect(hub.registry.isOnline('silent')).toBe(false));
    expect(hub.logLines).toContainEqual(expect.objectContaining({ identity: 'silent', reason: 'no sign of life' }));
    expect((await pongless.call('Heartbeat'))[0]).toBe(3);
  });

  test('CON-12: pings of the station are answered and are signs of life', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const chargePoint = await connect();
    const pong = new Promise<string>((resolve) => chargePoint.socket.once('pong', (data) => resolve(String(data))));
    chargePoint.socket.ping('hello');
    expect(await pong).toBe('hello');
    expect(hub.registry.seenCount.get('CP1')).toBe(1);
  });
});

describe('closing', () => {
  test('CON-13: the hub answers what it has, refuses newcomers, and closes with 1001', async () => {
    const work = gate();
    hub = await startGateway({
      onDataTransfer: async (data) => {
        await work.passed;
        return data;
      },
    });
    hub.registry.add('CP1');
    hub.registry.add('CP2');
    const chargePoint = await connect();
    const answer = chargePoint.call('DataTransfer', transfer('last'));
    await vi.waitFor(() => expect(hub.calls).toHaveLength(1));
    const closing = hub.gateway.close();
    const newcomer = await connectChargePoint({ url: hub.url, identity: 'CP2' }).catch((error: unknown) => error);
    expect(newcomer instanceof UpgradeRefused && newcomer.status).toBe(503);
    work.open();
    expect((await answer)[2]).toMatchObject({ data: 'last' });
    expect(await chargePoint.closed).toEqual({ code: 1001, reason: 'the hub is stopping' });
    await closing;
    expect(hub.registry.history).toEqual(['CP1 attached 1 1.6', 'CP1 detached 1 1001']);
    await expect(fetch(`http://127.0.0.1:${hub.port}/`)).rejects.toThrow();
  });

  test('CON-13: a handler that hangs does not keep the hub from stopping', async () => {
    hub = await startGateway({ onDataTransfer: () => new Promise(() => undefined), config: { drainTimeoutMs: 100 } });
    hub.registry.add('CP1');
    const chargePoint = await connect();
    void chargePoint.call('DataTransfer', transfer('x')).catch(() => undefined);
    await vi.waitFor(() => expect(hub.calls).toHaveLength(1));
    await hub.gateway.close();
    expect((await chargePoint.closed).code).toBe(1001);
  });

  test('a station that leaves while its call is worked on does no harm; nothing is sent after it', async () => {
    const work = gate();
    hub = await startGateway({
      onDataTransfer: async (data) => {
        await work.passed;
        return data;
      },
    });
    hub.registry.add('CP1');
    const chargePoint = await connect();
    void chargePoint.call('DataTransfer', transfer('x')).catch(() => undefined);
    await vi.waitFor(() => expect(hub.calls).toHaveLength(1));
    chargePoint.terminate();
    await vi.waitFor(() => expect(hub.registry.isOnline('CP1')).toBe(false));
    work.open();
    const back = await connect();
    expect((await back.call('Heartbeat'))[0]).toBe(3);
    expect(hub.answered.map(({ action }) => action)).toEqual(['Heartbeat']);
    expect(back.faults).toEqual([]);
  });

  test('a handler that takes longer than its ceiling gets InternalError, and the next call is answered', async () => {
    const clock = createManualClock();
    hub = await startGateway({ clock, onDataTransfer: () => new Promise(() => undefined) });
    hub.registry.add('CP1');
    const chargePoint = await connect();
    const answer = chargePoint.call('DataTransfer', transfer('x'));
    await vi.waitFor(() => expect(hub.calls).toHaveLength(1));
    clock.advance(25_000);
    expect((await answer)[2]).toBe('InternalError');
    expect((await chargePoint.call('Heartbeat'))[0]).toBe(3);
  });
});
