import { afterEach, describe, expect, test, vi } from 'vitest';
import { AnswerWithError, connectChargePoint, silence } from '../support/scripted-charge-point.ts';
import { type DataTransferHandler, startGateway, type TestGateway } from './gateway-harness.ts';

let hub: TestGateway;
afterEach(() => hub.close());

async function connected(options: Parameters<typeof startGateway>[0] = {}, identity = 'CP1') {
  hub = await startGateway(options);
  hub.registry.add(identity);
  const chargePoint = await connectChargePoint({ url: hub.url, identity });
  await vi.waitFor(() => hub.link(identity));
  return chargePoint;
}

const transfer = (data: string) => ({ vendorId: 'V', data });

describe('calls of a charge point', () => {
  test('RPC-1, RPC-2: results echo the id in its type; null and missing payloads are empty ones', async () => {
    const chargePoint = await connected();
    expect((await chargePoint.call('Heartbeat', {}, { id: 'abc' })).slice(0, 2)).toEqual([3, 'abc']);
    expect((await chargePoint.call('Heartbeat', {}, { id: 42 })).slice(0, 2)).toEqual([3, 42]);
    expect((await chargePoint.call('Heartbeat', null, { id: 'n' })).slice(0, 2)).toEqual([3, 'n']);
    expect(chargePoint.faults).toEqual([]);
  });

  test('RPC-3: a repeated id is answered again, computed afresh', async () => {
    const chargePoint = await connected();
    expect((await chargePoint.call('DataTransfer', transfer('1'), { id: 'same' }))[2]).toMatchObject({ data: '1' });
    expect((await chargePoint.call('DataTransfer', transfer('2'), { id: 'same' }))[2]).toMatchObject({ data: '2' });
    expect(hub.calls).toHaveLength(2);
  });

  test('RPC-5: calls sent together are answered in order of arrival, though the first takes longest', async () => {
    const chargePoint = await connected({
      onDataTransfer: async (data) => {
        if (data === '1') await new Promise((resolve) => setTimeout(resolve, 50));
        return data;
      },
    });
    await Promise.all(['1', '2', '3'].map((data) => chargePoint.call('DataTransfer', transfer(data), { id: data })));
    expect(chargePoint.received.map(([, id]) => id)).toEqual(['1', '2', '3']);
  });

  test('RPC-7, RPC-8: garbage, empty frames and answers to nothing are ignored and the link lives on', async () => {
    const chargePoint = await connected();
    for (const text of ['', 'hello', '{"a":', '[]', '[9,"x",{}]', '[3,"x",{}]', '[4,"","InternalError","",{}]']) {
      chargePoint.send(text);
    }
    await chargePoint.call('Heartbeat', {}, { id: 'alive' });
    expect(chargePoint.received).toHaveLength(1);
    expect(hub.logLines.filter(({ msg }) => msg === 'frame ignored')).toHaveLength(7);
  });

  test('RPC-8: a broken call with a readable id gets FormationViolation', async () => {
    const chargePoint = await connected();
    chargePoint.send('[2,"x",{"not":"a name"}]');
    await vi.waitFor(() => expect(chargePoint.received[0]?.slice(0, 3)).toEqual([4, 'x', 'FormationViolation']));
    expect(chargePoint.faults).toEqual([]);
  });

  test('CON-11: a binary frame is read as UTF-8 text, with a line in the log', async () => {
    const chargePoint = await connected();
    chargePoint.send(Buffer.from('[2,"b","Heartbeat",{}]'));
    await vi.waitFor(() => expect(chargePoint.received[0]?.slice(0, 2)).toEqual([3, 'b']));
    expect(hub.logLines.some(({ msg }) => String(msg).includes('binary'))).toBe(true);
    expect(chargePoint.socket.extensions).toBe('');
  });

  test.each([
    ['Nonsense', {}, 'NotImplemented'],
    ['toString', {}, 'NotImplemented'],
    ['Reset', { type: 'Hard' }, 'NotSupported'],
    ['FirmwareStatusNotification', { status: 'Idle' }, 'NotSupported'],
    ['DataTransfer', {}, 'OccurenceConstraintViolation'],
    ['DataTransfer', { vendorId: {} }, 'TypeConstraintViolation'],
    ['DataTransfer', [], 'FormationViolation'],
  ])('RPC-9: %s with %j gets CALLERROR %s', async (action, payload, code) => {
    const chargePoint = await connected();
    expect((await chargePoint.call(action, payload)).slice(0, 3)).toEqual([4, expect.anything(), code]);
    expect(chargePoint.faults).toEqual([]);
    expect(hub.calls).toEqual([]);
  });

  test('RPC-9, RETRY-1: a handler that fails gets InternalError, without a word of why; the next call is answered', async () => {
    const chargePoint = await connected({
      onDataTransfer: async (data) => {
        if (data === 'bad') throw new Error('mongodb://secret');
        return data;
      },
    });
    const error = await chargePoint.call('DataTransfer', transfer('bad'));
    expect(error.slice(2)).toEqual(['InternalError', 'the message could not be processed', {}]);
    expect((await chargePoint.call('DataTransfer', transfer('good')))[0]).toBe(3);
    expect(hub.answered.map(({ request }) => request)).toEqual([transfer('good')]);
  });

  test('an answer that breaks its schema does not leave the hub', async () => {
    const chargePoint = await connected({ onDataTransfer: async () => 7 as unknown as string });
    expect((await chargePoint.call('DataTransfer', transfer('x')))[2]).toBe('InternalError');
    expect(chargePoint.faults).toEqual([]);
  });

  test('an answered call is told on the bus, and every frame is a sign of life', async () => {
    const chargePoint = await connected();
    await chargePoint.call('Heartbeat');
    await vi.waitFor(() => expect(hub.answered).toHaveLength(1));
    expect(hub.answered[0]).toMatchObject({ chargePointId: 'id-1', action: 'Heartbeat', request: {} });
    expect(hub.calls[0]?.call).toMatchObject({ epoch: 1, repairs: [], chargePoint: { identity: 'CP1' } });
    expect(hub.registry.seenCount.get('CP1')).toBe(1);
  });
});

