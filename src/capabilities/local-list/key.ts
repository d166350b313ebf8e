import type { CapabilityKey } from '../../graphql/context.ts';
import type { LocalListOperations } from './contract.ts';

/** Names the operations on local authorization lists. */
export const localListKey: CapabilityKey<LocalListOperations> = { name: 'localList' };
