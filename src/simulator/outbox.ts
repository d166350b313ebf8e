import type { Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';
import { pause } from './pace.ts';

/** A message about a transaction: it is kept until the hub answers it or its attempts are used up. */
interface TransactionMessage {
  readonly action: 'StartTransaction' | 'StopTransaction' | 'MeterValues';
  /** Asked once, when the message is first sent: by then the hub has answered those before it. */
  readonly payload: () => unknown;
  readonly onAnswer?: (response: unknown) => void;
  /** Told once when the answer will not come soon: no link, or the first attempt failed. */
  readonly onDelay?: () => void;
  readonly onGivenUp?: () => void;
}

/** Transaction messages in the order in which they happened; one at a time. OCPP 1.6 §3.7.1, §4.8; RETRY-1. */
export interface Outbox {
  add(message: TransactionMessage): void;
  /** The hub can be talked to (again). */
  flush(): void;
  size(): number;
  /** Resolves when nothing is left. */
  empty(): Promise<void>;
}

export interface OutboxOptions {
  readonly call: (action: string, payload: unknown) => Promise<CallReply>;
  /** Whether the hub can be talked to: connected and accepted. */
  readonly isReady: () => boolean;
  readonly clock: Clock;
  readonly attemptsMax: () => number;
  readonly retryIntervalMs: () => number;
  readonly onFailed: (action: string, reply: CallReply) => void;
  readonly onGivenUp: (action: string) => void;
}

/** Above this, further meter values are dropped; starts and stops never are. OCPP 1.6 §4.8 allows that. */
const outboxMax = 500;

interface Entry {
  readonly message: TransactionMessage;
  payload?: unknown;
  attempts: number;
  isDelayed: boolean;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const entries: Entry[] = [];
  let emptied: (() => void)[] = [];
  let isPumping = false;

  const delay = (): void => {
    for (const entry of entries.filter(({ isDelayed }) => !isDelayed)) {
      entry.isDelayed = true;
      entry.message.onDelay?.();
    }
  };

  const remove = (): void => {
    entries.shift();
    if (entries.length > 0) return;
    for (const resolve of emptied) resolve();
    emptied = [];
  };

  const send = async (entry: Entry): Promise<'goOn' | 'offline'> => {
    const { message } = entry;
    entry.payload ??= message.payload();
    const reply = await options.call(message.action, entry.payload);
    if (reply.kind === 'result') {
      remove();
      message.onAnswer?.(reply.payload);
      return 'goOn';
    }
    if (reply.kind === 'lost') return 'offline'; // no attempt in the sense of §3.7.1: the hub did not fail to process it
    options.onFailed(message.action, reply);
    entry.attempts += 1;
    if (entry.attempts >= options.attemptsMax()) {
      remove();
      options.onGivenUp(message.action);
      message.onGivenUp?.();
      return 'goOn';
    }
    delay();
    await pause(options.clock, options.retryIntervalMs() * entry.attempts);
    return 'goOn';
  };

  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    for (let entry = entries[0]; entry !== undefined && options.isReady(); entry = entries[0]) {
      if ((await send(entry)) === 'offline') break;
    }
    isPumping = false;
    if (entries.length > 0 && options.isReady()) return pump(); // the link came back while the last reply was read
    if (entries.length > 0) delay();
  };

  return {
    add(message) {
      if (message.action === 'MeterValues' && entries.length >= outboxMax) return;
      entries.push({ message, attempts: 0, isDelayed: false });
      void pump(); // never rejects: `call` settles and the listeners do not throw
    },
    flush() {
      void pump();
    },
    size: () => entries.length,
    empty: () => (entries.length === 0 ? Promise.resolve() : new Promise((resolve) => emptied.push(resolve))),
  };
}
