import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallReply } from '../../src/rpc/call.ts';
import { createHarness } from './session-harness.ts';

const timeoutMs = 1000;

/** What can happen on a link, in any order. `pick` chooses among what is there. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('stationCalls' as const), broken: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('handlerEnds' as const), fails: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hubCalls' as const), prepared: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('stationAnswers' as const), pick: fc.nat(5), error: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('timePasses' as const), ms: fc.constantFrom(1, 400, 1000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('garbage' as const), text: fc.string({ maxLength: 12 }) }) },
);

test('whatever the order of events: answers keep the order of arrival, at most one hub call is open, every call ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, closes) => {
      const hub = createHarness({ answersPendingMax: 3, callQueueMax: 3 });
      const asked: string[] = [];
      const replies: CallReply[] = [];
      let made = 0;
      let handled = 0;

      const callIds = () => hub.sent.filter(([type]) => type === 2).map(([, id]) => String(id));
      const answeredIds = () => hub.sent.filter(([type]) => type !== 2).map(([, id]) => String(id));

      for (const action of steps) {
        switch (action.kind) {
          case 'stationCalls': {
            const id = `cp-${asked.length}`;
            asked.push(id);
            hub.receive(2, id, action.broken ? 7 : 'Heartbeat', {});
            break;
          }
          case 'handlerEnds': {
            const next = hub.held[handled];
            if (!next) break;
            handled++;
            if (action.fails) next.fail(new Error('down'));
            else next.succeed({});
            break;
          }
          case 'hubCalls':
            made++;
            void hub.session
              .call('Reset', {}, action.prepared ? { timeoutMs, beforeSend: async () => true } : { timeoutMs })
              .then((reply) => replies.push(reply));
            break;
          case 'stationAnswers': {
            const ids = callIds();
            const id = ids[ids.length - 1 - action.pick] ?? 'nobody';
            if (action.error) hub.receive(4, id, 'GenericError', '', {});
            else hub.receive(3, id, {});
            break;
          }
          case 'timePasses':
            hub.clock.advance(action.ms);
            break;
          case 'garbage':
            hub.session.receive(action.text);
            break;
        }
        await hub.settle();
        expect(answeredIds()).toEqual(asked.slice(0, answeredIds().length));
        // A call is over when it was answered, late or not; so what left and has no reply yet is at most one.
        const waiting = hub.session.queuedCalls();
        expect(made - replies.length).toBe(waiting);
        expect(waiting).toBeLessThanOrEqual(4);
        expect(hub.reading.filter((word, index) => word === hub.reading[index - 1])).toEqual([]);
      }

      if (closes) {
        hub.session.close();
        await hub.settle();
      } else {
        while (handled < hub.held.length) {
          hub.held[handled++]?.succeed({});
          await hub.settle();
        }
        for (let round = 0; round < 5; round++) await hub.clock.advanceSettled(timeoutMs);
        await hub.session.drained();
        expect(answeredIds()).toEqual(asked);
        expect(hub.reading.at(-1) ?? 'resume').toBe('resume');
      }
      expect(replies).toHaveLength(made);
      expect(hub.session.queuedCalls()).toBe(0);
      expect(hub.clock.waiting()).toBe(0);
      expect(new Set(callIds()).size).toBe(callIds().length);
    }),
    { numRuns: 300 },
  );
});
