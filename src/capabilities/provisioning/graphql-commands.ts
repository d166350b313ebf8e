import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import {
  type Command,
  CommandInterface,
  type CommandTarget,
  commandMutation,
  commandsKey,
  statusOf,
} from '../commands/index.ts';
import { changeConfiguration, getConfiguration, type ReportedKey, type ResetType, reset } from './commands.ts';
import { provisioningKey } from './key.ts';
import { inParts, maxKeysSetting } from './model.ts';

const ResetTypeEnum = enumType('ResetType', 'How a charge point restarts.', {
  HARD: 'At once; running transactions may be told of after the restart.',
  SOFT: 'Gracefully: transactions are stopped and told of first.',
});

const ResetStatusEnum = enumType('ResetStatus', 'Answer to Reset.', {
  ACCEPTED: 'The charge point will restart.',
  REJECTED: 'It will not.',
});

const ConfigurationStatusEnum = enumType('ConfigurationStatus', 'Answer to ChangeConfiguration.', {
  ACCEPTED: 'In force.',
  REJECTED: 'The key is known; the value was refused, or the key cannot be written.',
  REBOOT_REQUIRED: 'Stored; in force after a restart.',
  NOT_SUPPORTED: 'The key is unknown.',
});

const ReportedKeyRef = builder.objectRef<ReportedKey>('ReportedConfigurationKey').implement({
  description: 'A configuration key in the answer of a charge point.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name, as the charge point spells it.' }),
    readonly: t.exposeBoolean('readonly', { description: 'It cannot be changed.' }),
    value: t.exposeString('value', {
      nullable: true,
      description: 'Its value; null when none was given or it is secret.',
    }),
  }),
});

commandMutation({
  definition: reset,
  scope: 'CONFIGURATION_WRITE',
  description:
    'Restarts a charge point (OCPP 1.6 Reset). FINISHED when it booted again; EFFECT_MISSING when it did not within 10 minutes.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    type: t.field({ type: ResetTypeEnum, required: true, description: 'How.' }),
  }),
  resolve: async ({ chargePoint, type }, context) => ({
    target: await targetOf(context, chargePoint),
    input: { type },
  }),
  fields: (t) => ({
    type: t.field({
      type: ResetTypeEnum,
      description: 'What was asked for.',
      resolve: (command) => command.input['type'] as ResetType, // stored from this very enum
    }),
    status: t.field({
      type: ResetStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
    rebootedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it booted again.',
      resolve: (command) => {
        const rebootedAt = command.effect?.['rebootedAt'];
        return rebootedAt instanceof Date ? rebootedAt : null;
      },
    }),
  }),
});

/** How many keys one mutation may name. */
const keysMax = 200;
/** How many commands one mutation may make: they wait in one queue. */
const partsMax = 20;

/** Asks for all keys but those of the last part, which the mutation itself asks for. CFG-1. */
async function askInParts(
  context: HubContext,
  target: CommandTarget,
  keys: readonly string[],
  idempotencyKey: string | undefined,
): Promise<{ parts: readonly string[]; last: readonly string[] }> {
  const { principal, use } = context;
  const of = { tenantId: target.tenantId, chargePointId: target._id };
  const [known] = keys.length > 1 ? await use(provisioningKey).configuration(of, [maxKeysSetting]) : [];
  const groups = inParts(keys, known?.value);
  if (groups.length > partsMax) {
    throw new ValidationError(
      'input.keys',
      `the charge point takes ${known?.value} at a time: too many for one mutation`,
    );
  }
  const parts: string[] = [];
  for (const [index, group] of groups.slice(0, -1).entries()) {
    const { command } = await use(commandsKey).issue(
      principal,
      getConfiguration,
      target,
      { keys: group },
      {
        wait: { until: 'ACCEPTED_BY_HUB', timeoutSeconds: 0 },
        ...(idempotencyKey !== undefined && { idempotencyKey: `${idempotencyKey} part ${index + 1}` }),
      },
    );
    parts.push(command._id);
  }
  return { parts, last: groups.at(-1) ?? keys };
}

