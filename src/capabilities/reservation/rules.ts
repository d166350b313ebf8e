import {
  expiryMarginMs,
  isOpen,
  type Reservation,
  type ReservationKey,
  type ReservationReason,
  type ReservationState,
  type ReservationTerms,
  reservationDocumentId,
} from './model.ts';

/** No command waits longer for its turn and its answer; after it a wish without any answer is given up. */
const unansweredMaxMs = 2 * 3_600_000;
/** A start that is told later than this is dated by the charge point, any other by its arrival. */
const lateStartMs = 5 * 60_000;

type Change = Partial<Omit<Reservation, '_id' | 'tenantId' | 'chargePointId' | 'reservationId'>>;

/** What ReserveNow was answered with, beside ACCEPTED. */
type RefusedState = Extract<ReservationState, 'OCCUPIED' | 'FAULTED' | 'REJECTED' | 'UNAVAILABLE'>;

/** Why there is no usable answer. */
export interface NoAnswer {
  readonly reason: Extract<
    ReservationReason,
    'NO_ANSWER' | 'LINK_LOST' | 'HUB_RESTARTED' | 'NOT_SENT' | 'CALL_ERROR' | 'UNUSABLE_ANSWER'
  >;
  /** The charge point may have acted all the same. */
  readonly outcomeUnknown: boolean;
}

/** An accepted start, as far as reservations need it. */
export interface StartFacts {
  readonly transactionId: string;
  readonly connectorId: number;
  readonly tokenKey: string;
  readonly groupKey?: string;
  readonly startedAt: Date;
  readonly receivedAt: Date;
}

/** A wish is about to be sent. It takes the place of what the number meant before, of an active reservation only once it is accepted. */
export function requested(
  present: Reservation | undefined,
  key: ReservationKey,
  terms: ReservationTerms,
): Reservation | undefined {
  const { reserveCommandId, requestedAt } = terms;
  if (present?.reserveCommandId === reserveCommandId) return undefined;
  if (present?.replacement?.reserveCommandId === reserveCommandId) return undefined;
  if (present?.state === 'ACTIVE') return silently(present, { replacement: terms }, requestedAt);
  return swept({
    _id: reservationDocumentId(key),
    ...key,
    ...terms,
    state: 'REQUESTED',
    ...(present !== undefined && { previousState: present.state }),
    untold: true,
    createdAt: present?.createdAt ?? requestedAt,
    updatedAt: requestedAt,
    version: (present?.version ?? 0) + 1,
  });
}

/** The charge point accepted the terms, in time or late. RSV-3. */
export function accepted(present: Reservation, terms: ReservationTerms, at: Date): Reservation | undefined {
  const { reserveCommandId } = terms;
  if (present.replacement?.reserveCommandId === reserveCommandId) {
    return replaced(without(present, 'replacement'), terms, at);
  }
  if (present.reserveCommandId === reserveCommandId) return acceptedAsAsked(present, at);
  // an earlier wish is answered while a newer one waits: the charge point holds the earlier one until then
  if (present.state !== 'REQUESTED' || present.requestedAt < terms.requestedAt) return undefined;
  const held = without(present, 'uncertain', 'reason', 'possibleUse', 'groupId', 'groupKey');
  return changed(held, { ...terms, state: 'ACTIVE', respondedAt: at, replacement: termsOf(present) }, at);
}

function acceptedAsAsked(present: Reservation, at: Date): Reservation | undefined {
  if (present.respondedAt !== undefined) return undefined;
  const sure = without(present, 'uncertain', 'possibleUse', 'reason');
  if (present.state === 'REQUESTED') {
    const { possibleUse } = present;
    if (possibleUse === undefined) return changed(sure, { state: 'ACTIVE', respondedAt: at }, at);
    const use = { transactionId: possibleUse.transactionId, reason: 'INFERRED_FROM_START' } as const;
    return changed(sure, { ...use, state: 'USED', respondedAt: at, endedAt: possibleUse.startedAt }, at);
  }
  if (present.reason === 'NEVER_ANSWERED') return changed(sure, { reason: 'TIME_PASSED', respondedAt: at }, at);
  return silently(without(present, 'uncertain'), { respondedAt: at }, at); // used, cancelled or removed before its answer
}

/** The reservation now holds what was asked for last. A start that came before this answer may have used just that. */
function replaced(present: Reservation, terms: ReservationTerms, at: Date): Reservation {
  const before = without(present, 'groupId', 'groupKey', 'mismatch', 'cancelCommandId');
  const next = { ...terms, respondedAt: at, replacedWishId: present.wishId };
  const isUsed = present.state === 'USED' && present.endedAt !== undefined && present.endedAt >= terms.requestedAt;
  if (isUsed) return changed(before, next, at);
  return changed(without(before, 'transactionId', 'endedAt', 'reason'), { ...next, state: 'ACTIVE' }, at);
}

