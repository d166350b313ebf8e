import type { InputShapeFromTypeParam } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { type Command, commandMutation, statusOf } from '../commands/index.ts';
import { int32, loadTransaction, TransactionRef } from '../transactions/index.ts';
import { clearChargingProfile, setChargingProfile } from './commands.ts';
import { InstalledProfileRef, loadInstalledProfile } from './graphql-installed.ts';
import { ChargingProfileInput, ChargingProfilePurposeEnum, ChargingProfileRef } from './graphql-type.ts';
import { smartChargingKey } from './key.ts';
import type { ClearCriteria, InstalledProfile } from './model.ts';
import type { ChargingProfile } from './profile.ts';
import { readProfile } from './wish.ts';

const ChargingProfileStatusEnum = enumType('ChargingProfileStatus', 'Answer to SetChargingProfile.', {
  ACCEPTED: 'The charge point holds it.',
  REJECTED: 'It does not.',
  NOT_SUPPORTED: 'It cannot charge smartly.',
});

const ClearChargingProfileStatusEnum = enumType('ClearChargingProfileStatus', 'Answer to ClearChargingProfile.', {
  ACCEPTED: 'Everything that matches is gone.',
  UNKNOWN: 'Nothing matched.',
});

const TransactionInput = builder.inputType('ChargingProfileTransactionInput', {
  description: 'The transaction that is named in a TX_PROFILE.',
  isOneOf: true,
  fields: (t) => ({
    id: t.globalID({ for: [TransactionRef], description: 'Global id.' }),
    ocppTransactionId: t.field({
      type: 'SafeInt',
      description: 'OCPP number; any 32-bit integer, also one that the hub does not know.',
    }),
  }),
});

async function ocppNumberOf(
  context: HubContext,
  transaction: InputShapeFromTypeParam<HubTypes, typeof TransactionInput, false>,
): Promise<number | undefined> {
  if (transaction === null || transaction === undefined) return undefined;
  if (transaction.id) {
    const found = await loadTransaction(context, transaction.id.id);
    if (found === null) throw new NotFoundError('transaction', transaction.id.id);
    return found.ocppTransactionId;
  }
  const { ocppTransactionId } = transaction;
  if (typeof ocppTransactionId !== 'number' || int32(ocppTransactionId) !== ocppTransactionId) {
    throw new ValidationError('input.transaction.ocppTransactionId', 'must be a 32-bit integer');
  }
  return ocppTransactionId;
}

type ProfileInputShape = typeof ChargingProfileInput.$inferInput;

/**
 * A profile that a command shall carry: with its number, the wish as it was written, and what is unwise about it. For
 * other capabilities whose commands carry one. Throws ValidationError for what no message can carry.
 */
export async function carriedProfile(
  { use }: HubContext,
  target: { readonly tenantId: string; readonly _id: string },
  {
    input,
    path,
    ocppTransactionId,
    ...place
  }: {
    readonly input: ProfileInputShape;
    /** Place of the profile in the input, e.g. `input.profile`. */
    readonly path: string;
    readonly carrier: InstalledProfile['carrier'];
    readonly connectorId?: number;
    readonly ocppTransactionId?: number | undefined;
  },
) {
  const wish = {
    ...readProfile(input, path),
    ...(ocppTransactionId !== undefined && { ocppTransactionId }),
  };
  return { asked: wish, ...(await use(smartChargingKey).prepare(target, { profile: wish, path, ...place })) };
}

