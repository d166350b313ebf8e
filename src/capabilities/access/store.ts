import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { ApiKey } from './model.ts';

const name = 'apiKeys';

/** Every query below is served by one of these. */
export const apiKeyIndexes: CollectionIndexes = {
  [name]: [
    { key: { hash: 1 }, name: 'hash', unique: true },
    { key: { tenantId: 1, createdAt: 1, _id: 1 }, name: 'tenant' },
  ],
};

const read = { maxTimeMS: readTimeoutMs };

/** API keys in the database. */
export function createApiKeyStore(store: Store) {
  const keys = () => store.collection<ApiKey>(name);
  return {
    async insert(key: ApiKey): Promise<void> {
      await store.write<ApiKey>(name, { insertOne: { document: key } });
    },
    anyExists: async (): Promise<boolean> => (await keys().findOne({}, read)) !== null,
    findByHash: (hash: string): Promise<ApiKey | null> => keys().findOne({ hash }, read),
    findMany: (tenantId: string, ids: readonly string[]): Promise<ApiKey[]> =>
      keys()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),
    list: (tenantId: string): Promise<ApiKey[]> =>
      keys().find({ tenantId }, read).sort({ createdAt: 1 }).limit(1000).toArray(),
    async page(tenantId: string, request: PageRequest): Promise<Page<ApiKey>> {
      const found = await keys()
        .find({ tenantId, ...keysetFilter('createdAt', 'ascending', request) }, read)
        .sort(keysetSort('createdAt', 'ascending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ createdAt, _id }): Position => [createdAt, _id]);
    },
    /** Null when there is no such living key. */
    revoke: (tenantId: string, prefixOrId: string, at: Date): Promise<ApiKey | null> =>
      keys().findOneAndUpdate(
        { tenantId, revokedAt: { $exists: false }, $or: [{ _id: prefixOrId }, { prefix: prefixOrId }] },
        { $set: { revokedAt: at } },
        { returnDocument: 'after' },
      ),
    /** Gives a living key that was not rotated before its end; null when it changed meanwhile. */
    endAt: (key: ApiKey, expiresAt: Date): Promise<ApiKey | null> =>
      keys().findOneAndUpdate(
        {
          _id: key._id,
          tenantId: key.tenantId,
          revokedAt: { $exists: false },
          rotated: { $exists: false },
          expiresAt: key.expiresAt ?? { $exists: false },
        },
        { $set: { expiresAt, rotated: true } },
        { returnDocument: 'after' },
      ),
  };
}
