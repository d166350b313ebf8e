import type { CapabilityKey } from '../../graphql/context.ts';
import type { HealthOperations } from './operations.ts';

/** Names the look at the hub's parts. */
export const healthKey: CapabilityKey<HealthOperations> = { name: 'health' };
