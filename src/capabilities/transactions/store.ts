import type { Filter } from 'mongodb';
import {
  type Direction,
  keysetFilter,
  keysetSort,
  type Page,
  type PageRequest,
  type Position,
  toPage,
} from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { foldToken } from '../authorization/index.ts';
import type { OrphanedStop, RegisterReading, Transaction, TransactionState } from './model.ts';
import { sampledEnergy, type TransactionChange, wasOpenAt } from './rules.ts';

const transactionsName = 'transactions';
const orphansName = 'orphanedStops';
const active = { partialFilterExpression: { state: 'ACTIVE' } };

/** Every query below is served by one of these. */
export const transactionIndexes: CollectionIndexes = {
  [transactionsName]: [
    { key: { startKey: 1 }, name: 'start', unique: true },
    { key: { tenantId: 1, chargePointId: 1, ocppTransactionId: 1 }, name: 'number', unique: true },
    { key: { contentKey: 1, startReceivedAt: 1 }, name: 'clockless', partialFilterExpression: { clockUnusable: true } },
    { key: { tenantId: 1, chargePointId: 1, connectorId: 1, startedAt: 1 }, name: 'open', ...active },
    { key: { tenantId: 1, tokenKey: 1 }, name: 'running', ...active },
    { key: { tenantId: 1, chargePointId: 1, connectorId: 1, startedAt: 1 }, name: 'connector' },
    { key: { tenantId: 1, startedAt: 1, _id: 1 }, name: 'started' },
    { key: { tenantId: 1, updatedAt: 1, _id: 1 }, name: 'updated' },
    { key: { tenantId: 1, chargePointId: 1, startedAt: 1, _id: 1 }, name: 'chargePointStarted' },
    { key: { tenantId: 1, chargePointId: 1, updatedAt: 1, _id: 1 }, name: 'chargePointUpdated' },
    { key: { tenantId: 1, tokenKey: 1, startedAt: 1, _id: 1 }, name: 'tokenStarted' },
    { key: { tenantId: 1, tokenKey: 1, updatedAt: 1, _id: 1 }, name: 'tokenUpdated' },
    { key: { tenantId: 1, state: 1, startedAt: 1, _id: 1 }, name: 'stateStarted' },
    { key: { tenantId: 1, state: 1, updatedAt: 1, _id: 1 }, name: 'stateUpdated' },
  ],
  [orphansName]: [
    { key: { tenantId: 1, receivedAt: 1, _id: 1 }, name: 'received' },
    { key: { tenantId: 1, chargePointId: 1, receivedAt: 1, _id: 1 }, name: 'chargePoint' },
  ],
};

/** A span of time; `from` belongs to it, `to` does not. */
export interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Which transactions; every given list means any-of, all given conditions must hold. */
export interface TransactionFilter {
  readonly states?: readonly TransactionState[] | undefined;
  readonly chargePointIds?: readonly string[] | undefined;
  readonly connectorIds?: readonly number[] | undefined;
  readonly tokenValues?: readonly string[] | undefined;
  readonly startedAt?: TimeRange | undefined;
  readonly updatedAt?: TimeRange | undefined;
}

/** The order of a list. */
export interface TransactionOrder {
  readonly field: 'startedAt' | 'updatedAt';
  readonly direction: Direction;
}

/** Whose connector, and which. */
export interface ConnectorKey {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
}

/** Transactions of one connector that are looked at for one instant: the newest that had begun by then. */
const overlapMax = 5;
/** A station may send any number of starts and no stop; the next accepted one ends them, piece by piece. */
const openMax = 1_000;

