import type { CapabilityKey } from '../../graphql/context.ts';
import type { DataTransferOperations } from './operations.ts';

/** Names the operations on DataTransfers. */
export const dataTransferKey: CapabilityKey<DataTransferOperations> = { name: 'data-transfer' };
