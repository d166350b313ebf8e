import type { HubContext } from '../../graphql/context.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import { type CommandOperations, commandRequests } from '../commands/index.ts';
import './graphql.ts';
import { commandBatchesKey } from './key.ts';
import { type CommandBatchOperations, createCommandBatchOperations, memberId } from './operations.ts';
import { commandBatchIndexes } from './store.ts';

/** One wish for many charge points, carried out a bounded number at a time. */
export function createCommandBatches(
  { store, bus, clock, log }: CapabilityDependencies,
  below: {
    readonly commands: CommandOperations;
    readonly chargePoints: ChargePointOperations;
    /** The operations of any mounted capability: a batch does what the mutations of the others do. */
    readonly use: HubContext['use'];
    readonly callTimeoutMs: number;
  },
): Capability<CommandBatchOperations> {
  const operations = createCommandBatchOperations({ store, bus, clock, log, requests: commandRequests, ...below });
  return {
    key: commandBatchesKey,
    operations,
    adapters: [],
    indexes: commandBatchIndexes,
    reactions: {
      COMMAND_CHANGED: async ({ tenantId, chargePointId, commandId, data }) => {
        const batchId = data['batchId'];
        if (typeof batchId !== 'string' || chargePointId === undefined || commandId === undefined) return;
        await operations.changed(tenantId, batchId, memberId(batchId, chargePointId), commandId);
      },
    },
    start: operations.start,
    drain: operations.drain,
  };
}
