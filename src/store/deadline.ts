import type { Clock } from '../kernel/clock.ts';
import { DatabaseUnavailable } from './store.ts';
import { isUnavailable } from './unavailable.ts';

const firstPauseMs = 50;
const pauseMsMax = 500;

/** How long to wait before try number `tries` (1 is the first repetition). */
export const pauseMs = (tries: number): number => Math.min(pauseMsMax, firstPauseMs * 2 ** (tries - 1));

/** Resolves after `delayMs`. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });

/**
 * Tries until it succeeds, fails for another reason than an absent database, or `deadlineMs` have passed: then it
 * rejects with `DatabaseUnavailable`. What is tried must bear being carried out twice.
 */
export async function untilDeadline<T>(
  { clock, deadlineMs, what }: { clock: Clock; deadlineMs: number; what: string },
  attempt: () => Promise<T>,
): Promise<T> {
  const end = clock.now().getTime() + deadlineMs;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (clock.now().getTime() + pauseMs(tries) >= end) {
        throw new DatabaseUnavailable(`the database did not answer within ${deadlineMs} ms (${what})`, {
          cause: error,
        });
      }
      await pause(clock, pauseMs(tries));
    }
  }
}
