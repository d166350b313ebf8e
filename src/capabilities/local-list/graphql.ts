import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { ChargePointOfflineError, ConflictError, NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { type ChargePoint, ChargePointRef, ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { eventType } from '../event-stream/index.ts';
import { ListStateRef, LocalListRef, SyncStateEnum } from './graphql-type.ts';
import { localListKey } from './key.ts';
import { chargePointsPerCallMax, type ListState, localListChangedType, type SyncState } from './model.ts';

builder.objectField(ChargePointRef, 'localList', (t) =>
  t.field({
    type: ListStateRef,
    description: 'Its local authorization list: what it should hold, what it holds, and how the two come together.',
    resolve: ({ _id }, _args, { principal, use }) => use(localListKey).state(principal.tenantId, _id),
  }),
);

const targets = (
  context: HubContext,
  chargePoints: readonly Parameters<typeof targetOf>[1][],
): Promise<readonly ChargePoint[]> => {
  if (chargePoints.length === 0 || chargePoints.length > chargePointsPerCallMax) {
    throw new ValidationError('input.chargePoints', `must have 1 to ${chargePointsPerCallMax} charge points`);
  }
  return Promise.all(chargePoints.map((chargePoint) => targetOf(context, chargePoint)));
};

const StatesPayload = (name: string, description: string) =>
  builder.objectRef<{ readonly localLists: readonly ListState[] }>(name).implement({
    description,
    fields: (t) => ({
      localLists: t.field({
        type: [ListStateRef],
        description: 'How each of them stands now, in the order of the input.',
        resolve: ({ localLists }) => [...localLists],
      }),
    }),
  });

const StatePayload = (name: string, description: string) =>
  builder.objectRef<{ readonly localList: ListState }>(name).implement({
    description,
    fields: (t) => ({ localList: t.expose('localList', { type: ListStateRef, description: 'How it stands now.' }) }),
  });

resultMutation('assignLocalList', {
  scope: 'ID_TAGS_WRITE',
  description:
    'Gives charge points a local list, in the place of the one they may have. The hub brings them level and keeps them so; not by itself in certification mode.',
  input: (t) => ({
    localList: t.globalID({ required: true, for: [LocalListRef], description: 'Global id of the list.' }),
    chargePoints: t.field({
      type: [ChargePointReferenceInput],
      required: true,
      description: '1 to 500 charge points; nothing is done unless all of them exist.',
    }),
  }),
  payload: StatesPayload('AssignLocalListPayload', 'Charge points that were given a list.'),
  errors: [NotFoundError],
  resolve: async ({ localList, chargePoints }, context) => {
    const found = await targets(context, chargePoints);
    return {
      localLists: await context.use(localListKey).assign(context.principal.tenantId, localList.id, found),
    };
  },
});

resultMutation('unassignLocalList', {
  scope: 'ID_TAGS_WRITE',
  description: 'Takes the local list away from charge points: the hub leaves their lists alone from now on.',
  input: (t) => ({
    chargePoints: t.field({
      type: [ChargePointReferenceInput],
      required: true,
      description: '1 to 500 charge points; nothing is done unless all of them exist.',
    }),
    clear: t.boolean({ description: 'Empty their lists as well. Default: they keep what they hold.' }),
  }),
  payload: StatesPayload('UnassignLocalListPayload', 'Charge points that have no list any more.'),
  errors: [NotFoundError],
  resolve: async ({ chargePoints, clear }, context) => {
    const found = await targets(context, chargePoints);
    return {
      localLists: await context.use(localListKey).unassign(context.principal.tenantId, found, clear ?? false),
    };
  },
});

resultMutation('setLocalListExceptions', {
  scope: 'ID_TAGS_WRITE',
  description: 'Says how the list of one charge point differs from the assigned one. What is absent stays.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    extra: t.stringList({
      description: 'Values of tokens that it is to know as well; at most 500; replaces the former.',
    }),
    excluded: t.stringList({
      description: 'Values of tokens that it is not to know; at most 500; replaces the former.',
    }),
  }),
  payload: StatePayload('SetLocalListExceptionsPayload', 'The list of a charge point with its exceptions.'),
  errors: [NotFoundError],
  resolve: async ({ chargePoint, extra, excluded }, context) => ({
    localList: await context.use(localListKey).setExceptions(await targetOf(context, chargePoint), {
      extra: extra ?? undefined,
      excluded: excluded ?? undefined,
    }),
  }),
});

resultMutation('syncLocalList', {
  scope: 'ID_TAGS_WRITE',
  description:
    'Brings a charge point level with its assigned list now: reads the version, sends what differs, reads the version back. Also in certification mode and while the hub waits after failures.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    full: t.boolean({ description: 'Send the whole list whatever the charge point holds. Default: false.' }),
    waitSeconds: t.int({
      required: true,
      defaultValue: 30,
      description: 'How long to wait for the end, 0 to 60; after that it goes on without the caller.',
    }),
  }),
  payload: StatePayload('SyncLocalListPayload', 'A charge point that was brought level, or is being.'),
  errors: [NotFoundError, ConflictError, ChargePointOfflineError],
  resolve: async ({ chargePoint, full, waitSeconds }, context) => ({
    localList: await context
      .use(localListKey)
      .synchronise(context.principal, await targetOf(context, chargePoint), { full: full ?? false, waitSeconds }),
  }),
});

eventType({
  scope: 'ID_TAGS_READ',
  type: localListChangedType,
  name: 'LocalListChanged',
  description: 'The local list of a charge point came to stand otherwise: assigned, level, failed, refused.',
  fields: (t) => ({
    state: t.field({
      type: SyncStateEnum,
      nullable: true,
      description: 'How it stood from then on; null: assigned nothing.',
      resolve: ({ data }) => data['state'] as SyncState | null, // as this capability appended it
    }),
    list: t.field({
      type: LocalListRef,
      nullable: true,
      description: 'The list that was assigned, as it is now; null: none.',
      resolve: ({ data: { listId } }, _args, { principal, use }) =>
        typeof listId === 'string' ? use(localListKey).find(principal.tenantId, listId) : null,
    }),
    ackedVersion: t.int({
      description: 'Version of the last message that it had accepted; 0: none.',
      resolve: ({ data }) => Number(data['ackedVersion']),
    }),
    entryCount: t.int({
      description: 'How many entries it held.',
      resolve: ({ data }) => Number(data['entryCount']),
    }),
    truncated: t.boolean({
      description: 'Whether some tokens did not fit.',
      resolve: ({ data }) => Number(data['leftOutCount']) > 0,
    }),
    errorCode: t.string({
      nullable: true,
      description: 'What had gone wrong; null: nothing.',
      resolve: ({ data: { error } }) =>
        typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null,
    }),
  }),
});
