import { type AnyBulkWriteOperation, type Filter, MongoBulkWriteError } from 'mongodb';
import { contentId } from '../kernel/ids.ts';
import { type CollectionIndexes, DatabaseUnavailable, readTimeoutMs, type Store } from '../store/store.ts';
import type { EventFilter, StoredEvent } from './event.ts';
import type { EventSelection } from './filter.ts';

/** One writer: a slot that at most one process holds. Sequence numbers of a slot rise over all its holders. */
export interface WriterRecord {
  readonly _id: number;
  /** The process that holds the slot; null when it was given back in order. */
  readonly owner: string | null;
  readonly leaseUntil: Date;
  /** Everything up to here is durable and may be read by other processes; nothing new will appear below. */
  readonly durableSeq: number;
  /** Retention has deleted everything up to here. */
  readonly trimmedSeq: number;
}

/**
 * What became of one inserted event: stored (now, or by an earlier try), there before at another position, or its
 * position belongs to another process. An `Error`: this event can never be stored.
 */
export type InsertOutcome = 'stored' | 'existed' | 'taken' | Error;

/** The collections of the event log and the indexes that serve every query on them. */
const eventIndexes = {
  events: [
    // Unique: two processes that believe to hold one slot cannot both write, and a fence keeps late writes out.
    { key: { writer: 1, seq: 1 }, name: 'position', unique: true },
    { key: { tenantId: 1, writer: 1, seq: 1 }, name: 'tenant' },
    { key: { tenantId: 1, chargePointId: 1, writer: 1, seq: 1 }, name: 'chargePoint' },
    { key: { tenantId: 1, type: 1, writer: 1, seq: 1 }, name: 'type' },
    {
      key: { tenantId: 1, transactionId: 1, writer: 1, seq: 1 },
      name: 'transaction',
      partialFilterExpression: { transactionId: { $exists: true } },
    },
    {
      key: { tenantId: 1, commandId: 1, writer: 1, seq: 1 },
      name: 'command',
      partialFilterExpression: { commandId: { $exists: true } },
    },
  ],
} as const satisfies CollectionIndexes;

/** More values than this in one list, and reading the tenant's events in order is cheaper than one scan a value. */
const scansMax = 100;

/** Type of the documents that occupy positions which a lost process might still write to. */
const fenceType = 'FENCE';
const duplicateKey = 11_000;

/** Faults of the document itself: trying again cannot help. Everything else may pass, as outages do. */
const permanentCodes: ReadonlySet<unknown> = new Set([2, 9, 14, 15, 52, 56, 57, 121, 171, 10_334, 17_280]);
const permanentNames: ReadonlySet<string> = new Set([
  'BSONError',
  'BSONVersionError',
  'MongoInvalidArgumentError',
  'RangeError',
  'TypeError',
]);

/** The log's words for what it does in the database. Every call rejects with the driver's error when the database is away. */
export type EventStore = ReturnType<typeof createEventStore>;

