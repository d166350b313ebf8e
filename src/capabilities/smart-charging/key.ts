import type { CapabilityKey } from '../../graphql/context.ts';
import type { SmartChargingOperations } from './operations.ts';

/** Names the operations on charging profiles. */
export const smartChargingKey: CapabilityKey<SmartChargingOperations> = { name: 'smart-charging' };
