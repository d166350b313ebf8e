import type { CapabilityKey } from '../../graphql/context.ts';
import type { ChargePointOperations } from './operations.ts';

/** Names the operations on charge points. */
export const chargePointsKey: CapabilityKey<ChargePointOperations> = { name: 'charge-points' };
