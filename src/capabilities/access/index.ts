import type { CapabilityKey } from '../../graphql/context.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import { type AccessOperations, createAccessOperations } from './operations.ts';
import { apiKeyIndexes } from './store.ts';

export type { AccessOperations } from './operations.ts';

/** Names the operations on API keys. */
export const accessKey: CapabilityKey<AccessOperations> = { name: 'access' };

/** Who may use the API. */
export function createAccess({
  store,
  clock,
}: Pick<CapabilityDependencies, 'store' | 'clock'>): Capability<AccessOperations> {
  return { key: accessKey, operations: createAccessOperations({ store, clock }), adapters: [], indexes: apiKeyIndexes };
}
