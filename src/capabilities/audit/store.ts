import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { AuditEntry, AuditFilter } from './model.ts';

const name = 'auditEntries';

/** Every query below is served by one of these. */
export const auditIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, at: 1, _id: 1 }, name: 'tenant' },
    { key: { tenantId: 1, 'actor.id': 1, at: 1, _id: 1 }, name: 'actor' },
    { key: { tenantId: 1, operation: 1, at: 1, _id: 1 }, name: 'operation' },
    { key: { at: 1 }, name: 'age' },
  ],
};

/** How many old entries one command removes. */
const removeMax = 1_000;

/** The audit log in the database. */
export function createAuditStore(store: Store) {
  const entries = () => store.collection<AuditEntry>(name);
  const read = { maxTimeMS: readTimeoutMs };
  return {
    async insert(entry: AuditEntry): Promise<void> {
      await store.write<AuditEntry>(name, { insertOne: { document: entry } });
    },
    /** Newest first. */
    async page(
      tenantId: string,
      { operations, actorIds, at }: AuditFilter,
      request: PageRequest,
    ): Promise<Page<AuditEntry>> {
      const filter: Filter<AuditEntry> = {
        tenantId,
        ...(actorIds !== undefined && { 'actor.id': { $in: [...actorIds] } }),
        ...(operations !== undefined && { operation: { $in: [...operations] } }),
        ...((at?.from !== undefined || at?.to !== undefined) && {
          at: { ...(at.from !== undefined && { $gte: at.from }), ...(at.to !== undefined && { $lt: at.to }) },
        }),
      };
      const hint = actorIds !== undefined ? 'actor' : operations !== undefined ? 'operation' : 'tenant';
      const found = await entries()
        .find({ $and: [filter, keysetFilter('at', 'descending', request)] }, { ...read, hint })
        .sort(keysetSort('at', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (entry): Position => [entry.at, entry._id]);
    },
    findMany: (tenantId: string, ids: readonly string[]): Promise<AuditEntry[]> =>
      entries()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),
    /** Removes the oldest entries from before `at`, a piece at a time. Gives how many. */
    async removeBefore(at: Date): Promise<number> {
      const old = await entries()
        .find({ at: { $lt: at } }, { ...read, projection: { _id: 1 } })
        .sort({ at: 1 })
        .limit(removeMax)
        .toArray();
      if (old.length === 0) return 0;
      return (await entries().deleteMany({ _id: { $in: old.map(({ _id }) => _id) } })).deletedCount;
    },
  };
}
