/** Cancels a timer; harmless when it has already run. */
export type Cancel = () => void;

/** The only source of time. Injected everywhere, so that tests move it by hand and never sleep. */
export interface Clock {
  /** The present instant. */
  now(): Date;
  /** Runs `run` once after `delayMs` milliseconds unless cancelled. Timers do not keep the process alive. */
  after(delayMs: number, run: () => void): Cancel;
}

/** Node lets a longer timer run at once: 24.8 days. */
const timerMaxMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  after(delayMs, run) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, timerMaxMs);
      timer = setTimeout(() => (leftMs > pieceMs ? wait(leftMs - pieceMs) : run()), pieceMs);
      timer.unref();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Runs `run` every `periodMs` milliseconds, the next round only when the one before has settled. Failures go to `onError`. */
export function repeat(
  clock: Clock,
  periodMs: number,
  run: () => Promise<void>,
  onError: (error: unknown) => void,
): Cancel {
  let stopped = false;
  let cancel: Cancel = () => undefined;
  const round = () => {
    if (stopped) return;
    cancel = clock.after(periodMs, () => {
      run().catch(onError).finally(round);
    });
  };
  round();
  return () => {
    stopped = true;
    cancel();
  };
}
