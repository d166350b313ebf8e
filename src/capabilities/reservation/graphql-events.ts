import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { durableSubscription, eventType, type StreamedEvent } from '../event-stream/index.ts';
import { reservationChangedType } from './commands.ts';
import { loadReservation, ReservationReasonEnum, ReservationRef, ReservationStateEnum } from './graphql-type.ts';
import { reservationKey } from './key.ts';
import type { Reservation, ReservationReason, ReservationState } from './model.ts';

/** What the event holds, as `reservationChanged` put it there. */
const told = ({ data }: StreamedEvent) =>
  data as unknown as {
    readonly id: string;
    readonly reservationId: number;
    readonly state: ReservationState;
    readonly previousState?: ReservationState;
    readonly reason?: ReservationReason;
    readonly uncertain: boolean;
    readonly mismatch: boolean;
  };

const changed = eventType({
  scope: 'RESERVATIONS_READ',
  type: reservationChangedType,
  name: 'ReservationChanged',
  description: 'A reservation was asked for, answered, used, taken back, ended, or something about it became known.',
  fields: (t) => ({
    reservation: t.field({
      type: ReservationRef,
      nullable: true,
      description: 'As it is now.',
      resolve: (event, _args, context) => loadReservation(context, told(event).id),
    }),
    reservationId: t.field({
      type: 'SafeInt',
      description: 'The number that the charge point knows it by.',
      resolve: (event) => told(event).reservationId,
    }),
    previousReservationState: t.field({
      type: ReservationStateEnum,
      nullable: true,
      description: 'Its state before the last change of state; null when it is new.',
      resolve: (event) => told(event).previousState,
    }),
    reservationState: t.field({
      type: ReservationStateEnum,
      description: 'Its state from then on.',
      resolve: (event) => told(event).state,
    }),
    reservationReason: t.field({
      type: ReservationReasonEnum,
      nullable: true,
      description: 'Why; null while it is ACTIVE, or REQUESTED and on its way.',
      resolve: (event) => told(event).reason,
    }),
    uncertain: t.boolean({
      description: 'No usable answer was known.',
      resolve: (event) => told(event).uncertain,
    }),
    mismatch: t.boolean({
      description: 'The charge point had refused to cancel it.',
      resolve: (event) => told(event).mismatch,
    }),
  }),
});

const ReservationEventFilterInput = builder.inputType('ReservationEventFilterInput', {
  description: 'Which reservations. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors; 0 is any one.' }),
  }),
});

type FilterInput = typeof ReservationEventFilterInput.$inferInput | null | undefined;
const listMax = 500;

function filterOf(filter: FilterInput) {
  const { chargePointIds, connectorIds } = filter ?? {};
  for (const list of [chargePointIds, connectorIds]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return { chargePointIds: chargePointIds?.map(({ id }) => id), connectorIds: connectorIds ?? undefined };
}

durableSubscription('reservationEvents', {
  scope: 'RESERVATIONS_READ',
  description:
    'Every change of reservations; at least once, in order, resumable with `after`. With `snapshot` the active ones come first.',
  events: [changed],
  union: { name: 'ReservationStreamItem', description: 'What `reservationEvents` gives.' },
  args: (arg) => ({ filter: arg({ type: ReservationEventFilterInput, description: 'All reservations when absent.' }) }),
  filter: ({ filter }) => filterOf(filter),
  snapshot: {
    name: 'ReservationSnapshot',
    description: 'A reservation that was active when the subscription began.',
    byDefault: false,
    fields: (t) => ({
      reservation: t.field({
        type: ReservationRef,
        nullable: true, // never null, but one selection must fit all members of the union
        description: 'The reservation.',
        resolve: ({ reservation }) => reservation,
      }),
    }),
    read: active,
  },
});

/** Active reservations that match, page by page. */
async function* active(
  { filter }: { readonly filter?: FilterInput },
  { principal, use }: HubContext,
): AsyncGenerator<{ reservation: Reservation }, void, undefined> {
  let after: readonly [Date, string] | undefined;
  for (;;) {
    const found = await use(reservationKey).list(
      principal.tenantId,
      { states: ['ACTIVE'], ...filterOf(filter) },
      { limit: 100, fromEnd: false, after },
    );
    for (const reservation of found.items) yield { reservation };
    const last = found.items.at(-1);
    if (!found.hasNextPage || last === undefined) return;
    after = [last.requestedAt, last._id];
  }
}
