import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { ApiKey } from './model.ts';

const name = 'apiKeys';

/** Every query below is served by one of these. */
export const apiKeyIndexes: CollectionIndexes = {
  [name]: [
    { key: { hash: 1 }, name: 'hash', unique: true },
    { key: { tenantId: 1, createdAt: 1 }, name: 'tenant' },
  ],
};

/** API keys in the database. */
export function createApiKeyStore(store: Store) {
  const keys = () => store.collection<ApiKey>(name);
  return {
    async insert(key: ApiKey): Promise<void> {
      await store.write<ApiKey>(name, { insertOne: { document: key } });
    },
    anyExists: async (): Promise<boolean> => (await keys().findOne({}, { maxTimeMS: readTimeoutMs })) !== null,
    findByHash: (hash: string): Promise<ApiKey | null> => keys().findOne({ hash }, { maxTimeMS: readTimeoutMs }),
    list: (tenantId: string): Promise<ApiKey[]> =>
      keys().find({ tenantId }, { maxTimeMS: readTimeoutMs }).sort({ createdAt: 1 }).limit(1000).toArray(),
    /** False when there is no such living key. */
    async revoke(tenantId: string, prefixOrId: string, at: Date): Promise<boolean> {
      const result = await keys().updateOne(
        { tenantId, revokedAt: { $exists: false }, $or: [{ _id: prefixOrId }, { prefix: prefixOrId }] },
        { $set: { revokedAt: at } },
      );
      return result.modifiedCount === 1;
    },
  };
}