/** Binds the log's words to the database. */
export function createEventStore(store: Store) {
  const events = () => store.collection<StoredEvent>('events');
  const writers = () => store.collection<WriterRecord>('eventWriters');

  return {
    ensureIndexes: () => store.ensureIndexes(eventIndexes),

    /** Stores events; safe to repeat with the same events and positions when the outcome was not known. */
    async insert(documents: readonly StoredEvent[]): Promise<InsertOutcome[]> {
      await assertWritable(store);
      try {
        await events().insertMany([...documents], { ordered: false, ignoreUndefined: true });
        return documents.map(() => 'stored');
      } catch (error) {
        if (error instanceof Error && permanentNames.has(error.name)) {
          if (documents.length === 1) return [error];
          const outcomes: InsertOutcome[] = [];
          for (const document of documents) outcomes.push(...(await this.insert([document])));
          return outcomes;
        }
        return outcomesOf(documents, error, (ids) =>
          events()
            .find({ _id: { $in: ids } }, { projection: { writer: 1, seq: 1 }, maxTimeMS: readTimeoutMs })
            .toArray(),
        );
      }
    },

    /** Matching events of one writer with `after < seq <= upTo`, in order. */
    find(
      selection: EventSelection,
      writer: number,
      after: number,
      upTo: number,
      limit: number,
    ): Promise<StoredEvent[]> {
      return events()
        .find(
          { ...selectionFilter(selection), writer, seq: { $gt: after, $lte: upTo } },
          { hint: indexFor(selection.filter), sort: { seq: 1 }, limit, maxTimeMS: readTimeoutMs },
        )
        .toArray();
    },

    /** One event of a tenant. */
    byId: (tenantId: string, id: string) => events().findOne({ _id: id, tenantId }, { maxTimeMS: readTimeoutMs }),

    /** The plan of `find`, for the test that looks for full scans. */
    explain: (selection: EventSelection, writer: number) =>
      events()
        .find(
          { ...selectionFilter(selection), writer, seq: { $gt: 0, $lte: 1_000 } },
          { hint: indexFor(selection.filter), sort: { seq: 1 }, limit: 100 },
        )
        .explain('executionStats'),

    /** All tenants' events of one writer with `after < seq <= upTo`, in order; `lastSeq` is where the slice ends. */
    async slice(writer: number, after: number, upTo: number, limit: number) {
      const found = await events()
        .find(
          { writer, seq: { $gt: after, $lte: upTo } },
          { sort: { writer: 1, seq: 1 }, limit, maxTimeMS: readTimeoutMs },
        )
        .toArray();
      return {
        events: found.filter(({ type }) => type !== fenceType),
        lastSeq: found.length < limit ? upTo : (found.at(-1)?.seq ?? upTo),
      };
    },

    /** Whether the writer has an event at `seq` or above. */
    async exists(writer: number, seq: number): Promise<boolean> {
      return (await this.highestSeq(writer)) >= seq;
    },

    /** The highest sequence number of the writer that is there, else 0. */
    async highestSeq(writer: number): Promise<number> {
      const last = await events().findOne(
        { writer },
        { sort: { writer: -1, seq: -1 }, projection: { seq: 1 }, maxTimeMS: readTimeoutMs },
      );
      return last?.seq ?? 0;
    },

    /**
     * Occupies the `count` positions above the highest one, so that a write which the former holder of the slot still
     * has under way cannot appear there. Returns the highest occupied position.
     */
    async fence(writer: number, count: number, now: Date): Promise<number> {
      for (let round = 0; round < 100; round += 1) {
        const from = (await this.highestSeq(writer)) + 1;
        const plugs = Array.from({ length: count }, (_, index) => ({
          _id: contentId(fenceType, writer, from + index),
          type: fenceType,
          writer,
          seq: from + index,
          receivedAt: now,
        }));
        const operations = plugs.map((document) => ({ insertOne: { document } }));
        try {
          // A plug is no event and has no tenant, so that no query of a tenant meets it.
          await events().bulkWrite(operations as unknown as AnyBulkWriteOperation<StoredEvent>[], { ordered: false });
          return from + count - 1;
        } catch (error) {
          // The former holder was quicker with one of the positions: look again, above what it wrote.
          if (!(error instanceof MongoBulkWriteError) || error.code !== duplicateKey) throw error;
        }
      }
      throw new Error(`writer ${writer} of the event log does not come to rest`);
    },

    /** The oldest events of a writer above `after`: when they were received. */
    oldest: (writer: number, after: number, limit: number) =>
      events()
        .find(
          { writer, seq: { $gt: after } },
          { sort: { writer: 1, seq: 1 }, projection: { seq: 1, receivedAt: 1 }, limit, maxTimeMS: readTimeoutMs },
        )
        .toArray(),

    async deleteUpTo(writer: number, seq: number): Promise<void> {
      await events().deleteMany({ writer, seq: { $lte: seq } });
    },

    writers: () =>
      writers()
        .find({}, { sort: { _id: 1 }, maxTimeMS: readTimeoutMs })
        .toArray(),

    /** Takes a slot as it was seen, or a new one. False when another process was quicker. */
    async claim(slot: number, seen: WriterRecord | undefined, owner: string, leaseUntil: Date): Promise<boolean> {
      if (seen === undefined) {
        try {
          await writers().insertOne({ _id: slot, owner, leaseUntil, durableSeq: 0, trimmedSeq: 0 });
          return true;
        } catch (error) {
          if ((error as { code?: unknown }).code !== duplicateKey) throw error;
          return false;
        }
      }
      const { owner: seenOwner, leaseUntil: seenLease } = seen;
      const filter = { _id: slot, owner: seenOwner, leaseUntil: seenLease };
      return (await writers().updateOne(filter, { $set: { owner, leaseUntil } })).matchedCount === 1;
    },

    /** Prolongs the lease and tells how far others may read. False when the slot is no longer this owner's. */
    async renew(slot: number, owner: string, leaseUntil: Date, durableSeq: number): Promise<boolean> {
      const update = { $set: { leaseUntil }, $max: { durableSeq } };
      return (await writers().updateOne({ _id: slot, owner }, update)).matchedCount === 1;
    },

    /** Gives a slot back in order: its next holder need not fence. */
    async release(slot: number, owner: string, durableSeq: number): Promise<void> {
      await writers().updateOne({ _id: slot, owner }, { $set: { owner: null }, $max: { durableSeq } });
    },

    async saveTrimmed(slot: number, trimmedSeq: number): Promise<void> {
      await writers().updateOne({ _id: slot }, { $max: { trimmedSeq } });
    },
  };
}

