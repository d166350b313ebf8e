import { foldToken } from '../authorization/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { Command, CommandHooks } from '../commands/index.ts';
import type { ReservationChanges } from './changes.ts';
import type {
  CancelReservationInput,
  CancelReservationStatus,
  ReservationStatus,
  ReserveNowInput,
} from './commands.ts';
import { type ReservationKey, type ReservationTerms, reservationDocumentId } from './model.ts';
import { accepted, cancelled, cancelRefused, type NoAnswer, refused, requested, unanswered } from './rules.ts';

/** What becomes of reservations along the life of the commands that ask for them and take them back. */
export function createReservationHooks({
  changes,
  clock,
}: Pick<CapabilityDependencies, 'clock'> & { changes: Pick<ReservationChanges, 'change'> }): {
  readonly reserve: CommandHooks<{ readonly status: ReservationStatus }>;
  readonly cancel: CommandHooks<{ readonly status: CancelReservationStatus }>;
} {
  return {
    reserve: {
      async issued(command) {
        const key = keyOf(command);
        await changes.change(key.tenantId, reservationDocumentId(key), (present) =>
          requested(present, key, termsOf(command)),
        );
      },
      async answered({ status }, command) {
        const key = keyOf(command);
        const terms = termsOf(command);
        const at = clock.now();
        await changes.change(key.tenantId, reservationDocumentId(key), (present) => {
          if (present === undefined) return undefined;
          return status === 'ACCEPTED' ? accepted(present, terms, at) : refused(present, terms, status, at);
        });
      },
      async failed(command) {
        const key = keyOf(command);
        const at = clock.now();
        const noAnswer = noAnswerOf(command);
        if (noAnswer === undefined) return;
        await changes.change(
          key.tenantId,
          reservationDocumentId(key),
          (present) => present && unanswered(present, command._id, noAnswer, at),
        );
      },
    },
    cancel: {
      async answered({ status }, command) {
        const key = keyOf(command);
        const at = clock.now();
        const cancel = { commandId: command._id, requestedAt: command.requestedAt };
        const decide = status === 'ACCEPTED' ? cancelled : cancelRefused;
        await changes.change(
          key.tenantId,
          reservationDocumentId(key),
          (present) => present && decide(present, cancel, at),
        );
      },
    },
  };
}

const keyOf = ({ tenantId, chargePointId, input }: Command): ReservationKey => {
  const { reservationId } = input as unknown as CancelReservationInput; // both operations store it
  return { tenantId, chargePointId, reservationId };
};

function termsOf({ _id, input, requestedBy, requestedAt }: Command): ReservationTerms {
  const { wishId, connectorId, idTag, parentIdTag, expiresAt } = input as unknown as ReserveNowInput; // what reserveNow stores
  return {
    wishId,
    connectorId,
    tokenValue: idTag,
    tokenKey: foldToken(idTag),
    ...(parentIdTag !== undefined && { groupId: parentIdTag, groupKey: foldToken(parentIdTag) }),
    expiresAt,
    requestedAt,
    requestedBy,
    reserveCommandId: _id,
  };
}

function noAnswerOf({ failure }: Command): NoAnswer | undefined {
  if (failure === undefined) return undefined;
  const { kind, outcomeUnknown } = failure;
  switch (kind) {
    case 'NO_ANSWER':
    case 'CALL_ERROR':
      return { reason: kind, outcomeUnknown };
    case 'INVALID_ANSWER':
      return { reason: 'UNUSABLE_ANSWER', outcomeUnknown };
    case 'LINK_LOST':
    case 'HUB_RESTARTED':
      return { reason: outcomeUnknown ? kind : 'NOT_SENT', outcomeUnknown };
    case 'DEADLINE_PASSED':
    case 'QUEUE_FULL':
    case 'NOT_ISSUED':
    case 'CANCELLED':
      return { reason: 'NOT_SENT', outcomeUnknown };
  }
}
