import type { Bus } from '../bus/bus.ts';
import type { Cancel, Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Commits } from './commits.ts';
import { encodeCursor } from './cursor.ts';
import { CursorExpiredError } from './errors.ts';
import type { FollowItem, StoredEvent } from './event.ts';
import { type EventSelection, liveEvents } from './filter.ts';
import { type Page, pass, passAll, readPage } from './reader.ts';
import type { EventStore } from './store.ts';

export interface FollowerOptions {
  readonly events: EventStore;
  readonly commits: Commits;
  /** Every event of every writer, each writer's in order and without a gap. */
  readonly live: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly heartbeatMs: number;
  /** Live events that one follower may hold before it goes back to reading from the log. */
  readonly bufferMax: number;
  /** Retention runs in other processes too: looks up how far it has come. */
  readonly refreshTrimmed: () => Promise<void>;
}

const pageEvents = 256;
const retryMs = 1_000;

/**
 * Follows the log from a position: what is there, then what comes. Two modes, and the reader sees no difference:
 * `live` hands on what the bus told since the follower was level with the end of the log; `behind` reads pages from the
 * log until it is level again. A reader that is too slow for the buffer falls behind, and nothing is held for it.
 */
export async function* follow(
  options: FollowerOptions,
  selection: EventSelection,
  start: { readonly position: Map<number, number>; readonly isChecked: boolean },
  signal: AbortSignal,
): AsyncGenerator<FollowItem, void, undefined> {
  const { events, commits, live, clock, log, heartbeatMs, bufferMax, refreshTrimmed } = options;
  const { position } = start;
  let buffer: StoredEvent[] = [];
  let isBehind = true;
  let wake = (): void => undefined;
  let replayedCount = 0;
  let isCaughtUp = false;

  const hear = (event: StoredEvent) => {
    if (isBehind) return;
    if (buffer.length >= bufferMax) {
      isBehind = true;
      buffer = [];
    } else buffer.push(event);
    wake();
  };

  /** Resolves true when the time is over, false when something happened before. */
  const idle = (ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      let cancel: Cancel = () => undefined;
      const end = (isOver: boolean) => {
        cancel();
        wake = () => undefined;
        resolve(isOver);
      };
      wake = () => end(false);
      cancel = clock.after(ms, () => end(true));
      if (signal.aborted) end(false);
    });

  /** From here to `end`, or to where the page ends. Undefined when the follower was ended meanwhile. */
  const readOn = async (end: Map<number, number>): Promise<Page | undefined> => {
    while (!signal.aborted) {
      try {
        const page = await readPage(events, selection, { after: position, upTo: end, limit: pageEvents });
        await refreshTrimmed();
        commits.assertKept(position); // after the read: what was deleted under our eyes counts
        return page;
      } catch (error) {
        if (error instanceof CursorExpiredError) throw error;
        log.warn({ err: error }, 'a follower of the event log could not read');
        await idle(retryMs);
      }
    }
    return undefined;
  };

  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  const detach = commits.attach();
  const stop = liveEvents(live, selection, hear);
  try {
    if (!start.isChecked) await commits.assertExists(position);
    while (!signal.aborted) {
      if (isBehind) {
        // Listen first, then look where the log ends: what is committed from now on is heard, what was before is read.
        isBehind = false;
        const end = commits.head();
        const page = isLevel(position, end) ? { events: [], isComplete: true } : await readOn(end);
        if (page === undefined) return;
        if (!page.isComplete) {
          isBehind = true;
          buffer = [];
        }
        for (const event of page.events) {
          pass(position, event);
          if (!isCaughtUp) replayedCount += 1;
          yield { kind: 'event', cursor: encodeCursor(position), event };
          if (signal.aborted) return;
        }
        if (page.isComplete) passAll(position, end);
        continue;
      }
      if (!isCaughtUp) {
        isCaughtUp = true;
        yield { kind: 'caughtUp', cursor: encodeCursor(position), at: clock.now(), replayedCount };
        continue;
      }
      const event = buffer.shift();
      if (event !== undefined) {
        // A cursor of another process may be ahead of what this one has heard.
        if (event.seq <= (position.get(event.writer) ?? 0)) continue;
        pass(position, event);
        yield { kind: 'event', cursor: encodeCursor(position), event };
        continue;
      }
      if (await idle(heartbeatMs)) {
        // Nothing was heard and the buffer is empty: all up to the end of the log lies behind.
        passAll(position, commits.head());
        yield { kind: 'heartbeat', cursor: encodeCursor(position), at: clock.now() };
      }
    }
  } finally {
    stop();
    detach();
    signal.removeEventListener('abort', onAbort);
  }
}

const isLevel = (position: ReadonlyMap<number, number>, end: ReadonlyMap<number, number>) =>
  [...end].every(([writer, seq]) => (position.get(writer) ?? 0) >= seq);
