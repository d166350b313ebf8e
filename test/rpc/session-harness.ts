import { createLogger } from '../../src/kernel/log.ts';
import type { IncomingFrame } from '../../src/rpc/call.ts';
import { type Answer, createSession, type SessionOptions } from '../../src/rpc/session.ts';
import { createManualClock } from '../support/manual-clock.ts';

/** A handler that waits for the test to let it finish. */
export interface HeldCall {
  readonly call: IncomingFrame;
  succeed(payload: unknown): void;
  fail(error: unknown): void;
}

/** A session without a socket: what it sends, ignores and asks to be answered lies open. */
export function createHarness(overrides: Partial<SessionOptions> = {}) {
  const clock = createManualClock();
  const sent: unknown[][] = [];
  const held: HeldCall[] = [];
  const ignored: string[] = [];
  const reading: string[] = [];
  const toldAfterwards: unknown[] = [];
  let ids = 0;
  const session = createSession({
    send: (text) => sent.push(JSON.parse(text)),
    clock,
    newMessageId: () => `hub-${++ids}`,
    answer: (call) =>
      new Promise<Answer>((resolve, reject) => {
        held.push({
          call,
          succeed: (payload) => resolve({ payload, afterwards: () => toldAfterwards.push(call.messageId) }),
          fail: reject,
        });
      }),
    answersPendingMax: 4,
    callQueueMax: 2,
    pause: () => reading.push('pause'),
    resume: () => reading.push('resume'),
    onIgnored: (reason) => ignored.push(reason),
    log: createLogger('silent'),
    ...overrides,
  });
  return {
    clock,
    session,
    sent,
    held,
    ignored,
    reading,
    toldAfterwards,
    receive: (...frame: unknown[]) => session.receive(JSON.stringify(frame)),
    /** Lets everything that is settled take its course. */
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
}
