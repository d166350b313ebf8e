import { builder } from '../../graphql/builder.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { ConflictError, NotFoundError, VersionConflictError } from '../../kernel/errors.ts';
import { LocalListRef } from './graphql-type.ts';
import { localListKey } from './key.ts';
import type { LocalList } from './model.ts';

builder.queryField('localList', (t) =>
  t.field({
    type: LocalListRef,
    nullable: true,
    description: 'One local list; null when there is none.',
    args: { id: t.arg.globalID({ required: true, for: [LocalListRef], description: 'Global id.' }) },
    resolve: (_root, { id }, { principal, use }) => use(localListKey).find(principal.tenantId, id.id),
  }),
);

const LocalListConnection = connectionType(LocalListRef, { counted: false, scope: 'ID_TAGS_READ' });

builder.queryField('localLists', (t) =>
  t.connection(
    {
      type: LocalListRef,
      nullable: true,
      description: 'Local lists, by name.',
      resolve: (_root, args, { principal, use }) =>
        connection(args, { fetch: (page) => use(localListKey).page(principal.tenantId, page) }),
    },
    LocalListConnection,
  ),
);

const payload = (name: string, description: string, listDescription: string) =>
  builder.objectRef<{ readonly localList: LocalList }>(name).implement({
    description,
    fields: (t) => ({ localList: t.expose('localList', { type: LocalListRef, description: listDescription }) }),
  });

const listArgument = (t: PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) =>
  t.globalID({ required: true, for: [LocalListRef], description: 'Global id of the list.' });

resultMutation('createLocalList', {
  scope: 'ID_TAGS_WRITE',
  description: 'Makes a local list. It is assigned to nobody yet.',
  input: (t) => ({
    name: t.string({ required: true, description: '1 to 100 characters, unique.' }),
    allActiveTokens: t.boolean({ description: 'Every token that may charge is on it. Default: false.' }),
    groupIds: t.stringList({ description: 'Every token of these groups is on it; at most 100.' }),
    tokens: t.stringList({
      description: 'Values of tokens that are on it, at most 1,000; more with `changeLocalListTokens`.',
    }),
  }),
  payload: payload('CreateLocalListPayload', 'A new local list.', 'As stored.'),
  errors: [ConflictError],
  resolve: async ({ name, allActiveTokens, groupIds, tokens }, { principal, use }) => ({
    localList: await use(localListKey).create(principal.tenantId, {
      name,
      allActiveTokens: allActiveTokens ?? undefined,
      groupIds: groupIds ?? undefined,
      tokens: tokens ?? undefined,
    }),
  }),
});

resultMutation('updateLocalList', {
  scope: 'ID_TAGS_WRITE',
  description: 'Changes a local list; its charge points are brought level. What is absent stays.',
  input: (t) => ({
    localList: listArgument(t),
    name: t.string({ description: '1 to 100 characters, unique.' }),
    allActiveTokens: t.boolean({ description: 'Whether every token that may charge is on it.' }),
    groupIds: t.stringList({ description: 'Every token of these groups is on it; at most 100; an empty list clears.' }),
    ifVersion: t.int({ description: 'Only if it still has this version.' }),
  }),
  payload: payload('UpdateLocalListPayload', 'A changed local list.', 'As it is now.'),
  errors: [NotFoundError, ConflictError, VersionConflictError],
  resolve: async ({ localList, ifVersion, name, allActiveTokens, groupIds }, { principal, use }) => ({
    localList: await use(localListKey).update(
      principal.tenantId,
      localList.id,
      { name: name ?? undefined, allActiveTokens: allActiveTokens ?? undefined, groupIds: groupIds ?? undefined },
      ifVersion ?? undefined,
    ),
  }),
});

resultMutation('changeLocalListTokens', {
  scope: 'ID_TAGS_WRITE',
  description: 'Puts single tokens on a local list and takes them off; its charge points are brought level.',
  input: (t) => ({
    localList: listArgument(t),
    add: t.stringList({ description: 'Values of tokens, 1 to 20 characters each, at most 1,000 in one call.' }),
    remove: t.stringList({ description: 'Values of tokens chosen before, at most 1,000 in one call.' }),
  }),
  payload: payload('ChangeLocalListTokensPayload', 'A changed local list.', 'As it is now.'),
  errors: [NotFoundError, VersionConflictError],
  resolve: async ({ localList, add, remove }, { principal, use }) => ({
    localList: await use(localListKey).changeTokens(principal.tenantId, localList.id, {
      add: add ?? [],
      remove: remove ?? [],
    }),
  }),
});

resultMutation('deleteLocalList', {
  scope: 'ID_TAGS_WRITE',
  description: 'Deletes a local list. Fails with ConflictError while it is assigned to charge points.',
  input: (t) => ({
    localList: listArgument(t),
    ifVersion: t.int({ description: 'Only if it still has this version.' }),
  }),
  payload: payload('DeleteLocalListPayload', 'A deleted local list.', 'As it was.'),
  errors: [NotFoundError, ConflictError, VersionConflictError],
  resolve: async ({ localList, ifVersion }, { principal, use }) => ({
    localList: await use(localListKey).remove(principal.tenantId, localList.id, ifVersion ?? undefined),
  }),
});
