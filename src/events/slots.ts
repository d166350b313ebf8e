import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { writersMax } from './cursor.ts';
import type { EventStore, WriterRecord } from './store.ts';

/** The right to write as one writer. A slot that is lost and taken again is another object. */
export interface Slot {
  readonly writer: number;
  /** The next sequence number that was never given out. */
  nextSeq(): number;
}

/** Which writer this process is. */
export interface Slots {
  /** The slot to write with just now; takes one when there is none and prolongs its lease when that runs out. */
  hold(): Promise<Slot>;
  /** The writer this process is at present. */
  writer(): number | undefined;
  /** Another process writes in our place: `hold` will take another slot. */
  lose(slot: Slot): void;
  /** Prolongs the lease and tells how far others may read. */
  keep(durableSeq: number): Promise<void>;
  /** Takes the slots that died with their process, so that others get to read what was written last, and frees them. */
  adopt(records: readonly WriterRecord[]): Promise<void>;
  /** Gives the slot back. */
  release(durableSeq: number): Promise<void>;
}

export interface SlotsOptions {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process; never used by another one. */
  readonly owner: string;
  /** The only process on this database: takes slot 0 at once and needs no lease. */
  readonly exclusive: boolean;
  readonly leaseMs: number;
  /** Called with the last position of the former holders before the first event is written. */
  readonly taken: (writer: number, lastSeq: number) => Promise<void>;
}

/**
 * What a crash made vanish may have been seen: an event can be read before the journal has it. The next holder begins
 * this far above, so that no position ever names two events.
 */
const gapAfterTakeOver = 10_000;

/** More than one insert holds, so that the next insert of a lost process fails as a whole. */
const fencePositions = 1_000;

/** Manages the one writer slot of this process. */
export function createSlots(options: SlotsOptions): Slots {
  const { events, clock, log, owner, exclusive, leaseMs, taken } = options;
  let held: Slot | undefined;
  let leaseUntilMs = 0;
  let taking: Promise<Slot> | undefined;

  const lease = () => new Date(clock.now().getTime() + leaseMs);
  const hasExpired = ({ leaseUntil }: WriterRecord) => leaseUntil.getTime() < clock.now().getTime();

  /** Everything up to the result is durable, and nothing will appear below it any more. */
  const settle = async (writer: number, seen: WriterRecord | undefined): Promise<number> => {
    if (seen !== undefined && seen.owner !== null && !exclusive)
      await events.fence(writer, fencePositions, clock.now());
    return Math.max(await events.highestSeq(writer), seen?.durableSeq ?? 0, seen?.trimmedSeq ?? 0);
  };

  const begin = async (writer: number, seen: WriterRecord | undefined, leaseUntil: Date): Promise<Slot> => {
    const lastSeq = await settle(writer, seen);
    await taken(writer, lastSeq);
    let seq = lastSeq + gapAfterTakeOver;
    held = {
      writer,
      nextSeq() {
        seq += 1;
        return seq;
      },
    };
    leaseUntilMs = leaseUntil.getTime();
    log.debug({ writer, lastSeq }, 'event writer taken');
    return held;
  };

  const take = async (): Promise<Slot> => {
    const records = new Map((await events.writers()).map((record) => [record._id, record]));
    for (let writer = 0; writer < writersMax; writer += 1) {
      const seen = records.get(writer);
      const isFree = exclusive || seen === undefined || seen.owner === null || hasExpired(seen);
      if (!isFree) continue;
      const leaseUntil = lease();
      if (await events.claim(writer, seen, owner, leaseUntil)) return begin(writer, seen, leaseUntil);
    }
    throw new Error(`all ${writersMax} writers of the event log are taken`);
  };

  const drop = () => {
    if (held !== undefined) log.warn({ writer: held.writer }, 'event writer lost to another process');
    held = undefined;
  };

  const renew = async (durableSeq: number): Promise<void> => {
    if (held === undefined || exclusive) return;
    const slot = held;
    const leaseUntil = lease();
    const isOurs = await events.renew(slot.writer, owner, leaseUntil, durableSeq);
    if (held !== slot) return;
    if (isOurs) leaseUntilMs = leaseUntil.getTime();
    else drop();
  };

  return {
    async hold() {
      const remainsMs = leaseUntilMs - clock.now().getTime();
      if (held !== undefined && !exclusive && remainsMs < leaseMs / 3) await renew(0);
      if (held !== undefined) return held;
      taking ??= take().finally(() => {
        taking = undefined;
      });
      return taking;
    },

    writer: () => held?.writer,

    lose(slot) {
      if (held === slot) drop();
    },

    keep: renew,

    async adopt(records) {
      for (const record of records) {
        if (record._id === held?.writer || record.owner === null || !hasExpired(record)) continue;
        if (!(await events.claim(record._id, record, owner, lease()))) continue;
        await events.release(record._id, owner, await settle(record._id, record));
        log.info({ writer: record._id }, 'event writer of a lost process closed');
      }
    },

    async release(durableSeq) {
      if (held === undefined) return;
      const { writer } = held;
      held = undefined;
      await events.release(writer, owner, durableSeq);
    },
  };
}
