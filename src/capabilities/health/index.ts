import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql.ts';
import { healthKey } from './key.ts';
import { createHealthOperations, type HealthFacts, type HealthOperations } from './operations.ts';

export { healthKey } from './key.ts';
export type { HealthCheck, HealthFacts } from './operations.ts';

/** How the hub does. */
export function createHealth(
  { store, clock }: Pick<CapabilityDependencies, 'store' | 'clock'>,
  facts: HealthFacts,
): Capability<HealthOperations> {
  return { key: healthKey, operations: createHealthOperations({ store, clock, facts }), adapters: [], indexes: {} };
}
