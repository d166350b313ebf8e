import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import {
  type BatchMember,
  type BatchState,
  type CommandBatch,
  type Counts,
  type MemberOutcome,
  mayFollow,
  outcomes,
  type Verdict,
} from './model.ts';

const batchesName = 'commandBatches';
const membersName = 'commandBatchMembers';

/** Every query below is served by one of these. */
export const commandBatchIndexes: CollectionIndexes = {
  [batchesName]: [
    { key: { tenantId: 1, requestedAt: -1, _id: -1 }, name: 'tenant_time' },
    { key: { idempotencyScope: 1 }, name: 'idempotency', unique: true },
    { key: { isOpen: 1, requestedAt: 1 }, name: 'open', partialFilterExpression: { isOpen: true } },
    { key: { tenantId: 1, isOpen: 1 }, name: 'tenant_open', partialFilterExpression: { isOpen: true } },
  ],
  [membersName]: [
    { key: { tenantId: 1, batchId: 1, position: 1, _id: 1 }, name: 'batch' },
    { key: { tenantId: 1, batchId: 1, outcome: 1, position: 1, _id: 1 }, name: 'outcome' },
  ],
};

/** A batch, as its members name it. */
type Of = Pick<CommandBatch, '_id' | 'tenantId'>;

/** Batches and their members in the database. */
export function createCommandBatchStore(store: Store) {
  const batches = () => store.collection<CommandBatch>(batchesName);
  const members = () => store.collection<BatchMember>(membersName);
  const read = { maxTimeMS: readTimeoutMs };

  const count = ({ _id, tenantId }: Of, outcome: MemberOutcome): Promise<number> =>
    members().countDocuments({ tenantId, batchId: _id, outcome }, read);

  return {
    /** False when the idempotency key is taken. */
    insert: async (batch: CommandBatch): Promise<boolean> =>
      (await store.write<CommandBatch>(batchesName, { insertOne: { document: batch } })).applied,

    async insertMembers(found: readonly BatchMember[]): Promise<void> {
      if (found.length > 0) await members().insertMany([...found], { ordered: false });
    },

    /** Takes back a batch that never ran. */
    async discard({ _id, tenantId }: Of): Promise<void> {
      await members().deleteMany({ tenantId, batchId: _id });
      await batches().deleteOne({ _id, tenantId });
    },

    find: (tenantId: string, id: string): Promise<CommandBatch | null> =>
      batches().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<CommandBatch[]> =>
      batches()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    findByIdempotencyScope: (idempotencyScope: string): Promise<CommandBatch | null> =>
      batches().findOne({ idempotencyScope }, read),

    /** Batches of all tenants that have not ended, oldest first, at most 1,000. */
    open: (): Promise<CommandBatch[]> =>
      batches().find({ isOpen: true }, read).sort({ requestedAt: 1 }).limit(1_000).toArray(),

    /** How many batches of the tenant have not ended, counted up to `max`. */
    countOpen: (tenantId: string, max: number): Promise<number> =>
      batches().countDocuments({ tenantId, isOpen: true }, { ...read, limit: max }),

    /** Moves a batch on if it still is in one of the states `from`; gives it as it then is, or null when it was not. */
    move: (
      { _id, tenantId }: Of,
      from: readonly BatchState[],
      change: Pick<CommandBatch, 'updatedAt'> & Partial<Pick<CommandBatch, 'state' | 'total'>>,
    ): Promise<CommandBatch | null> =>
      batches().findOneAndUpdate(
        { _id, tenantId, state: { $in: [...from] } },
        { $set: change },
        { returnDocument: 'after', ...read },
      ),

    /** Nothing more will come of it; null when that was known before. */
    end: ({ _id, tenantId }: Of, state: BatchState, at: Date): Promise<CommandBatch | null> =>
      batches().findOneAndUpdate(
        { _id, tenantId, isOpen: true, state },
        {
          $set: { state: state === 'RUNNING' ? 'FINISHED' : state, finishedAt: at, updatedAt: at },
          $unset: { isOpen: '' },
        },
        { returnDocument: 'after', ...read },
      ),

    async page(tenantId: string, request: PageRequest): Promise<Page<CommandBatch>> {
      const found = await batches()
        .find({ tenantId, ...keysetFilter('requestedAt', 'descending', request) }, read)
        .sort(keysetSort('requestedAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (batch) => [batch.requestedAt, batch._id]);
    },

    /** Members with the outcome behind a place, in order; at most `limit`. */
    membersWith: (
      { _id, tenantId }: Of,
      outcome: MemberOutcome,
      after: number,
      limit: number,
    ): Promise<BatchMember[]> =>
      members()
        .find({ tenantId, batchId: _id, outcome, position: { $gt: after } }, read)
        .sort({ position: 1, _id: 1 })
        .limit(limit)
        .toArray(),

    async memberPage(
      { _id, tenantId }: Of,
      wanted: readonly MemberOutcome[] | undefined,
      request: PageRequest,
    ): Promise<Page<BatchMember>> {
      const query: Filter<BatchMember> = {
        tenantId,
        batchId: _id,
        ...(wanted && { outcome: { $in: [...wanted] } }),
        ...keysetFilter('position', 'ascending', request),
      };
      const found = await members()
        .find(query, read)
        .sort(keysetSort('position', 'ascending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (member) => [member.position, member._id]);
    },

    async counts(batch: Of): Promise<Counts> {
      const found = await Promise.all(outcomes.map(async (outcome) => [outcome, await count(batch, outcome)] as const));
      return Object.fromEntries(found) as Record<MemberOutcome, number>; // one entry for each outcome
    },

    /** Whether a member waits or is under way. */
    async hasPending({ _id, tenantId }: Of): Promise<boolean> {
      for (const outcome of ['UNDER_WAY', 'WAITING'] as const) {
        const found = await members().findOne({ tenantId, batchId: _id, outcome }, { ...read, projection: { _id: 1 } });
        if (found !== null) return true;
      }
      return false;
    },

    /** WAITING → UNDER_WAY; false when it does not wait any more. */
    async claim({ _id, tenantId }: BatchMember, updatedAt: Date): Promise<boolean> {
      const claimed = await members().updateOne(
        { _id, tenantId, outcome: 'WAITING' },
        { $set: { outcome: 'UNDER_WAY', updatedAt } },
      );
      return claimed.modifiedCount === 1;
    },

    /** UNDER_WAY → WAITING, of a member whose command was never stored. */
    async release({ _id, tenantId }: BatchMember, updatedAt: Date): Promise<void> {
      await members().updateOne({ _id, tenantId, outcome: 'UNDER_WAY' }, { $set: { outcome: 'WAITING', updatedAt } });
    },

    async nameCommand({ _id, tenantId }: BatchMember, commandId: string): Promise<void> {
      await members().updateOne({ _id, tenantId }, { $set: { commandId } });
    },

    /** Writes a verdict down unless a newer one stands there; gives the outcome before it, or undefined when nothing changed. */
    async settle(
      tenantId: string,
      memberId: string,
      verdict: Verdict,
      updatedAt: Date,
    ): Promise<MemberOutcome | undefined> {
      const before = await members().findOneAndUpdate(
        { _id: memberId, tenantId, outcome: { $in: [...mayFollow(verdict.outcome)] } },
        {
          $set: { ...verdict, updatedAt },
          ...(verdict.error === undefined && { $unset: { error: '' } }),
        },
        { returnDocument: 'before', ...read },
      );
      return before?.outcome;
    },

    /** Members that wait are not issued any more. */
    async cancelWaiting({ _id, tenantId }: Of, updatedAt: Date): Promise<void> {
      await members().updateMany(
        { tenantId, batchId: _id, outcome: 'WAITING' },
        { $set: { outcome: 'CANCELLED', updatedAt } },
      );
    },
  };
}

/** Batches and their members in the database. */
export type CommandBatchStore = ReturnType<typeof createCommandBatchStore>;
