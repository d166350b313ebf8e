import type { AuthorizationOperations } from '../authorization/index.ts';
import type { AvailabilityOperations } from '../availability/index.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql.ts';
import { transactionsKey } from './key.ts';
import type { StopReadingKeeper } from './model.ts';
import { ocpp16 } from './ocpp16.ts';
import type { TransactionOperations } from './operations.ts';
import { createReadings } from './readings.ts';
import { durationSeconds } from './rules.ts';
import { createStarts } from './starts.ts';
import { createStops } from './stops.ts';
import { createTransactionStore, transactionIndexes } from './store.ts';

export { transactionStartedType, transactionUpdatedType } from './events.ts';
export { TransactionReferenceInput, transactionReference } from './graphql.ts';
export { loadTransaction, TransactionRef } from './graphql-type.ts';
export { transactionsKey } from './key.ts';
export type { RegisterReading, StationTime, StopReadingKeeper, Transaction, WireReading } from './model.ts';
export { wireReadings } from './ocpp16.ts';
export type { TransactionFacts, TransactionOperations } from './operations.ts';
export { int32 } from './rules.ts';

/** The use of connectors, from start to stop. */
export function createTransactions(
  { store, events, clock }: CapabilityDependencies,
  options: {
    authorization: Pick<AuthorizationOperations, 'authorize' | 'record'>;
    availability: Pick<AvailabilityOperations, 'ensureConnector'>;
    /** Keeps the meter values that come with a stop. */
    readingKeeper: StopReadingKeeper;
  },
): Capability<TransactionOperations> {
  const transactions = createTransactionStore(store);
  const own = { transactions, events, clock, ...options };
  const operations: TransactionOperations = {
    start: createStarts(own),
    stop: createStops(own),
    durationSeconds: (transaction) => durationSeconds(transaction, clock.now()),
    find: async (tenantId, id) => (await transactions.find(tenantId, id)) ?? undefined,
    findMany: transactions.findMany,
    findByNumber: async (tenantId, chargePointId, number) =>
      (await transactions.findByNumber(tenantId, chargePointId, number)) ?? undefined,
    findOpenOn: transactions.findOpenOn,
    findOpen: async (tenantId, chargePointIds) =>
      (await transactions.findOpen(tenantId, chargePointIds)).sort((a, b) => Number(a.startedAt) - Number(b.startedAt)),
    list: transactions.list,
    count: transactions.count,
    listOrphanedStops: transactions.listOrphans,
    ...createReadings(own),
    linkRemoteStart: transactions.linkRemoteStart,
  };
  return { key: transactionsKey, operations, adapters: [ocpp16(operations)], indexes: transactionIndexes };
}
