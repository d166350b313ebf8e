import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { localListKey } from './key.ts';
import { type HeldEntry, type ListState, type LocalList, type Member, type SyncError, syncState } from './model.ts';

export const ListedStatusEnum = enumType('LocalListEntryStatus', 'What a local list says of a token. OCPP 1.6 §7.2.', {
  ACCEPTED: 'It may charge.',
  BLOCKED: 'It is blocked.',
  EXPIRED: 'Its validity is over.',
  INVALID: 'It is not to be accepted.',
  CONCURRENT_TX: 'It is used elsewhere; the hub never says so of its own accord.',
});

export const SyncStateEnum = enumType('LocalListSync', 'How a charge point stands against the list it is assigned.', {
  IN_SYNC: 'It holds what it should hold.',
  PENDING: 'There is something to send or to find out.',
  FAILED: 'It did not take the list; tried again at `nextTryAt`.',
  UNSUPPORTED: 'It says that it has no local list.',
});

const MemberRef = builder.objectRef<Member>('LocalListToken').implement({
  description: 'A token chosen for a local list by its value; it counts as soon as the hub knows such a token.',
  fields: (t) => ({ value: t.exposeString('value', { description: 'Its value (idTag).' }) }),
});
const MemberConnection = connectionType(MemberRef, { counted: true, scope: 'ID_TAGS_READ' });

const EntryRef = builder.objectRef<HeldEntry>('LocalListEntry').implement({
  description: 'An entry of the local list of a charge point, as the charge point accepted it.',
  fields: (t) => ({
    idTag: t.exposeString('idTag', { description: 'The token, as it went out.' }),
    status: t.field({
      type: ListedStatusEnum,
      description: 'What the list says of it.',
      resolve: ({ info }) => info.status,
    }),
    validUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it expires (expiryDate); null: never.',
      resolve: ({ info }) => info.validUntil,
    }),
    groupId: t.string({
      nullable: true,
      description: 'Its group (parentIdTag); null: none.',
      resolve: ({ info }) => info.groupId,
    }),
  }),
});
const EntryConnection = connectionType(EntryRef, { counted: false, scope: 'ID_TAGS_READ' });

const SyncErrorRef = builder.objectRef<SyncError>('LocalListError').implement({
  description: 'Why a synchronisation did not end well.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description:
        'FAILED, VERSION_MISMATCH, NOT_SUPPORTED: the answer. CALL_ERROR, NO_ANSWER, INVALID_ANSWER, LINK_LOST: none. NOT_SENT: for the reason given.',
    }),
    message: t.exposeString('message', { description: 'For people, in English.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
});

/** A list of tokens. */
export const LocalListRef = builder.objectRef<LocalList>('LocalList');
/** How one charge point stands. */
export const ListStateRef = builder.objectRef<ListState>('LocalListState');
const StateConnection = connectionType(ListStateRef, { counted: true, scope: 'ID_TAGS_READ' });

builder.node(LocalListRef, {
  ...needs('ID_TAGS_READ'),
  description:
    'A list of tokens that charge points know without asking the hub: the chosen ones, those of groups, or all that may charge.',
  id: { resolve: ({ _id }) => _id },
  loadMany: async (ids: string[], { principal, use }) => {
    const found = await use(localListKey).findMany(principal.tenantId, ids);
    return ids.map((id) => found.find(({ _id }) => _id === id) ?? null);
  },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What people call it; unique.' }),
    allActiveTokens: t.exposeBoolean('allActiveTokens', {
      description: 'Whether every token is on it that may charge at the moment.',
    }),
    groupIds: t.exposeStringList('groupIds', {
      description: 'Every token of these groups is on it, with whatever status it has.',
    }),
    tokens: t.connection(
      {
        type: MemberRef,
        nullable: true,
        description: 'The tokens chosen one by one, by value. They are listed with whatever status they have.',
        resolve: ({ _id }, args, { principal: { tenantId }, use }) =>
          connection(args, {
            fetch: (page) => use(localListKey).members(tenantId, _id, page),
            count: (max) => use(localListKey).countMembers(tenantId, _id, max),
          }),
      },
      MemberConnection,
    ),
    chargePoints: t.connection(
      {
        type: ListStateRef,
        nullable: true,
        description: 'The charge points that it is assigned to, and how they stand.',
        resolve: ({ _id }, args, { principal: { tenantId }, use }) =>
          connection(args, {
            fetch: (page) => use(localListKey).assigned(tenantId, _id, page),
            count: (max) => use(localListKey).countAssigned(tenantId, _id, max),
          }),
      },
      StateConnection,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Last change by a client.' }),
    version: t.exposeInt('version', { description: 'Goes up with every change; pass as `ifVersion`.' }),
  }),
});

