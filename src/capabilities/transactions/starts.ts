import { newId } from '../../kernel/ids.ts';
import type { AuthorizationOperations } from '../authorization/index.ts';
import { foldToken } from '../authorization/index.ts';
import { type AvailabilityOperations, connectorIdMax } from '../availability/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import { changeTransaction } from './change.ts';
import { endedEvent, startedEvent } from './events.ts';
import type { StartReport, Transaction } from './model.ts';
import { begun, endedByNextStart, int32, isLate, isOlder, isUnusable, nextStartKey, startContentKey } from './rules.ts';
import type { TransactionStore } from './store.ts';

/**
 * Takes starts. State first, events second: what a crash leaves undone between the two is done when the charge point
 * repeats the start, because everything is derived from what the first copy stored.
 */
export function createStarts({
  transactions,
  events,
  clock,
  authorization,
  availability,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & {
  transactions: TransactionStore;
  authorization: Pick<AuthorizationOperations, 'authorize' | 'record'>;
  availability: Pick<AvailabilityOperations, 'ensureConnector'>;
}) {
  /** The key of this start; of the next one when a charge point without a clock begins anew with equal content. */
  const startKeyOf = async (report: StartReport): Promise<string> => {
    const contentKey = startContentKey(report);
    if (!isUnusable(report.time)) return contentKey;
    const previous = await transactions.findClockless(contentKey);
    if (previous === null) return contentKey;
    return previous.state === 'ACTIVE' ? previous.startKey : nextStartKey(previous);
  };

  const decide = ({ tenantId, chargePointId, connectorId, tokenValue, time, receivedAt }: StartReport) =>
    authorization.authorize({
      tenantId,
      chargePointId,
      connectorId: int32(connectorId),
      tokenValue,
      purpose: 'START',
      receivedAt,
      // what happened long ago is recorded, not judged by what runs now
      ...(isLate(time, receivedAt)
        ? { happenedAt: time.at }
        : {
            runningElsewhere: () =>
              transactions.countRunning(tenantId, foldToken(tokenValue), {
                chargePointId,
                connectorId: int32(connectorId),
              }),
          }),
    });

  /** The answer, which a repeat gets too: one attempt however often it is told. */
  const record = (
    { _id, tenantId, chargePointId, connectorId, tokenValue, authorization: decision }: Transaction,
    receivedAt: Date,
  ) =>
    authorization.record({
      tenantId,
      chargePointId,
      connectorId,
      transactionId: _id,
      tokenValue,
      purpose: 'START',
      decision,
      receivedAt,
      key: [_id],
    });

  /** Ends what the start replaces. Told again each time, because nobody knows whether it was told before. G7. */
  const endReplaced = async (next: Transaction): Promise<void> => {
    if (next.replaces.length === 0) return;
    for (const present of await transactions.findMany(next.tenantId, next.replaces)) {
      const ended = await changeTransaction(transactions, present, (one) =>
        one.state === 'ACTIVE' ? endedByNextStart(one, next, clock.now()) : undefined,
      );
      const event = endedEvent(ended);
      if (event !== undefined) await events.append(event);
    }
  };

  const makeKnown = async ({ tenantId, chargePointId, connectorId }: Transaction, at: Date): Promise<void> => {
    if (connectorId < 1 || connectorId > connectorIdMax) return;
    await availability.ensureConnector({ tenantId, chargePointId, connectorId }, at);
  };

  /** Stores the start, or finds the copy that was faster. STA-4. */
  const store = async (
    report: StartReport,
    startKey: string,
    authorizing: ReturnType<typeof decide>,
    open: readonly Transaction[],
  ): Promise<Transaction> => {
    const [authorization, ocppTransactionId] = await Promise.all([authorizing, transactions.nextNumber()]);
    const now = clock.now();
    const first = begun(report, {
      id: newId(report.receivedAt),
      ocppTransactionId,
      startKey,
      authorization,
      replaces: [],
      now,
    });
    const replaces = authorization.status === 'ACCEPTED' ? open.filter((one) => isOlder(one, first)) : []; // STA-6
    const transaction = { ...first, replaces: replaces.map(({ _id }) => _id) };
    const [inserted] = await Promise.all([transactions.insert(transaction), makeKnown(transaction, now)]);
    if (inserted) return transaction;
    const faster = await transactions.findByStartKey(startKey);
    if (faster === null) throw new Error('a start is neither stored nor new');
    return faster;
  };

  return async (report: StartReport): Promise<Transaction> => {
    const { tenantId, chargePointId, connectorId } = report;
    const authorizing = decide(report);
    const [startKey, open] = await Promise.all([
      startKeyOf(report),
      transactions.findOpenOn({ tenantId, chargePointId, connectorId: int32(connectorId) }),
      authorizing, // looked at later; a failure of any of the three is the failure of all
    ]);
    const repeated = open.find((one) => one.startKey === startKey);
    const transaction = repeated ?? (await store(report, startKey, authorizing, open));
    await endReplaced(transaction);
    await Promise.all([events.append(startedEvent(transaction)), record(transaction, report.receivedAt)]);
    return transaction;
  };
}
