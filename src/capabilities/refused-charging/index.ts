import type { CapabilityKey } from '../../graphql/context.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import { type TransactionOperations, transactionUpdatedType } from '../transactions/index.ts';
import { createRefusedStop } from './operations.ts';

const refusedChargingKey: CapabilityKey<Record<never, never>> = { name: 'refused-charging' };

/** Charge points that go on charging although the start was refused. */
export function createRefusedCharging(
  { log }: Pick<CapabilityDependencies, 'log'>,
  below: {
    chargePoints: Pick<ChargePointOperations, 'find'>;
    commands: Pick<CommandOperations, 'issueAutomatic'>;
    transactions: Pick<TransactionOperations, 'find'>;
  },
): Capability<Record<never, never>> {
  return {
    key: refusedChargingKey,
    operations: {},
    adapters: [],
    indexes: {},
    reactions: { [transactionUpdatedType]: createRefusedStop({ log, ...below }) },
  };
}
