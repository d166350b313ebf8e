import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ActorRef } from '../access/index.ts';
import { ConnectorRef, loadConnector } from '../availability/index.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { type Command, CommandInterface, commandsKey } from '../commands/index.ts';
import { loadTransaction, TransactionRef } from '../transactions/index.ts';
import { reservationKey } from './key.ts';
import type { Reservation } from './model.ts';

/** The states, as the API shows them. */
export const ReservationStateEnum = enumType(
  'ReservationState',
  'Life of a reservation: REQUESTED → ACTIVE → USED, EXPIRED, CANCELLED or REMOVED. The others are final without it.',
  {
    REQUESTED: 'Asked for; no answer is known yet. With `uncertain` the charge point may hold it all the same.',
    ACTIVE: 'The charge point accepted it and holds a connector.',
    OCCUPIED: 'Final. Refused: the connector is in use or reserved.',
    FAULTED: 'Final. Refused: the connector is faulted.',
    REJECTED: 'Final. Refused: the charge point does not take reservations, or not such a one.',
    UNAVAILABLE: 'Final. Refused: the connector is out of service.',
    FAILED: 'Final. There is no usable answer: see `reason`.',
    USED: 'Final. A transaction began with it.',
    EXPIRED: 'Final. Its time has passed. A late start that names it still makes it USED.',
    CANCELLED: 'Final. Taken back, and the charge point agreed.',
    REMOVED: 'Final. The connector went out of service, or the charge point was deleted.',
  },
);

/** The reasons, as the API shows them. */
export const ReservationReasonEnum = enumType('ReservationReason', 'Why a reservation is in its state.', {
  NO_ANSWER: 'The answer did not come in time; a late one still counts.',
  LINK_LOST: 'The link was lost before the answer.',
  HUB_RESTARTED: 'The hub stopped before the answer.',
  REFUSED: 'The charge point answered so.',
  NOT_SENT: 'It never left the hub.',
  CALL_ERROR: 'The charge point answered CALLERROR.',
  UNUSABLE_ANSWER: 'The answer does not match its schema.',
  NAMED_BY_START: 'A start named it.',
  INFERRED_FROM_START: 'A start named none, but was by its token or group, on its connector, in its time.',
  TIME_PASSED: 'Its expiry has passed.',
  NEVER_ANSWERED: 'Its expiry has passed, and nobody knows whether the charge point ever held it.',
  CANCEL_ACCEPTED: 'The charge point accepted to cancel it.',
  CONNECTOR_FAULTED: 'Its connector reported a fault.',
  CONNECTOR_UNAVAILABLE: 'Its connector went out of service.',
  CHARGE_POINT_DELETED: 'The charge point was deleted.',
});

/** Loads what one tick asks for with one read; null where there is nothing. */
function loaderOf<Value>(read: (context: HubContext, keys: readonly string[]) => Promise<Map<string, Value>>) {
  const loaders = new WeakMap<HubContext, DataLoader<string, Value | null>>();
  return (context: HubContext, key: string): Promise<Value | null> => {
    let loader = loaders.get(context);
    if (loader === undefined) {
      loader = new DataLoader(
        async (keys) => {
          const found = await read(context, keys);
          return keys.map((wanted) => found.get(wanted) ?? null);
        },
        { maxBatchSize: 500, cache: false },
      );
      loaders.set(context, loader);
    }
    return loader.load(key);
  };
}

/** A reservation of the caller's tenant by hub id; null when there is none. Batched. */
export const loadReservation = loaderOf<Reservation>(async ({ principal, use }, ids) => {
  const found = await use(reservationKey).findMany(principal.tenantId, ids);
  return new Map(found.map((reservation) => [reservation._id, reservation]));
});

/** The reservation that a transaction used; null when none. Batched. */
export const loadReservationOfTransaction = loaderOf<Reservation>(async ({ principal, use }, ids) => {
  const found = await use(reservationKey).findByTransactions(principal.tenantId, ids);
  return new Map(found.map((reservation) => [reservation.transactionId ?? '', reservation]));
});

const loadCommand = loaderOf<Command>(async ({ principal, use }, ids) => {
  const found = await use(commandsKey).findMany(principal.tenantId, ids);
  return new Map(found.map((command) => [command._id, command]));
});

/** A reservation. */
export const ReservationRef = builder.objectRef<Reservation>('Reservation');

builder.node(ReservationRef, {
  ...needs('RESERVATIONS_READ'),
  description:
    'A connector, or any one of a charge point, held for a token. One for each charge point and number: a number that is used again replaces its reservation in place, as the charge point does.',
  id: { resolve: (reservation) => reservation._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadReservation(context, id))),
  fields: (t) => ({
    reservationId: t.expose('reservationId', {
      type: 'SafeInt',
      description: 'The number that the charge point knows it by. The hub gives each number once.',
    }),
    state: t.expose('state', { type: ReservationStateEnum, description: 'Where it stands.' }),
    reason: t.expose('reason', {
      type: ReservationReasonEnum,
      nullable: true,
      description: 'Why; null while it is ACTIVE, or REQUESTED and on its way.',
    }),
    uncertain: t.boolean({
      description: 'No usable answer is known, so the charge point may hold it, or have held it, all the same.',
      resolve: ({ uncertain }) => uncertain === true,
    }),
    mismatch: t.boolean({
      description:
        'The charge point refused to cancel it, which means that it knows no such reservation; it stays as it was until it expires.',
      resolve: ({ mismatch }) => mismatch === true,
    }),
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Where; null when the charge point was deleted.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorId: t.exposeInt('connectorId', { description: 'OCPP number of the connector; 0 is any one.' }),
    connector: t.field({
      type: ConnectorRef,
      nullable: true,
      description: 'The connector; null for any one, and for one that the charge point never named.',
      resolve: (reservation, _args, context) =>
        reservation.connectorId === 0 ? null : loadConnector(context, reservation),
    }),
    tokenValue: t.exposeString('tokenValue', { description: 'For whom (idTag), as sent.' }),
    parentIdTag: t.exposeString('groupId', {
      nullable: true,
      description: 'The group whose tokens may use it too, as sent; null when none was.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was asked for.' }),
    requestedBy: t.expose('requestedBy', { type: ActorRef, description: 'Who asked for it.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when (expiryDate), as sent.' }),
    respondedAt: t.expose('respondedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the usable answer came; null until then.',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ceased to hold anything: for USED the start of the transaction, for EXPIRED the expiry.',
    }),
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'The transaction that used it.',
      resolve: ({ transactionId }, _args, context) =>
        transactionId === undefined ? null : loadTransaction(context, transactionId),
    }),
    inferred: t.boolean({
      description: 'The transaction did not name it; token or group, connector and time fit.',
      resolve: ({ reason }) => reason === 'INFERRED_FROM_START',
    }),
    reserveCommand: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command `reserveNow` that asked for it as it is.',
      resolve: ({ reserveCommandId }, _args, context) => loadCommand(context, reserveCommandId),
    }),
    cancelCommand: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command `cancelReservation` that was answered last; null when none was.',
      resolve: ({ cancelCommandId }, _args, context) =>
        cancelCommandId === undefined ? null : loadCommand(context, cancelCommandId),
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Last change.' }),
    version: t.exposeInt('version', { description: 'Goes up with every change.' }),
  }),
});
