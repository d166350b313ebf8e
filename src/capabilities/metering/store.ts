import type { Document } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { MeterValue, SeriesPoint, SeriesQuery } from './model.ts';
import { type BaseUnit, unitOf } from './words.ts';

const name = 'meterValues';

/** Every query below is served by one of these. */
export const meterValueIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, chargePointId: 1, at: 1, _id: 1 }, name: 'chargePoint' },
    { key: { tenantId: 1, chargePointId: 1, connectorId: 1, at: 1, _id: 1 }, name: 'connector' },
    {
      key: { tenantId: 1, transactionId: 1, at: 1, _id: 1 },
      name: 'transaction',
      partialFilterExpression: { transactionId: { $exists: true } },
    },
    { key: { receivedAt: 1 }, name: 'age' },
  ],
};

/** Whose meter values. */
export type MeterValueScope =
  | { readonly chargePointId: string; readonly connectorId?: number | undefined }
  | { readonly transactionId: string };

/** A span of time; `from` belongs to it, `to` does not. */
export interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const sweepBatch = 1_000;
/** A series that takes longer is not worth waiting for; the rest of the hub needs the database too. */
const seriesTimeoutMs = 5_000;

/** Meter values in the database. */
export function createMeterValueStore(store: Store) {
  const values = () => store.collection<MeterValue>(name);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    /** False when it is stored already. */
    async insert(value: MeterValue): Promise<boolean> {
      const { inserted } = await store.write<MeterValue>(name, { insertOne: { document: value } });
      return inserted;
    },

    /** Oldest first. */
    async list(
      tenantId: string,
      scope: MeterValueScope,
      range: TimeRange,
      page: PageRequest,
    ): Promise<Page<MeterValue>> {
      const found = await values()
        .find({ $and: [scopeFilter(tenantId, scope, range), keysetFilter('at', 'ascending', page)] }, read)
        .sort(keysetSort('at', 'ascending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, ({ at, _id }): Position => [at, _id]);
    },

    /** Values in base units, one point per bucket that has any, oldest first. Rejects when it takes too long. */
    series: (tenantId: string, scope: MeterValueScope, query: SeriesQuery): Promise<SeriesPoint[]> =>
      store.heavy(() =>
        values()
          .aggregate<SeriesPoint>(seriesPipeline(tenantId, scope, query), { maxTimeMS: seriesTimeoutMs })
          .toArray(),
      ),

    /** Deletes a piece of what came before; false when none is left. */
    async sweep(before: Date): Promise<boolean> {
      const old = await values()
        .find({ receivedAt: { $lt: before } }, { ...read, projection: { _id: 1 } })
        .sort({ receivedAt: 1 })
        .limit(sweepBatch)
        .toArray();
      if (old.length > 0) await values().deleteMany({ _id: { $in: old.map(({ _id }) => _id) } });
      return old.length === sweepBatch;
    },
  };
}

/** The store of meter values. */
export type MeterValueStore = ReturnType<typeof createMeterValueStore>;

function scopeFilter(tenantId: string, scope: MeterValueScope, { from, to }: TimeRange): Document {
  const own =
    'transactionId' in scope
      ? { transactionId: scope.transactionId }
      : {
          chargePointId: scope.chargePointId,
          ...(scope.connectorId !== undefined && { connectorId: scope.connectorId }),
        };
  return {
    tenantId,
    ...own,
    ...((from !== undefined || to !== undefined) && {
      at: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) },
    }),
  };
}

/** Exported for the test that it is served by an index. */
export function seriesPipeline(tenantId: string, scope: MeterValueScope, query: SeriesQuery): Document[] {
  const { measurand, phase, location, bucketSeconds, from, to } = query;
  const bucketMs = bucketSeconds * 1000;
  const own: BaseUnit = unitOf[measurand];
  const sample = {
    'samples.measurand': measurand,
    'samples.location': location,
    'samples.phase': phase ?? { $exists: false },
    'samples.wire.phase': { $exists: false }, // a phase that nobody knows is not an overall value
    'samples.number': { $exists: true },
    ...(own !== 'NONE' && { 'samples.unit': own }),
  };
  const ms = { $toLong: '$at' };
  return [
    { $match: { ...scopeFilter(tenantId, scope, { from, to }), 'samples.measurand': measurand } },
    { $sort: { at: 1, _id: 1 } },
    { $project: { at: 1, samples: 1 } },
    { $unwind: '$samples' },
    { $match: sample },
    {
      $group: {
        _id: { $subtract: [ms, { $mod: [ms, bucketMs] }] },
        min: { $min: '$samples.number' },
        max: { $max: '$samples.number' },
        average: { $avg: '$samples.number' },
        last: { $last: '$samples.number' },
      },
    },
    { $sort: { _id: 1 } },
    { $project: { _id: 0, at: { $toDate: '$_id' }, min: 1, max: 1, average: 1, last: 1 } },
  ];
}
