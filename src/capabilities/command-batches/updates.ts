import type { Bus } from '../../bus/bus.ts';
import { subjectWord } from '../../bus/bus.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { type CommandBatch, isBatchFinal } from './model.ts';

/** Bus subject on which it is told that something changed in a batch; the message says no more than that. */
export const batchChangedSubject = (batchId: string): string => `commandBatch.${subjectWord(batchId)}`;

/** At most one item in this time. */
const itemEveryMs = 1_000;

/**
 * A batch as it stands, then as it stands after changes, at most once a second, until it is final. Holds nothing: each item
 * is read when it is given. `return()` frees everything at once, also while a `next()` waits.
 */
export function batchUpdates({
  bus,
  clock,
  id,
  find,
}: {
  bus: Bus;
  clock: Clock;
  id: string;
  find: () => Promise<CommandBatch | null>;
}): AsyncIterableIterator<CommandBatch> {
  let isChanged = true; // the present state comes first
  let isEnded = false;
  let lastAt: number | undefined;
  let wake: (() => void) | undefined;
  let cancel: Cancel = () => undefined;

  const rouse = () => {
    wake?.();
    wake = undefined;
  };
  const unsubscribe = bus.subscribe(batchChangedSubject(id), () => {
    if (isChanged) return;
    isChanged = true;
    rouse();
  });
  const done: IteratorResult<CommandBatch, undefined> = { done: true, value: undefined };

  function end(): IteratorResult<CommandBatch, undefined> {
    isEnded = true;
    cancel();
    unsubscribe();
    rouse();
    return done;
  }

  /** Until there is a change to tell and a second has gone by since the last. */
  async function ready(): Promise<void> {
    while (!isEnded) {
      const leftMs = lastAt === undefined ? 0 : lastAt + itemEveryMs - clock.now().getTime();
      if (isChanged && leftMs <= 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isChanged) cancel = clock.after(leftMs, rouse);
      });
      cancel();
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (isEnded) return done;
      await ready();
      if (isEnded) return done;
      isChanged = false;
      lastAt = clock.now().getTime();
      const batch = await find();
      if (batch === null) return end();
      if (isBatchFinal(batch)) end();
      return { done: false, value: batch };
    },
    return: async () => end(),
  };
}
