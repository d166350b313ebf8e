import { describe, expect, test } from 'vitest';
import type { CallReply } from '../../src/rpc/call.ts';
import { createHarness } from './session-harness.ts';

describe('calls of the hub', () => {
  test('RPC-4: one call is open, the next leaves when it is answered', async () => {
    const { session, sent, receive } = createHarness();
    const first = session.call('Reset', { type: 'Soft' }, { timeoutMs: 1000 });
    const second = session.call('ClearCache', {}, { timeoutMs: 1000 });
    expect(sent).toEqual([[2, 'hub-1', 'Reset', { type: 'Soft' }]]);
    expect(session.queuedCalls()).toBe(2);
    receive(3, 'hub-1', { status: 'Accepted' });
    expect(await first).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
    expect(sent[1]).toEqual([2, 'hub-2', 'ClearCache', {}]);
    receive(4, 'hub-2', 'NotSupported', 'no cache', {});
    expect(await second).toEqual({ kind: 'error', code: 'NotSupported', description: 'no cache', details: {} });
    expect(session.queuedCalls()).toBe(0);
  });

  test('RPC-4: the directions are independent: a handler is at work while the answer to the hub comes in', async () => {
    const { session, receive, held } = createHarness();
    receive(2, 'a', 'BootNotification', {});
    const reply = session.call('GetConfiguration', {}, { timeoutMs: 1000 });
    receive(3, 'hub-1', {});
    expect(await reply).toEqual({ kind: 'result', payload: {} });
    expect(held).toHaveLength(1);
  });

  test('RPC-6: a call that nobody answers fails when its time is up, counted from its leaving, and the next goes out', async () => {
    const { session, sent, clock, receive } = createHarness();
    const first = session.call('Reset', {}, { timeoutMs: 1000 });
    const second = session.call('ClearCache', {}, { timeoutMs: 1000 });
    clock.advance(999);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(await first).toEqual({ kind: 'timeout' });
    expect(sent).toHaveLength(2);
    clock.advance(999);
    receive(3, 'hub-2', { status: 'Accepted' });
    expect(await second).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
  });

  test('RPC-6: a late answer is told once and otherwise ignored', async () => {
    const { session, clock, receive, ignored, sent } = createHarness();
    const late: CallReply[] = [];
    const reply = session.call('Reset', {}, { timeoutMs: 1000, onLate: (answer) => late.push(answer) });
    clock.advance(1000);
    expect(await reply).toEqual({ kind: 'timeout' });
    receive(3, 'hub-1', { status: 'Accepted' });
    receive(3, 'hub-1', { status: 'Accepted' });
    expect(late).toEqual([{ kind: 'result', payload: { status: 'Accepted' } }]);
    expect(ignored).toEqual(['the answer came after the time-out', 'no call waits for this answer']);
    expect(sent).toHaveLength(1);
  });

  test('RPC-7: foreign, duplicate and early answers are ignored', async () => {
    const { session, receive, ignored, settle } = createHarness();
    receive(3, 'hub-1', { status: 'Accepted' });
    let release: (goesOut: boolean) => void = () => undefined;
    const reply = session.call(
      'Reset',
      {},
      { timeoutMs: 1000, beforeSend: () => new Promise((resolve) => (release = resolve)) },
    );
    await settle();
    receive(3, 'hub-1', { status: 'Guessed' }); // it has not left yet
    release(true);
    await settle();
    receive(4, '', 'InternalError', '', {});
    receive(3, 'hub-9', {});
    receive(3, 'hub-1', { status: 'Accepted' });
    receive(3, 'hub-1', { status: 'Rejected' });
    expect(await reply).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
    expect(ignored).toEqual(Array(5).fill('no call waits for this answer'));
  });

  test('a full queue takes no more calls, and says so at once', async () => {
    const { session, sent } = createHarness({ callQueueMax: 2 });
    void session.call('Reset', {}, { timeoutMs: 1000 });
    void session.call('Reset', {}, { timeoutMs: 1000 });
    void session.call('Reset', {}, { timeoutMs: 1000 });
    expect(await session.call('Reset', {}, { timeoutMs: 1000 })).toEqual({ kind: 'queueFull' });
    expect(sent).toHaveLength(1);
    expect(session.queuedCalls()).toBe(3);
  });

  test('beforeSend is awaited before the call leaves and can drop it', async () => {
    const { session, sent, settle, receive } = createHarness();
    const seen: string[] = [];
    const dropped = session.call(
      'Reset',
      {},
      {
        timeoutMs: 1000,
        beforeSend: async (id) => {
          seen.push(id);
          return false;
        },
      },
    );
    const kept = session.call('ClearCache', {}, { timeoutMs: 1000, beforeSend: async () => true });
    expect(await dropped).toEqual({ kind: 'lost', sent: false });
    await settle();
    expect(seen).toEqual(['hub-1']);
    expect(sent).toEqual([[2, 'hub-2', 'ClearCache', {}]]);
    receive(3, 'hub-2', {});
    expect(await kept).toEqual({ kind: 'result', payload: {} });
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['never settles', () => new Promise<boolean>(() => undefined)],
  ])('a beforeSend that %s drops its call and lets the next one go', async (_how, beforeSend) => {
    const { session, sent, clock, settle } = createHarness();
    const dropped = session.call('Reset', {}, { timeoutMs: 1000, beforeSend });
    void session.call('ClearCache', {}, { timeoutMs: 1000 });
    await settle();
    clock.advance(1000);
    expect(await dropped).toEqual({ kind: 'lost', sent: false });
    expect(sent.at(-1)).toEqual([2, 'hub-2', 'ClearCache', {}]);
  });

  test('a closing link loses the open call as sent and the waiting ones as not sent', async () => {
    const { session, clock, sent } = createHarness();
    const open = session.call('Reset', {}, { timeoutMs: 1000 });
    const waiting = session.call('ClearCache', {}, { timeoutMs: 1000 });
    session.close();
    expect(await open).toEqual({ kind: 'lost', sent: true });
    expect(await waiting).toEqual({ kind: 'lost', sent: false });
    expect(await session.call('Reset', {}, { timeoutMs: 1000 })).toEqual({ kind: 'lost', sent: false });
    expect(clock.waiting()).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('a link that closes while beforeSend is at work sends nothing any more', async () => {
    const { session, sent, settle } = createHarness();
    let release: (goesOut: boolean) => void = () => undefined;
    const reply = session.call(
      'Reset',
      {},
      { timeoutMs: 1000, beforeSend: () => new Promise((resolve) => (release = resolve)) },
    );
    await settle();
    session.close();
    expect(await reply).toEqual({ kind: 'lost', sent: false });
    release(true);
    await settle();
    expect(sent).toEqual([]);
  });

  test('a payload that is no JSON is a fault of the caller and blocks nobody', async () => {
    const { session, sent } = createHarness();
    await expect(session.call('Reset', { n: 1n }, { timeoutMs: 1000 })).rejects.toThrow(TypeError);
    void session.call('ClearCache', {}, { timeoutMs: 1000 });
    expect(sent).toEqual([[2, 'hub-2', 'ClearCache', {}]]);
  });
});
