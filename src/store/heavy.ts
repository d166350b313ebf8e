import type { Clock } from '../kernel/clock.ts';
import { DatabaseUnavailable } from './store.ts';

/** Runs a few things at a time; the rest waits in line. */
export type Semaphore = <T>(run: () => Promise<T>) => Promise<T>;

/**
 * At most `runningMax` run at once and `waitingMax` wait, each at most `waitMs`. Rejects with `DatabaseUnavailable`
 * when there is no room or no turn in time. What runs is not cut off: it carries its own `maxTimeMS`.
 */
export function createSemaphore(options: {
  runningMax: number;
  waitingMax: number;
  waitMs: number;
  clock: Clock;
}): Semaphore {
  const { runningMax, waitingMax, waitMs, clock } = options;
  const waiting = new Set<() => void>();
  let running = 0;

  const turn = () =>
    new Promise<void>((resolve, reject) => {
      if (running < runningMax) {
        running++;
        resolve();
        return;
      }
      if (waiting.size >= waitingMax) {
        reject(new DatabaseUnavailable('too many heavy reads wait for the database'));
        return;
      }
      const start = () => {
        cancel();
        resolve();
      };
      const cancel = clock.after(waitMs, () => {
        waiting.delete(start);
        reject(new DatabaseUnavailable(`a heavy read waited ${waitMs} ms for its turn`));
      });
      waiting.add(start);
    });

  return async (run) => {
    await turn();
    try {
      return await run();
    } finally {
      const [next] = waiting;
      if (next === undefined) running--;
      else {
        waiting.delete(next); // it inherits this place, so `running` stays
        next();
      }
    }
  };
}
