import type { Page, PageRequest } from '../../kernel/page.ts';
import type { Decision } from '../authorization/index.ts';
import type { OrphanedStop, RegisterReading, StartReport, StopReport, Transaction, WireReading } from './model.ts';
import type { ConnectorKey, TransactionFilter, TransactionOrder } from './store.ts';

/** What never changes in a transaction, as far as meter values need it. */
export type TransactionFacts = Pick<
  Transaction,
  '_id' | 'tenantId' | 'ocppTransactionId' | 'chargePointId' | 'connectorId' | 'meterStartWh'
>;

/** What is done with transactions. */
export interface TransactionOperations {
  /**
   * Takes a start, refused or not. The same content gives the same transaction, whatever the message id, in any number of
   * copies and processes. Resolves when the transaction and its event are durable. STA-1…STA-6.
   */
  start(report: StartReport): Promise<Transaction>;
  /**
   * Takes a stop for any number; gives the answer about its token, when it had one. Resolves when everything is durable.
   * STO-1…STO-8.
   */
  stop(report: StopReport, readings: readonly WireReading[], transactionData: unknown): Promise<Decision | undefined>;

  /** Length so far or at all, in whole seconds. */
  durationSeconds(transaction: Transaction): number;
  find(tenantId: string, id: string): Promise<Transaction | undefined>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly Transaction[]>;
  /** By the number on the wire, of this charge point only; any number may be asked for. */
  findByNumber(tenantId: string, chargePointId: string, ocppTransactionId: number): Promise<Transaction | undefined>;
  /** Active transactions of charge points, oldest first. */
  findOpen(tenantId: string, chargePointIds: readonly string[]): Promise<readonly Transaction[]>;
  /** Active transactions of one connector, oldest first. */
  findOpenOn(connector: ConnectorKey): Promise<readonly Transaction[]>;
  list(
    tenantId: string,
    filter: TransactionFilter,
    order: TransactionOrder,
    page: PageRequest,
  ): Promise<Page<Transaction>>;
  /** Counts up to `max`. */
  count(tenantId: string, filter: TransactionFilter, max: number): Promise<number>;
  /** Stops that belong to no transaction, newest first. */
  listOrphanedStops(
    tenantId: string,
    chargePointId: string | undefined,
    page: PageRequest,
  ): Promise<Page<OrphanedStop>>;

  /** As `findByNumber`, remembered: what it gives never changes. */
  factsOf(tenantId: string, chargePointId: string, ocppTransactionId: number): Promise<TransactionFacts | undefined>;
  /** The transaction that ran on the connector at that instant. MET-2. */
  findOpenAt(connector: ConnectorKey, at: Date): Promise<TransactionFacts | undefined>;
  /** Takes a reading of the energy register while the transaction runs; older ones than the newest change nothing. */
  noteReading(transaction: TransactionFacts, reading: RegisterReading, receivedAt: Date): Promise<void>;
  /** Remembers the command that began the transaction. STA-8. */
  linkRemoteStart(tenantId: string, id: string, commandId: string): Promise<void>;
}