commandMutation({
  definition: setChargingProfile,
  scope: 'SMART_CHARGING_WRITE',
  description:
    'Gives a charge point a charging profile (OCPP 1.6 SetChargingProfile). FINISHED with the answer. Everything legal is sent as it is; what seems unwise is told in `execution.warnings`.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    connectorId: t.int({
      required: true,
      description: 'Which connector; 0: the charge point as a whole, or every connector by default.',
    }),
    profile: t.field({ type: ChargingProfileInput, required: true, description: 'The profile.' }),
    transaction: t.field({
      type: TransactionInput,
      description: 'Named in the profile, for TX_PROFILE; no transaction is named when absent.',
    }),
  }),
  resolve: async ({ chargePoint, connectorId, profile: input, transaction }, context) => {
    if (connectorId < 0) throw new ValidationError('input.connectorId', 'must be 0 or more');
    const target = await targetOf(context, chargePoint);
    const ocppTransactionId = await ocppNumberOf(context, transaction);
    const { asked, profile, transactionId, warnings } = await carriedProfile(context, target, {
      input,
      path: 'input.profile',
      carrier: 'SET_CHARGING_PROFILE',
      connectorId,
      ocppTransactionId,
    });
    return {
      target,
      input: { connectorId, profile, ...(transactionId !== undefined && { transactionId }) },
      asked: { connectorId, profile: asked },
      warnings,
    };
  },
  fields: (t) => ({
    connectorId: t.int({
      description: 'The connector; 0 for the whole.',
      resolve: (command) => Number(command.input['connectorId']),
    }),
    profile: t.field({
      type: ChargingProfileRef,
      description: 'The profile, with its number.',
      resolve: (command) => command.input['profile'] as ChargingProfile, // stored by this operation
    }),
    status: t.field({
      type: ChargingProfileStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED', 'NOT_SUPPORTED']),
    }),
    installed: t.field({
      type: InstalledProfileRef,
      nullable: true,
      description: 'What became of the profile.',
      resolve: ({ _id }, _args, context) => loadInstalledProfile(context, _id),
    }),
    replaced: t.field({
      type: [InstalledProfileRef],
      nullable: true,
      description: 'The profiles whose place it took.',
      resolve: (command, _args, context) => removedBy(context, command),
    }),
  }),
});

const removedBy = async ({ use }: HubContext, { tenantId, _id }: Command) => [
  ...(await use(smartChargingKey).removedBy(tenantId, _id)),
];

commandMutation({
  definition: clearChargingProfile,
  scope: 'SMART_CHARGING_WRITE',
  description:
    'Takes charging profiles away (OCPP 1.6 ClearChargingProfile): one by its number, or all that match every given field; without any field all of them. FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    profileId: t.int({ description: 'Number of one profile; charge points ignore the other fields then.' }),
    connectorId: t.int({ description: 'Only on this connector; 0: only those of the charge point as a whole.' }),
    purpose: t.field({ type: ChargingProfilePurposeEnum, description: 'Only with this purpose.' }),
    stackLevel: t.int({ description: 'Only on this level of the stack.' }),
  }),
  resolve: async ({ chargePoint, profileId, connectorId, purpose, stackLevel }, context) => {
    const target = await targetOf(context, chargePoint);
    const input: ClearCriteria = {
      ...(typeof profileId === 'number' && { profileId }),
      ...(typeof connectorId === 'number' && { connectorId }),
      ...(typeof purpose === 'string' && { purpose }),
      ...(typeof stackLevel === 'number' && { stackLevel }),
    };
    return { target, input, warnings: await context.use(smartChargingKey).warnOfClear(target, input) };
  },
  fields: (t) => ({
    profileId: t.int({
      nullable: true,
      description: 'The number, if one was given.',
      resolve: ({ input }) => criteriaOf(input).profileId,
    }),
    connectorId: t.int({
      nullable: true,
      description: 'The connector, if one was given.',
      resolve: ({ input }) => criteriaOf(input).connectorId,
    }),
    purpose: t.field({
      type: ChargingProfilePurposeEnum,
      nullable: true,
      description: 'The purpose, if one was given.',
      resolve: ({ input }) => criteriaOf(input).purpose,
    }),
    stackLevel: t.int({
      nullable: true,
      description: 'The level of the stack, if one was given.',
      resolve: ({ input }) => criteriaOf(input).stackLevel,
    }),
    status: t.field({
      type: ClearChargingProfileStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'UNKNOWN']),
    }),
    cleared: t.field({
      type: [InstalledProfileRef],
      nullable: true,
      description: 'The profiles that the hub knew and that are gone by it, at most 500.',
      resolve: (command, _args, context) => removedBy(context, command),
    }),
  }),
});

const criteriaOf = (input: Command['input']): ClearCriteria => input; // stored by `clearChargingProfile`
