import type { Clock } from '../kernel/clock.ts';
import type { EventStore } from './store.ts';

const sliceEvents = 1_000;
const slicesMax = 1_000;

/**
 * Deletes what is older than `retentionMs`, oldest first and per writer without a gap, so that one number says what is
 * gone. That number is saved before anything is deleted: a reader is told rather than left with a hole.
 * At most a million events a writer and sweep; the next sweep goes on. Returns how many were deleted.
 */
export async function sweep({
  events,
  clock,
  retentionMs,
  trim,
}: {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly retentionMs: number;
  readonly trim: (writer: number, seq: number) => void;
}): Promise<number> {
  const keepFrom = new Date(clock.now().getTime() - retentionMs);
  let deleted = 0;
  for (const { _id: writer, trimmedSeq } of await events.writers()) {
    await events.deleteUpTo(writer, trimmedSeq); // a sweep may have died between saving and deleting
    let from = trimmedSeq;
    for (let slices = 0; slices < slicesMax; slices += 1) {
      const oldest = await events.oldest(writer, from, sliceEvents);
      const firstKept = oldest.findIndex(({ receivedAt }) => receivedAt >= keepFrom);
      const old = firstKept < 0 ? oldest : oldest.slice(0, firstKept);
      const last = old.at(-1);
      if (last === undefined) break;
      trim(writer, last.seq);
      await events.saveTrimmed(writer, last.seq);
      await events.deleteUpTo(writer, last.seq);
      deleted += old.length;
      from = last.seq;
      if (old.length < sliceEvents) break;
    }
  }
  return deleted;
}
