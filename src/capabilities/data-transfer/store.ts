import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { DataTransferRecord } from './model.ts';

const name = 'dataTransfers';

/** Every query below is served by one of these. */
export const dataTransferIndexes: CollectionIndexes = {
  [name]: [{ key: { tenantId: 1, chargePointId: 1, receivedAt: -1, _id: -1 }, name: 'chargePoint' }],
};

/** DataTransfers in the database. */
export function createDataTransferStore(store: Store) {
  const records = () => store.collection<DataTransferRecord>(name);
  const read = { maxTimeMS: readTimeoutMs };
  return {
    /** The same record twice is one. */
    async record(record: DataTransferRecord): Promise<void> {
      await store.write<DataTransferRecord>(name, { insertOne: { document: record } });
    },

    find: (tenantId: string, id: string): Promise<DataTransferRecord | null> =>
      records().findOne({ _id: id, tenantId }, read),

    /** Of one charge point, newest first. */
    async list(tenantId: string, chargePointId: string, request: PageRequest): Promise<Page<DataTransferRecord>> {
      const found = await records()
        .find({ tenantId, chargePointId, ...keysetFilter('receivedAt', 'descending', request) }, read)
        .sort(keysetSort('receivedAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ receivedAt, _id }): Position => [receivedAt, _id]);
    },
  };
}

/** The store of DataTransfers. */
export type DataTransferStore = ReturnType<typeof createDataTransferStore>;
