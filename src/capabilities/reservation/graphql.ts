import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError, ValidationError } from '../../kernel/errors.ts';
import { ConnectorRef } from '../availability/index.ts';
import { ChargePointRef, ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { TransactionRef } from '../transactions/index.ts';
import './graphql-events.ts';
import { loadReservation, loadReservationOfTransaction, ReservationRef, ReservationStateEnum } from './graphql-type.ts';
import { reservationKey } from './key.ts';
import type { Reservation } from './model.ts';
import type { ReservationFilter } from './store.ts';

const OcppReservationInput = builder.inputType('OcppReservationRefInput', {
  description: 'A reservation as the charge point knows it.',
  fields: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Whose reservation.' }),
    reservationId: t.field({ type: 'SafeInt', required: true, description: 'OCPP number; any integer.' }),
  }),
});

/** Points at one reservation in an input. */
export const ReservationReferenceInput = builder.inputType('ReservationRefInput', {
  description: 'One reservation: by global id, or by charge point and OCPP number.',
  isOneOf: true,
  fields: (t) => ({
    id: t.globalID({ for: [ReservationRef], description: 'Global id.' }),
    ocpp: t.field({ type: OcppReservationInput, description: 'Charge point and OCPP number.' }),
  }),
});

type ReferenceInput = typeof ReservationReferenceInput.$inferInput;

/** The reference of a `ReservationRefInput`. Throws `ValidationError` when it is empty. */
export function reservationReference({ id, ocpp }: ReferenceInput, path = 'input.reservation') {
  if (id) return { id: id.id };
  if (ocpp) return { ocpp };
  throw new ValidationError(path, 'give an id or charge point and number');
}

async function findReferred(context: HubContext, by: ReferenceInput): Promise<Reservation | null | undefined> {
  const reference = reservationReference(by, 'by');
  if (reference.id !== undefined) return loadReservation(context, reference.id);
  const { chargePoint, reservationId } = reference.ocpp;
  const target = await targetOf(context, chargePoint).catch((error: unknown) => {
    if (error instanceof HubError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (target === undefined) return undefined;
  const { tenantId, _id: chargePointId } = target;
  return context.use(reservationKey).findByNumber({ tenantId, chargePointId, reservationId });
}

const ReservationFilterInput = builder.inputType('ReservationFilterInput', {
  description: 'Which reservations. A list means any of its values, at most 500; everything that is given must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors; 0 is any one.' }),
    states: t.field({ type: [ReservationStateEnum], description: 'In these states.' }),
    tokenValues: t.stringList({ description: 'For these tokens, in any letter case.' }),
    requestedAt: t.field({ type: TimeRangeInput, description: 'Asked for in this span.' }),
  }),
});

const listMax = 500;

function filterOf(input: typeof ReservationFilterInput.$inferInput | null | undefined): ReservationFilter {
  const { chargePointIds, connectorIds, states, tokenValues, requestedAt } = input ?? {};
  for (const list of [chargePointIds, connectorIds, states, tokenValues]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return {
    chargePointIds: chargePointIds?.map(({ id }) => id),
    connectorIds: connectorIds ?? undefined,
    states: states ?? undefined,
    tokenValues: tokenValues ?? undefined,
    requestedAt: timeRange(requestedAt),
  };
}

const ReservationConnection = connectionType(ReservationRef, { counted: true, scope: 'RESERVATIONS_READ' });

const page = ({ principal, use }: HubContext, args: Parameters<typeof connection>[0], filter: ReservationFilter) =>
  connection(args, {
    fetch: (request) => use(reservationKey).list(principal.tenantId, filter, request),
    count: (max) => use(reservationKey).count(principal.tenantId, filter, max),
  });

builder.queryField('reservation', (t) =>
  t.field({
    type: ReservationRef,
    nullable: true,
    description: 'One reservation; null when there is none.',
    args: { by: t.arg({ type: ReservationReferenceInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, context) => findReferred(context, by),
  }),
);

builder.queryField('reservations', (t) =>
  t.connection(
    {
      type: ReservationRef,
      nullable: true,
      description: 'Reservations, those that were asked for last first.',
      args: { filter: t.arg({ type: ReservationFilterInput, description: 'All when absent.' }) },
      resolve: (_root, args, context) => page(context, args, filterOf(args.filter)),
    },
    ReservationConnection,
  ),
);

builder.objectField(ChargePointRef, 'reservations', (t) =>
  t.connection(
    {
      type: ReservationRef,
      nullable: true,
      description: 'Reservations of this charge point, those that were asked for last first.',
      args: { states: t.arg({ type: [ReservationStateEnum], description: 'In these states; all when absent.' }) },
      resolve: (chargePoint, args, context) =>
        page(context, args, { chargePointIds: [chargePoint._id], states: args.states ?? undefined }),
    },
    ReservationConnection,
  ),
);

builder.objectField(ConnectorRef, 'reservation', (t) =>
  t.field({
    type: ReservationRef,
    nullable: true,
    description:
      'The ACTIVE reservation of just this connector, the first to expire if there are several; null when there is none. Those of any connector are with the charge point.',
    resolve: async ({ tenantId, chargePointId, connectorId }, _args, { use }) =>
      (await use(reservationKey).findOpen(tenantId, chargePointId, [connectorId])).find(
        ({ state }) => state === 'ACTIVE',
      ),
  }),
);

builder.objectField(TransactionRef, 'reservation', (t) =>
  t.field({
    type: ReservationRef,
    nullable: true,
    description: 'The reservation that it used, named or inferred; null when none.',
    resolve: ({ _id }, _args, context) => loadReservationOfTransaction(context, _id),
  }),
);