ListStateRef.implement({
  description: 'The local authorization list of one charge point: assigned, held, and how the two come together.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Whose list; null when it was deleted meanwhile.',
      resolve: ({ _id }, _args, context) => loadChargePoint(context, _id),
    }),
    list: t.field({
      type: LocalListRef,
      nullable: true,
      description: 'The assigned list; null: none, the hub leaves the charge point alone.',
      resolve: ({ listId }, _args, { principal, use }) =>
        listId === undefined ? null : use(localListKey).find(principal.tenantId, listId),
    }),
    state: t.field({
      type: SyncStateEnum,
      nullable: true,
      description: 'How it stands; null when it is assigned nothing.',
      resolve: syncState,
    }),
    ackedVersion: t.int({
      description: 'Version of the last message that it accepted; 0: none yet.',
      resolve: ({ ackedVersion = 0 }) => ackedVersion,
    }),
    ackedAt: t.expose('ackedAt', { type: 'DateTime', nullable: true, description: 'When it last accepted one.' }),
    reportedVersion: t.exposeInt('reportedVersion', {
      nullable: true,
      description: 'Version that it last told; 0: empty, −1: not supported, null: never asked.',
    }),
    reportedAt: t.expose('reportedAt', { type: 'DateTime', nullable: true, description: 'When it told that.' }),
    entryCount: t.int({
      description: 'How many entries it holds, as far as the hub knows.',
      resolve: ({ entryCount = 0 }) => entryCount,
    }),
    wantedCount: t.exposeInt('wantedCount', {
      nullable: true,
      description: 'How many entries it should hold, at the last synchronisation; null before the first.',
    }),
    truncated: t.boolean({
      description:
        'LIST_TRUNCATED: some tokens are not on its list, because it is full (LocalAuthListMaxLength) or their value is longer than 20 characters.',
      resolve: ({ leftOutCount = 0 }) => leftOutCount > 0,
    }),
    leftOutCount: t.int({
      description: 'How many tokens that is.',
      resolve: ({ leftOutCount = 0 }) => leftOutCount,
    }),
    extra: t.stringList({
      description: 'Values of tokens that it is to know beside the list, in upper case.',
      resolve: ({ extra = [] }) => [...extra],
    }),
    excluded: t.stringList({
      description: 'Values of tokens that it is not to know although they are on the list, in upper case.',
      resolve: ({ excluded = [] }) => [...excluded],
    }),
    lastError: t.expose('lastError', {
      type: SyncErrorRef,
      nullable: true,
      description: 'What went wrong last; null once it is level again.',
    }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the hub looks at it next by itself; null: when it connects or something changes.',
      resolve: ({ dueAt, notBefore }) =>
        dueAt !== undefined && notBefore !== undefined && notBefore > dueAt ? notBefore : dueAt,
    }),
    entries: t.connection(
      {
        type: EntryRef,
        nullable: true,
        description: 'What it holds as far as the hub knows, by value: what it accepted.',
        resolve: ({ _id }, args, { principal: { tenantId }, use }) =>
          connection(args, { fetch: (page) => use(localListKey).held(tenantId, _id, page) }),
      },
      EntryConnection,
    ),
  }),
});
