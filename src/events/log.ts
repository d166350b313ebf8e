import { randomUUID } from 'node:crypto';
import type { Bus } from '../bus/bus.ts';
import { createInProcessBus } from '../bus/in-process-bus.ts';
import { type Clock, repeat } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Store } from '../store/store.ts';
import { createAppender } from './appender.ts';
import { createCommits } from './commits.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { EventLog, FollowItem } from './event.ts';
import { follow } from './follower.ts';
import { pass, passAll, readPage } from './reader.ts';
import { sweep } from './retention.ts';
import { createSlots } from './slots.ts';
import { createEventStore } from './store.ts';

export interface EventLogOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Events older than this are deleted; cursors older than this expire. */
  readonly retentionMs: number;
  /** No other process uses this database, as with the embedded engine: no lease, nothing to wait for at start. */
  readonly exclusive?: boolean;
  /** How often a follower hears that it is level although nothing matched. */
  readonly heartbeatMs?: number;
  /** How long `append` may take before it rejects with `DatabaseUnavailable`. */
  readonly appendTimeoutMs?: number;
  /** How many events may wait for the database before `append` rejects at once. */
  readonly waitingMax?: number;
  /** Events in one insert. */
  readonly batchMax?: number;
  /** Live events held for one follower; a slower one reads them from the log again. */
  readonly bufferMax?: number;
  /** How long a writer slot stays taken after its process died. */
  readonly leaseMs?: number;
  /** How often the writers of a shared database tell each other how far they have come. */
  readonly tellEveryMs?: number;
  readonly sweepEveryMs?: number;
}

const closeWaitMs = 5_000;

/** Opens the event log: makes its indexes, takes a writer slot and starts the sweep. Rejects when the database is away. */
export async function createEventLog(options: EventLogOptions): Promise<EventLog> {
  const { store, bus, clock, log, retentionMs, exclusive = false } = options;
  const { heartbeatMs = 30_000, appendTimeoutMs = 10_000, waitingMax = 10_000, batchMax = 500 } = options;
  const { bufferMax = 256, leaseMs = 15_000, tellEveryMs = 1_000, sweepEveryMs = 300_000 } = options;
  const events = createEventStore(store);
  const live = createInProcessBus({ clock, log });
  const commits = createCommits({ events, bus, live, log });
  const slots = createSlots({ events, clock, log, owner: randomUUID(), exclusive, leaseMs, taken: commits.learn });
  const appender = createAppender({
    events,
    slots,
    clock,
    log,
    commit: commits.commit,
    committed: commits.announce,
    appendTimeoutMs,
    waitingMax,
    batchMax,
  });
  const closing = new AbortController();

  const ownHead = () => commits.headOf(slots.writer() ?? -1);
  const tell = async () => {
    await slots.keep(ownHead());
    await slots.adopt(await commits.refresh(slots.writer()));
  };
  const sweepNow = async () => {
    const deleted = await sweep({ events, clock, retentionMs, trim: commits.trim });
    if (deleted > 0) log.info({ deleted }, 'old events deleted');
  };

  await events.ensureIndexes();
  await slots.hold();
  const records = await commits.refresh(slots.writer());
  // Nobody else will ever tell how far the writers of a former life came.
  if (exclusive) for (const { _id } of records) await commits.learn(_id, await events.highestSeq(_id));
  const stopSweeping = repeat(clock, sweepEveryMs, sweepNow, (err) => log.warn({ err }, 'old events not deleted'));
  const stopTelling = exclusive
    ? () => undefined
    : repeat(clock, tellEveryMs, tell, (err) => log.warn({ err }, 'event writers not told'));

  const followerOptions = {
    events,
    commits,
    live,
    clock,
    log,
    heartbeatMs,
    bufferMax,
    refreshTrimmed: async () => {
      if (!exclusive) await commits.refreshTrimmed();
    },
  };

  return {
    append: appender.append,

    async read({ tenantId, filter, after, limit }) {
      const position = after === undefined ? commits.trimmed() : decodeCursor(after);
      if (after !== undefined) await commits.assertExists(position);
      const end = commits.head();
      const page = await readPage(events, { tenantId, filter }, { after: position, upTo: end, limit });
      if (after !== undefined) {
        await followerOptions.refreshTrimmed();
        commits.assertKept(position);
      }
      const items = page.events.map((event) => {
        pass(position, event);
        return { cursor: encodeCursor(position), event };
      });
      if (page.isComplete) passAll(position, end);
      return { items, endCursor: encodeCursor(position), hasNextPage: !page.isComplete };
    },

    follow({ tenantId, filter, after, signal }) {
      const ended = new AbortController();
      // The end of now, even when the first item is asked for later.
      const position = after === undefined ? commits.head() : undefined;
      const items = (async function* (): AsyncGenerator<FollowItem, void, undefined> {
        const start = { position: position ?? decodeCursor(after ?? ''), isChecked: position !== undefined };
        const anySignal = AbortSignal.any([signal, ended.signal, closing.signal]);
        yield* follow(followerOptions, { tenantId, filter }, start, anySignal);
      })();
      const iterator: AsyncIterableIterator<FollowItem> = {
        [Symbol.asyncIterator]: () => iterator,
        next: () => items.next(),
        // A generator that waits inside would not see its own return; the signal wakes it.
        async return() {
          ended.abort();
          return items.return();
        },
      };
      return iterator;
    },

    async find({ tenantId, id }) {
      const event = await events.byId(tenantId, id);
      if (event === null || event.seq > commits.headOf(event.writer)) return undefined;
      // Where the other writers stood is not known: whoever resumes here hears too much of them rather than too little.
      const position = commits.trimmed();
      pass(position, event);
      return { cursor: encodeCursor(position), event };
    },

    endCursor: async () => encodeCursor(commits.head()),
    oldestCursor: async () => encodeCursor(commits.trimmed()),

    async close() {
      stopSweeping();
      stopTelling();
      closing.abort();
      const isDone = await appender.close(closeWaitMs);
      commits.close();
      // With a write still open, the next holder has to fence: the slot is left to run out.
      if (isDone)
        await slots.release(ownHead()).catch((err: unknown) => log.warn({ err }, 'event writer not given back'));
      await live.close();
    },
  };
}
