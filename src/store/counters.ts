import type { Collection } from 'mongodb';
import type { Clock } from '../kernel/clock.ts';
import { untilDeadline } from './deadline.ts';
import { isDuplicateKey } from './unavailable.ts';

/** How far a counter has been given out. */
export interface CounterDocument {
  readonly _id: string;
  readonly last: number;
}

const int32Max = 2 ** 31 - 1;
/** Numbers are taken from the database in blocks; what a crash leaves of a block is a gap. */
const blockSize = 50;

/** Counters that give 1, 2, 3 … with gaps but never twice, over all hubs that share the database. */
export function createCounters(options: { collection: Collection<CounterDocument>; clock: Clock; deadlineMs: number }) {
  const { collection, clock, deadlineMs } = options;
  const blocks = new Map<string, { next: number; last: number; reserving?: Promise<void> | undefined }>();

  const reserve = async (counter: string): Promise<number> => {
    for (;;) {
      try {
        const stored = await collection.findOneAndUpdate(
          { _id: counter },
          { $inc: { last: blockSize } },
          { upsert: true, returnDocument: 'after' },
        );
        if (stored === null) throw new Error(`the counter ${counter} was not stored`);
        return stored.last;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error; // two hubs made the counter at the same moment
      }
    }
  };

  /** The next number. Rejects with `DatabaseUnavailable`, or when 2³¹ − 1 is passed. */
  return async (counter: string): Promise<number> => {
    const block = blocks.get(counter) ?? { next: 1, last: 0 };
    blocks.set(counter, block);
    while (block.next > block.last) {
      block.reserving ??= untilDeadline({ clock, deadlineMs, what: `counter ${counter}` }, () => reserve(counter))
        .then((last) => {
          if (last > int32Max) throw new Error(`the counter ${counter} is used up`);
          block.next = last - blockSize + 1;
          block.last = last;
        })
        .finally(() => {
          block.reserving = undefined;
        });
      await block.reserving;
    }
    return block.next++;
  };
}
