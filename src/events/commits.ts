import type { Bus } from '../bus/bus.ts';
import type { Logger } from '../kernel/log.ts';
import { encodeCursor, type Position } from './cursor.ts';
import { CursorExpiredError, CursorInvalidError } from './errors.ts';
import type { StoredEvent } from './event.ts';
import { publishEvent } from './filter.ts';
import type { EventStore, WriterRecord } from './store.ts';

/**
 * How far this process may read, per writer. Only what is acknowledged as durable counts: an event can be found in the
 * database before its journal has it, and vanish in a crash.
 */
export interface Commits {
  /** The end of the log as this process sees it. What is told on `live` afterwards lies behind it, in order. */
  head(): Map<number, number>;
  headOf(writer: number): number;
  /** Per writer, where retention has deleted everything before. */
  trimmed(): Map<number, number>;
  /** An event of this process became durable: tells it. Must be called in the order of positions. */
  commit(event: StoredEvent): void;
  /** Lets other processes know how far this one has come. */
  announce(writer: number): void;
  /** Everything of this writer up to `seq` is durable: reads and tells what was not told yet. */
  learn(writer: number, seq: number): Promise<void>;
  /** Reads what other processes tell about themselves in the database. */
  refresh(ownWriter: number | undefined): Promise<readonly WriterRecord[]>;
  /** Reads how far retention has come in other processes. */
  refreshTrimmed(): Promise<void>;
  /** Retention is about to delete everything up to `seq`. */
  trim(writer: number, seq: number): void;
  /** Throws `CursorInvalidError` when the position is ahead of all there is. */
  assertExists(position: Position): Promise<void>;
  /** Throws `CursorExpiredError` when events after the position are deleted. */
  assertKept(position: Position): void;
  /** Somebody follows `live`; until the result is called, events of other processes are read and told there. */
  attach(): () => void;
  close(): void;
}

export interface CommitsOptions {
  readonly events: EventStore;
  readonly bus: Bus;
  /** Within this process: every event of every writer, each writer's in order and without a gap. */
  readonly live: Bus;
  readonly log: Logger;
}

const watermarkSubject = 'event-watermark';
const sliceEvents = 500;

/** Keeps the watermarks and tells the events below them. */
export function createCommits({ events, bus, live, log }: CommitsOptions): Commits {
  const heads = new Map<number, number>();
  const trimmed = new Map<number, number>();
  const watermarks = new Map<number, number>();
  const advancing = new Map<number, Promise<void>>();
  let followers = 0;
  let isClosed = false;

  const headOf = (writer: number) => heads.get(writer) ?? 0;
  const raise = (marks: Map<number, number>, writer: number, seq: number) =>
    marks.set(writer, Math.max(marks.get(writer) ?? 0, seq));

  const advance = async (writer: number): Promise<void> => {
    for (;;) {
      const upTo = watermarks.get(writer) ?? 0;
      const from = headOf(writer);
      if (isClosed || from >= upTo) return;
      if (followers === 0) {
        raise(heads, writer, upTo);
        return;
      }
      const slice = await events.slice(writer, from, upTo, sliceEvents);
      for (const event of slice.events) {
        if (event.seq <= headOf(writer)) continue; // acknowledged meanwhile, to us, who held the slot before
        raise(heads, writer, event.seq);
        publishEvent(live, event);
      }
      raise(heads, writer, slice.lastSeq);
    }
  };

  const learn = async (writer: number, seq: number): Promise<void> => {
    raise(watermarks, writer, seq);
    for (let running = advancing.get(writer); running !== undefined; running = advancing.get(writer)) await running;
    const running = advance(writer).finally(() => advancing.delete(writer));
    advancing.set(writer, running);
    await running;
  };

  const readTrimmed = async () => {
    const records = await events.writers();
    for (const { _id, trimmedSeq } of records) raise(trimmed, _id, trimmedSeq);
    return records;
  };

  /** The bus only wakes: when reading fails, the next word on the bus or the next `refresh` tries again. */
  const stop = bus.subscribe(watermarkSubject, (message) => {
    const { writer, seq } = message as { writer: number; seq: number }; // only `announce` publishes here
    if (headOf(writer) >= seq) return;
    learn(writer, seq).catch((error: unknown) => {
      log.warn({ writer, err: error }, 'events of another process could not be read');
    });
  });

  return {
    head: () => new Map(heads),
    headOf,
    trimmed: () => new Map(trimmed),

    commit(event) {
      raise(heads, event.writer, event.seq);
      raise(watermarks, event.writer, event.seq);
      publishEvent(live, event);
      publishEvent(bus, event);
    },

    announce(writer) {
      bus.publish(watermarkSubject, { writer, seq: headOf(writer) });
    },

    learn,

    refreshTrimmed: async () => void (await readTrimmed()),

    async refresh(ownWriter) {
      const records = await readTrimmed();
      const others = records.filter(({ _id }) => _id !== ownWriter);
      await Promise.all(others.map(({ _id, durableSeq }) => headOf(_id) < durableSeq && learn(_id, durableSeq)));
      return records;
    },

    trim: (writer, seq) => void raise(trimmed, writer, seq),

    async assertExists(position) {
      for (const [writer, seq] of position) {
        if (headOf(writer) >= seq) continue;
        // Another process may have given the cursor out a moment ago, before this one heard of the event.
        const exists = (watermarks.get(writer) ?? 0) >= seq || (await events.exists(writer, seq));
        if (!exists) throw new CursorInvalidError('it is ahead of the log');
      }
    },

    assertKept(position) {
      for (const [writer, seq] of trimmed)
        if ((position.get(writer) ?? 0) < seq) throw new CursorExpiredError(encodeCursor(trimmed));
    },

    attach() {
      followers += 1;
      let isAttached = true;
      return () => {
        if (isAttached) followers -= 1;
        isAttached = false;
      };
    },

    close() {
      isClosed = true;
      stop();
    },
  };
}
