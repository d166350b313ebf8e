import type { AnyBulkWriteOperation, Collection, Document, IndexDescription } from 'mongodb';

/** What became of one write of a group commit. */
export interface WriteOutcome {
  /** False when a document with the same unique key was there already: nothing was changed. */
  readonly applied: boolean;
  /** True when this very operation made a new document (an insert, or an upsert that found nothing). */
  readonly inserted: boolean;
}

/** The database as the capabilities see it. No sessions, transactions, change streams or TTL indexes, ever. */
export interface Store {
  /** Reads, and the few writes whose result is needed at once (`findOneAndUpdate`). Never pass a write concern. */
  collection<T extends Document>(name: string): Collection<T>;
  /**
   * Group commit: writes that arrive together leave together. Resolves when this write is durable; a duplicate key
   * is an outcome, not an error. Must be idempotent (no `$inc`): after a lost connection it may be carried out twice.
   * Writes to one document that are not awaited one after the other may be carried out in any order.
   * Rejects with `DatabaseUnavailable` when the database stays away longer than the write deadline.
   */
  write<T extends Document>(collection: string, operation: AnyBulkWriteOperation<T>): Promise<WriteOutcome>;
  /** A rising int32 from a persisted counter, starting at 1; gaps are possible, repeats are not. */
  nextNumber(counter: string): Promise<number>;
  /** Runs a heavy read (aggregation, export) when fewer than four others run; rejects when too many wait. */
  heavy<T>(read: () => Promise<T>): Promise<T>;
  /** Creates what is missing. Called at start with the indexes of all capabilities. */
  ensureIndexes(indexes: CollectionIndexes): Promise<void>;
  /** True while the database answers. */
  isUp(): boolean;
  /** Called with every change of `isUp`. */
  onChange(hear: (up: boolean) => void): void;
  /** One round trip; milliseconds. Rejects when the database is away. */
  ping(): Promise<number>;
  /** Writes what waits, then closes. */
  close(): Promise<void>;
}

/** Collection name → its indexes beside `_id`. */
export type CollectionIndexes = Readonly<Record<string, readonly IndexDescription[]>>;

/** The database did not answer in time. The station or the client may try again. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** `maxTimeMS` of ordinary reads. */
export const readTimeoutMs = 10_000;
