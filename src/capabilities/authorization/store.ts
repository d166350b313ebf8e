import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import {
  type AttemptFilter,
  type AuthorizationAttempt,
  type ChargePointAccess,
  foldToken,
  type Token,
  type TokenFilter,
} from './model.ts';

const tokensName = 'tokens';
const attemptsName = 'authorizationAttempts';
const accessName = 'chargePointAccess';

/** Every query below is served by one of these. */
export const authorizationIndexes: CollectionIndexes = {
  [tokensName]: [
    { key: { tenantId: 1, valueKey: 1 }, name: 'value', unique: true },
    { key: { tenantId: 1, status: 1, valueKey: 1, _id: 1 }, name: 'status' },
    { key: { tenantId: 1, groupId: 1, valueKey: 1, _id: 1 }, name: 'group' },
    { key: { tenantId: 1, updatedAt: 1, _id: 1 }, name: 'updated' },
    {
      key: { tenantId: 1, groupKey: 1 },
      name: 'members',
      partialFilterExpression: { groupKey: { $exists: true } },
    },
  ],
  [attemptsName]: [
    { key: { at: 1 }, name: 'age' },
    { key: { tenantId: 1, at: 1, _id: 1 }, name: 'time' },
    { key: { tenantId: 1, chargePointId: 1, at: 1, _id: 1 }, name: 'chargePoint' },
    { key: { tenantId: 1, tokenKey: 1, at: 1, _id: 1 }, name: 'token' },
    {
      // refusals are few and looked for; that most attempts are accepted needs no index
      key: { tenantId: 1, 'decision.status': 1, at: 1, _id: 1 },
      name: 'refused',
      partialFilterExpression: { refused: true },
    },
  ],
  [accessName]: [],
};

/** The order of a list, and its page keys. */
export type TokenOrder = 'VALUE' | 'UPDATED_AT';

const sortField = { VALUE: 'valueKey', UPDATED_AT: 'updatedAt' } as const satisfies Record<TokenOrder, keyof Token>;

const sweepBatch = 1_000;