/** The charge point refused the terms: what it held before under the number stays. RSV-3. */
export function refused(
  present: Reservation,
  terms: ReservationTerms,
  state: RefusedState,
  at: Date,
): Reservation | undefined {
  const { reserveCommandId } = terms;
  if (present.replacement?.reserveCommandId === reserveCommandId) {
    return silently(without(present, 'replacement'), {}, at);
  }
  if (present.reserveCommandId !== reserveCommandId) return undefined;
  if (present.state !== 'REQUESTED' && present.reason !== 'NEVER_ANSWERED') return undefined;
  const sure = without(present, 'uncertain', 'possibleUse');
  return changed(sure, { state, reason: 'REFUSED', respondedAt: at, endedAt: at }, at);
}

/** There is no usable answer. What may have been accepted all the same stays REQUESTED, and says that it is uncertain. */
export function unanswered(
  present: Reservation,
  reserveCommandId: string,
  { reason, outcomeUnknown }: NoAnswer,
  at: Date,
): Reservation | undefined {
  const mayFollow = outcomeUnknown && reason !== 'UNUSABLE_ANSWER';
  if (present.replacement?.reserveCommandId === reserveCommandId) {
    return mayFollow ? undefined : silently(without(present, 'replacement'), {}, at);
  }
  if (present.reserveCommandId !== reserveCommandId || present.state !== 'REQUESTED') return undefined;
  if (mayFollow) {
    return present.uncertain === true ? undefined : changed(present, { uncertain: true, reason }, at);
  }
  const sure = without(present, 'uncertain', 'possibleUse');
  return changed(sure, { state: 'FAILED', reason, endedAt: at, ...(outcomeUnknown && { uncertain: true }) }, at);
}

/** A cancel was accepted. One that was asked for before the present terms does not touch them. */
export function cancelled(
  present: Reservation,
  cancel: { readonly commandId: string; readonly requestedAt: Date },
  at: Date,
): Reservation | undefined {
  if (!isOpen(present) || present.requestedAt > cancel.requestedAt) return undefined;
  const sure = without(present, 'uncertain', 'possibleUse', 'mismatch');
  const change = { state: 'CANCELLED', reason: 'CANCEL_ACCEPTED', cancelCommandId: cancel.commandId } as const;
  return changed(sure, { ...change, endedAt: at }, at);
}

/** A cancel was refused: the charge point has no such reservation. It stays as it was until it expires, flagged. RSV-6. */
export function cancelRefused(
  present: Reservation,
  cancel: { readonly commandId: string; readonly requestedAt: Date },
  at: Date,
): Reservation | undefined {
  if (!isOpen(present) || present.requestedAt > cancel.requestedAt || present.mismatch === true) return undefined;
  return changed(present, { mismatch: true, cancelCommandId: cancel.commandId }, at);
}

/** An accepted start names the reservation: it was used, whatever the hub thought of it. STA-7. */
export function usedByName(present: Reservation, start: StartFacts): Reservation | undefined {
  if (present.transactionId === start.transactionId || !canBeNamed(present)) return undefined;
  // told late and begun before the reservation was asked for: it means an earlier one with the same number
  if (beginning(start) < present.requestedAt) return undefined;
  return used(present, start, 'NAMED_BY_START');
}

/** An accepted start that names none, by a token that the connector is held for. */
export function usedByInference(present: Reservation, start: StartFacts): Reservation | undefined {
  if (!fits(present, start)) return undefined;
  if (present.state === 'ACTIVE') return used(present, start, 'INFERRED_FROM_START');
  if (present.state !== 'REQUESTED' || present.possibleUse !== undefined) return undefined;
  const { transactionId, startedAt } = start;
  return silently(present, { possibleUse: { transactionId, startedAt } }, start.receivedAt);
}

function used(present: Reservation, start: StartFacts, reason: ReservationReason): Reservation {
  const sure = without(present, 'uncertain', 'possibleUse', 'mismatch');
  const use = { transactionId: start.transactionId, endedAt: start.startedAt } as const;
  return changed(sure, { ...use, state: 'USED', reason }, start.receivedAt);
}

/** Whether a start that names no reservation is one by the holder, on the connector that is held, in time. */
export function fits(terms: ReservationTerms, start: StartFacts): boolean {
  const { connectorId, tokenKey, groupKey, requestedAt, expiresAt } = terms;
  if (connectorId !== 0 && connectorId !== start.connectorId) return false;
  // a token that is the group of others may use what is held for the group
  const isOfGroup = groupKey !== undefined && (groupKey === start.groupKey || groupKey === start.tokenKey);
  if (tokenKey !== start.tokenKey && !isOfGroup) return false;
  const at = beginning(start);
  return at >= requestedAt && at.getTime() <= expiresAt.getTime() + expiryMarginMs;
}

