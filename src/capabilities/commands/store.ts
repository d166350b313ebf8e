import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import type { Command, CommandState } from './model.ts';

const name = 'commands';

/** Every query below is served by one of these. */
export const commandIndexes: CollectionIndexes = {
  [name]: [
    { key: { tenantId: 1, requestedAt: -1, _id: -1 }, name: 'tenant_time' },
    { key: { tenantId: 1, chargePointId: 1, requestedAt: -1, _id: -1 }, name: 'chargePoint_time' },
    {
      key: { idempotencyScope: 1 },
      name: 'idempotency',
      unique: true,
      partialFilterExpression: { idempotencyScope: { $type: 'string' } },
    },
    {
      key: { tenantId: 1, messageId: 1 },
      name: 'message',
      partialFilterExpression: { messageId: { $exists: true } },
    },
    {
      key: { tenantId: 1, chargePointId: 1, requestedAt: 1 },
      name: 'queued',
      partialFilterExpression: { state: 'QUEUED' },
    },
    {
      key: { state: 1, requestedAt: 1 },
      name: 'unfinished',
      partialFilterExpression: { state: { $in: ['QUEUED', 'SENT', 'RESPONDED'] } },
    },
  ],
};

/** Which commands; lists mean any-of. */
export interface CommandFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly states?: readonly CommandState[] | undefined;
  readonly names?: readonly string[] | undefined;
}

/** Commands in the database. */
export function createCommandStore(store: Store) {
  const commands = () => store.collection<Command>(name);
  return {
    /** Stores a new command unless its idempotency key is taken: then false. */
    async insert(command: Command): Promise<boolean> {
      return (await store.write<Command>(name, { insertOne: { document: command } })).applied;
    },

    find: (tenantId: string, id: string): Promise<Command | null> =>
      commands().findOne({ _id: id, tenantId }, { maxTimeMS: readTimeoutMs }),

    findMany: (tenantId: string, ids: readonly string[]): Promise<Command[]> =>
      commands()
        .find({ _id: { $in: [...ids] }, tenantId }, { maxTimeMS: readTimeoutMs })
        .toArray(),

    /** Ids and message ids of the commands whose CALLs had these message ids. */
    findSent: (tenantId: string, messageIds: readonly string[]): Promise<Pick<Command, '_id' | 'messageId'>[]> =>
      commands()
        .find(
          { tenantId, messageId: { $in: [...messageIds] } },
          { maxTimeMS: readTimeoutMs, projection: { messageId: 1 } },
        )
        .toArray(),

    findByIdempotencyScope: (scope: string): Promise<Command | null> =>
      commands().findOne({ idempotencyScope: scope }, { maxTimeMS: readTimeoutMs }),

    /** Moves a command on if it still is in one of the states `from`; gives it as it then is, or null when it was not. */
    move: (id: string, from: readonly CommandState[], change: Partial<Omit<Command, '_id'>>): Promise<Command | null> =>
      commands().findOneAndUpdate(
        { _id: id, state: { $in: [...from] } },
        { $set: change },
        { returnDocument: 'after', maxTimeMS: readTimeoutMs },
      ),

    /** Commands that some process has begun and not ended, oldest first; at most `limit`. */
    unfinished: (
      limit: number,
      states: readonly CommandState[] = ['QUEUED', 'SENT', 'RESPONDED'],
    ): Promise<Command[]> =>
      commands()
        .find({ state: { $in: [...states] } }, { maxTimeMS: readTimeoutMs })
        .sort({ requestedAt: 1 })
        .limit(limit)
        .toArray(),

    /** What waits for a charge point, oldest first; at most `limit`. */
    queued: (tenantId: string, chargePointId: string, limit: number): Promise<Command[]> =>
      commands()
        .find({ tenantId, chargePointId, state: 'QUEUED' }, { maxTimeMS: readTimeoutMs })
        .sort({ requestedAt: 1 })
        .limit(limit)
        .toArray(),

    /** How much waits for a charge point, counted up to `max`. */
    countQueued: (tenantId: string, chargePointId: string, max: number): Promise<number> =>
      commands().countDocuments({ tenantId, chargePointId, state: 'QUEUED' }, { maxTimeMS: readTimeoutMs, limit: max }),

    /** Finished commands of the same operation and charge point, newest first; at most 100. */
    finishedLike: ({ tenantId, chargePointId, name: operation }: Command): Promise<Command[]> =>
      commands()
        .find({ tenantId, chargePointId, name: operation, state: 'FINISHED' }, { maxTimeMS: readTimeoutMs })
        .sort({ requestedAt: -1, _id: -1 })
        .limit(100)
        .toArray(),

    /** One page, newest first by default. */
    async page(tenantId: string, filter: CommandFilter, request: PageRequest): Promise<Page<Command>> {
      const query: Filter<Command> = {
        tenantId,
        ...(filter.chargePointIds && { chargePointId: { $in: [...filter.chargePointIds] } }),
        ...(filter.states && { state: { $in: [...filter.states] } }),
        ...(filter.names && { name: { $in: [...filter.names] } }),
        ...keysetFilter('requestedAt', 'descending', request),
      };
      const found = await commands()
        .find(query, { maxTimeMS: readTimeoutMs })
        .sort(keysetSort('requestedAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (command) => [command.requestedAt, command._id]);
    },
  };
}

/** Commands in the database. */
export type CommandStore = ReturnType<typeof createCommandStore>;
