import type { TopologyDescriptionChangedEvent } from 'mongodb';
import type { Cancel, Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Gate } from './gate.ts';

/** Whether the database can be written to, out of everything that is heard of it. */
export interface Health {
  isUp(): boolean;
  onChange(hear: (up: boolean) => void): void;
  /** The driver sees a server that takes writes, or none. */
  seesServer(isThere: boolean): void;
  /** How an attempt to write ended: undefined when the database answered. */
  hears(away: Error | undefined): void;
  stop(): void;
}

const retryPeriodMs = 500;

/**
 * Up while the driver sees a server that takes writes, the last attempt to write got an answer, and the gate is open.
 * After an attempt without an answer it asks by itself until the database answers again.
 */
export function createHealth(options: { clock: Clock; log: Logger; gate: Gate; ping: () => Promise<number> }): Health {
  const { clock, log, gate, ping } = options;
  const hearers: ((up: boolean) => void)[] = [];
  let seen = false;
  let answers = true;
  let up = false;
  let stopped = false;
  let cancel: Cancel = () => undefined;

  const settle = () => {
    const now = seen && answers && gate.reason() === undefined;
    if (now === up || stopped) return;
    up = now;
    if (up) log.info('the database is up');
    else log.error({ reason: gate.reason() ?? 'no answer' }, 'the database is down');
    for (const hear of hearers) hear(up);
  };
  const ask = () => {
    cancel = clock.after(retryPeriodMs, () => {
      ping().then(
        () => {
          answers = true;
          settle();
        },
        () => {
          if (!answers && !stopped) ask();
        },
      );
    });
  };
  gate.onChange(settle);

  return {
    isUp: () => up,
    onChange: (hear) => void hearers.push(hear),
    seesServer(isThere) {
      seen = isThere;
      settle();
    },
    hears(away) {
      if (away !== undefined && answers) ask();
      answers = away === undefined;
      if (answers) cancel();
      settle();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** Kinds of server that take writes, in the driver's words. */
const writable: ReadonlySet<string> = new Set(['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']);

/** True when one of the servers that the driver sees takes writes. */
export const isWritable = ({ servers }: TopologyDescriptionChangedEvent['newDescription']): boolean =>
  [...servers.values()].some(({ type }) => writable.has(type));
