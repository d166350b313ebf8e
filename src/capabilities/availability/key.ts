import type { CapabilityKey } from '../../graphql/context.ts';
import type { AvailabilityOperations } from './operations.ts';

/** Names the operations on connectors. */
export const availabilityKey: CapabilityKey<AvailabilityOperations> = { name: 'availability' };
