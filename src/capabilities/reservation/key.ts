import type { CapabilityKey } from '../../graphql/context.ts';
import type { ReservationOperations } from './operations.ts';

/** Names the operations on reservations. */
export const reservationKey: CapabilityKey<ReservationOperations> = { name: 'reservation' };
