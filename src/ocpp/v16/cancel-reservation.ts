import { defineMessage } from '../message.ts';
import { closed, int, words } from '../schema.ts';

/** OCPP 1.6 §7.6. */
export const cancelReservationStatuses = ['Accepted', 'Rejected'] as const;

/** The hub takes a reservation back. OCPP 1.6 §5.1, §6.5, §6.6. */
export const CancelReservation = defineMessage({
  action: 'CancelReservation',
  sender: 'hub',
  request: closed({ reservationId: int() }),
  response: closed({ status: words(cancelReservationStatuses) }),
});
