import type { Cancel, Clock } from '../kernel/clock.ts';

/** Watches whether the other end of a socket is still there. */
export interface Liveness {
  /** Something came: a message, a ping or a pong. */
  heard(): void;
  /** A pong came. */
  ponged(): void;
  stop(): void;
}

/** Silent intervals after which a station that answers pings is gone. */
const silentIntervalsMax = 2;
/** The same for a station that never answered a ping: its Heartbeats, usually every five minutes, must do. CON-10. */
const silentIntervalsOfPonglessMax = 10;

/**
 * Pings every `intervalMs` and calls `onDead` when nothing at all came for too long after a ping. While the hub itself
 * does not read (`isPaused`), silence says nothing. CON-10.
 */
export function watchLiveness(options: {
  clock: Clock;
  intervalMs: number;
  ping: () => void;
  isPaused: () => boolean;
  onDead: () => void;
}): Liveness {
  const { clock, intervalMs } = options;
  let hasPonged = false;
  let silentIntervals = 0;
  let isStopped = false;
  let cancel: Cancel = () => undefined;

  const round = (): void => {
    if (isStopped) return;
    if (options.isPaused()) silentIntervals = 0;
    if (silentIntervals >= (hasPonged ? silentIntervalsMax : silentIntervalsOfPonglessMax)) {
      isStopped = true;
      options.onDead();
      return;
    }
    silentIntervals++;
    options.ping();
    cancel = clock.after(intervalMs, round);
  };
  cancel = clock.after(intervalMs, round);

  return {
    heard() {
      silentIntervals = 0;
    },
    ponged() {
      hasPonged = true;
      silentIntervals = 0;
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
