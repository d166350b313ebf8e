import type { Cancel, Clock } from '../kernel/clock.ts';
import { contentId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import { DatabaseUnavailable } from '../store/store.ts';
import type { NewEvent, StoredEvent } from './event.ts';
import type { Slot, Slots } from './slots.ts';
import type { EventStore, InsertOutcome } from './store.ts';

/** Brings events into the log: grouped, in order, each once. */
export interface Appender {
  /** Resolves when the event is durable, by this call or an earlier one. */
  append(event: NewEvent): Promise<void>;
  /** Writes what waits, at most `waitMs` milliseconds long. True when everything was written. */
  close(waitMs: number): Promise<boolean>;
}

export interface AppenderOptions {
  readonly events: EventStore;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for every new durable event, in the order of positions. */
  readonly commit: (event: StoredEvent) => void;
  /** Called after each group. */
  readonly committed: (writer: number) => void;
  readonly appendTimeoutMs: number;
  readonly waitingMax: number;
  readonly batchMax: number;
}

interface Entry {
  readonly id: string;
  readonly event: NewEvent;
  /** Where it was tried; the same place again as long as the slot is ours, so that a lost answer does no harm. */
  place: { readonly slot: Slot; readonly stored: StoredEvent } | undefined;
  /** The callers; undefined when their time is up, which does not stop a write whose outcome is open. */
  callers: Callers | undefined;
}

interface Callers {
  readonly promise: Promise<void>;
  settle(error?: Error): void;
}

const retryMsMin = 20;
const retryMsMax = 1_000;

/** One group is under way at a time; what arrives meanwhile makes the next one. */
export function createAppender(options: AppenderOptions): Appender {
  const { events, slots, clock, log, commit, committed, appendTimeoutMs, waitingMax, batchMax } = options;
  const waiting = new Map<string, Entry>();
  /** The group under way. It is never given up while the process lives, or a gap in the order could be filled later. */
  const flying = new Map<string, Entry>();
  let running: Promise<void> | undefined;
  let isClosing = false;
  let isAborted = false;

  const callersOf = (entry: Entry): Callers => {
    let resolve = (): void => undefined;
    let reject = (_: Error): void => undefined;
    const promise = new Promise<void>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    const cancel: Cancel = clock.after(appendTimeoutMs, () => {
      waiting.delete(entry.id);
      callers.settle(new DatabaseUnavailable(`the event was not stored within ${appendTimeoutMs} ms`));
    });
    const callers: Callers = {
      promise,
      settle(error) {
        cancel();
        entry.callers = undefined;
        if (error === undefined) resolve();
        else reject(error);
      },
    };
    return callers;
  };

  const finish = (entry: Entry, error?: Error) => {
    flying.delete(entry.id);
    entry.callers?.settle(error);
  };

  const place = (entry: Entry, slot: Slot): StoredEvent => {
    if (entry.place?.slot !== slot) {
      const { key: _, ...event } = entry.event;
      entry.place = { slot, stored: { ...event, _id: entry.id, writer: slot.writer, seq: slot.nextSeq() } };
    }
    return entry.place.stored;
  };

  const conclude = (slot: Slot, entry: Entry, stored: StoredEvent, outcome: InsertOutcome) => {
    if (outcome === 'taken') {
      slots.lose(slot);
      return; // goes out again, from another slot
    }
    if (outcome === 'stored') commit(stored);
    finish(entry, outcome instanceof Error ? outcome : undefined);
  };

  const tryOnce = async () => {
    const slot = await slots.hold();
    const entries = [...flying.values()];
    const placed = entries.map((entry) => place(entry, slot));
    const outcomes = await events.insert(placed);
    entries.forEach((entry, index) => {
      const [stored, outcome] = [placed[index], outcomes[index]];
      if (stored !== undefined && outcome !== undefined) conclude(slot, entry, stored, outcome);
    });
    committed(slot.writer);
  };

  const run = async () => {
    for (;;) {
      await nextTurn(); // callers that were waiting for the last group write their next event now
      for (const entry of waiting.values()) {
        if (flying.size >= batchMax) break;
        waiting.delete(entry.id);
        flying.set(entry.id, entry);
      }
      if (flying.size === 0) return;
      for (let attempt = 0; flying.size > 0 && !isAborted; attempt += 1) {
        try {
          await tryOnce();
        } catch (error) {
          if (attempt === 0) log.warn({ err: error, events: flying.size }, 'events could not be stored yet');
          await pause(clock, Math.min(retryMsMax, retryMsMin * 2 ** Math.min(attempt, 10)));
        }
      }
      if (isAborted) return;
    }
  };

  const start = () => {
    running ??= run().finally(() => {
      running = undefined;
      if (waiting.size > 0 && !isAborted) start();
    });
  };

  return {
    append(event) {
      const id = contentId(event.tenantId, event.type, ...event.key);
      const known = waiting.get(id) ?? flying.get(id);
      if (known !== undefined) {
        known.callers ??= callersOf(known);
        return known.callers.promise;
      }
      if (isClosing) return Promise.reject(new DatabaseUnavailable('the event log is closed'));
      if (waiting.size >= waitingMax)
        return Promise.reject(new DatabaseUnavailable(`${waitingMax} events wait for the database already`));
      const entry: Entry = { id, event, place: undefined, callers: undefined };
      entry.callers = callersOf(entry);
      waiting.set(id, entry);
      start();
      return entry.callers.promise;
    },

    async close(waitMs) {
      isClosing = true;
      const given = running;
      if (given !== undefined) {
        let cancel: Cancel = () => undefined;
        const timeUp = new Promise<void>((resolve) => {
          cancel = clock.after(waitMs, resolve);
        });
        await Promise.race([given, timeUp]);
        cancel();
      }
      isAborted = true;
      const left = [...flying.values(), ...waiting.values()];
      for (const entry of left) entry.callers?.settle(new DatabaseUnavailable('the event log is closed'));
      return left.length === 0;
    },
  };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const pause = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
