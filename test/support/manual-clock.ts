import type { Clock } from '../../src/kernel/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time forward; runs what falls due on the way, in order of time, and what that schedules within the span. */
  advance(milliseconds: number): void;
  /** The same, but after each timer lets the promises it settled run: for loops that schedule their next round later. */
  advanceSettled(milliseconds: number): Promise<void>;
  /** Timers that wait. */
  waiting(): number;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time for tests. Starts at `start`, by default 2026-01-01T00:00:00Z. */
export function createManualClock(start: Date | string = '2026-01-01T00:00:00.000Z'): ManualClock {
  const timers = new Set<Timer>();
  let nowMs = new Date(start).getTime();
  let scheduled = 0;

  /** Takes out the earliest timer that is due until `untilMs`; of equals the one scheduled first. */
  const takeDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    if (next) {
      timers.delete(next);
      nowMs = Math.max(nowMs, next.dueMs);
    }
    return next;
  };

  return {
    now: () => new Date(nowMs),
    after(delayMs, run) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), order: scheduled++, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(milliseconds) {
      const untilMs = nowMs + milliseconds;
      for (let timer = takeDue(untilMs); timer; timer = takeDue(untilMs)) timer.run();
      nowMs = untilMs;
    },
    async advanceSettled(milliseconds) {
      const untilMs = nowMs + milliseconds;
      for (let timer = takeDue(untilMs); timer; timer = takeDue(untilMs)) {
        timer.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = untilMs;
    },
    waiting: () => timers.size,
  };
}