/** Transactions in the database. */
export function createTransactionStore(store: Store) {
  const transactions = () => store.collection<Transaction>(transactionsName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, id: string): Promise<Transaction | null> =>
      transactions().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<Transaction[]> =>
      transactions()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** By the number on the wire, of this charge point only. STO-1. */
    findByNumber: (tenantId: string, chargePointId: string, ocppTransactionId: number): Promise<Transaction | null> =>
      transactions().findOne({ tenantId, chargePointId, ocppTransactionId }, read),

    findByStartKey: (startKey: string): Promise<Transaction | null> => transactions().findOne({ startKey }, read),

    /** The newest of the starts that a charge point without a clock cannot tell apart. */
    findClockless: (contentKey: string): Promise<Transaction | null> =>
      transactions().findOne({ contentKey, clockUnusable: true }, { ...read, sort: { startReceivedAt: -1 } }),

    /** Active transactions of charge points, in no order; at most 1,000 for each on average. */
    findOpen: (tenantId: string, chargePointIds: readonly string[]): Promise<Transaction[]> =>
      transactions()
        .find({ tenantId, chargePointId: { $in: [...chargePointIds] }, state: 'ACTIVE' }, { ...read, hint: 'open' })
        .limit(openMax * chargePointIds.length)
        .toArray(),

    /** Active transactions of one connector, oldest first; at most 1,000. */
    findOpenOn: ({ tenantId, chargePointId, connectorId }: ConnectorKey): Promise<Transaction[]> =>
      transactions()
        .find({ tenantId, chargePointId, connectorId, state: 'ACTIVE' }, read)
        .sort({ startedAt: 1 })
        .limit(openMax)
        .toArray(),

    /** The transaction that ran on the connector at that instant. MET-2. */
    async findOpenAt(
      { tenantId, chargePointId, connectorId }: ConnectorKey,
      at: Date,
    ): Promise<Transaction | undefined> {
      const begun = await transactions()
        .find({ tenantId, chargePointId, connectorId, startedAt: { $lte: at } }, read)
        .sort({ startedAt: -1 })
        .limit(overlapMax)
        .toArray();
      return begun.find((transaction) => wasOpenAt(transaction, at));
    },

    /** Accepted transactions of a token that were started online and run on other connectors. STA-5. */
    countRunning: (tenantId: string, tokenKey: string, except: Omit<ConnectorKey, 'tenantId'>): Promise<number> =>
      transactions().countDocuments(
        {
          tenantId,
          tokenKey,
          state: 'ACTIVE',
          late: false,
          'authorization.status': 'ACCEPTED',
          $nor: [{ chargePointId: except.chargePointId, connectorId: except.connectorId }],
        },
        read,
      ),

    async list(
      tenantId: string,
      filter: TransactionFilter,
      { field, direction }: TransactionOrder,
      page: PageRequest,
    ): Promise<Page<Transaction>> {
      const found = await transactions()
        .find(
          { $and: [listFilter(tenantId, filter), keysetFilter(field, direction, page)] },
          { ...read, hint: listIndex(filter, field) },
        )
        .sort(keysetSort(field, direction, page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, (transaction): Position => [transaction[field], transaction._id]);
    },

    count: (tenantId: string, filter: TransactionFilter, max: number): Promise<number> =>
      transactions().countDocuments(listFilter(tenantId, filter), { ...read, limit: max }),

    nextNumber: (): Promise<number> => store.nextNumber('transactions'),

    /** False when this start is stored already. STA-4. */
    async insert(transaction: Transaction): Promise<boolean> {
      const { applied } = await store.write<Transaction>(transactionsName, { insertOne: { document: transaction } });
      return applied;
    },

    /** Changes the transaction unless something else did meanwhile; null then. */
    change: (
      { _id, tenantId, version, lastMeterAt }: Transaction,
      set: TransactionChange,
    ): Promise<Transaction | null> =>
      transactions().findOneAndUpdate(
        { _id, tenantId, version, lastMeterAt: lastMeterAt ?? { $exists: false } },
        { $set: set },
        { returnDocument: 'after' },
      ),

    /** Takes a reading while the transaction runs, unless a newer one is known. */
    async noteReading(facts: ReadingOwner, reading: RegisterReading): Promise<void> {
      await store.write<Transaction>(transactionsName, {
        updateOne: { filter: notedIn(facts, reading), update: { $set: noted(facts, reading) } },
      });
    },

    /** The same for a reading that an event will tell of; false when it does not count. The same one again counts again. */
    async noteToldReading(facts: ReadingOwner, reading: RegisterReading, now: Date): Promise<boolean> {
      const { matchedCount } = await transactions().updateOne(notedIn(facts, reading), {
        $set: { ...noted(facts, reading), updatedAt: now },
      });
      return matchedCount === 1;
    },

    /** Remembers which command began the transaction; the first one stays. STA-8. */
    async linkRemoteStart(tenantId: string, id: string, commandId: string): Promise<void> {
      await store.write<Transaction>(transactionsName, {
        updateOne: {
          filter: { _id: id, tenantId, remoteStartCommandId: { $exists: false } },
          update: { $set: { remoteStartCommandId: commandId } },
        },
      });
    },

    /** Keeps a stop that belongs to no transaction; the same one twice is one. */
    async keepOrphan(orphan: OrphanedStop): Promise<void> {
      await store.write<OrphanedStop>(orphansName, { insertOne: { document: orphan } });
    },

    /** Stops that belong to no transaction, newest first. */
    async listOrphans(
      tenantId: string,
      chargePointId: string | undefined,
      page: PageRequest,
    ): Promise<Page<OrphanedStop>> {
      const own = { tenantId, ...(chargePointId !== undefined && { chargePointId }) };
      const found = await store
        .collection<OrphanedStop>(orphansName)
        .find({ $and: [own, keysetFilter('receivedAt', 'descending', page)] }, read)
        .sort(keysetSort('receivedAt', 'descending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, (orphan): Position => [orphan.receivedAt, orphan._id]);
    },
  };
}

type ReadingOwner = Pick<Transaction, '_id' | 'meterStartWh'>;

const notedIn = ({ _id }: ReadingOwner, { at }: RegisterReading): Filter<Transaction> => ({
  _id,
  state: 'ACTIVE',
  $or: [{ lastMeterAt: { $exists: false } }, { lastMeterAt: { $lte: at } }],
});

const noted = ({ meterStartWh }: ReadingOwner, reading: RegisterReading) => ({
  lastMeterWh: reading.wh,
  lastMeterAt: reading.at,
  ...sampledEnergy(meterStartWh, reading),
});

/** The store of transactions. */
export type TransactionStore = ReturnType<typeof createTransactionStore>;

function listFilter(tenantId: string, filter: TransactionFilter): Filter<Transaction> {
  const { states, chargePointIds, connectorIds, tokenValues, startedAt, updatedAt } = filter;
  return {
    tenantId,
    ...(states !== undefined && { state: { $in: [...states] } }),
    ...(chargePointIds !== undefined && { chargePointId: { $in: [...chargePointIds] } }),
    ...(connectorIds !== undefined && { connectorId: { $in: [...connectorIds] } }),
    ...(tokenValues !== undefined && { tokenKey: { $in: tokenValues.map(foldToken) } }),
    ...rangeFilter('startedAt', startedAt),
    ...rangeFilter('updatedAt', updatedAt),
  };
}

/** The index that gives a list in its order; the database would now and then rather sort what a cursor splits. */
function listIndex({ tokenValues, chargePointIds, states }: TransactionFilter, field: TransactionOrder['field']) {
  const suffix = field === 'startedAt' ? 'Started' : 'Updated';
  if (tokenValues !== undefined) return `token${suffix}`;
  if (chargePointIds !== undefined) return `chargePoint${suffix}`;
  if (states !== undefined) return `state${suffix}`;
  return suffix.toLowerCase();
}

function rangeFilter(field: string, { from, to }: TimeRange = {}): Record<string, unknown> {
  if (from === undefined && to === undefined) return {};
  return { [field]: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) } };
}
