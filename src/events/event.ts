import { subjectWord } from '../bus/bus.ts';

/** What happened, in nobody's OCPP version. `key` makes the event's identity: the same key is the same event, stored once. */
export interface NewEvent {
  readonly tenantId: string;
  /** SCREAMING_SNAKE, e.g. `TRANSACTION_STARTED`. */
  readonly type: string;
  /** The natural key inside tenant and type, e.g. `[transactionId]`. */
  readonly key: readonly (string | number)[];
  /** Clock of the charge point where it gave a usable one, else `receivedAt`. */
  readonly occurredAt: Date;
  /** Clock of the hub. */
  readonly receivedAt: Date;
  readonly chargePointId?: string;
  readonly connectorId?: number;
  /** Hub id of the transaction, not OCPP's number. */
  readonly transactionId?: string;
  readonly commandId?: string;
  /** What the event tells; plain values only, a snapshot that later changes do not touch. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event in the log. (`writer`, `seq`) is its position; per writer, positions become visible in rising order. */
export interface StoredEvent extends Omit<NewEvent, 'key'> {
  readonly _id: string;
  readonly writer: number;
  readonly seq: number;
}

/** Which events; every given list means any-of, all given lists must hold. */
export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly chargePointIds?: readonly string[] | undefined;
  readonly connectorIds?: readonly number[] | undefined;
  readonly transactionIds?: readonly string[] | undefined;
  readonly commandIds?: readonly string[] | undefined;
}

/** What a follower of the log receives. Every item carries the opaque cursor to resume after. */
export type FollowItem =
  | { readonly kind: 'event'; readonly cursor: string; readonly event: StoredEvent }
  | { readonly kind: 'caughtUp'; readonly cursor: string; readonly at: Date; readonly replayedCount: number }
  | { readonly kind: 'heartbeat'; readonly cursor: string; readonly at: Date };

/** The durable, ordered event log of all tenants. */
export interface EventLog {
  /** Stores the event unless it is there already; resolves when it is durable. Only then is it published on the bus. */
  append(event: NewEvent): Promise<void>;
  /** The pull form: events after `after` in log order, at most `limit`. Throws CURSOR_INVALID or CURSOR_EXPIRED. */
  read(query: {
    tenantId: string;
    filter: EventFilter;
    after?: string | undefined;
    limit: number;
  }): Promise<{ items: readonly { cursor: string; event: StoredEvent }[]; endCursor: string; hasNextPage: boolean }>;
  /**
   * Replay from `after` (or from now when absent), then live, without a gap or a repeat at the seam. A slow reader
   * costs a bounded amount of memory: what it cannot hold is read again from the log. Ends when `signal` aborts.
   */
  follow(query: {
    tenantId: string;
    filter: EventFilter;
    after?: string | undefined;
    signal: AbortSignal;
  }): AsyncIterable<FollowItem>;
  /** One event of a tenant by its `_id`, with a cursor that resumes behind it; undefined when there is none (any more). */
  find(query: { tenantId: string; id: string }): Promise<{ cursor: string; event: StoredEvent } | undefined>;
  /** The cursor of the present end of the log. */
  endCursor(): Promise<string>;
  /** The cursor before the oldest event that is still kept. */
  oldestCursor(): Promise<string>;
  close(): Promise<void>;
}

/** Bus subject on which every committed event of a tenant is told, in commit order; the message is a `StoredEvent`. */
export const eventsSubject = (tenantId: string): string => `events.${tenantId}`;

/** Bus subject on which the committed events of one charge point are told, in commit order; the message is a `StoredEvent`. */
export const chargePointEventsSubject = (tenantId: string, chargePointId: string): string =>
  `events.${tenantId}.${subjectWord(chargePointId)}`;
