import { contentId } from '../../kernel/ids.ts';
import type { AuthorizationOperations, Decision } from '../authorization/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import { changeTransaction } from './change.ts';
import { endedEvent, updatedEvent } from './events.ts';
import type { StopFacts, StopReadingKeeper, StopReport, Transaction, WireReading } from './model.ts';
import { contradicted, isTransactionNumber, stopFacts, stopped } from './rules.ts';
import type { TransactionStore } from './store.ts';

/** Takes stops. As with starts, a repeat does what a crash left undone. */
export function createStops({
  transactions,
  events,
  clock,
  authorization,
  readingKeeper,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & {
  transactions: TransactionStore;
  authorization: Pick<AuthorizationOperations, 'authorize' | 'record'>;
  readingKeeper: StopReadingKeeper;
}) {
  /** STO-4: the token may be another one than at the start; it is only recorded. */
  const decide = async ({ tenantId, chargePointId, tokenValue, receivedAt }: StopReport) =>
    tokenValue === undefined
      ? undefined
      : await authorization.authorize({ tenantId, chargePointId, tokenValue, purpose: 'STOP', receivedAt });

  /** A repeat is no second attempt. */
  const record = async (
    { tenantId, chargePointId, ocppTransactionId, receivedAt }: StopReport,
    { tokenValue, authorization: decision, contentKey }: StopFacts,
    transaction: Transaction | null,
  ): Promise<void> => {
    if (tokenValue === undefined || decision === undefined) return;
    await authorization.record({
      tenantId,
      chargePointId,
      connectorId: transaction?.connectorId,
      transactionId: transaction?._id,
      tokenValue,
      purpose: 'STOP',
      decision,
      receivedAt,
      key: [chargePointId, ocppTransactionId, contentKey],
    });
  };

  /** STO-1, STO-2: nobody else's transaction is touched. */
  const keepOrphan = (report: StopReport, stop: StopFacts, transactionData: unknown): Promise<void> => {
    const { tenantId, chargePointId, ocppTransactionId, receivedAt } = report;
    return transactions.keepOrphan({
      _id: contentId('orphaned stop', tenantId, chargePointId, ocppTransactionId, stop.contentKey),
      tenantId,
      chargePointId,
      ocppTransactionId,
      stop,
      transactionData: transactionData ?? null,
      receivedAt,
    });
  };

  const end = (transaction: Transaction, report: StopReport, facts: StopFacts, readings: readonly WireReading[]) => {
    const newest = readingKeeper.newestRegister(readings);
    return changeTransaction(transactions, transaction, (present) => {
      const now = clock.now();
      if (present.stop === undefined) return stopped(present, report, facts, { now, readings: newest });
      return present.stop.contentKey === facts.contentKey ? undefined : contradicted(present, facts, now);
    });
  };

  const tell = async (transaction: Transaction, { contentKey, at, receivedAt }: StopFacts): Promise<void> => {
    const event = endedEvent(transaction);
    if (event !== undefined) await events.append(event);
    if (transaction.stop?.contentKey === contentKey) return;
    await events.append(updatedEvent(transaction, ['STOP_CONFLICT'], { occurredAt: at, receivedAt }));
  };

  return async (
    report: StopReport,
    readings: readonly WireReading[],
    transactionData: unknown,
  ): Promise<Decision | undefined> => {
    const { tenantId, chargePointId, ocppTransactionId } = report;
    const [found, decision] = await Promise.all([
      isTransactionNumber(ocppTransactionId)
        ? transactions.findByNumber(tenantId, chargePointId, ocppTransactionId)
        : null,
      decide(report),
    ]);
    const facts = stopFacts(report, decision);
    if (found === null) {
      await Promise.all([keepOrphan(report, facts, transactionData), record(report, facts, null)]);
      return decision;
    }
    const [transaction] = await Promise.all([
      end(found, report, facts, readings),
      readingKeeper.recordStop(found, readings, report.receivedAt),
      record(report, facts, found),
    ]);
    await tell(transaction, facts);
    const isRepeat = transaction.stop?.contentKey === facts.contentKey;
    return isRepeat ? (transaction.stop?.authorization ?? decision) : decision;
  };
}
