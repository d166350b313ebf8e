import type { CapabilityKey } from '../../graphql/context.ts';
import type { CommandBatchOperations } from './operations.ts';

/** Names the operations on batches of commands. */
export const commandBatchesKey: CapabilityKey<CommandBatchOperations> = { name: 'commandBatches' };
