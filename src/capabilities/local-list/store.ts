import type { AnyBulkWriteOperation, Filter, UpdateFilter } from 'mongodb';
import { contentId } from '../../kernel/ids.ts';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { foldToken } from '../authorization/index.ts';
import type { ListUpdate } from './commands.ts';
import { type HeldEntry, type ListState, versionMax } from './model.ts';
import { versionAfter } from './plan.ts';

const statesName = 'localListStates';
const entriesName = 'localListEntries';

/** Every query below is served by one of these. */
export const stateIndexes: CollectionIndexes = {
  [statesName]: [
    { key: { dueAt: 1 }, name: 'due', partialFilterExpression: { dueAt: { $exists: true } } },
    { key: { urgent: 1, dueAt: 1 }, name: 'urgent', partialFilterExpression: { urgent: { $exists: true } } },
    { key: { tenantId: 1, listId: 1, _id: 1 }, name: 'list' },
    { key: { tenantId: 1, extra: 1 }, name: 'extra', partialFilterExpression: { extra: { $exists: true } } },
  ],
  [entriesName]: [
    { key: { tenantId: 1, chargePointId: 1, valueKey: 1, _id: 1 }, name: 'value' },
    { key: { tenantId: 1, chargePointId: 1, commandId: 1 }, name: 'command' },
  ],
};

const entryPage = 1_000;

/** The fields that may be taken away. */
export type Unset = readonly Exclude<keyof ListState, '_id' | 'tenantId'>[];

/** A reason to look at charge points. */
export interface Mark {
  readonly dueAt: Date;
  /** Names this reason. */
  readonly mark: string;
  /** Whether there may be something new to send; else it is only to be checked. */
  readonly isNew: boolean;
  readonly set?: Partial<ListState>;
}

