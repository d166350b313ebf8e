import type { CapabilityKey } from '../../graphql/context.ts';
import type { ProvisioningOperations } from './operations.ts';

/** Names the operations on boots and settings. */
export const provisioningKey: CapabilityKey<ProvisioningOperations> = { name: 'provisioning' };
