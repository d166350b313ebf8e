import type { ChargePointRegistry } from '../../gateway/adapter.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import { chargePointsKey } from './key.ts';
import { type ChargePointOperations, createChargePointOperations } from './operations.ts';
import { createRegistry } from './registry.ts';
import { chargePointIndexes, createChargePointStore } from './store.ts';

export { ChargePointFilterInput, chargePointFilter } from './graphql.ts';
export {
  ChargePointRef,
  ChargePointReferenceInput,
  chargePointReference,
  loadChargePoint,
  targetOf,
} from './graphql-type.ts';
export { chargePointsKey } from './key.ts';
export type { Admission, BootFacts, ChargePoint, ChargePointFilter, RegistrationStatus } from './model.ts';
export type { ChargePointOperations, ChargePointReference } from './operations.ts';

/** The charge points of all tenants, and the registry that the gateway asks. */
export function createChargePoints(
  { store, events, bus, clock, log }: CapabilityDependencies,
  options: {
    /** Names this life of this hub process; links of other instances are ended at start. */
    instance: string;
    /** Told to new charge points, in seconds. */
    heartbeatIntervalSeconds: number;
    /** How long signs of life are collected before they are stored, in milliseconds. */
    seenFlushMs?: number;
  },
): Capability<ChargePointOperations> & { readonly registry: ChargePointRegistry } {
  const { instance, heartbeatIntervalSeconds, seenFlushMs = 5_000 } = options;
  const chargePoints = createChargePointStore(store);
  const operations = createChargePointOperations({ chargePoints, events, bus, clock, log, heartbeatIntervalSeconds });
  const registry = createRegistry({ chargePoints, operations, events, clock, log, instance, seenFlushMs });
  return {
    key: chargePointsKey,
    operations,
    registry,
    adapters: [],
    indexes: chargePointIndexes,
    start: registry.start,
    stop: registry.stop,
  };
}