describe('registration', () => {
  test.each(['UNKNOWN', 'REJECTED'] as const)('BOOT-6: %s: only the boot is answered', async (registration) => {
    hub = await startGateway();
    hub.registry.add('CP1', { registration });
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    expect((await chargePoint.call('Heartbeat'))[2]).toBe('SecurityError');
    const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
    expect((await chargePoint.call('BootNotification', boot))[0]).toBe(3);
    hub.registry.setRegistration('CP1', 'ACCEPTED');
    expect((await chargePoint.call('Heartbeat'))[0]).toBe(3);
    expect(chargePoint.faults).toEqual([]);
  });

  test('BOOT-3: PENDING: what the hub may have triggered is answered', async () => {
    hub = await startGateway();
    hub.registry.add('CP1', { registration: 'PENDING' });
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
    expect((await chargePoint.call('StatusNotification', status))[0]).toBe(3);
  });

  test('CON-9: an accepted charge point that comes back needs no boot', async () => {
    const first = await connected();
    await first.close();
    const second = await connectChargePoint({ url: hub.url, identity: 'CP1' });
    expect((await second.call('Heartbeat'))[0]).toBe(3);
  });

  test('BOOT-6: a boot that takes the acceptance away holds from the next call on', async () => {
    const chargePoint = await connected();
    expect((await chargePoint.call('Heartbeat'))[0]).toBe(3);
    hub.registry.setRegistration('CP1', 'REJECTED');
    await chargePoint.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect((await chargePoint.call('Heartbeat'))[2]).toBe('SecurityError');
  });
});

