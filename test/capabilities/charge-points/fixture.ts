import { createChargePoints } from '../../../src/capabilities/charge-points/index.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';

/** A hub with charge points, as one life of a hub process sees it. */
export async function createChargePointHub() {
  const hub = await createCapabilityHub();
  const chargePoints = live(hub, 'first life');
  await hub.mount(chargePoints);
  return { hub, chargePoints, registry: chargePoints.registry, operations: chargePoints.operations };
}

/** Another life of the hub process on the same database. */
export const live = (hub: CapabilityHub, instance: string) =>
  createChargePoints(hub.dependencies, { instance, heartbeatIntervalSeconds: 300, seenFlushMs: 1_000 });
