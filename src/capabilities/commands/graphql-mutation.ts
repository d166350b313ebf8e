import type { InputFieldMap, InputShapeFromFields, ObjectFieldsShape } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import type { CapabilityKey, HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { needs } from '../../graphql/scopes.ts';
import {
  ChargePointNotAcceptedError,
  ChargePointOfflineError,
  CommandQueueFullError,
  IdempotencyKeyReusedError,
  NotFoundError,
  UnsupportedOperationError,
} from '../../kernel/errors.ts';
import type { ApiScope, Principal } from '../../kernel/principal.ts';
import { CommandInterface, CommandPayloadInterface, registerCommandType } from './graphql.ts';
import { type RequestedChargePoint, registerRequest } from './graphql-request.ts';
import type { Command, CommandDefinition, CommandTarget, CommandWarning } from './model.ts';
import type { CommandOperations, IssueOptions } from './operations.ts';

/** Names the command engine. */
export const commandsKey: CapabilityKey<CommandOperations> = { name: 'commands' };

const MilestoneEnum = enumType('CommandMilestone', 'What a mutation waits for before it answers.', {
  ACCEPTED_BY_HUB: 'Nothing: the command is stored.',
  RESPONDED: 'The charge point’s answer.',
  FINISHED: 'The follow-up that the answer promises, e.g. the transaction that began.',
});

/** What becomes of a command to a charge point that is away. */
export const WhenOfflineEnum = enumType(
  'WhenOffline',
  'What becomes of a command to a charge point that is not connected.',
  {
    FAIL: 'ChargePointOfflineError; nothing is stored.',
    QUEUE:
      'It waits, over restarts of the hub, until the charge point is back or the command expires. When the link is lost before the answer it is sent again only if doing so twice does no harm.',
  },
);

const WaitInput = builder.inputType('CommandWaitInput', {
  description: 'How long the mutation waits. When time is up it gives the command as it stands; that is no error.',
  fields: (t) => ({
    until: t.field({
      type: MilestoneEnum,
      required: true,
      defaultValue: 'RESPONDED',
      description: 'What to wait for.',
    }),
    timeoutSeconds: t.int({ required: true, defaultValue: 30, description: '0 to 60.' }),
  }),
});

const commonFields = (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => ({
  wait: t.field({ type: WaitInput, description: 'Default: until RESPONDED, at most 30 s.' }),
  whenOffline: t.field({
    type: WhenOfflineEnum,
    required: true,
    defaultValue: 'FAIL',
    description: 'What becomes of it when the charge point is not connected.',
  }),
  expiresInSeconds: t.int({
    description:
      'How long the command may wait for its turn: 1 to 3600, default 60; with QUEUE 1 to 604800 (a week), default 86400 (a day).',
  }),
});
type Common = InputShapeFromFields<ReturnType<typeof commonFields>> & { readonly idempotencyKey?: string | null };

/** Operation → what a caller needs for it. */
const scopeOfOperation = new Map<string, ApiScope>();

/** Whether the caller may call the operation of a command or a batch. */
export const mayCall = ({ scopes }: Principal, { name }: Pick<Command, 'name'>): boolean => {
  const scope = scopeOfOperation.get(name);
  return scope !== undefined && scopes.has(scope);
};

interface CommandMutation<Input extends object, Outcome extends object, Fields extends InputFieldMap> {
  readonly definition: CommandDefinition<Input, Outcome>;
  /** What the operation does and what FINISHED means for it. */
  readonly description: string;
  /** What the caller must be allowed. */
  readonly scope: ApiScope;
  /** Energy or money moves: the caller must give a key. */
  readonly keyRequired: boolean;
  /** What the caller gives beside key, wait and expiry. */
  readonly input: (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => Fields;
  /** Whom it goes to and what is asked. Throws NotFoundError. */
  readonly resolve: (
    input: InputShapeFromFields<Fields>,
    context: HubContext,
    idempotencyKey: string | undefined,
  ) => Promise<{
    target: CommandTarget;
    input: Input;
    /** The caller's wish, when `input` holds what the hub chose besides; see `IssueOptions`. */
    asked?: object;
    /** What is unwise in it. OUT-1. */
    warnings?: readonly CommandWarning[];
  }>;
  /** For an operation without `chargePoint` in its input: the same for a charge point that is chosen elsewhere, in a batch. */
  readonly perChargePoint?: {
    readonly input: (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => InputFieldMap;
    readonly toInput: (
      request: Readonly<Record<string, unknown>>,
      chargePoint: RequestedChargePoint,
    ) => InputShapeFromFields<Fields>;
  };
  /** Errors beside those that every command mutation can give. */
  readonly errors?: Parameters<typeof resultMutation>[1]['errors'];
  /** Fields of `<Name>Command` beside those of `Command`. */
  readonly fields: ObjectFieldsShape<HubTypes, Command>;
}

/**
 * Everything that GraphQL needs for one operation: `<Name>Command`, `<Name>Input`, `<Name>Payload`, `<Name>Result` and
 * the mutation.
 */
export function commandMutation<Input extends object, Outcome extends object, Fields extends InputFieldMap>(
  operation: CommandMutation<Input, Outcome, Fields>,
): void {
  const { definition, keyRequired } = operation;
  const name = `${definition.name.slice(0, 1).toUpperCase()}${definition.name.slice(1)}`;
  const CommandRef = builder.objectRef<Command>(`${name}Command`);
  registerCommandType(definition.name, CommandRef.name);
  scopeOfOperation.set(definition.name, operation.scope);
  builder.node(CommandRef, {
    ...needs('COMMANDS_READ'),
    description: `A command \`${definition.name}\`. ${operation.description}`,
    interfaces: [CommandInterface],
    id: { resolve: (command) => command._id },
    loadMany: async (ids, { principal, use }) => {
      const found = await use(commandsKey).findMany(principal.tenantId, ids);
      return ids.map((id) => found.find((command) => command._id === id && command.name === definition.name) ?? null);
    },
    isTypeOf: (command) => (command as Command).name === definition.name, // the interface is resolved by name as well
    fields: operation.fields,
  });
  const PayloadRef = builder.objectRef<{ command: Command; idempotentReplay: boolean }>(`${name}Payload`).implement({
    description: `The command that \`${definition.name}\` made, as it stands now.`,
    interfaces: [CommandPayloadInterface],
    fields: (t) => ({
      command: t.expose('command', { type: CommandRef, description: 'Query or follow it by its id.' }),
    }),
  });
  /** Asks what to send, and sends it. */
  async function send(input: InputShapeFromFields<Fields>, context: HubContext, options: IssueOptions) {
    const {
      target,
      input: resolved,
      asked,
      warnings,
    } = await operation.resolve(input, context, options.idempotencyKey);
    return context.use(commandsKey).issue(context.principal, definition, target, resolved, {
      ...options,
      asked,
      warnings: [...registrationWarnings(target), ...(warnings ?? [])],
    });
  }
  registerRequest({ ...operation, send });
  resultMutation(definition.name, {
    description: operation.description,
    scope: operation.scope,
    payload: PayloadRef,
    errors: [
      NotFoundError,
      ChargePointOfflineError,
      ChargePointNotAcceptedError,
      UnsupportedOperationError,
      CommandQueueFullError,
      IdempotencyKeyReusedError,
      ...(operation.errors ?? []),
    ],
    input: (t) => ({
      ...operation.input(t),
      idempotencyKey: t.field({
        type: 'IdempotencyKey',
        required: keyRequired,
        description: 'The same key with the same input is the same command: nothing is sent twice.',
      }),
      ...commonFields(t),
    }),
    resolve: async (input, context) => {
      const { wait, whenOffline, expiresInSeconds, idempotencyKey } = input as unknown as Common; // a spread of generic fields hides its keys
      return send(input as unknown as InputShapeFromFields<Fields>, context, {
        ...(idempotencyKey && { idempotencyKey }),
        ...(wait && { wait }),
        whenOffline,
        ...(typeof expiresInSeconds === 'number' && { expiresInSeconds }),
      });
    },
  });
}

/** A charge point that the hub refused, or that never booted, should hear nothing. BOOT-3. */
function registrationWarnings({ registration }: CommandTarget): CommandWarning[] {
  if (registration !== 'REJECTED' && registration !== 'UNKNOWN') return [];
  const message = registration === 'REJECTED' ? 'the hub rejected its boot' : 'it never sent a BootNotification';
  return [{ code: 'CHARGE_POINT_NOT_ACCEPTED', message, path: 'input.chargePoint' }];
}

/** The status of the answer, if it is one of the words that the field can show; null until the answer came. */
export const statusOf = <const Word extends string>(command: Command, words: readonly Word[]): Word | null =>
  words.find((word) => word === command.outcome?.['status']) ?? null;
