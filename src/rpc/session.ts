import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { OcppError } from '../ocpp/errors.ts';
import { type Frame, parseFrame } from '../ocpp/frame.ts';
import type { IncomingFrame, Session } from './call.ts';
import { type Answer, createIncomingCalls } from './incoming-calls.ts';
import { createOutgoingCalls } from './outgoing-calls.ts';

export type { Answer } from './incoming-calls.ts';

/** One frame as it went over the wire, for a wire log. */
export interface WireFrame {
  readonly direction: 'in' | 'out';
  readonly text: string;
  readonly at: Date;
}

export interface SessionOptions {
  /** Hands a frame to the socket. Must not throw. */
  readonly send: (text: string) => void;
  readonly clock: Clock;
  /** Unique per charge point over all its connections; at most 36 characters. RPC-2, RPC-3. */
  readonly newMessageId: () => string;
  /** Answers a CALL, in bounded time. An `OcppError` becomes a CALLERROR with its code, any other error InternalError. */
  readonly answer: (call: IncomingFrame) => Promise<Answer>;
  /** Frames that may wait for their answers before the socket is paused. */
  readonly answersPendingMax: number;
  /** CALLs of the hub that may wait beside the open one. */
  readonly callQueueMax: number;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Told of every frame that is left aside, with the reason. */
  readonly onIgnored?: ((reason: string) => void) | undefined;
  /** Told of every frame in both directions. */
  readonly onFrame?: ((frame: WireFrame) => void) | undefined;
  readonly log: Logger;
}

/** Ignored frames of one session that are logged as warnings; the rest only at level debug. */
const ignoredWarningsMax = 20;

/**
 * A conversation with one charge point. The two directions do not wait for each other: a CALL of the hub gets its
 * answer while CALLs of the charge point are being worked on, and the other way round. RPC-4, RPC-5.
 */
export function createSession(options: SessionOptions): Session {
  const { clock, log, onFrame } = options;
  let ignoredCount = 0;
  let isClosed = false;

  const send = (text: string): void => {
    onFrame?.({ direction: 'out', text, at: clock.now() });
    options.send(text);
  };

  const ignore = (reason: string, characters: number): void => {
    const level = ++ignoredCount <= ignoredWarningsMax ? 'warn' : 'debug';
    log[level]({ reason, characters }, 'frame ignored');
    options.onIgnored?.(reason);
  };

  const outgoing = createOutgoingCalls({ ...options, send, onOpenChange: () => incoming.reconsider() });
  const incoming = createIncomingCalls({ ...options, send, hasOpenCall: outgoing.isOpen });

  const read = (text: string): Frame | undefined => {
    try {
      return parseFrame(text);
    } catch (error) {
      const fault = error instanceof OcppError ? error : new OcppError('InternalError', 'the frame cannot be read');
      if (fault.messageId === undefined) ignore(fault.message, text.length);
      else incoming.refuse(fault.messageId, fault, text.length);
      return undefined;
    }
  };

  return {
    receive(text) {
      if (isClosed) return;
      const receivedAt = clock.now();
      onFrame?.({ direction: 'in', text, at: receivedAt });
      const frame = read(text);
      if (!frame) return;
      if (frame.kind === 'call') {
        const { messageId, action, payload, repairs } = frame;
        incoming.take({ messageId, action, payload, repairs, receivedAt }, text.length);
        return;
      }
      const fate = outgoing.answered(
        frame.messageId,
        frame.kind === 'result'
          ? { kind: 'result', payload: frame.payload }
          : { kind: 'error', code: frame.code, description: frame.description, details: frame.details },
      );
      if (fate === 'late') ignore('the answer came after the time-out', text.length);
      if (fate === 'unknown') ignore('no call waits for this answer', text.length);
    },
    call: outgoing.call,
    queuedCalls: outgoing.count,
    close() {
      isClosed = true;
      outgoing.close();
      incoming.close();
    },
    drained: incoming.drained,
  };
}