/** The one of several that the start uses: held for the token itself, for that very connector, and the first to expire. */
export function bestFit(candidates: readonly Reservation[], start: StartFacts): Reservation | undefined {
  const rank = ({ tokenKey, connectorId, state }: Reservation) =>
    (state === 'ACTIVE' ? 0 : 4) + (tokenKey === start.tokenKey ? 0 : 2) + (connectorId === start.connectorId ? 0 : 1);
  const [best] = candidates
    .filter((candidate) => isOpen(candidate) && fits(candidate, start))
    .sort((a, b) => rank(a) - rank(b) || a.expiresAt.getTime() - b.expiresAt.getTime());
  return best;
}

/** Its time has passed by the hub's clock. RSV-4. */
export function expired(present: Reservation, at: Date): Reservation | undefined {
  if (!isOpen(present) || present.expiresAt > at) return undefined;
  const reason = present.state === 'ACTIVE' ? 'TIME_PASSED' : 'NEVER_ANSWERED';
  return changed(without(present, 'possibleUse'), { state: 'EXPIRED', reason, endedAt: present.expiresAt }, at);
}

/** The connector is out of service, or the charge point is gone. What is on its way is judged by its own answer. RSV-4. */
export function removed(
  present: Reservation,
  reason: Extract<ReservationReason, 'CONNECTOR_FAULTED' | 'CONNECTOR_UNAVAILABLE' | 'CHARGE_POINT_DELETED'>,
  at: Date,
): Reservation | undefined {
  if (!isOpen(present)) return undefined;
  if (reason !== 'CHARGE_POINT_DELETED') {
    if (present.state === 'REQUESTED' && present.uncertain !== true) return undefined;
    // a state that is told again after a crash may be older than the reservation
    if (at < (present.respondedAt ?? present.requestedAt)) return undefined;
  }
  return changed(without(present, 'possibleUse', 'replacement'), { state: 'REMOVED', reason, endedAt: at }, at);
}

const canBeNamed = ({ state, reason, uncertain }: Reservation): boolean => {
  switch (state) {
    case 'REQUESTED':
    case 'ACTIVE':
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REMOVED':
      return true;
    case 'FAILED':
      return uncertain === true;
    case 'USED':
      return reason === 'INFERRED_FROM_START'; // the charge point knows better
    default:
      return false;
  }
};

/** When a start happened: by the hub's clock, unless it is told so late that only the charge point can know. */
const beginning = ({ startedAt, receivedAt }: StartFacts): Date =>
  receivedAt.getTime() - startedAt.getTime() > lateStartMs ? startedAt : receivedAt;

const termsOf = (reservation: Reservation): ReservationTerms => ({
  wishId: reservation.wishId,
  connectorId: reservation.connectorId,
  tokenValue: reservation.tokenValue,
  tokenKey: reservation.tokenKey,
  ...(reservation.groupId !== undefined && { groupId: reservation.groupId }),
  ...(reservation.groupKey !== undefined && { groupKey: reservation.groupKey }),
  expiresAt: reservation.expiresAt,
  requestedAt: reservation.requestedAt,
  requestedBy: reservation.requestedBy,
  reserveCommandId: reservation.reserveCommandId,
});

type OptionalField = {
  [Name in keyof Reservation]-?: undefined extends Reservation[Name] ? Name : never;
}[keyof Reservation];

/** The reservation without these fields. */
function without(reservation: Reservation, ...names: readonly OptionalField[]): Reservation {
  const gone: ReadonlySet<string> = new Set(names);
  const kept = Object.entries(reservation).filter(([name]) => !gone.has(name));
  return Object.fromEntries(kept) as unknown as Reservation; // only optional fields are left out
}

/** A change that an event tells of. */
function changed(present: Reservation, change: Change, at: Date): Reservation {
  const state = change.state ?? present.state;
  return swept({
    ...present,
    ...(state !== present.state && { previousState: present.state }),
    ...change,
    untold: true,
    updatedAt: at,
    version: present.version + 1,
  });
}

/** A change that nobody outside can see. */
const silently = (present: Reservation, change: Change, at: Date): Reservation =>
  swept({ ...without(present, 'untold'), ...change, updatedAt: at, version: present.version + 1 });

/** Sets when the hub's clock ends it. One whose answer is on its way gets the time for it, also when its expiry has passed. */
function swept(reservation: Reservation): Reservation {
  const { state, uncertain, expiresAt, requestedAt } = reservation;
  const kept = without(reservation, 'sweepAt');
  if (!isOpen(reservation)) return kept;
  const expiryMs = expiresAt.getTime() + expiryMarginMs;
  const isWaiting = state === 'REQUESTED' && uncertain !== true;
  const sweepMs = isWaiting ? Math.max(expiryMs, requestedAt.getTime() + unansweredMaxMs) : expiryMs;
  return { ...kept, sweepAt: new Date(sweepMs) };
}
