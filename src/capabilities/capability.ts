import type { Bus } from '../bus/bus.ts';
import type { EventLog } from '../events/event.ts';
import type { Reactions } from '../events/reactions.ts';
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
  /** What it does when a capability below tells of something, before that is confirmed to the charge point. */
  readonly reactions?: Reactions;
  /** After the indexes are there, before the first socket: sweeps and timers. */
  start?(): Promise<void>;
  /** Before the sockets close, when the hub is about to stop: it begins nothing new. */
  drain?(): Promise<void>;
  /** Before the store closes. */
  stop?(): Promise<void>;
}
