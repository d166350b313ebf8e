import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ActorRef } from '../access/index.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { type Command, CommandInterface, commandsKey, WhenOfflineEnum } from '../commands/index.ts';
import { commandBatchesKey } from './key.ts';
import { type BatchMember, type CommandBatch, type Counts, outcomes } from './model.ts';

const StateEnum = enumType('CommandBatchState', 'Life of a batch.', {
  PREPARING: 'Its charge points are being chosen; nothing was sent.',
  RUNNING: 'Its commands go out.',
  FINISHED: 'Every charge point answered, or will not.',
  STOPPED: 'Too many failed: nothing new goes out. Final when `finishedAt` is there.',
  CANCELLED: 'It was taken back: nothing new goes out. Final when `finishedAt` is there.',
});

/** What became of one member. */
const OutcomeEnum = enumType('CommandBatchOutcome', 'What became of a batch for one charge point.', {
  WAITING: 'Its turn has not come.',
  UNDER_WAY: 'The command is on its way, or waits for the charge point to come online.',
  ACCEPTED: 'The charge point answered positively; the follow-up that it promised has not been seen yet.',
  FINISHED: 'Done: a positive answer, and its follow-up if one was promised.',
  REFUSED: 'The charge point answered, and not with a yes: see `status`.',
  EFFECT_MISSING: 'Accepted, and the promised follow-up did not come in time.',
  FAILED: 'A CALLERROR, no usable answer, or the hub could not send it: see `errorCode`.',
  OFFLINE: 'The charge point was not connected; nothing was sent.',
  EXPIRED: 'Its time passed before it was sent.',
  CANCELLED: 'Taken back before it was sent.',
});

const CountsRef = builder.objectRef<Counts>('CommandBatchCounts').implement({
  description: 'How many charge points of a batch have each outcome.',
  fields: (t) => ({
    waiting: t.exposeInt('WAITING', { description: 'Their turn has not come.' }),
    underWay: t.exposeInt('UNDER_WAY', { description: 'On their way, or waiting for the charge point.' }),
    accepted: t.exposeInt('ACCEPTED', { description: 'Answered positively; the follow-up is to come.' }),
    finished: t.exposeInt('FINISHED', { description: 'Done.' }),
    refused: t.exposeInt('REFUSED', { description: 'Refused by the charge point.' }),
    effectMissing: t.exposeInt('EFFECT_MISSING', { description: 'Accepted, and nothing followed.' }),
    failed: t.exposeInt('FAILED', { description: 'Without a usable answer.' }),
    offline: t.exposeInt('OFFLINE', { description: 'Not connected.' }),
    expired: t.exposeInt('EXPIRED', { description: 'Never sent, because their time passed.' }),
    cancelled: t.exposeInt('CANCELLED', { description: 'Taken back.' }),
  }),
});

const commandLoaders = new WeakMap<HubContext, DataLoader<string, Command | null>>();

/** The command of a member; those of one page are read at once. */
function loadCommand(context: HubContext, id: string): Promise<Command | null> {
  let loader = commandLoaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(commandsKey).findMany(context.principal.tenantId, ids);
        const byId = new Map(found.map((command) => [command._id, command]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 100, cache: false },
    );
    commandLoaders.set(context, loader);
  }
  return loader.load(id);
}

const MemberRef = builder.objectRef<BatchMember>('CommandBatchMember').implement({
  ...needs('COMMANDS_READ'),
  description: 'One charge point of a batch.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'The charge point; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    command: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command that was issued; null when none was.',
      resolve: ({ commandId }, _args, context) => (commandId === undefined ? null : loadCommand(context, commandId)),
    }),
    outcome: t.expose('outcome', { type: OutcomeEnum, description: 'What became of it.' }),
    status: t.exposeString('status', { nullable: true, description: 'Status of the answer, verbatim.' }),
    errorCode: t.string({
      nullable: true,
      description:
        'Why there is no answer: the code that the mutation would have given (e.g. CHARGE_POINT_OFFLINE), or the kind of failure of the command (e.g. CALL_ERROR).',
      resolve: ({ error }) => error?.code,
    }),
    errorMessage: t.string({
      nullable: true,
      description: 'The same for people.',
      resolve: ({ error }) => error?.message,
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the outcome last changed.' }),
  }),
});

const MemberConnection = connectionType(MemberRef, { counted: false, scope: 'COMMANDS_READ' });

const MemberFilterInput = builder.inputType('CommandBatchMemberFilterInput', {
  description: 'Which charge points of a batch.',
  fields: (t) => ({
    outcomes: t.field({ type: [OutcomeEnum], description: 'With any of these outcomes.' }),
  }),
});

/** A batch of commands. */
export const CommandBatchRef = builder.objectRef<CommandBatch>('CommandBatch');
builder.node(CommandBatchRef, {
  ...needs('COMMANDS_READ'),
  description:
    'One wish for many charge points. It outlives restarts of the hub, and goes on with what its caller was allowed when it was issued, also when that credential has ended since: cancel it to end it.',
  id: { resolve: ({ _id }) => _id },
  loadMany: async (ids, { principal, use }) => {
    const found = await use(commandBatchesKey).findMany(principal.tenantId, ids);
    return ids.map((id) => found.find(({ _id }) => _id === id) ?? null);
  },
  fields: (t) => ({
    operation: t.exposeString('name', { description: 'Operation, e.g. `reset`.' }),
    state: t.expose('state', { type: StateEnum, description: 'How it stands.' }),
    total: t.exposeInt('total', { description: 'Its charge points; 0 while PREPARING.' }),
    counts: t.field({
      type: CountsRef,
      description: 'What became of them so far. A follow-up that comes when the batch has ended is still counted.',
      resolve: (batch, _args, { use }) => use(commandBatchesKey).counts(batch),
    }),
    concurrency: t.exposeInt('concurrency', { description: 'Commands that are awaited at a time.' }),
    stopAfterFailures: t.exposeInt('stopAfterFailures', {
      nullable: true,
      description: 'Failures that stop it; null: none do.',
    }),
    whenOffline: t.expose('whenOffline', {
      type: WhenOfflineEnum,
      description: 'What becomes of it where a charge point is not connected.',
    }),
    requestedBy: t.expose('requestedBy', { type: ActorRef, description: 'Who issued it.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was issued.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When nothing was left to issue or to answer.',
    }),
    idempotencyKey: t.expose('idempotencyKey', { type: 'IdempotencyKey', description: 'The key of its caller.' }),
    members: t.connection(
      {
        type: MemberRef,
        nullable: true,
        description: 'Its charge points: those of a list in its order, those of a filter by identity.',
        args: { filter: t.arg({ type: MemberFilterInput, description: 'Default: all.' }) },
        resolve: (batch, args, { use }) => {
          const wanted = args.filter?.outcomes?.slice(0, outcomes.length) ?? undefined;
          return connection(args, { fetch: (page) => use(commandBatchesKey).members(batch, wanted, page) });
        },
      },
      MemberConnection,
    ),
  }),
});
