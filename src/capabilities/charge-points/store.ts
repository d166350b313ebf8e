import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { type ChargePoint, type ChargePointFilter, type Deviations, foldIdentity, type LinkState } from './model.ts';

const name = 'chargePoints';

/** Every query below is served by one of these. */
export const chargePointIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, identity: 1 }, name: 'identity', unique: true },
    { key: { tenantId: 1, identityFolded: 1, _id: 1 }, name: 'list' },
    { key: { tenantId: 1, registration: 1, identityFolded: 1, _id: 1 }, name: 'registration' },
    { key: { tenantId: 1, 'link.connected': 1, identityFolded: 1, _id: 1 }, name: 'connected' },
    { key: { tenantId: 1, updatedAt: 1, _id: 1 }, name: 'updated' },
    { key: { 'link.connected': 1 }, name: 'up', partialFilterExpression: { 'link.connected': true } },
    { key: { 'link.untold': 1 }, name: 'untold', partialFilterExpression: { 'link.untold': true } },
  ],
};

/** The order of a list, and its page keys. */
export type ChargePointOrder = 'IDENTITY' | 'UPDATED_AT';

const sortField = { IDENTITY: 'identityFolded', UPDATED_AT: 'updatedAt' } as const satisfies Record<
  ChargePointOrder,
  keyof ChargePoint
>;

