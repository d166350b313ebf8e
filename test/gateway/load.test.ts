import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectChargePoint } from '../support/scripted-charge-point.ts';
import { startGateway, type TestGateway } from './gateway-harness.ts';

let hub: TestGateway;
afterEach(() => hub.close());

describe('too much', () => {
  test('10,000 calls sent at once are all answered, in order, while few of them wait in the hub', async () => {
    const count = 10_000;
    let waitingMax = 0;
    hub = await startGateway({
      config: { answersPendingMax: 16 },
      onDataTransfer: async (data, call) => {
        // What was received and not yet answered: heard frames less those that came to their handler before this one.
        waitingMax = Math.max(waitingMax, (hub.registry.seenCount.get('CP1') ?? 0) - Number(call.messageId));
        await new Promise((resolve) => setImmediate(resolve));
        return data;
      },
    });
    hub.registry.add('CP1');
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const pauses = vi.spyOn(WebSocket.prototype, 'pause');
    const data = 'x'.repeat(200);
    for (let id = 0; id < count; id++) chargePoint.send(`[2,${id},"DataTransfer",{"vendorId":"V","data":"${data}"}]`);
    await vi.waitFor(() => expect(chargePoint.received).toHaveLength(count), { timeout: 15_000, interval: 50 });
    expect(chargePoint.received.map(([, id]) => id)).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(chargePoint.faults).toEqual([]);
    expect(pauses.mock.calls.length).toBeGreaterThan(0);
    pauses.mockRestore();
    // The socket hands over what one read brought, at most 64 KiB, after it was paused: some 270 of these frames.
    expect(waitingMax).toBeLessThan(600);
  });

  test('a frame that is too large closes the socket with 1009 and nothing else', async () => {
    hub = await startGateway({ config: { frameBytesMax: 2_000 } });
    hub.registry.add('CP1');
    hub.registry.add('CP2');
    const greedy = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const modest = await connectChargePoint({ url: hub.url, identity: 'CP2' });
    greedy.send(`[2,"1","DataTransfer",{"vendorId":"${'x'.repeat(3_000)}"}]`);
    expect((await greedy.closed).code).toBe(1009);
    expect((await modest.call('Heartbeat'))[0]).toBe(3);
    await vi.waitFor(() => expect(hub.registry.history.at(-1)).toBe('CP1 detached 1 1009'));
  });

  test('a frame nested absurdly deep, or with a huge id, is survived', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    chargePoint.send(`[2,"deep","DataTransfer",${'['.repeat(25_000)}${']'.repeat(25_000)}]`);
    chargePoint.send(`[2,"${'x'.repeat(10_000)}","Heartbeat",{}]`);
    expect((await chargePoint.call('Heartbeat'))[0]).toBe(3);
  });

  test('text that is no UTF-8 does not cost the link', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const latin1 = Buffer.from('[2,"1","DataTransfer",{"vendorId":"S\xe4ule","data":"x"}]', 'latin1');
    chargePoint.socket.send(latin1, { binary: false });
    await vi.waitFor(() => expect(chargePoint.received[0]?.[0]).toBe(3));
    expect(hub.answered[0]?.request).toMatchObject({ vendorId: 'S\ufffdule' });
  });

  test('a station that never reads its answers is cut off before they fill the memory', async () => {
    hub = await startGateway({
      config: { outgoingBytesMax: 200_000 },
      onDataTransfer: async () => 'y'.repeat(50_000),
    });
    hub.registry.add('CP1');
    const deaf = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    deaf.socket.pause();
    for (let n = 0; n < 2_000; n++) deaf.send(`[2,"${n}","DataTransfer",{"vendorId":"V"}]`);
    await vi.waitFor(() => expect(hub.registry.history.at(-1)).toBe('CP1 detached 1 1008'), { timeout: 10_000 });
    expect(hub.calls.length).toBeLessThan(2_000);
    deaf.terminate();
  });

  test('one charge point that floods does not keep another waiting', async () => {
    hub = await startGateway({
      onDataTransfer: async (data) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return data;
      },
    });
    hub.registry.add('CP1');
    hub.registry.add('CP2');
    const flooding = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const modest = await connectChargePoint({ url: hub.url, identity: 'CP2' });
    for (let n = 0; n < 2_000; n++) flooding.send(`[2,"${n}","DataTransfer",{"vendorId":"V"}]`);
    modest.send('[2,"m","Heartbeat",{}]');
    await vi.waitFor(() => expect(modest.received).toHaveLength(1));
    expect(flooding.received.length).toBeLessThan(1_000);
  });
});