/** The commands that asked for the other keys. */
async function partsOf(
  { input: { parts } }: Command,
  _args: object,
  { principal, use }: HubContext,
): Promise<Command[]> {
  if (!Array.isArray(parts)) return [];
  const found = await use(commandsKey).findMany(principal.tenantId, parts);
  return found.sort((a, b) => parts.indexOf(a._id) - parts.indexOf(b._id));
}

commandMutation({
  definition: getConfiguration,
  scope: 'CONFIGURATION_WRITE',
  description:
    'Reads configuration keys from a charge point and refreshes `ChargePoint.configuration` (OCPP 1.6 GetConfiguration). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    keys: t.stringList({
      description:
        'Which keys, at most 200, each at most 50 characters; all when absent or empty. More than the charge point takes in one message (GetConfigurationMaxKeys, once it reported that) go out as several commands.',
    }),
  }),
  resolve: async ({ chargePoint, keys }, context, idempotencyKey) => {
    const target = await targetOf(context, chargePoint);
    if (!keys || keys.length === 0) return { target, input: {} };
    if (keys.length > keysMax) throw new ValidationError('input.keys', `has at most ${keysMax} values`);
    const { parts, last } = await askInParts(context, target, keys, idempotencyKey);
    return { target, input: { keys: last, ...(parts.length > 0 && { parts }) }, asked: { keys } };
  },
  fields: (t) => ({
    configurationKeys: t.field({
      type: [ReportedKeyRef],
      nullable: true,
      description: 'The keys that the charge point knows, those of `parts` with them; null until the answer came.',
      resolve: async (command, _args, context) =>
        command.outcome === undefined
          ? null
          : [...(await partsOf(command, {}, context)), command].flatMap(
              ({ outcome }) => (outcome?.['configurationKeys'] as ReportedKey[] | undefined) ?? [], // stored by this operation
            ),
    }),
    unknownKeys: t.stringList({
      nullable: true,
      description: 'The keys that it does not know, those of `parts` with them; null until the answer came.',
      resolve: async (command, _args, context) =>
        command.outcome === undefined
          ? null
          : [...(await partsOf(command, {}, context)), command].flatMap(
              ({ outcome }) => (outcome?.['unknownKeys'] as string[] | undefined) ?? [], // stored by this operation
            ),
    }),
    parts: t.field({
      type: [CommandInterface],
      description:
        'The commands before this one that asked for the other keys; empty unless there were too many for one.',
      resolve: partsOf,
    }),
  }),
});

commandMutation({
  definition: changeConfiguration,
  scope: 'CONFIGURATION_WRITE',
  description:
    'Writes one configuration key of a charge point (OCPP 1.6 ChangeConfiguration). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    key: t.string({
      required: true,
      description: 'The key, at most 50 characters; unknown ones are sent all the same.',
    }),
    value: t.string({ required: true, description: 'The value as text, at most 500 characters, e.g. "60" or "true".' }),
  }),
  resolve: async ({ chargePoint, key, value }, context) => {
    const target = await targetOf(context, chargePoint);
    const of = { tenantId: target.tenantId, chargePointId: target._id };
    const [known] = await context.use(provisioningKey).configuration(of, [key]);
    const message = 'the charge point reported that the key cannot be changed';
    const warnings = known?.readonly === true ? [{ code: 'KEY_READONLY', message, path: 'input.key' }] : [];
    return { target, input: { key, value }, warnings };
  },
  fields: (t) => ({
    key: t.string({ description: 'The key.', resolve: (command) => String(command.input['key']) }),
    value: t.string({
      description: 'The value; *** for a secret.',
      resolve: (command) => String(command.input['value']),
    }),
    status: t.field({
      type: ConfigurationStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED', 'REBOOT_REQUIRED', 'NOT_SUPPORTED']),
    }),
  }),
});
