import type { CapabilityKey } from '../../graphql/context.ts';
import type { AccessOperations } from './operations.ts';

/** Names the operations on credentials. */
export const accessKey: CapabilityKey<AccessOperations> = { name: 'access' };
