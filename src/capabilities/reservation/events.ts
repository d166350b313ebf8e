import type { NewEvent } from '../../events/event.ts';
import { reservationChangedType } from './commands.ts';
import { isOpen, type Reservation } from './model.ts';

/** The event of the present state; made of what is stored, so that it can be told again after a crash. */
export function reservationChanged(reservation: Reservation): NewEvent {
  const { previousState, reason, transactionId, replacedWishId } = reservation;
  return {
    tenantId: reservation.tenantId,
    type: reservationChangedType,
    key: [reservation._id, reservation.version],
    occurredAt: reservation.endedAt ?? reservation.updatedAt,
    receivedAt: reservation.updatedAt,
    chargePointId: reservation.chargePointId,
    connectorId: reservation.connectorId,
    commandId: reservation.reserveCommandId,
    ...(transactionId !== undefined && { transactionId }),
    data: {
      id: reservation._id,
      reservationId: reservation.reservationId,
      state: reservation.state,
      isOpen: isOpen(reservation),
      ...(previousState !== undefined && { previousState }),
      ...(reason !== undefined && { reason }),
      uncertain: reservation.uncertain === true,
      mismatch: reservation.mismatch === true,
      tokenValue: reservation.tokenValue,
      wishId: reservation.wishId,
      ...(replacedWishId !== undefined && { replacedWishId }),
    },
  };
}