/** Tokens, and what was asked about them, in the database. */
export function createTokenStore(store: Store) {
  const tokens = () => store.collection<Token>(tokensName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, id: string): Promise<Token | null> => tokens().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<Token[]> =>
      tokens()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** By value in any letter case. */
    findByValue: (tenantId: string, value: string): Promise<Token | null> =>
      tokens().findOne({ tenantId, valueKey: foldToken(value) }, read),

    findManyByValue: (tenantId: string, values: readonly string[]): Promise<Token[]> =>
      tokens()
        .find({ tenantId, valueKey: { $in: values.map(foldToken) } }, read)
        .toArray(),

    async list(tenantId: string, filter: TokenFilter, order: TokenOrder, page: PageRequest): Promise<Page<Token>> {
      const field = sortField[order];
      const found = await tokens()
        .find({ $and: [listFilter(tenantId, filter), keysetFilter(field, 'ascending', page)] }, read)
        .sort(keysetSort(field, 'ascending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, (token): Position => [token[field], token._id]);
    },

    count: (tenantId: string, filter: TokenFilter, max: number): Promise<number> =>
      tokens().countDocuments(listFilter(tenantId, filter), { ...read, limit: max }),

    /** False when the value is taken. */
    async insert(token: Token): Promise<boolean> {
      const { applied } = await store.write<Token>(tokensName, { insertOne: { document: token } });
      return applied;
    },

    /** Puts `next` in the place of `present`, unless somebody was faster. */
    async replace(present: Token, next: Token): Promise<boolean> {
      const { matchedCount } = await tokens().replaceOne(
        { _id: present._id, tenantId: present.tenantId, version: present.version },
        next,
      );
      return matchedCount === 1;
    },

    /** Whether a token names this one as its group. */
    hasMembers: async (tenantId: string, valueKey: string): Promise<boolean> =>
      (await tokens().findOne({ tenantId, groupKey: valueKey }, { ...read, projection: { _id: 1 } })) !== null,

    /** Notes that the token is a group; gives it as it is then, or null when that was noted before or there is none. */
    markGroup: (tenantId: string, valueKey: string, at: Date): Promise<Token | null> =>
      tokens().findOneAndUpdate(
        { tenantId, valueKey, isGroup: { $exists: false } },
        { $set: { isGroup: true, updatedAt: at }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      ),

    /** False when somebody changed or deleted it meanwhile. */
    async remove({ _id, tenantId, version }: Token): Promise<boolean> {
      const { deletedCount } = await tokens().deleteOne({ _id, tenantId, version });
      return deletedCount === 1;
    },
  };
}

/** The store of tokens. */
export type TokenStore = ReturnType<typeof createTokenStore>;

/** What was asked about tokens, in the database. */
export function createAttemptStore(store: Store) {
  const attempts = () => store.collection<AuthorizationAttempt>(attemptsName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    /** Stored already: nothing changes. */
    async insert(attempt: AuthorizationAttempt): Promise<void> {
      await store.write<AuthorizationAttempt>(attemptsName, { insertOne: { document: attempt } });
    },

    /** Newest first. */
    async list(tenantId: string, filter: AttemptFilter, page: PageRequest): Promise<Page<AuthorizationAttempt>> {
      const found = await attempts()
        .find({ $and: [attemptFilter(tenantId, filter), keysetFilter('at', 'descending', page)] }, read)
        .sort(keysetSort('at', 'descending', page))
        .limit(page.limit + 1)
        .toArray();
      return toPage(found, page, ({ at, _id }): Position => [at, _id]);
    },

    /** Deletes a piece of the attempts that are older; false when none is left. */
    async sweep(before: Date): Promise<boolean> {
      const old = await attempts()
        .find({ at: { $lt: before } }, { ...read, projection: { _id: 1 } })
        .sort({ at: 1 })
        .limit(sweepBatch)
        .toArray();
      if (old.length > 0) await attempts().deleteMany({ _id: { $in: old.map(({ _id }) => _id) } });
      return old.length === sweepBatch;
    },
  };
}

/** The store of attempts. */
export type AttemptStore = ReturnType<typeof createAttemptStore>;

/** Charge points that are not for everybody, in the database. */
export function createAccessStore(store: Store) {
  const access = () => store.collection<ChargePointAccess>(accessName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, chargePointId: string): Promise<ChargePointAccess | null> =>
      access().findOne({ _id: chargePointId, tenantId }, read),

    findMany: (tenantId: string, chargePointIds: readonly string[]): Promise<ChargePointAccess[]> =>
      access()
        .find({ _id: { $in: [...chargePointIds] }, tenantId }, read)
        .toArray(),

    async put(wanted: ChargePointAccess): Promise<void> {
      const { _id, tenantId } = wanted;
      await store.write<ChargePointAccess>(accessName, {
        replaceOne: { filter: { _id, tenantId }, replacement: wanted, upsert: true },
      });
    },

    async remove(tenantId: string, chargePointId: string): Promise<void> {
      await store.write<ChargePointAccess>(accessName, { deleteOne: { filter: { _id: chargePointId, tenantId } } });
    },
  };
}

/** The store of limits of charge points. */
export type AccessStore = ReturnType<typeof createAccessStore>;

function attemptFilter(tenantId: string, filter: AttemptFilter): Filter<AuthorizationAttempt> {
  const { chargePointIds, tokenValues, purposes, statuses, at } = filter;
  const onlyRefused = statuses !== undefined && !statuses.includes('ACCEPTED');
  return {
    tenantId,
    ...(chargePointIds !== undefined && { chargePointId: { $in: [...chargePointIds] } }),
    ...(tokenValues !== undefined && { tokenKey: { $in: tokenValues.map(foldToken) } }),
    ...(purposes !== undefined && { purpose: { $in: [...purposes] } }),
    ...(statuses !== undefined && { 'decision.status': { $in: [...statuses] } }),
    ...(onlyRefused && { refused: true }), // lets the index of refusals serve it
    ...range('at', at),
  };
}

function listFilter(tenantId: string, filter: TokenFilter): Filter<Token> {
  return {
    tenantId,
    ...(filter.values !== undefined && { valueKey: { $in: filter.values.map(foldToken) } }),
    ...(filter.statuses !== undefined && { status: { $in: [...filter.statuses] } }),
    ...(filter.groupIds !== undefined && { groupId: { $in: [...filter.groupIds] } }),
    ...range('updatedAt', filter.updatedAt),
  };
}

function range(field: string, span: { readonly from?: Date | undefined; readonly to?: Date | undefined } = {}) {
  const { from, to } = span;
  if (from === undefined && to === undefined) return {};
  return { [field]: { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) } };
}
