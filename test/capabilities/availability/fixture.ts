import { createAvailability } from '../../../src/capabilities/availability/index.ts';
import { createChargePoints } from '../../../src/capabilities/charge-points/index.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';

/** A hub with charge points and their availability. */
export async function createAvailabilityHub() {
  const hub = await createCapabilityHub();
  const chargePoints = createChargePoints(hub.dependencies, { instance: 'test', heartbeatIntervalSeconds: 300 });
  const availability = availabilityOf(hub, chargePoints);
  await hub.mount(chargePoints, availability);

  const register = async (tenantId: string, identity: string): Promise<LinkedChargePoint> => {
    const { chargePoint } = await chargePoints.operations.create(systemPrincipal(tenantId), { identity });
    return { tenantId, id: chargePoint._id, identity };
  };
  return { hub, chargePoints, availability, register };
}

/** Availability as a hub process has it that just started: nothing remembered. */
export const availabilityOf = (hub: CapabilityHub, chargePoints: ReturnType<typeof createChargePoints>) =>
  createAvailability(hub.dependencies, {
    chargePoints: chargePoints.operations,
    commands: { register: () => undefined }, // what the hub asks is tested elsewhere
  });
