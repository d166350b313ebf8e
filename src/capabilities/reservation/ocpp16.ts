import { adapter, sends } from '../../gateway/adapter.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { CancelReservation, ReserveNow } from '../../ocpp/v16/index.ts';
import { cancelReservation, cancelReservationStatuses, reservationStatuses, reserveNow } from './commands.ts';

/** Reservations in the words of OCPP 1.6. */
export const ocpp16 = adapter(['1.6'], {
  sends: [
    sends(reserveNow, ReserveNow, {
      toRequest: ({ reservationId, connectorId, idTag, parentIdTag, expiresAt }) => ({
        connectorId,
        expiryDate: formatTimestamp(expiresAt),
        idTag,
        ...(parentIdTag !== undefined && { parentIdTag }),
        reservationId,
      }),
      toOutcome: ({ status }) => ({ status: reservationStatuses.toModel(status) }),
    }),
    sends(cancelReservation, CancelReservation, {
      toRequest: ({ reservationId }) => ({ reservationId }),
      toOutcome: ({ status }) => ({ status: cancelReservationStatuses.toModel(status) }),
    }),
  ],
});
