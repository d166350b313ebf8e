import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { AvailabilityWish, Connector, ConnectorKey, ConnectorStatusEntry } from './model.ts';

const connectorsName = 'connectors';
const entriesName = 'connectorStatuses';

/** Every query below is served by one of these. */
export const availabilityIndexes: CollectionIndexes = {
  [connectorsName]: [{ key: { tenantId: 1, chargePointId: 1, connectorId: 1 }, name: 'connector', unique: true }],
  [entriesName]: [{ key: { tenantId: 1, chargePointId: 1, connectorId: 1, occurredAt: -1, _id: -1 }, name: 'history' }],
};

/** Which connectors; all given lists must hold. */
export interface ConnectorFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly connectorIds?: readonly number[] | undefined;
}

const readBatch = 500;
const optionalFields = ['info', 'vendorId', 'vendorErrorCode', 'previousStatus', 'orderedAt'] as const;

/** Connectors and the history of their states in the database. */
export function createConnectorStore(store: Store) {
  const connectors = () => store.collection<Connector>(connectorsName);
  const read = { maxTimeMS: readTimeoutMs };

  const page = ({ chargePointIds, connectorIds }: ConnectorFilter, tenantId: string, last: Connector | undefined) =>
    connectors()
      .find(
        {
          $and: [
            {
              tenantId,
              ...(chargePointIds !== undefined && { chargePointId: { $in: [...chargePointIds] } }),
              connectorId: connectorIds === undefined ? { $gte: 1 } : { $in: connectorIds.filter((id) => id >= 1) },
            },
            ...(last === undefined
              ? []
              : [
                  { chargePointId: { $gte: last.chargePointId } },
                  {
                    $or: [
                      { chargePointId: { $gt: last.chargePointId } },
                      { chargePointId: last.chargePointId, connectorId: { $gt: last.connectorId } },
                    ],
                  },
                ]),
          ],
        },
        read,
      )
      .sort({ chargePointId: 1, connectorId: 1 })
      .limit(readBatch)
      .toArray();

  return {
    findById: (id: string): Promise<Connector | null> => connectors().findOne({ _id: id }, read),

    findByIds: (tenantId: string, ids: readonly string[]): Promise<Connector[]> =>
      connectors()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** All records of these charge points, connector 0 with them, in the order of their numbers. */
    findOf: (tenantId: string, chargePointIds: readonly string[]): Promise<Connector[]> =>
      connectors()
        .find({ tenantId, chargePointId: { $in: [...chargePointIds] } }, read)
        .sort({ chargePointId: 1, connectorId: 1 })
        .toArray(),

    /** Connectors (never connector 0) by charge point and number, some hundred at a time. */
    async *readAll(tenantId: string, filter: ConnectorFilter): AsyncGenerator<Connector> {
      let last: Connector | undefined;
      for (;;) {
        const found = await page(filter, tenantId, last);
        yield* found;
        last = found.at(-1);
        if (found.length < readBatch) return;
      }
    },

    /** Stores the state of a connector, whether it was there or not; the wish and other fields of the document stay. */
    async save({ _id, createdAt, availabilityWish: _written, ...state }: Connector): Promise<void> {
      const absent = optionalFields.filter((field) => state[field] === undefined);
      await store.write<Connector>(connectorsName, {
        updateOne: {
          filter: { _id },
          update: {
            $set: state,
            ...(absent.length > 0 && { $unset: Object.fromEntries(absent.map((field) => [field, ''] as const)) }),
            $setOnInsert: { createdAt },
          },
          upsert: true,
        },
      });
    },

    /** Stores the connector unless it is there. */
    async ensure(connector: Connector): Promise<void> {
      await store.write<Connector>(connectorsName, { insertOne: { document: connector } });
    },

    /** Stores what these connectors shall be. */
    async wish(ids: readonly string[], availabilityWish: AvailabilityWish): Promise<void> {
      await Promise.all(
        ids.map((_id) =>
          store.write<Connector>(connectorsName, {
            updateOne: { filter: { _id }, update: { $set: { availabilityWish } } },
          }),
        ),
      );
    },

    /** Adds to the history; the same entry twice is one. */
    async record(entry: ConnectorStatusEntry): Promise<void> {
      await store.write<ConnectorStatusEntry>(entriesName, { insertOne: { document: entry } });
    },

    /** History of one connector, newest first. */
    async history(
      { tenantId, chargePointId, connectorId }: ConnectorKey,
      range: { from?: Date | undefined; to?: Date | undefined },
      request: PageRequest,
    ): Promise<Page<ConnectorStatusEntry>> {
      const { from, to } = range;
      const found = await store
        .collection<ConnectorStatusEntry>(entriesName)
        .find(
          {
            $and: [
              { tenantId, chargePointId, connectorId },
              ...(from === undefined ? [] : [{ occurredAt: { $gte: from } }]),
              ...(to === undefined ? [] : [{ occurredAt: { $lt: to } }]),
              keysetFilter('occurredAt', 'descending', request),
            ],
          },
          read,
        )
        .sort(keysetSort('occurredAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (entry): Position => [entry.occurredAt, entry._id]);
    },

    /** Removes the connectors of a deleted charge point; the history of their states stays. */
    async removeOf(tenantId: string, chargePointId: string): Promise<void> {
      await connectors().deleteMany({ tenantId, chargePointId });
    },
  };
}

/** The store of connectors. */
export type ConnectorStore = ReturnType<typeof createConnectorStore>;
