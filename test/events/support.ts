import type { Document } from 'mongodb';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import type { EventFilter, EventLog, FollowItem, NewEvent, StoredEvent } from '../../src/events/event.ts';
import { createEventLog, type EventLogOptions } from '../../src/events/log.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import type { Store } from '../../src/store/store.ts';

export const tenantId = 'default';
const dayMs = 86_400_000;

/** An event log for a test: alone on its database and with a bus of its own unless said otherwise. */
export function openLog(store: Store, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  const { clock = systemClock, log = createLogger('silent') } = options;
  const bus = options.bus ?? createInProcessBus({ clock, log });
  return createEventLog({ store, bus, clock, log, retentionMs: 30 * dayMs, exclusive: true, ...options });
}

/** The n-th event of a kind. */
export function numbered(n: number, event: Partial<NewEvent> = {}): NewEvent {
  const now = new Date('2026-01-01T00:00:00Z');
  return { tenantId, type: 'COUNTED', key: [n], occurredAt: now, receivedAt: now, data: { n }, ...event };
}

/** The number that `numbered` gave. */
export const numberOf = ({ data }: StoredEvent): number => Number(data['n']);

/** Numbers from `from` to before `to`. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A follower that is read from the start until it is stopped. */
export interface Following {
  readonly items: FollowItem[];
  /** The numbers of the events heard so far. */
  numbers(): number[];
  /** Resolves with the failure that ended it, if one did. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/** Follows and keeps every item; `pause` is awaited before each next one is asked for. */
export function followAll(
  log: EventLog,
  query: { after?: string | undefined; filter?: EventFilter; tenantId?: string } = {},
  pause: (item: FollowItem) => Promise<void> | void = () => undefined,
): Following {
  const ending = new AbortController();
  const items: FollowItem[] = [];
  const stream = log.follow({ tenantId, filter: {}, signal: ending.signal, ...query });
  const read = async () => {
    for await (const item of stream) {
      items.push(item);
      await pause(item);
    }
  };
  const ended = read().then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    items,
    numbers: () => eventsOf(items).map(numberOf),
    ended,
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** The events among the items. */
export const eventsOf = (items: readonly FollowItem[]): StoredEvent[] =>
  items.flatMap((item) => (item.kind === 'event' ? [item.event] : []));

/** Polls until the condition holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, deadlineMs = 15_000): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`did not come true in ${deadlineMs} ms: ${what}`);
    await turn();
  }
}

/** Lets input and output of this process happen once. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** A store whose calls on the collection `events` a test may disturb; everything reaches the real database. */
export function disturbed(store: Store, methods: Readonly<Record<string, (real: () => unknown) => unknown>>): Store {
  return {
    ...store,
    collection<T extends Document>(name: string) {
      const collection = store.collection<T>(name);
      if (name !== 'events') return collection;
      return new Proxy(collection, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target);
          if (typeof value !== 'function') return value;
          const disturb = typeof property === 'string' ? methods[property] : undefined;
          const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
          return disturb ? (...args: unknown[]) => disturb(() => call(...args)) : call;
        },
      });
    },
  };
}

/** Random numbers that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
