import { describe, expect, test } from 'vitest';
import { OcppError } from '../../src/ocpp/errors.ts';
import { createHarness } from './session-harness.ts';

describe('calls of the charge point', () => {
  test('RPC-5: calls that come together are worked on and answered one after the other, in order', async () => {
    const { session, held, sent, receive, settle } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    receive(2, 'b', 'StatusNotification', { x: 1 });
    await settle();
    expect(held.map(({ call }) => call.messageId)).toEqual(['a']);
    held[0]?.succeed({ n: 1 });
    await settle();
    expect(held.map(({ call }) => call.messageId)).toEqual(['a', 'b']);
    held[1]?.succeed({ n: 2 });
    await session.drained();
    expect(sent).toEqual([
      [3, 'a', { n: 1 }],
      [3, 'b', { n: 2 }],
    ]);
  });

  test('RPC-2: a numeric id is echoed as a number', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 17, 'Heartbeat', {});
    held[0]?.succeed({});
    await session.drained();
    expect(sent).toEqual([[3, 17, {}]]);
  });

  test('RPC-1: a missing or null payload reaches the handler as an empty object', async () => {
    const { held, receive, settle } = createHarness();
    receive(2, 'a', 'Heartbeat');
    held[0]?.succeed({});
    await settle();
    receive(2, 'b', 'Heartbeat', null);
    expect(held.map(({ call }) => call.payload)).toEqual([{}, {}]);
  });

  test('RPC-9: an OcppError becomes a CALLERROR with its code', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 'a', 'Nonsense', {});
    held[0]?.fail(new OcppError('NotImplemented', 'the action is unknown', { details: { action: 'Nonsense' } }));
    await session.drained();
    expect(sent).toEqual([[4, 'a', 'NotImplemented', 'the action is unknown', { action: 'Nonsense' }]]);
  });

  test('RPC-9: any other failure becomes InternalError and tells nothing of the inside', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    held[0]?.fail(new Error('connection to mongodb://user:secret@host failed'));
    await session.drained();
    expect(sent).toEqual([[4, 'a', 'InternalError', 'the message could not be processed', {}]]);
  });

  test('a result that is no JSON becomes InternalError', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    held[0]?.succeed({ n: 1n });
    await session.drained();
    expect(sent).toEqual([[4, 'a', 'InternalError', 'the message could not be processed', {}]]);
  });

  test('a CALLERROR description is cut at 255 characters', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    held[0]?.fail(new OcppError('GenericError', 'x'.repeat(1000)));
    await session.drained();
    expect(sent[0]?.[3]).toHaveLength(255);
  });

  test('RPC-8: a broken call with a readable id gets FormationViolation, in its turn', async () => {
    const { session, held, sent, receive } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    receive(2, 'b', 42, {});
    held[0]?.succeed({});
    await session.drained();
    expect(sent.map((frame) => frame.slice(0, 3))).toEqual([
      [3, 'a', {}],
      [4, 'b', 'FormationViolation'],
    ]);
  });

  test.each(['', '  ', 'hello', '{}', '[]', '[2]', '[7,"a",{}]', '[2,null,"Heartbeat",{}]', '[2,"a'])(
    'RPC-7, RPC-8: %j is left aside without an answer',
    async (text) => {
      const { session, sent, ignored, held } = createHarness();
      session.receive(text);
      await session.drained();
      expect(sent).toEqual([]);
      expect(held).toEqual([]);
      expect(ignored).toHaveLength(1);
    },
  );

  test('what follows an answer runs after the answer left, and only after a result', async () => {
    const { session, held, receive, toldAfterwards, settle } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    receive(2, 'b', 'Heartbeat', {});
    held[0]?.fail(new Error('down'));
    await settle();
    held[1]?.succeed({});
    await session.drained();
    expect(toldAfterwards).toEqual(['b']);
  });

  test('reading pauses at the maximum of waiting frames, nothing is dropped, and goes on below half', async () => {
    const { session, held, sent, reading, receive, settle } = createHarness({ answersPendingMax: 4 });
    for (const id of ['1', '2', '3']) receive(2, id, 'Heartbeat', {});
    expect(reading).toEqual([]);
    for (const id of ['4', '5', '6']) receive(2, id, 'Heartbeat', {}); // what the socket had read already
    expect(reading).toEqual(['pause']);
    for (let done = 0; done < 4; done++) {
      held[done]?.succeed({});
      await settle();
    }
    expect(reading).toEqual(['pause']);
    held[4]?.succeed({});
    await settle();
    expect(reading).toEqual(['pause', 'resume']);
    held[5]?.succeed({});
    await session.drained();
    expect(sent.map(([, id]) => id)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('a few very long frames pause reading as well', () => {
    const { reading, receive } = createHarness({ answersPendingMax: 1000 });
    receive(2, '1', 'DataTransfer', { data: 'x'.repeat(600_000) });
    expect(reading).toEqual([]);
    receive(2, '2', 'DataTransfer', { data: 'x'.repeat(600_000) });
    expect(reading).toEqual(['pause']);
  });

  test('a handler that waits for a call of the hub is not shut off from the answer by the pause', async () => {
    const { session, held, sent, reading, receive, settle } = createHarness({ answersPendingMax: 2 });
    receive(2, '1', 'BootNotification', {});
    receive(2, '2', 'Heartbeat', {});
    expect(reading).toEqual(['pause']);
    const reply = session.call('GetConfiguration', {}, { timeoutMs: 1000 });
    expect(reading).toEqual(['pause', 'resume']); // the answer can come in
    receive(2, '3', 'Heartbeat', {});
    expect(reading).toEqual(['pause', 'resume']);
    receive(3, 'hub-1', { configurationKey: [] });
    expect(await reply).toEqual({ kind: 'result', payload: { configurationKey: [] } });
    expect(reading).toEqual(['pause', 'resume', 'pause']); // the room was only for the open call
    for (let done = 0; done < 3; done++) {
      held[done]?.succeed({});
      await settle();
    }
    expect(reading).toEqual(['pause', 'resume', 'pause', 'resume']);
    expect(sent.map(([, id]) => id)).toEqual(['hub-1', '1', '2', '3']);
  });

  test('even with an open call of the hub a flood is paused; the time-out of the call ends the wait', async () => {
    const { session, held, reading, receive, clock, settle } = createHarness({ answersPendingMax: 2 });
    const reply = session.call('GetConfiguration', {}, { timeoutMs: 1000 });
    for (let n = 0; n < 8; n++) receive(2, n, 'Heartbeat', {});
    expect(reading).toEqual(['pause']);
    clock.advance(1000);
    expect(await reply).toEqual({ kind: 'timeout' });
    for (let done = 0; done < 8; done++) {
      held[done]?.succeed({});
      await settle();
    }
    expect(reading).toEqual(['pause', 'resume']);
  });

  test('an answer in the making when the link closes is dropped, and nothing waits for it any longer', async () => {
    const { session, held, sent, receive, settle } = createHarness();
    receive(2, 'a', 'Heartbeat', {});
    receive(2, 'b', 'Heartbeat', {});
    const drained = session.drained();
    session.close();
    await drained;
    held[0]?.succeed({});
    await settle();
    receive(2, 'c', 'Heartbeat', {});
    await settle();
    expect(sent).toEqual([]);
    expect(held).toHaveLength(1);
  });

  test('every frame of both directions is told for the wire log', async () => {
    const frames: string[] = [];
    const { session, held, receive } = createHarness({
      onFrame: ({ direction, text }) => frames.push(`${direction} ${text}`),
    });
    receive(2, 'a', 'Heartbeat', {});
    held[0]?.succeed({ currentTime: 'now' });
    await session.drained();
    expect(frames).toEqual(['in [2,"a","Heartbeat",{}]', 'out [3,"a",{"currentTime":"now"}]']);
  });
});
