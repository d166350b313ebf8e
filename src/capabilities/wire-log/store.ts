import { type AnyBulkWriteOperation, type Filter, MongoBulkWriteError } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { duplicateKey } from '../../store/unavailable.ts';
import type { WireMessage, WireMessageFilter } from './model.ts';

const name = 'wireMessages';

/** Every query below is served by one of these. */
export const wireMessageIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, at: 1, _id: 1 }, name: 'tenant' },
    { key: { tenantId: 1, chargePointId: 1, at: 1, _id: 1 }, name: 'chargePoint' },
    { key: { tenantId: 1, action: 1, at: 1, _id: 1 }, name: 'action' },
    { key: { tenantId: 1, messageId: 1, at: 1, _id: 1 }, name: 'message' },
    {
      key: { tenantId: 1, ocppTransactionId: 1, at: 1, _id: 1 },
      name: 'transaction',
      partialFilterExpression: { ocppTransactionId: { $exists: true } },
    },
    {
      key: { tenantId: 1, commandId: 1, at: 1, _id: 1 },
      name: 'command',
      partialFilterExpression: { commandId: { $exists: true } },
    },
    {
      key: { tenantId: 1, deviates: 1, at: 1, _id: 1 },
      name: 'deviations',
      partialFilterExpression: { deviates: true },
    },
    { key: { at: 1, storedBytes: 1 }, name: 'age' },
  ],
};

const countTimeoutMs = 60_000;
const piece = 1_000;

/** What was learnt of a frame after it was stored. */
export interface Learnt {
  readonly _id: string;
  readonly repairs?: readonly string[] | undefined;
  readonly violations?: readonly string[] | undefined;
}

/** What a deletion took away. */
export interface Swept {
  readonly frames: number;
  readonly bytes: number;
}

/** The wire log in the database. */
export function createWireMessageStore(store: Store) {
  const messages = () => store.collection<WireMessage>(name);
  const read = { maxTimeMS: readTimeoutMs };

  const removeOldest = async (filter: Filter<WireMessage>): Promise<Swept> => {
    const old = await messages()
      .find(filter, { ...read, projection: { storedBytes: 1 } })
      .sort({ at: 1 })
      .limit(piece)
      .toArray();
    if (old.length > 0) await messages().deleteMany({ _id: { $in: old.map(({ _id }) => _id) } });
    return { frames: old.length, bytes: old.reduce((sum, { storedBytes }) => sum + storedBytes, 0) };
  };

  return {
    /**
     * Stores frames, and what was learnt of stored ones, in one go beside the group commit: nobody waits for them.
     * Gives the number that the database refused. May be repeated. Rejects when the database is away.
     */
    async put(added: readonly WireMessage[], learnt: readonly Learnt[]): Promise<number> {
      const operations: AnyBulkWriteOperation<WireMessage>[] = [
        ...added.map((document) => ({ insertOne: { document } })),
        ...learnt.map(({ _id, repairs, violations }) => ({
          updateOne: {
            filter: { _id },
            update: {
              $set: { deviates: true as const, ...(repairs && { repairs }), ...(violations && { violations }) },
            },
          },
        })),
      ];
      if (operations.length === 0) return 0;
      try {
        await messages().bulkWrite(operations, { ordered: false });
        return 0;
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error;
        const failed = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
        if (failed.length === 0) throw error;
        return failed.filter(({ code }) => code !== duplicateKey).length; // a duplicate is there already
      }
    },

    find: (tenantId: string, id: string): Promise<WireMessage | null> =>
      messages().findOne({ _id: id, tenantId }, read),

    /** Newest first. */
    async list(tenantId: string, filter: WireMessageFilter, page: PageRequest): Promise<Page<WireMessage>> {
      const found = await messages()
        .find({ $and: [queryOf(tenantId, filter), keysetFilter('at', 'descending', page)] }, read)
        .sort(keysetSort('at', 'descending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, ({ at, _id }): Position => [at, _id]);
    },

    /** Deletes up to 1,000 frames older than that, the oldest first. */
    removeBefore: (before: Date): Promise<Swept> => removeOldest({ at: { $lt: before } }),

    /** Deletes the oldest 1,000 frames. */
    removeOldest: (): Promise<Swept> => removeOldest({ at: { $gte: new Date(0) } }),

    /** What all frames count for in the size budget, in bytes; read from an index. */
    async storedBytes(): Promise<number> {
      const [sum] = await store.heavy(() =>
        messages()
          .aggregate<{ bytes: number }>(
            [{ $match: { at: { $gte: new Date(0) } } }, { $group: { _id: null, bytes: { $sum: '$storedBytes' } } }],
            { hint: 'age', maxTimeMS: countTimeoutMs },
          )
          .toArray(),
      );
      return sum?.bytes ?? 0;
    },
  };
}

/** The wire log in the database. */
export type WireMessageStore = ReturnType<typeof createWireMessageStore>;

function queryOf(tenantId: string, filter: WireMessageFilter): Filter<WireMessage> {
  const { chargePointIds, directions, types, actions, messageId, ocppTransactionId, commandId, from, to } = filter;
  const { withRepairs = false, withViolations = false } = filter;
  return {
    tenantId,
    ...(chargePointIds && { chargePointId: { $in: [...chargePointIds] } }),
    ...(directions && { direction: { $in: [...directions] } }),
    ...(types && { type: { $in: [...types] } }),
    ...(actions && { action: { $in: [...actions] } }),
    ...(messageId !== undefined && { messageId }),
    ...(ocppTransactionId !== undefined && { ocppTransactionId }),
    ...(commandId !== undefined && { commandId }),
    ...((withRepairs || withViolations) && { deviates: true as const }),
    ...(withRepairs && { repairs: { $exists: true } }),
    ...(withViolations && { violations: { $exists: true } }),
    ...((from !== undefined || to !== undefined) && {
      at: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) },
    }),
  };
}
