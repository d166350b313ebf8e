import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';

/** Answers to ReserveNow. OCPP 1.6 §7.40. */
export const reservationStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Faulted: 'FAULTED',
  Occupied: 'OCCUPIED',
  Rejected: 'REJECTED',
  Unavailable: 'UNAVAILABLE',
});
/** An answer to ReserveNow. */
export type ReservationStatus = (typeof reservationStatuses.values)[number];

/** Answers to CancelReservation. OCPP 1.6 §7.6. */
export const cancelReservationStatuses = wordMap({ Accepted: 'ACCEPTED', Rejected: 'REJECTED' });
/** An answer to CancelReservation. */
export type CancelReservationStatus = (typeof cancelReservationStatuses.values)[number];

/** What goes out with ReserveNow, and what tells one wish from another. */
export interface ReserveNowInput {
  readonly reservationId: number;
  /** 0: any connector. */
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiresAt: Date;
  readonly requestedAt: Date;
  readonly wishId: string;
}

/** What goes out with CancelReservation. */
export interface CancelReservationInput {
  /** Any integer, also one that the hub does not know. */
  readonly reservationId: number;
}

/** A reservation changed. Natural key: the reservation and its version. */
export const reservationChangedType = 'RESERVATION_CHANGED';

const effectMarginMs = 120_000;
/** A reservation for longer is FINISHED with its answer: nobody waits weeks for the end of a command. */
const seenThroughMaxMs = 7 * 86_400_000;

const lengthMs = ({ expiresAt, requestedAt }: ReserveNowInput): number =>
  Math.max(0, expiresAt.getTime() - requestedAt.getTime());

/**
 * Hold a connector. Accepted: seen through when the reservation has ended, however it did; two minutes after its expiry at
 * the latest, because the hub itself ends it then. OCPP 1.6 §5.13.
 */
export const reserveNow = defineCommand<ReserveNowInput, { readonly status: ReservationStatus }>({
  name: 'reserveNow',
  priority: 'URGENT',
  repeatable: true,
  effect: {
    withinMs: (_outcome, input) => lengthMs(input) + effectMarginMs,
    promised: ({ status }, input) => status === 'ACCEPTED' && lengthMs(input) <= seenThroughMaxMs,
    seen: (signal, { wishId }) => {
      if (signal.kind !== 'event' || signal.event.type !== reservationChangedType) return undefined;
      const { data, transactionId } = signal.event;
      if (data['replacedWishId'] === wishId) return { reservationState: 'REPLACED' };
      if (data['wishId'] !== wishId || data['isOpen'] !== false) return undefined;
      return { reservationState: data['state'], ...(transactionId !== undefined && { transactionId }) };
    },
  },
});

/** Take a reservation back. The answer is the result. OCPP 1.6 §5.1. */
export const cancelReservation = defineCommand<CancelReservationInput, { readonly status: CancelReservationStatus }>({
  name: 'cancelReservation',
  priority: 'URGENT',
});
