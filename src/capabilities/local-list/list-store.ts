import { contentId } from '../../kernel/ids.ts';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { foldToken } from '../authorization/index.ts';
import type { LocalList, Member } from './model.ts';

const listsName = 'localLists';
const membersName = 'localListMembers';
const newsName = 'localListNews';

/** Every query below is served by one of these. */
export const listIndexes: CollectionIndexes = {
  [listsName]: [
    { key: { tenantId: 1, name: 1 }, name: 'name', unique: true },
    { key: { tenantId: 1, hasRule: 1 }, name: 'rule' },
  ],
  [membersName]: [
    { key: { tenantId: 1, listId: 1, valueKey: 1, _id: 1 }, name: 'list' },
    { key: { tenantId: 1, valueKey: 1 }, name: 'value' },
  ],
  [newsName]: [{ key: { at: 1 }, name: 'due' }],
};

/** Tokens of a list changed; its charge points are to be marked. However many tokens change, it is one document per list. */
export interface ListNews {
  /** The id of the list. */
  readonly _id: string;
  readonly tenantId: string;
  /** When its charge points are to be marked. */
  readonly at: Date;
  readonly mark: string;
  /** A token may not charge any more. */
  readonly urgent?: boolean;
}

const memberPage = 1_000;
/** Lists of a tenant that are looked at when a token changes. */
const affectedMax = 10_000;

const memberId = (listId: string, valueKey: string): string => contentId('localListMember', listId, valueKey);

/** Lists and the tokens chosen for them, in the database. */
export function createListStore(store: Store) {
  const lists = () => store.collection<LocalList>(listsName);
  const members = () => store.collection<Member>(membersName);
  const read = { maxTimeMS: readTimeoutMs };
  const idsOf = async (filter: object): Promise<string[]> =>
    (
      await lists()
        .find(filter, { ...read, projection: { _id: 1 } })
        .limit(affectedMax)
        .toArray()
    ).map(({ _id }) => _id);

  return {
    find: (tenantId: string, id: string): Promise<LocalList | null> => lists().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<LocalList[]> =>
      lists()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    async page(tenantId: string, request: PageRequest): Promise<Page<LocalList>> {
      const found = await lists()
        .find({ tenantId, ...keysetFilter('name', 'ascending', request) }, read)
        .sort({ name: request.fromEnd ? -1 : 1 }) // unique
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ name, _id }): Position => [name, _id]);
    },

    /** False when the name is taken. */
    async insert(list: LocalList): Promise<boolean> {
      return (await store.write<LocalList>(listsName, { insertOne: { document: list } })).applied;
    },

    /** Puts `next` in the place of the list of this version; `CHANGED`: somebody was faster; `TAKEN`: the name is. */
    async replace(present: LocalList, next: LocalList): Promise<'DONE' | 'CHANGED' | 'TAKEN'> {
      const taken = await lists().findOne({ tenantId: next.tenantId, name: next.name }, read);
      if (taken !== null && taken._id !== next._id) return 'TAKEN';
      const { matchedCount } = await lists().replaceOne(
        { _id: present._id, tenantId: present.tenantId, version: present.version },
        next,
      );
      return matchedCount === 1 ? 'DONE' : 'CHANGED';
    },

    /** False when somebody changed or deleted it meanwhile. */
    async remove({ _id, tenantId, version }: LocalList): Promise<boolean> {
      const { deletedCount } = await lists().deleteOne({ _id, tenantId, version });
      if (deletedCount === 1) await members().deleteMany({ tenantId, listId: _id });
      return deletedCount === 1;
    },

    /** Chooses tokens for a list; those chosen already stay as they are. */
    async addMembers({ tenantId, _id: listId }: LocalList, values: readonly string[]): Promise<void> {
      await Promise.all(
        values.map((value) => {
          const valueKey = foldToken(value);
          const document = { _id: memberId(listId, valueKey), tenantId, listId, valueKey, value };
          return store.write<Member>(membersName, { insertOne: { document } });
        }),
      );
    },

    async removeMembers({ _id: listId }: LocalList, values: readonly string[]): Promise<void> {
      await Promise.all(
        values.map((value) =>
          store.write<Member>(membersName, { deleteOne: { filter: { _id: memberId(listId, foldToken(value)) } } }),
        ),
      );
    },

    async memberPage(tenantId: string, listId: string, request: PageRequest): Promise<Page<Member>> {
      const found = await members()
        .find({ tenantId, listId, ...keysetFilter('valueKey', 'ascending', request) }, read)
        .sort(keysetSort('valueKey', 'ascending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ valueKey, _id }): Position => [valueKey, _id]);
    },

    countMembers: (tenantId: string, listId: string, max: number): Promise<number> =>
      members().countDocuments({ tenantId, listId }, { ...read, limit: max }),

    /** The folded values chosen for a list, page by page. */
    async *memberKeys(tenantId: string, listId: string): AsyncGenerator<readonly string[]> {
      let after = '';
      for (;;) {
        const found = await members()
          .find({ tenantId, listId, valueKey: { $gt: after } }, { ...read, projection: { valueKey: 1 } })
          .sort({ valueKey: 1 })
          .limit(memberPage)
          .toArray();
        if (found.length > 0) yield found.map(({ valueKey }) => valueKey);
        if (found.length < memberPage) return;
        after = found.at(-1)?.valueKey ?? after;
      }
    },

    /** The lists that a token may be on or have been on: chosen, or because of what it is. At most 20,000. */
    async affected(tenantId: string, valueKey: string): Promise<readonly string[]> {
      const [chosen, ruled] = await Promise.all([
        members()
          .find({ tenantId, valueKey }, { ...read, projection: { listId: 1 } })
          .limit(affectedMax)
          .toArray(),
        idsOf({ tenantId, hasRule: true }),
      ]);
      return [...new Set([...chosen.map(({ listId }) => listId), ...ruled])];
    },

    /** All lists of a tenant. At most 10,000. */
    all: (tenantId: string): Promise<readonly string[]> => idsOf({ tenantId }),

    /** Notes that tokens of a list changed. */
    async noteNews({ _id, tenantId, at, mark, urgent }: ListNews): Promise<void> {
      const update = { $min: { at }, $set: { tenantId, mark, ...(urgent === true && { urgent }) } };
      await store.write<ListNews>(newsName, { updateOne: { filter: { _id }, update, upsert: true } });
    },

    /** News that are due at `now`; at most `limit`. */
    dueNews: (now: Date, limit: number): Promise<ListNews[]> =>
      store
        .collection<ListNews>(newsName)
        .find({ at: { $lte: now } }, read)
        .sort({ at: 1 })
        .limit(limit)
        .toArray(),

    /** Forgets news that were passed on, unless there are newer ones. */
    async forgetNews({ _id, mark }: ListNews): Promise<void> {
      await store.write<ListNews>(newsName, { deleteOne: { filter: { _id, mark } } });
    },
  };
}

/** The store of lists. */
export type ListStore = ReturnType<typeof createListStore>;