/** Down may mean that nobody asked lately, so it asks. Down for all that: the disk is nearly full, and the engine would die. */
async function assertWritable(store: Store): Promise<void> {
  if (store.isUp()) return;
  await store.ping();
  if (!store.isUp()) throw new DatabaseUnavailable('the database takes no writes now');
}

async function outcomesOf(
  documents: readonly StoredEvent[],
  error: unknown,
  find: (ids: string[]) => Promise<Pick<StoredEvent, '_id' | 'writer' | 'seq'>[]>,
): Promise<InsertOutcome[]> {
  // Without a list of what failed, or with durability not reached, nothing is known about any of them.
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) throw error;
  const failures = [error.writeErrors].flat();
  if (failures.length === 0) throw error;
  const outcomes: InsertOutcome[] = documents.map(() => 'stored');
  const duplicates: StoredEvent[] = [];
  for (const failure of failures) {
    const document = documents[failure.index];
    if (document !== undefined && failure.code === duplicateKey) duplicates.push(document);
    else if (permanentCodes.has(failure.code)) outcomes[failure.index] = new Error(failure.errmsg ?? 'not storable');
    else throw error;
  }
  const there = new Map((await find(duplicates.map(({ _id }) => _id))).map((found) => [found._id, found]));
  for (const duplicate of duplicates) {
    const found = there.get(duplicate._id);
    const isOwn = found?.writer === duplicate.writer && found.seq === duplicate.seq;
    outcomes[documents.indexOf(duplicate)] = isOwn ? 'stored' : found === undefined ? 'taken' : 'existed';
  }
  return outcomes;
}

function selectionFilter({ tenantId, filter }: EventSelection): Filter<StoredEvent> {
  const anyOf = <T>(values: readonly T[] | undefined) =>
    values?.length === 1 ? values[0] : { $in: [...(values ?? [])] };
  return {
    tenantId,
    ...(filter.types && { type: anyOf(filter.types) }),
    ...(filter.chargePointIds && { chargePointId: anyOf(filter.chargePointIds) }),
    ...(filter.connectorIds && { connectorId: anyOf(filter.connectorIds) }),
    ...(filter.transactionIds && { transactionId: anyOf(filter.transactionIds) }),
    ...(filter.commandIds && { commandId: anyOf(filter.commandIds) }),
  } as Filter<StoredEvent>;
}

/** The narrowest index for a filter: named, so that the choice does not depend on what the planner tried last. */
function indexFor(filter: EventFilter): (typeof eventIndexes.events)[number]['name'] {
  const fits = (values: readonly unknown[] | undefined) => values !== undefined && values.length <= scansMax;
  if (fits(filter.commandIds)) return 'command';
  if (fits(filter.transactionIds)) return 'transaction';
  if (fits(filter.chargePointIds)) return 'chargePoint';
  if (fits(filter.types)) return 'type';
  return 'tenant';
}
