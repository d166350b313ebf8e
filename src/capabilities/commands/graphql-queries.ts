import { builder } from '../../graphql/builder.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ConflictError, HubError, NotFoundError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { eventType } from '../event-stream/index.ts';
import { CommandInterface, CommandStateEnum } from './graphql.ts';
import { commandsKey, mayCall } from './graphql-mutation.ts';
import type { Command, CommandState } from './model.ts';

const CommandConnection = connectionType(CommandInterface, { counted: false, scope: 'COMMANDS_READ' });

const CommandFilterInput = builder.inputType('CommandFilterInput', {
  description: 'Which commands; each list means any-of, all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Of these charge points; at most 100.' }),
    states: t.field({ type: [CommandStateEnum], description: 'In these states.' }),
    operations: t.stringList({ description: 'Of these operations, e.g. remoteStartTransaction; at most 100.' }),
  }),
});

builder.queryField('command', (t) =>
  t.field({
    type: CommandInterface,
    nullable: true,
    description: 'One command by its id; null when there is none.',
    args: { id: t.arg.globalID({ required: true, description: 'Global id of the command.' }) },
    resolve: (_root, { id }, { principal, use }) => use(commandsKey).find(principal.tenantId, id.id),
  }),
);

builder.queryField('commands', (t) =>
  t.connection(
    {
      type: CommandInterface,
      nullable: true,
      description: 'Commands, newest first.',
      args: { filter: t.arg({ type: CommandFilterInput, description: 'Default: all.' }) },
      resolve: (_root, args, { principal, use }) =>
        connection(args, {
          fetch: (page) =>
            use(commandsKey).page(
              principal.tenantId,
              {
                chargePointIds: args.filter?.chargePointIds?.slice(0, 100).map(({ id }) => id),
                states: args.filter?.states ?? undefined,
                names: args.filter?.operations?.slice(0, 100),
              },
              page,
            ),
        }),
    },
    CommandConnection,
  ),
);

builder.objectField(ChargePointRef, 'commands', (t) =>
  t.connection(
    {
      type: CommandInterface,
      nullable: true,
      description: 'Commands to this charge point, newest first.',
      resolve: (chargePoint, args, { principal, use }) =>
        connection(args, {
          fetch: (page) => use(commandsKey).page(principal.tenantId, { chargePointIds: [chargePoint._id] }, page),
        }),
    },
    CommandConnection,
  ),
);

builder.objectField(ChargePointRef, 'queuedCommands', (t) =>
  t.int({
    ...needs('COMMANDS_READ'),
    description: 'Commands that wait for their turn or for the charge point to come online; at most 1,000 are counted.',
    resolve: ({ tenantId, _id }, _args, { use }) => use(commandsKey).countQueued(tenantId, _id),
  }),
);

const CancelPayload = builder.objectRef<{ readonly command: Command }>('CancelCommandPayload').implement({
  description: 'A command that will not be sent.',
  fields: (t) => ({ command: t.expose('command', { type: CommandInterface, description: 'As it is now.' }) }),
});

resultMutation('cancelCommand', {
  description:
    'Takes back a command that was not sent yet. ConflictError when it was sent or has ended: what a charge point has heard cannot be taken back.',
  scope: 'COMMANDS_WRITE',
  input: (t) => ({ id: t.globalID({ required: true, description: 'Global id of the command.' }) }),
  payload: CancelPayload,
  errors: [NotFoundError, ConflictError],
  resolve: async ({ id }, { principal, use }) => {
    const command = await use(commandsKey).find(principal.tenantId, id.id);
    if (command === null) throw new NotFoundError('command', id.id);
    if (!mayCall(principal, command)) throw new HubError('FORBIDDEN', `the credential may not call ${command.name}`);
    return { command: await use(commandsKey).cancel(principal.tenantId, id.id) };
  },
});

builder.subscriptionField('commandUpdates', (t) =>
  t.field({
    type: CommandInterface,
    description:
      'A command as it stands, then each change of its state; ends when it is final. A slow reader gets the newest state only. Ends at once for an unknown id.',
    args: { id: t.arg.globalID({ required: true, description: 'Global id of the command.' }) },
    subscribe: (_root, { id }, { principal, use }) => use(commandsKey).updates(principal.tenantId, id.id),
    resolve: (command) => command,
  }),
);

eventType({
  scope: 'COMMANDS_READ',
  type: 'COMMAND_CHANGED',
  name: 'CommandChanged',
  description: 'A command was sent, answered, or ended.',
  fields: (t) => ({
    command: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command as it stands now.',
      resolve: ({ commandId }, _args, { principal, use }) =>
        commandId === undefined ? null : use(commandsKey).find(principal.tenantId, commandId),
    }),
    state: t.field({
      type: CommandStateEnum,
      description: 'The state that it took with this event.',
      resolve: ({ data }) => data['state'] as CommandState, // appended by delivery only
    }),
  }),
});
