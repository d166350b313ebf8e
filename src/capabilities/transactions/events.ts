import type { NewEvent } from '../../events/event.ts';
import type { Transaction } from './model.ts';

/** A transaction began, accepted or refused. Natural key: the transaction. */
export const transactionStartedType = 'TRANSACTION_STARTED';
/** Energy (at most once a minute) or an anomaly changed. Natural key: the transaction, and what changed. */
export const transactionUpdatedType = 'TRANSACTION_UPDATED';
/** A transaction ended; once by the hub and once more when the real stop came late. Natural key: the transaction, and who ended it. */
export const transactionEndedType = 'TRANSACTION_ENDED';

const aboutOf = ({ _id, tenantId, chargePointId, connectorId }: Transaction) => ({
  tenantId,
  chargePointId,
  connectorId,
  transactionId: _id,
});

/** The event of a start, made of what never changes in it. */
export const startedEvent = (transaction: Transaction): NewEvent => ({
  ...aboutOf(transaction),
  type: transactionStartedType,
  key: [transaction._id],
  occurredAt: transaction.startedAt,
  receivedAt: transaction.startReceivedAt,
  data: {
    ocppTransactionId: transaction.ocppTransactionId,
    tokenValue: transaction.tokenValue,
    authorizationStatus: transaction.authorization.status,
    meterStartWh: transaction.meterStartWh,
    ...(transaction.authorization.groupId !== undefined && { groupId: transaction.authorization.groupId }),
    ...(transaction.reservationId !== undefined && { reservationId: transaction.reservationId }),
  },
});

/** The event of an end; undefined while the transaction is active. */
export function endedEvent(transaction: Transaction): NewEvent | undefined {
  const { stop, endedAt } = transaction;
  if (endedAt === undefined) return undefined;
  return {
    ...aboutOf(transaction),
    type: transactionEndedType,
    key: [transaction._id, stop === undefined ? 'ADMINISTRATIVE' : 'STOP'],
    occurredAt: endedAt,
    receivedAt: stop?.receivedAt ?? transaction.updatedAt,
    data: {
      ocppTransactionId: transaction.ocppTransactionId,
      tokenValue: transaction.tokenValue,
      state: transaction.state,
      energyWh: transaction.energyWh,
      energySource: transaction.energySource,
      ...(stop !== undefined && { stopReason: stop.reason, meterStopWh: stop.meterWh }),
    },
  };
}

/** The event of a change in between; `change` tells one change from another. */
export const updatedEvent = (
  transaction: Pick<
    Transaction,
    '_id' | 'tenantId' | 'chargePointId' | 'connectorId' | 'ocppTransactionId' | 'energyWh'
  >,
  change: readonly (string | number)[],
  at: { readonly occurredAt: Date; readonly receivedAt: Date },
): NewEvent => ({
  tenantId: transaction.tenantId,
  chargePointId: transaction.chargePointId,
  connectorId: transaction.connectorId,
  transactionId: transaction._id,
  type: transactionUpdatedType,
  key: [transaction._id, ...change],
  ...at,
  data: { ocppTransactionId: transaction.ocppTransactionId, energyWh: transaction.energyWh },
});
