import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { type ChargePoint, ChargePointReferenceInput, chargePointsKey, targetOf } from '../charge-points/index.ts';
import { type Command, commandMutation, statusOf } from '../commands/index.ts';
import { cancelReservation, reserveNow } from './commands.ts';
import { ReservationReferenceInput, reservationReference } from './graphql.ts';
import { loadReservation, ReservationRef } from './graphql-type.ts';
import { reservationKey } from './key.ts';
import { reservationDocumentId } from './model.ts';
import type { ReserveWish } from './operations.ts';

const ReservationStatusEnum = enumType('ReservationStatus', 'Answer to ReserveNow. OCPP 1.6 §7.40.', {
  ACCEPTED: 'A connector is held.',
  FAULTED: 'The connector is faulted.',
  OCCUPIED: 'The connector is in use or reserved.',
  REJECTED: 'The charge point takes no reservations, or not such a one.',
  UNAVAILABLE: 'The connector is out of service.',
});

const CancelReservationStatusEnum = enumType('CancelReservationStatus', 'Answer to CancelReservation. OCPP 1.6 §7.6.', {
  ACCEPTED: 'The reservation is gone.',
  REJECTED: 'The charge point knows no such reservation.',
});

const ReservationExpiryInput = builder.inputType('ReservationExpiryInput', {
  description: 'Until when a connector is held.',
  isOneOf: true,
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'An instant; one in the past is sent all the same.' }),
    inSeconds: t.int({ description: 'So many seconds after the hub takes the command on, by its own clock.' }),
  }),
});

const expiryOf = ({ at, inSeconds }: typeof ReservationExpiryInput.$inferInput): ReserveWish['expiry'] => {
  if (at) return { at };
  if (typeof inSeconds === 'number') return { inSeconds };
  throw new ValidationError('input.expiry', 'give an instant or a number of seconds');
};

const numberOf = (command: Command): number => Number(command.input['reservationId']);

const reservationOf = (command: Command, context: HubContext) =>
  loadReservation(
    context,
    reservationDocumentId({ chargePointId: command.chargePointId, reservationId: numberOf(command) }),
  );

commandMutation({
  definition: reserveNow,
  scope: 'RESERVATIONS_WRITE',
  description:
    'Asks a charge point to hold a connector for a token (OCPP 1.6 ReserveNow). Accepted, it is RESPONDED while the reservation is active and FINISHED when it was used, expired, cancelled, removed or replaced; longer than 7 days, it is FINISHED with the answer. Nothing is refused because it may fail: see `warnings`.',
  keyRequired: true,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Where.' }),
    connectorId: t.int({
      required: true,
      description: 'Which connector; 0 leaves it to the charge point and needs its ReserveConnectorZeroSupported.',
    }),
    idTag: t.string({ required: true, description: 'For which token, at most 20 characters.' }),
    expiry: t.field({ type: ReservationExpiryInput, required: true, description: 'Until when.' }),
    parentIdTag: t.string({
      description:
        'The group whose tokens may use it too, at most 20 characters. When absent, the group of the token if it has one.',
    }),
    omitParentIdTag: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Send no parentIdTag, also when the token has a group. Not together with `parentIdTag`.',
    }),
    reservationId: t.field({
      type: 'SafeInt',
      description:
        'OCPP number, any integer; one that is in use at the charge point replaces that reservation. When absent the hub gives the next free one.',
    }),
  }),
  resolve: async (
    { chargePoint, connectorId, idTag, expiry, parentIdTag, omitParentIdTag, reservationId },
    context,
  ) => {
    if (typeof parentIdTag === 'string' && omitParentIdTag) {
      throw new ValidationError('input.omitParentIdTag', 'give a parentIdTag or leave it out, not both');
    }
    const target = await targetOf(context, chargePoint);
    const wish: ReserveWish = {
      connectorId,
      idTag,
      expiry: expiryOf(expiry),
      parentIdTag: omitParentIdTag ? null : (parentIdTag ?? undefined),
      reservationId: reservationId ?? undefined,
    };
    return { target, asked: wish, ...(await context.use(reservationKey).prepare(target, wish)) };
  },
  fields: (t) => ({
    reservation: t.field({
      type: ReservationRef,
      nullable: true,
      description: 'The reservation with this number as it is now; another one if the number was used again.',
      resolve: (command, _args, context) => reservationOf(command, context),
    }),
    reservationId: t.field({ type: 'SafeInt', description: 'OCPP number.', resolve: numberOf }),
    connectorId: t.int({
      description: 'The connector; 0 is any one.',
      resolve: (command) => Number(command.input['connectorId']),
    }),
    idTag: t.string({ description: 'The token.', resolve: (command) => String(command.input['idTag']) }),
    parentIdTag: t.string({
      nullable: true,
      description: 'The group, if one was sent.',
      resolve: ({ input: { parentIdTag } }) => (typeof parentIdTag === 'string' ? parentIdTag : null),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'Until when.',
      resolve: (command) => command.input['expiresAt'] as Date, // stored by this very operation
    }),
    status: t.field({
      type: ReservationStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'FAULTED', 'OCCUPIED', 'REJECTED', 'UNAVAILABLE']),
    }),
  }),
});

commandMutation({
  definition: cancelReservation,
  scope: 'RESERVATIONS_WRITE',
  description:
    'Asks a charge point to take a reservation back (OCPP 1.6 CancelReservation). FINISHED with the answer. By OCPP number any integer is sent, also one that the hub does not know.',
  keyRequired: false,
  input: (t) => ({
    reservation: t.field({ type: ReservationReferenceInput, required: true, description: 'Which reservation.' }),
  }),
  perChargePoint: {
    input: (t) => ({
      reservationId: t.field({
        type: 'SafeInt',
        required: true,
        description: 'OCPP number, any integer; the same at each charge point.',
      }),
    }),
    toInput: ({ reservationId }, chargePoint) => ({
      reservation: { ocpp: { chargePoint, reservationId: Number(reservationId) } },
    }),
  },
  resolve: async ({ reservation }, context) => {
    const { target, reservationId } = await cancelled(context, reservationReference(reservation));
    const { tenantId, _id: chargePointId } = target;
    const warnings = await context.use(reservationKey).cancelWarnings({ tenantId, chargePointId, reservationId });
    return { target, input: { reservationId }, warnings };
  },
  fields: (t) => ({
    reservation: t.field({
      type: ReservationRef,
      nullable: true,
      description: 'The reservation with this number as it is now; null when the hub knows none.',
      resolve: (command, _args, context) => reservationOf(command, context),
    }),
    reservationId: t.field({ type: 'SafeInt', description: 'OCPP number.', resolve: numberOf }),
    status: t.field({
      type: CancelReservationStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
  }),
});

async function cancelled(
  context: HubContext,
  reference: ReturnType<typeof reservationReference>,
): Promise<{ target: ChargePoint; reservationId: number }> {
  if (reference.id === undefined) {
    const { chargePoint, reservationId } = reference.ocpp;
    return { target: await targetOf(context, chargePoint), reservationId };
  }
  const found = await loadReservation(context, reference.id);
  if (found === null) throw new NotFoundError('reservation', reference.id);
  const { tenantId, chargePointId, reservationId } = found;
  return { target: await context.use(chargePointsKey).get(tenantId, { id: chargePointId }), reservationId };
}
