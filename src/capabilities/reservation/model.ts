import { contentId } from '../../kernel/ids.ts';
import type { ActorKind } from '../../kernel/principal.ts';

/**
 * Life of a reservation. REQUESTED → ACTIVE → USED, EXPIRED, CANCELLED or REMOVED. Final without it: the answer of the charge
 * point verbatim (OCCUPIED, FAULTED, REJECTED, UNAVAILABLE), or FAILED when there is no usable answer. RSV-3, RSV-4.
 */
export const reservationStates = [
  'REQUESTED',
  'ACTIVE',
  'OCCUPIED',
  'FAULTED',
  'REJECTED',
  'UNAVAILABLE',
  'FAILED',
  'USED',
  'EXPIRED',
  'CANCELLED',
  'REMOVED',
] as const;
export type ReservationState = (typeof reservationStates)[number];

/** Why a reservation is in its state; ACTIVE needs no reason, and REQUESTED has one only while it is uncertain. */
export const reservationReasons = [
  'NO_ANSWER',
  'LINK_LOST',
  'HUB_RESTARTED',
  'REFUSED',
  'NOT_SENT',
  'CALL_ERROR',
  'UNUSABLE_ANSWER',
  'NAMED_BY_START',
  'INFERRED_FROM_START',
  'TIME_PASSED',
  'NEVER_ANSWERED',
  'CANCEL_ACCEPTED',
  'CONNECTOR_FAULTED',
  'CONNECTOR_UNAVAILABLE',
  'CHARGE_POINT_DELETED',
] as const;
export type ReservationReason = (typeof reservationReasons)[number];

/** What one ReserveNow asks for. */
export interface ReservationTerms {
  /** Names this wish; a reservation that is replaced under its number gets another one. */
  readonly wishId: string;
  /** 0: any connector. */
  readonly connectorId: number;
  readonly tokenValue: string;
  /** `tokenValue` folded; what is compared. */
  readonly tokenKey: string;
  /** The parentIdTag that was sent, and folded; absent when none was. */
  readonly groupId?: string;
  readonly groupKey?: string;
  readonly expiresAt: Date;
  readonly requestedAt: Date;
  readonly requestedBy: { readonly kind: ActorKind; readonly id: string; readonly name: string };
  readonly reserveCommandId: string;
}

/** A connector, or any one of a charge point, held for a token. One for each charge point and number; RSV-1. */
export interface Reservation extends ReservationTerms {
  /** Made of charge point and number, so that a number that is used again replaces the reservation in place. */
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** OCPP's number; the hub gives positive int32 ones, callers may send any integer. */
  readonly reservationId: number;
  readonly state: ReservationState;
  readonly previousState?: ReservationState;
  readonly reason?: ReservationReason;
  /** No answer is known, so the charge point may hold it all the same. */
  readonly uncertain?: true;
  /** When the usable answer came, by the clock of the hub. */
  readonly respondedAt?: Date;
  /** When it stopped to hold anything; absent while REQUESTED or ACTIVE. */
  readonly endedAt?: Date;
  /** The transaction that used it. */
  readonly transactionId?: string;
  /** A start that fits, told before the answer: it counts once the answer is Accepted. */
  readonly possibleUse?: { readonly transactionId: string; readonly startedAt: Date };
  /** The newest attempt to cancel it. */
  readonly cancelCommandId?: string;
  /** The charge point says that it knows no such reservation, and the hub does not know why. RSV-6. */
  readonly mismatch?: true;
  /** Terms that were sent under the same number while it was active, and are not answered yet. */
  readonly replacement?: ReservationTerms;
  /** Wish that the present terms took the place of. */
  readonly replacedWishId?: string;
  /** When the hub's clock ends it; absent once it has ended. */
  readonly sweepAt?: Date;
  /** Its newest event may not be in the log yet. */
  readonly untold?: true;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Goes up with every change. */
  readonly version: number;
}

/** Which reservation of which charge point. */
export interface ReservationKey {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly reservationId: number;
}

/** The id of a reservation. */
export const reservationDocumentId = ({ chargePointId, reservationId }: Omit<ReservationKey, 'tenantId'>): string =>
  contentId('reservation', chargePointId, reservationId);

/** It holds a connector, or may do so soon. */
export const isOpen = ({ state }: Pick<Reservation, 'state'>): boolean => state === 'REQUESTED' || state === 'ACTIVE';

/** How long after its expiry the hub still takes a reservation as standing: clocks differ, and messages take their time. */
export const expiryMarginMs = 30_000;
