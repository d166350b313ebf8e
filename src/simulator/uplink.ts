import type { Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';
import type { ConnectFailure, Link } from './link.ts';
import { backOffMs, pause } from './pace.ts';

/** Keeps one charge point connected: a lost link is made again, after a wait that grows with every failure. */
export interface Uplink {
  /** Begins to connect; told once. */
  start(): void;
  isOpen(): boolean;
  /** Says something to the hub; `lost`, not sent, when there is no link. */
  call(action: string, payload: unknown): Promise<CallReply>;
  /** Drops the link and connects again once `ready` has resolved. */
  restart(reason: string, ready: Promise<void>): void;
  /** Ends for good; resolves when the socket is gone. */
  stop(reason: string): Promise<void>;
}

export interface UplinkOptions {
  readonly open: () => Promise<Link | ConnectFailure>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly callTimeoutMs: number;
  readonly onOpen: () => void;
  readonly onClosed: (end: { readonly code: number; readonly reason: string }) => void;
  readonly onFailed: (failure: ConnectFailure) => void;
}

/** A link that lived for less counts as a failure, so that a hub that closes at once is not stormed. */
const shortLifeMs = 10_000;

/** All waits here are between charge point and hub, so the clock is the true one. */
export function createUplink(options: UplinkOptions): Uplink {
  const { clock, random, callTimeoutMs } = options;
  const ended = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    ended.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let link: Link | undefined;
  let failures = 0;
  let ready: Promise<void> | undefined; // set by a restart
  let running: Promise<void> = Promise.resolve();

  const connectOnce = async (): Promise<void> => {
    const result = await options.open();
    if (!('session' in result)) {
      failures += 1;
      if (!ended.signal.aborted) options.onFailed(result);
      return;
    }
    const openedAt = clock.now().getTime();
    link = result;
    if (ended.signal.aborted) result.close('stopped');
    else options.onOpen();
    const end = await result.closed;
    link = undefined;
    failures = clock.now().getTime() - openedAt < shortLifeMs ? failures + 1 : 0;
    options.onClosed(end);
  };

  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await connectOnce();
      const wait = ready ?? pause(clock, backOffMs(failures, random), ended.signal);
      ready = undefined;
      await Promise.race([wait, stopped]);
    }
  };

  return {
    start() {
      running = run();
    },
    isOpen: () => link?.isOpen() === true,
    async call(action, payload) {
      if (link?.isOpen() !== true) return { kind: 'lost', sent: false };
      return link.session.call(action, payload, { timeoutMs: callTimeoutMs });
    },
    restart(reason, whenReady) {
      ready = whenReady;
      link?.close(reason);
    },
    async stop(reason) {
      ended.abort();
      link?.close(reason);
      await running;
    },
  };
}