describe('commands of the hub', () => {
  const timeoutMs = 5_000;

  test('a command goes out in the words of its version and comes back as an outcome', async () => {
    const chargePoint = await connected();
    chargePoint.onCall('Reset', () => ({ status: 'Accepted' }));
    expect(hub.link('CP1').toRequest('reset', { type: 'Soft' })).toEqual({
      action: 'Reset',
      payload: { type: 'Soft' },
    });
    expect(await hub.link('CP1').perform('reset', { type: 'Soft' }, { timeoutMs })).toEqual({
      kind: 'answered',
      response: { status: 'Accepted' },
      outcome: { status: 'Accepted' },
      violations: [],
    });
    expect((await chargePoint.nextCall('Reset')).slice(2)).toEqual(['Reset', { type: 'Soft' }]);
    expect(chargePoint.faults).toEqual([]);
  });

  test('OUT-3: CALLERROR is an outcome', async () => {
    const chargePoint = await connected();
    chargePoint.onCall('Reset', () => {
      throw new AnswerWithError('NotSupported', 'not today', { why: 1 });
    });
    expect(await hub.link('CP1').perform('reset', { type: 'Soft' }, { timeoutMs })).toEqual({
      kind: 'error',
      code: 'NotSupported',
      description: 'not today',
      details: { why: 1 },
    });
  });

  test('OUT-4: an answer outside its schema is shown as it came, with the reason', async () => {
    const chargePoint = await connected();
    chargePoint.onCall('Reset', () => ({ state: 'Maybe' }));
    const reply = await hub.link('CP1').perform('reset', { type: 'Soft' }, { timeoutMs });
    expect(reply).toMatchObject({ kind: 'answered', response: { state: 'Maybe' } });
    expect(reply.kind === 'answered' && reply.violations.length).toBe(1);
    expect(reply).not.toHaveProperty('outcome');
  });

  test('what breaks the schema never leaves, and an unknown command is unsupported', async () => {
    const chargePoint = await connected();
    await expect(hub.link('CP1').perform('reset', { type: 'Maybe' }, { timeoutMs })).rejects.toThrow(/Reset request/);
    expect(await hub.link('CP1').perform('fly', {}, { timeoutMs })).toEqual({ kind: 'unsupported' });
    expect(hub.link('CP1').toRequest('fly', {})).toBeUndefined();
    await chargePoint.call('Heartbeat');
    expect(chargePoint.received).toHaveLength(1);
  });

  test('RPC-6: after the time-out the answer is told as late, with its outcome', async () => {
    const chargePoint = await connected();
    chargePoint.onCall('Reset', () => silence);
    const late = new Promise((resolve) => {
      void hub
        .link('CP1')
        .perform('reset', { type: 'Soft' }, { timeoutMs: 50, onLate: resolve })
        .then((reply) => {
          expect(reply).toEqual({ kind: 'timeout' });
          return chargePoint.nextCall('Reset');
        })
        .then(([, id]) => chargePoint.send(JSON.stringify([3, id, { status: 'Rejected' }])));
    });
    expect(await late).toMatchObject({ kind: 'answered', outcome: { status: 'Rejected' } });
  });

  test('RPC-4: one call of the hub is open at a time; other charge points are not held up', async () => {
    const slow = await connected();
    hub.registry.add('CP2');
    const quick = await connectChargePoint({ url: hub.url, identity: 'CP2' });
    await vi.waitFor(() => hub.link('CP2'));
    slow.onCall('Reset', () => silence);
    quick.onCall('Reset', () => ({ status: 'Accepted' }));
    const first = hub.link('CP1').perform('reset', { type: 'Soft' }, { timeoutMs });
    const second = hub.link('CP1').perform('reset', { type: 'Hard' }, { timeoutMs });
    expect(await hub.link('CP2').perform('reset', { type: 'Soft' }, { timeoutMs })).toMatchObject({ kind: 'answered' });
    const [, id] = await slow.nextCall('Reset');
    expect(slow.received).toHaveLength(1);
    expect(hub.link('CP1').queuedCalls()).toBe(2);
    await slow.call('Heartbeat'); // the other direction is free
    slow.send(JSON.stringify([3, id, { status: 'Accepted' }]));
    expect(await first).toMatchObject({ kind: 'answered' });
    expect((await slow.nextCall('Reset'))[3]).toEqual({ type: 'Hard' });
    slow.terminate();
    expect(await second).toEqual({ kind: 'lost', sent: true });
  });

  test('a handler may call the same station, even when its socket was about to be paused', async () => {
    const ask: DataTransferHandler = async (data, _call, link) => {
      if (data !== 'ask') return data;
      const reply = await link?.perform('getConfiguration', {}, { timeoutMs });
      return reply?.kind ?? 'no link';
    };
    const chargePoint = await connected({ onDataTransfer: ask, config: { answersPendingMax: 2 } });
    chargePoint.onCall('GetConfiguration', () => ({ configurationKey: [], unknownKey: [] }));
    const answers = await Promise.all(
      ['ask', '1', '2'].map((data) => chargePoint.call('DataTransfer', transfer(data), { id: data })),
    );
    expect(answers.map((answer) => answer[2])).toMatchObject([{ data: 'answered' }, { data: '1' }, { data: '2' }]);
    expect(chargePoint.faults).toEqual([]);
  });
});
