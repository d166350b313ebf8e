import type { NewEvent } from '../../events/event.ts';
import type { Reactions } from '../../events/reactions.ts';
import { foldToken } from '../authorization/index.ts';
import { statusChangedType } from '../availability/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import { transactionStartedType } from '../transactions/index.ts';
import type { ReservationChanges } from './changes.ts';
import { type Reservation, reservationDocumentId } from './model.ts';
import { bestFit, expired, removed, type StartFacts, usedByInference, usedByName } from './rules.ts';
import type { ReservationStore } from './store.ts';

/** What reservations make of starts and of the states of connectors, before these are confirmed to the charge point. */
export function createReservationReactions({
  reservations,
  changes,
  log,
}: Pick<CapabilityDependencies, 'log'> & {
  reservations: Pick<ReservationStore, 'findForStart' | 'findOpen'>;
  changes: Pick<ReservationChanges, 'change' | 'tell'>;
}): Reactions {
  /** One read when nothing is reserved; told again, it finds what it did before and does no more. STA-7. */
  async function started(event: NewEvent): Promise<void> {
    const { tenantId, chargePointId, connectorId, transactionId, data } = event;
    if (data['authorizationStatus'] !== 'ACCEPTED') return;
    if (chargePointId === undefined || connectorId === undefined || transactionId === undefined) return;
    const number = typeof data['reservationId'] === 'number' ? { reservationId: data['reservationId'] } : {};
    const start = startOf(event, { connectorId, transactionId });
    const found = await reservations.findForStart({ tenantId, chargePointId, connectorId, transactionId, ...number });

    const done = found.find((one) => one.transactionId === transactionId);
    if (done !== undefined) return changes.tell(done);
    const change = (one: Reservation, decide: typeof usedByName) =>
      changes.change(tenantId, one._id, (present) => present && decide(present, start), one);

    if (number.reservationId !== undefined) {
      const id = reservationDocumentId({ chargePointId, reservationId: number.reservationId });
      const named = found.find(({ _id }) => _id === id);
      const after = named && (await change(named, usedByName));
      if (after?.transactionId === transactionId) return;
      log.info({ tenantId, chargePointId, transactionId, ...number }, 'a start names a reservation that it cannot use');
    }
    // lost to another start, it may still fit the next one
    for (let candidates = found; ; ) {
      const best = bestFit(candidates, start);
      if (best === undefined) return;
      const after = await change(best, usedByInference);
      if ([after?.transactionId, after?.possibleUse?.transactionId].includes(transactionId)) return;
      candidates = candidates.filter((one) => one !== best);
    }
  }

  /** A connector out of service holds nothing; one that is free after the expiry confirms it. RSV-4. */
  async function statusChanged({ tenantId, chargePointId, connectorId, receivedAt, data }: NewEvent): Promise<void> {
    if (chargePointId === undefined || connectorId === undefined) return;
    const decide = decisionAbout(data['status'], receivedAt);
    if (decide === undefined) return;
    for (const one of await reservations.findOpen(tenantId, chargePointId, [connectorId])) {
      await changes.change(tenantId, one._id, (present) => present && decide(present), one);
    }
  }

  return { [transactionStartedType]: started, [statusChangedType]: statusChanged };
}

function decisionAbout(status: unknown, at: Date): ((present: Reservation) => Reservation | undefined) | undefined {
  switch (status) {
    case 'FAULTED':
      return (present) => removed(present, 'CONNECTOR_FAULTED', at);
    case 'UNAVAILABLE':
      return (present) => removed(present, 'CONNECTOR_UNAVAILABLE', at);
    case 'AVAILABLE':
      return (present) => (present.state === 'ACTIVE' ? expired(present, at) : undefined);
    default:
      return undefined;
  }
}

function startOf(event: NewEvent, ids: Pick<StartFacts, 'connectorId' | 'transactionId'>): StartFacts {
  const { occurredAt, receivedAt, data } = event;
  const groupId = data['groupId'];
  return {
    ...ids,
    tokenKey: foldToken(String(data['tokenValue'])),
    ...(typeof groupId === 'string' && { groupKey: foldToken(groupId) }),
    startedAt: occurredAt,
    receivedAt,
  };
}
