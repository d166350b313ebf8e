import type { Cancel, Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { encodeCall } from '../ocpp/frame.ts';
import type { CallOptions, CallReply } from './call.ts';

/** The hub's CALLs to one charge point: one is open, the others wait. RPC-4. */
export interface OutgoingCalls {
  call(action: string, payload: unknown, options: CallOptions): Promise<CallReply>;
  /** Gives an answer to the CALL it belongs to. `unknown`: there is none, or it was answered before. */
  answered(messageId: string | number, reply: CallReply): 'taken' | 'late' | 'unknown';
  /** Whether a CALL has left and waits for its answer. */
  isOpen(): boolean;
  /** CALLs that wait or are open. */
  count(): number;
  /** All of them end as `lost`. */
  close(): void;
}

interface OutgoingCall {
  readonly messageId: string;
  readonly action: string;
  readonly payload: unknown;
  readonly options: CallOptions;
  readonly resolve: (reply: CallReply) => void;
  readonly reject: (error: unknown) => void;
}

/** Timed-out CALLs of which a late answer is still recognised; of more, the oldest are forgotten. */
const lateCallsMax = 64;

/** `onOpenChange` is told after a CALL left and after it ended. At most `callQueueMax` CALLs wait beside the open one. */
export function createOutgoingCalls(options: {
  send: (text: string) => void;
  clock: Clock;
  newMessageId: () => string;
  callQueueMax: number;
  onOpenChange: () => void;
  log: Logger;
}): OutgoingCalls {
  const { send, clock, newMessageId, callQueueMax, onOpenChange, log } = options;
  const waiting: OutgoingCall[] = [];
  const timedOut = new Map<string, OutgoingCall>();
  let current: OutgoingCall | undefined;
  let hasLeft = false;
  let isClosed = false;
  let cancelTimer: Cancel = () => undefined;

  /** Makes room for the next CALL. What comes for this one afterwards finds it gone. */
  const release = (): void => {
    cancelTimer();
    current = undefined;
    hasLeft = false;
    onOpenChange();
    next();
  };

  const end = (call: OutgoingCall, reply: CallReply): void => {
    if (current !== call) return; // ended before, by its time-out or by close
    call.resolve(reply);
    release();
  };

  const timeOut = (call: OutgoingCall): void => {
    timedOut.set(call.messageId, call);
    const oldest = timedOut.keys().next();
    if (timedOut.size > lateCallsMax && !oldest.done) timedOut.delete(oldest.value);
    log.warn({ action: call.action, timeoutMs: call.options.timeoutMs }, 'call timed out');
    end(call, { kind: 'timeout' });
  };

  const leave = (call: OutgoingCall): void => {
    if (current !== call) return;
    cancelTimer();
    let text: string;
    try {
      text = encodeCall(call.messageId, call.action, call.payload);
    } catch (error) {
      call.reject(error); // a payload that is no JSON, or a bad id: a fault of the hub
      release();
      return;
    }
    hasLeft = true;
    cancelTimer = clock.after(call.options.timeoutMs, () => timeOut(call));
    send(text);
    onOpenChange();
  };

  const drop = (call: OutgoingCall): void => end(call, { kind: 'lost', sent: false });

  const next = (): void => {
    if (isClosed || current) return;
    const call = waiting.shift();
    if (!call) return;
    current = call;
    const { beforeSend, timeoutMs } = call.options;
    if (!beforeSend) {
      leave(call);
      return;
    }
    // Without this deadline a hook that never settles would hold up every later CALL.
    cancelTimer = clock.after(timeoutMs, () => {
      log.error({ action: call.action, timeoutMs }, 'call dropped: its preparation did not end in time');
      drop(call);
    });
    Promise.resolve(call.messageId)
      .then(beforeSend)
      .then(
        (goesOut) => (goesOut ? leave(call) : drop(call)),
        (error: unknown) => {
          log.error({ action: call.action, err: error }, 'call dropped: its preparation failed');
          drop(call);
        },
      );
  };

  return {
    call(action, payload, callOptions) {
      if (isClosed) return Promise.resolve({ kind: 'lost', sent: false });
      if (current && waiting.length >= callQueueMax) return Promise.resolve({ kind: 'queueFull' });
      return new Promise((resolve, reject) => {
        waiting.push({ messageId: newMessageId(), action, payload, options: callOptions, resolve, reject });
        next();
      });
    },

    answered(messageId, reply) {
      if (current && hasLeft && current.messageId === messageId) {
        end(current, reply);
        return 'taken';
      }
      const late = typeof messageId === 'string' ? timedOut.get(messageId) : undefined;
      if (!late) return 'unknown';
      timedOut.delete(late.messageId);
      try {
        late.options.onLate?.(reply);
      } catch (error) {
        log.error({ action: late.action, err: error }, 'a late answer could not be told');
      }
      return 'late';
    },

    isOpen: () => hasLeft,
    count: () => waiting.length + (current ? 1 : 0),

    close() {
      if (isClosed) return;
      isClosed = true;
      const wasSent = hasLeft;
      const last = current;
      timedOut.clear();
      cancelTimer();
      current = undefined;
      hasLeft = false;
      last?.resolve({ kind: 'lost', sent: wasSent });
      for (const call of waiting.splice(0)) call.resolve({ kind: 'lost', sent: false });
    },
  };
}
