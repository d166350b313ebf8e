import type { Bus } from '../bus/bus.ts';
import type { EventLog } from '../events/event.ts';
import type { Adapter } from '../gateway/adapter.ts';
import type { CapabilityKey } from '../graphql/context.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { CollectionIndexes, Store } from '../store/store.ts';

/** What every capability is given. */
export interface CapabilityDependencies {
  readonly store: Store;
  readonly events: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the hub mounts. */
export interface Capability<Operations = unknown> {
  readonly key: CapabilityKey<Operations>;
  readonly operations: Operations;
  readonly adapters: readonly Adapter[];
  readonly indexes: CollectionIndexes;
  /** After the indexes are there, before the first socket: sweeps and timers. */
  start?(): Promise<void>;
  /** Before the store closes. */
  stop?(): Promise<void>;
}
