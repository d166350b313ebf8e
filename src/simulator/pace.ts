import type { Clock } from '../kernel/clock.ts';

/**
 * A clock on which waiting is `speed` times shorter while the time of day stays true. Cars and drivers live by it; all that concerns
 * the hub (time-outs, retries, heartbeats, reconnects) stays on the true clock, and so does every reported timestamp. A timestamp that
 * ran ahead would be refused or flagged by the hub and would leave states behind that look newer than the present.
 */
export const scaledClock = (clock: Clock, speed: number): Clock => ({
  now: () => clock.now(),
  after: (delayMs, run) => clock.after(delayMs / speed, run),
});

/** Resolves after `delayMs` of the clock, or at once when the signal is or gets aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Chooses a wait at random between nothing and a ceiling that doubles with every failure: many stations do not come back together. */
export const backOffMs = (failures: number, random: () => number, firstMs = 1_000, ceilingMs = 60_000): number =>
  Math.round(random() * Math.min(ceilingMs, firstMs * 2 ** Math.min(failures, 16)));
