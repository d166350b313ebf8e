import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation, statusOf } from '../commands/index.ts';
import { changeConfiguration, getConfiguration, type ReportedKey, type ResetType, reset } from './commands.ts';

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

commandMutation({
  definition: getConfiguration,
  scope: 'CONFIGURATION_WRITE',
  description:
    'Reads configuration keys from a charge point and refreshes `ChargePoint.configuration` (OCPP 1.6 GetConfiguration). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    keys: t.stringList({ description: 'Which keys, each at most 50 characters; all when absent or empty.' }),
  }),
  resolve: async ({ chargePoint, keys }, context) => ({
    target: await targetOf(context, chargePoint),
    input: keys && keys.length > 0 ? { keys } : {},
  }),
  fields: (t) => ({
    configurationKeys: t.field({
      type: [ReportedKeyRef],
      nullable: true,
      description: 'The keys that the charge point knows; null until the answer came.',
      resolve: (command) => (command.outcome?.['configurationKeys'] as ReportedKey[] | undefined) ?? null, // stored by this operation
    }),
    unknownKeys: t.stringList({
      nullable: true,
      description: 'The keys that it does not know; null until the answer came.',
      resolve: (command) => (command.outcome?.['unknownKeys'] as string[] | undefined) ?? null, // stored by this operation
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
  resolve: async ({ chargePoint, key, value }, context) => ({
    target: await targetOf(context, chargePoint),
    input: { key, value },
  }),
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
