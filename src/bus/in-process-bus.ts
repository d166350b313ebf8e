import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { type Bus, BusClosed, NobodyServes, RequestTimedOut, type Unsubscribe } from './bus.ts';

interface Listener {
  readonly hear: (message: unknown) => void;
  isActive: boolean;
}

interface Server {
  readonly answer: (message: unknown) => Promise<unknown>;
}

/**
 * The bus of a hub in one process. `publish` has delivered when it returns, except inside a listener: a message that a
 * listener publishes goes out after the present one, so that everybody hears the same order. Messages are handed over
 * as they are, not copied: nobody may change them.
 */
export function createInProcessBus({ clock, log }: { clock: Clock; log?: Logger | undefined }): Bus {
  const listeners = new Map<string, Set<Listener>>();
  /** Oldest first: the last one answers. */
  const servers = new Map<string, Server[]>();
  const waiting = new Set<(error: Error) => void>();
  const outbox: { subject: string; message: unknown }[] = [];
  let isDelivering = false;
  let isClosed = false;

  const deliver = (subject: string, message: unknown) => {
    for (const listener of [...(listeners.get(subject) ?? [])]) {
      if (!listener.isActive) continue; // unsubscribed by a listener before it
      try {
        listener.hear(message);
      } catch (error) {
        log?.error({ subject, err: error }, 'a bus listener failed');
      }
    }
  };

  const assertOpen = () => {
    if (isClosed) throw new BusClosed();
  };

  return {
    publish(subject, message) {
      if (isClosed) return;
      outbox.push({ subject, message });
      if (isDelivering) return;
      isDelivering = true;
      for (let next = outbox.shift(); next !== undefined; next = outbox.shift()) deliver(next.subject, next.message);
      isDelivering = false;
    },

    subscribe(subject, hear): Unsubscribe {
      assertOpen();
      const listener: Listener = { hear, isActive: true };
      const others = listeners.get(subject) ?? new Set();
      listeners.set(subject, others.add(listener));
      return () => {
        if (!listener.isActive) return;
        listener.isActive = false;
        others.delete(listener);
        if (others.size === 0 && listeners.get(subject) === others) listeners.delete(subject);
      };
    },

    async request(subject, message, timeoutMs) {
      assertOpen();
      const server = servers.get(subject)?.at(-1);
      if (server === undefined) throw new NobodyServes(subject);
      const { promise: failed, reject: fail } = rejection();
      const cancel = clock.after(timeoutMs, () => fail(new RequestTimedOut(subject, timeoutMs)));
      waiting.add(fail);
      try {
        return await Promise.race([Promise.resolve(message).then(server.answer), failed]);
      } finally {
        cancel();
        waiting.delete(fail);
      }
    },

    serve(subject, answer): Unsubscribe {
      assertOpen();
      const server: Server = { answer };
      servers.set(subject, [...(servers.get(subject) ?? []), server]);
      return () => {
        const left = (servers.get(subject) ?? []).filter((other) => other !== server);
        if (left.length === 0) servers.delete(subject);
        else servers.set(subject, left);
      };
    },

    async close() {
      isClosed = true;
      for (const set of listeners.values()) for (const listener of set) listener.isActive = false;
      listeners.clear();
      servers.clear();
      outbox.length = 0;
      for (const fail of waiting) fail(new BusClosed());
    },
  };
}

function rejection(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
