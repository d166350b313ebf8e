import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { foldToken } from '../authorization/index.ts';
import { type Reservation, type ReservationState, reservationDocumentId } from './model.ts';

const name = 'reservations';
const openStates = ['REQUESTED', 'ACTIVE'] as const;
const open = { state: { $in: [...openStates] } };

/** Every query below is served by one of these. */
export const reservationIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, chargePointId: 1, connectorId: 1 }, name: 'open', partialFilterExpression: open },
    {
      key: { tenantId: 1, transactionId: 1 },
      name: 'transaction',
      partialFilterExpression: { transactionId: { $exists: true } },
    },
    { key: { sweepAt: 1 }, name: 'due', partialFilterExpression: { sweepAt: { $exists: true } } },
    { key: { updatedAt: 1 }, name: 'untold', partialFilterExpression: { untold: true } },
    { key: { tenantId: 1, requestedAt: -1, _id: -1 }, name: 'time' },
    { key: { tenantId: 1, chargePointId: 1, requestedAt: -1, _id: -1 }, name: 'chargePoint_time' },
    { key: { tenantId: 1, tokenKey: 1, requestedAt: -1, _id: -1 }, name: 'token_time' },
    { key: { tenantId: 1, state: 1, requestedAt: -1, _id: -1 }, name: 'state_time' },
  ],
};

/** Which reservations; every given list means any-of, all given conditions must hold. */
export interface ReservationFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly connectorIds?: readonly number[] | undefined;
  readonly states?: readonly ReservationState[] | undefined;
  readonly tokenValues?: readonly string[] | undefined;
  /** `from` belongs to the range, `to` does not. */
  readonly requestedAt?: { readonly from?: Date | undefined; readonly to?: Date | undefined } | undefined;
}

/** Open reservations of one charge point that are looked at; each has another number. */
const openMax = 1_000;

/** Reservations in the database. */
export function createReservationStore(store: Store) {
  const reservations = () => store.collection<Reservation>(name);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, id: string): Promise<Reservation | null> =>
      reservations().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<Reservation[]> =>
      reservations()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** The reservations that these transactions used. */
    findByTransactions: (tenantId: string, transactionIds: readonly string[]): Promise<Reservation[]> =>
      reservations()
        .find({ tenantId, transactionId: { $in: [...transactionIds], $exists: true } }, read)
        .toArray(),

    /** REQUESTED and ACTIVE ones of a charge point, of some connectors when given, the first to expire first; at most 1,000. */
    async findOpen(
      tenantId: string,
      chargePointId: string,
      connectorIds?: readonly number[],
    ): Promise<readonly Reservation[]> {
      const found = await reservations()
        .find(
          {
            tenantId,
            chargePointId,
            ...(connectorIds !== undefined && { connectorId: { $in: [...connectorIds] } }),
            ...open,
          },
          read,
        )
        .limit(openMax)
        .toArray();
      return found.sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime());
    },

    /**
     * Everything that a start may have to do with, in one read: the reservation that it names, those that hold its connector
     * or any one, and the one that it has used already.
     */
    findForStart: ({
      tenantId,
      chargePointId,
      connectorId,
      reservationId,
      transactionId,
    }: {
      tenantId: string;
      chargePointId: string;
      connectorId: number;
      reservationId?: number;
      transactionId: string;
    }): Promise<Reservation[]> =>
      reservations()
        .find(
          {
            $or: [
              { tenantId, chargePointId, connectorId: { $in: [0, connectorId] }, ...open },
              { tenantId, transactionId: { $eq: transactionId, $exists: true } },
              ...(reservationId === undefined
                ? []
                : [{ _id: reservationDocumentId({ chargePointId, reservationId }), tenantId }]),
            ],
          },
          read,
        )
        .limit(openMax)
        .toArray(),

    async list(tenantId: string, filter: ReservationFilter, page: PageRequest): Promise<Page<Reservation>> {
      const found = await reservations()
        .find({ $and: [listFilter(tenantId, filter), keysetFilter('requestedAt', 'descending', page)] }, read)
        .sort(keysetSort('requestedAt', 'descending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, (reservation): Position => [reservation.requestedAt, reservation._id]);
    },

    count: (tenantId: string, filter: ReservationFilter, max: number): Promise<number> =>
      reservations().countDocuments(listFilter(tenantId, filter), { ...read, limit: max }),

    /** Of all tenants: those that the clock ends, the oldest first. */
    due: (now: Date, limit: number): Promise<Reservation[]> =>
      reservations()
        .find({ sweepAt: { $lte: now, $exists: true } }, read)
        .sort({ sweepAt: 1 })
        .limit(limit)
        .toArray(),

    /** Of all tenants: those whose newest event may not be in the log, as they were before that instant. */
    untold: (before: Date, limit: number): Promise<Reservation[]> =>
      reservations()
        .find({ untold: true, updatedAt: { $lte: before } }, read)
        .sort({ updatedAt: 1 })
        .limit(limit)
        .toArray(),

    nextNumber: (): Promise<number> => store.nextNumber('reservations'),

    /** False when the number of the charge point is taken. */
    async insert(reservation: Reservation): Promise<boolean> {
      return (await store.write<Reservation>(name, { insertOne: { document: reservation } })).applied;
    },

    /** Puts `next` in the place of `present`, unless something else was faster. */
    async replace(present: Reservation, next: Reservation): Promise<boolean> {
      const { _id, tenantId, version } = present;
      const { matchedCount } = await reservations().replaceOne({ _id, tenantId, version }, next);
      return matchedCount === 1;
    },

    /** The event of this version is in the log. */
    async told({ _id, tenantId, version }: Reservation): Promise<void> {
      await store.write<Reservation>(name, {
        updateOne: { filter: { _id, tenantId, version }, update: { $unset: { untold: '' } } },
      });
    },
  };
}

/** The store of reservations. */
export type ReservationStore = ReturnType<typeof createReservationStore>;

function listFilter(tenantId: string, filter: ReservationFilter): Filter<Reservation> {
  const { chargePointIds, connectorIds, states, tokenValues, requestedAt } = filter;
  const { from, to } = requestedAt ?? {};
  return {
    tenantId,
    ...(chargePointIds !== undefined && { chargePointId: { $in: [...chargePointIds] } }),
    ...(connectorIds !== undefined && { connectorId: { $in: [...connectorIds] } }),
    ...(states !== undefined && { state: { $in: [...states] } }),
    ...(tokenValues !== undefined && { tokenKey: { $in: tokenValues.map(foldToken) } }),
    ...((from !== undefined || to !== undefined) && {
      requestedAt: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) },
    }),
  };
}
