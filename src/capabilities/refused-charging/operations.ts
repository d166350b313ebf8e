import type { Reaction } from '../../events/reactions.ts';
import { HubError } from '../../kernel/errors.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import { remoteStopTransaction } from '../remote-control/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import { isOverdue, isRefused } from './model.ts';

/** Transactions of which something is remembered; what falls out costs a read, or a minute. */
const rememberedMax = 20_000;

/**
 * What is done when a running transaction tells of energy: a refused one that still delivers some after two minutes is
 * stopped from remote, once. The command's idempotency key makes it once, over restarts too; what is remembered here only
 * saves reads and, when it is lost, puts the stop off to the next reading.
 */
export function createRefusedStop({
  chargePoints,
  commands,
  transactions,
  log,
}: Pick<CapabilityDependencies, 'log'> & {
  chargePoints: Pick<ChargePointOperations, 'find'>;
  commands: Pick<CommandOperations, 'issueAutomatic'>;
  transactions: Pick<TransactionOperations, 'find'>;
}): Reaction {
  /** Not to be looked at again: the answer to a start never changes. */
  const accepted = new Set<string>();
  /** The first energy that was told when the time was over, in Wh. */
  const baselines = new Map<string, number>();

  return async ({ tenantId, transactionId, occurredAt, receivedAt, data }) => {
    const energyWh = data['energyWh'];
    if (transactionId === undefined || typeof energyWh !== 'number' || accepted.has(transactionId)) return;
    const transaction = await transactions.find(tenantId, transactionId);
    if (transaction === undefined || transaction.state !== 'ACTIVE') return;
    if (!isRefused(transaction)) {
      forgetOldest(accepted);
      accepted.add(transactionId);
      return;
    }
    if (!isOverdue(transaction, { occurredAt, receivedAt })) return;
    const baseline = baselines.get(transactionId);
    if (baseline === undefined) {
      forgetOldest(baselines);
      baselines.set(transactionId, energyWh);
      return;
    }
    if (energyWh <= baseline) return;
    const target = await chargePoints.find(tenantId, transaction.chargePointId);
    if (target === undefined) return;
    try {
      await commands.issueAutomatic(
        remoteStopTransaction,
        target,
        { ocppTransactionId: transaction.ocppTransactionId },
        {
          idempotencyKey: `refused transaction ${transactionId}`,
          wait: { until: 'ACCEPTED_BY_HUB', timeoutSeconds: 0 }, // the message under way is answered first
        },
      );
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // gone, or busy: the next reading tries again, and this one must be confirmed all the same
      log.warn({ transactionId, code: error.code }, 'a refused transaction that delivers energy could not be stopped');
    }
  };
}

function forgetOldest(remembered: Set<string> | Map<string, unknown>): void {
  if (remembered.size < rememberedMax) return;
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest);
    return;
  }
}