/** What charge points hold, and how they stand, in the database. */
export function createStateStore(store: Store) {
  const states = () => store.collection<ListState>(statesName);
  const entries = () => store.collection<HeldEntry>(entriesName);
  const read = { maxTimeMS: readTimeoutMs };
  const marking = ({ dueAt, mark, isNew, set = {} }: Mark): UpdateFilter<ListState> => ({
    $min: { dueAt },
    $set: { ...set, mark, ...(isNew && { wish: mark }) },
  });
  const without = (unset: Unset) => Object.fromEntries(unset.map((field) => [field, ''] as const));

  return {
    find: (tenantId: string, chargePointId: string): Promise<ListState | null> =>
      states().findOne({ _id: chargePointId, tenantId }, read),

    /**
     * Sets and takes away fields at once; makes the state when there is none. Versions are greater than `known` from now on.
     * Gives the state as it then is.
     */
    async change(
      tenantId: string,
      chargePointId: string,
      set: Partial<ListState>,
      { unset = [], known = 0 }: { unset?: Unset; known?: number } = {},
    ): Promise<ListState> {
      const changed = await states().findOneAndUpdate(
        { _id: chargePointId, tenantId },
        {
          ...(Object.keys(set).length > 0 && { $set: set }),
          ...(unset.length > 0 && { $unset: without(unset) }),
          $max: { lastVersion: known },
        },
        { upsert: true, returnDocument: 'after', maxTimeMS: readTimeoutMs },
      );
      if (changed === null) throw new Error('an upsert gave nothing');
      return changed;
    },

    /** Changes the state only while there is no newer reason to look at it; false when there is. */
    async changeAt(
      { _id, tenantId, mark }: ListState,
      set: Partial<ListState>,
      { unset = [] }: { unset?: Unset } = {},
    ): Promise<boolean> {
      const { matchedCount } = await states().updateOne(
        { _id, tenantId, mark: mark ?? { $exists: false } } as Filter<ListState>, // the driver's type has no optional field
        {
          ...(Object.keys(set).length > 0 && { $set: set }),
          ...(unset.length > 0 && { $unset: without(unset) }),
        },
      );
      return matchedCount === 1;
    },

    /** The next version for a charge point, taken for good; greater than everything known. LAL-1. */
    async takeVersion(tenantId: string, chargePointId: string): Promise<number> {
      const taken = await states().findOneAndUpdate(
        { _id: chargePointId, tenantId },
        { $inc: { lastVersion: 1 } },
        { upsert: true, returnDocument: 'after', maxTimeMS: readTimeoutMs },
      );
      const version = taken?.lastVersion ?? 1;
      if (version <= versionMax) return version;
      const first = versionAfter(version);
      await states().updateOne({ _id: chargePointId, tenantId }, { $set: { lastVersion: first } });
      return first;
    },

    /** Marks one charge point that is assigned something, or is to be emptied. */
    async mark(tenantId: string, chargePointId: string, mark: Mark): Promise<void> {
      const managed = { $or: [{ listId: { $exists: true } }, { clearing: true }] };
      await store.write<ListState>(statesName, {
        updateOne: { filter: { _id: chargePointId, tenantId, ...managed }, update: marking(mark) },
      });
    },

    /** Marks every charge point of these lists. */
    async markLists(tenantId: string, listIds: readonly string[], mark: Mark): Promise<void> {
      if (listIds.length > 0) await states().updateMany({ tenantId, listId: { $in: [...listIds] } }, marking(mark));
    },

    /** Marks every charge point that is to know this token beside its list. */
    async markExtra(tenantId: string, valueKey: string, mark: Mark): Promise<void> {
      await states().updateMany({ tenantId, extra: valueKey }, marking(mark));
    },

    /** What is due at `now`, what is urgent first, then the longest due; at most `limit` of each. */
    async due(now: Date, limit: number): Promise<readonly ListState[]> {
      const find = (filter: Filter<ListState>) =>
        states()
          .find({ ...filter, dueAt: { $lte: now } }, read)
          .sort({ dueAt: 1 })
          .limit(limit)
          .toArray();
      const [urgent, others] = await Promise.all([find({ urgent: true }), find({})]);
      return [...urgent, ...others.filter((state) => state.urgent !== true)];
    },

    async page(tenantId: string, listId: string, request: PageRequest): Promise<Page<ListState>> {
      const found = await states()
        .find({ tenantId, listId, ...keysetFilter('_id', 'ascending', request) }, read)
        .sort({ _id: request.fromEnd ? -1 : 1 })
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ _id }): Position => [_id, _id]);
    },

    countAssigned: (tenantId: string, listId: string, max: number): Promise<number> =>
      states().countDocuments({ tenantId, listId }, { ...read, limit: max }),

    /**
     * Writes down what an accepted message made of the list. Done twice it does the same. Gives how many entries are held.
     */
    async apply(tenantId: string, chargePointId: string, commandId: string, update: ListUpdate): Promise<number> {
      const idOf = (valueKey: string) => contentId('localListEntry', chargePointId, valueKey);
      await Promise.all(
        (update.entries ?? []).map(({ idTag, info }) => {
          const valueKey = foldToken(idTag);
          const filter = { _id: idOf(valueKey) };
          if (info === undefined) return store.write<HeldEntry>(entriesName, { deleteOne: { filter } });
          const replacement = { tenantId, chargePointId, valueKey, idTag, info, commandId };
          const operation: AnyBulkWriteOperation<HeldEntry> = { replaceOne: { filter, replacement, upsert: true } };
          return store.write<HeldEntry>(entriesName, operation);
        }),
      );
      if (update.updateType === 'FULL') {
        await entries().deleteMany({ tenantId, chargePointId, commandId: { $ne: commandId } });
      }
      return entries().countDocuments({ tenantId, chargePointId }, read);
    },

    /** What a charge point holds, by folded value. */
    async held(tenantId: string, chargePointId: string): Promise<Map<string, HeldEntry>> {
      const found = new Map<string, HeldEntry>();
      let after = '';
      for (;;) {
        const page = await entries()
          .find({ tenantId, chargePointId, valueKey: { $gt: after } }, read)
          .sort({ valueKey: 1 })
          .limit(entryPage)
          .toArray();
        for (const entry of page) found.set(entry.valueKey, entry);
        if (page.length < entryPage) return found;
        after = page.at(-1)?.valueKey ?? after;
      }
    },

    async heldPage(tenantId: string, chargePointId: string, request: PageRequest): Promise<Page<HeldEntry>> {
      const found = await entries()
        .find({ tenantId, chargePointId, ...keysetFilter('valueKey', 'ascending', request) }, read)
        .sort(keysetSort('valueKey', 'ascending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ valueKey, _id }): Position => [valueKey, _id]);
    },

    /** Forgets a deleted charge point. */
    async removeOf(tenantId: string, chargePointId: string): Promise<void> {
      await states().deleteOne({ _id: chargePointId, tenantId });
      await entries().deleteMany({ tenantId, chargePointId });
    },
  };
}

/** The store of states. */
export type StateStore = ReturnType<typeof createStateStore>;
