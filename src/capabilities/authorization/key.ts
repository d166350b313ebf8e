import type { CapabilityKey } from '../../graphql/context.ts';
import type { AuthorizationOperations } from './operations.ts';

/** Names the operations on tokens. */
export const authorizationKey: CapabilityKey<AuthorizationOperations> = { name: 'authorization' };