/** Charge points in the database. */
export function createChargePointStore(store: Store) {
  const collection = () => store.collection<ChargePoint>(name);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, id: string): Promise<ChargePoint | null> =>
      collection().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<ChargePoint[]> =>
      collection()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    findByIdentity: (tenantId: string, identity: string): Promise<ChargePoint | null> =>
      collection().findOne({ tenantId, identity }, read),

    findManyByIdentity: (tenantId: string, identities: readonly string[]): Promise<ChargePoint[]> =>
      collection()
        .find({ tenantId, identity: { $in: [...identities] } }, read)
        .toArray(),

    /** A charge point that may connect with its identity in any letter case; null when there is none, or several. CON-1. */
    async findInAnyCase(tenantId: string, identity: string): Promise<ChargePoint | null> {
      const found = await collection()
        .find({ tenantId, identityFolded: foldIdentity(identity), 'tolerance.anyIdentityCase': true }, read)
        .limit(2)
        .toArray();
      return found.length === 1 ? (found[0] ?? null) : null;
    },

    /** Another charge point whose identity differs in case only. */
    findTwin: (tenantId: string, identity: string): Promise<ChargePoint | null> =>
      collection().findOne({ tenantId, identityFolded: foldIdentity(identity), identity: { $ne: identity } }, read),

    async list(
      tenantId: string,
      filter: ChargePointFilter,
      order: ChargePointOrder,
      page: PageRequest,
    ): Promise<Page<ChargePoint>> {
      const field = sortField[order];
      const found = await collection()
        .find({ $and: [listFilter(tenantId, filter), keysetFilter(field, 'ascending', page)] }, read)
        .sort(keysetSort(field, 'ascending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, (chargePoint): Position => [chargePoint[field], chargePoint._id]);
    },

    count: (tenantId: string, filter: ChargePointFilter, max: number): Promise<number> =>
      collection().countDocuments(listFilter(tenantId, filter), { ...read, limit: max }),

    /** False when the identity is taken. */
    async insert(chargePoint: ChargePoint): Promise<boolean> {
      const { applied } = await store.write<ChargePoint>(name, { insertOne: { document: chargePoint } });
      if (applied) return true;
      const { _id, tenantId, identity } = chargePoint;
      // a write that was carried out twice finds itself
      return (await collection().findOne({ tenantId, identity }, read))?._id === _id;
    },

    /** Changes what a client may change, when the version is still `version`. Gives the new state, or null. */
    change: (
      chargePoint: ChargePoint,
      set: Partial<ChargePoint>,
      unset: readonly ('displayName' | 'passwordHash' | 'tolerance')[],
    ): Promise<ChargePoint | null> =>
      collection().findOneAndUpdate(
        { _id: chargePoint._id, tenantId: chargePoint.tenantId, version: chargePoint.version },
        {
          $set: { ...set, version: chargePoint.version + 1 },
          ...(unset.length > 0 && { $unset: Object.fromEntries(unset.map((field) => [field, ''] as const)) }),
        },
        { returnDocument: 'after' },
      ),

    /** False when somebody changed or deleted it meanwhile. */
    async remove({ _id, tenantId, version }: ChargePoint): Promise<boolean> {
      const { deletedCount } = await collection().deleteOne({ _id, tenantId, version });
      return deletedCount === 1;
    },

    /** What a boot changes; nothing when the charge point was deleted meanwhile. */
    async recordBoot(
      id: string,
      boot: Pick<ChargePoint, 'boot' | 'registration' | 'lastBootAt' | 'updatedAt'>,
    ): Promise<void> {
      await store.write<ChargePoint>(name, { updateOne: { filter: { _id: id }, update: { $set: boot } } });
    },

    /** Takes the next epoch. Undefined when the charge point is gone. */
    async attach(id: string, link: Omit<LinkState, 'epoch'>): Promise<number | undefined> {
      const attached = await collection().findOneAndUpdate(
        { _id: id },
        [{ $set: { link: { $mergeObjects: [{ $literal: link }, { epoch: { $add: ['$link.epoch', 1] } }] } } }],
        { returnDocument: 'after', projection: { 'link.epoch': 1 } },
      );
      return attached?.link.epoch;
    },

    /** Ends the link of that epoch; false when it is not the present one or has ended. The end is still to be told. */
    async detach(
      id: string,
      { epoch, ...end }: Required<Pick<LinkState, 'epoch' | 'disconnectedAt' | 'closeCode' | 'closeReason'>>,
    ): Promise<boolean> {
      const { matchedCount } = await collection().updateOne(
        { _id: id, 'link.epoch': epoch, 'link.connected': true },
        {
          $set: {
            'link.connected': false,
            'link.untold': true,
            'link.disconnectedAt': end.disconnectedAt,
            'link.closeCode': end.closeCode,
            'link.closeReason': end.closeReason,
          },
        },
      );
      return matchedCount === 1;
    },

    /** The event of the end of that link is durable. */
    async told(id: string, epoch: number): Promise<void> {
      await store.write<ChargePoint>(name, {
        updateOne: { filter: { _id: id, 'link.epoch': epoch }, update: { $unset: { 'link.untold': '' } } },
      });
    },

    /** Links that another process left open, or whose end it did not tell; of all tenants, at most 1,000 at a time. */
    async findLeftovers(instance: string): Promise<ChargePoint[]> {
      const open = { 'link.connected': true, 'link.instance': { $ne: instance } };
      const untold = { 'link.untold': true, 'link.instance': { $ne: instance } };
      const [left, silent] = await Promise.all(
        [open, untold].map((filter) => collection().find(filter, read).limit(500).toArray()),
      );
      return [...(left ?? []), ...(silent ?? [])];
    },

    /** Counts deviations up, in one write per charge point. */
    async tolerated(seen: ReadonlyMap<string, ReadonlyMap<string, Deviations>>): Promise<void> {
      await Promise.all(
        [...seen].map(([id, names]) =>
          store.write<ChargePoint>(name, {
            updateOne: {
              filter: { _id: id },
              update: {
                $inc: Object.fromEntries([...names].map(([each, { count }]) => [`deviations.${each}.count`, count])),
                $set: Object.fromEntries([...names].map(([each, { lastAt }]) => [`deviations.${each}.lastAt`, lastAt])),
              },
            },
          }),
        ),
      );
    },

    /** Signs of life, in one write each, never backwards. */
    async seen(lastSeen: ReadonlyMap<string, Date>): Promise<void> {
      await Promise.all(
        [...lastSeen].map(([id, at]) =>
          store.write<ChargePoint>(name, {
            updateOne: { filter: { _id: id }, update: { $max: { lastSeenAt: at } } },
          }),
        ),
      );
    },
  };
}

/** The store of charge points. */
export type ChargePointStore = ReturnType<typeof createChargePointStore>;

function listFilter(tenantId: string, filter: ChargePointFilter): Filter<ChargePoint> {
  const prefix = filter.identityPrefix === undefined ? '' : foldIdentity(filter.identityPrefix);
  const { from, to } = filter.updatedAt ?? {};
  return {
    tenantId,
    ...(prefix !== '' && { identityFolded: { $gte: prefix, $lt: `${prefix}\u{10ffff}` } }),
    ...(filter.registration !== undefined && { registration: { $in: [...filter.registration] } }),
    ...(filter.connected !== undefined && { 'link.connected': filter.connected }),
    ...((from !== undefined || to !== undefined) && {
      updatedAt: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) },
    }),
  };
}
