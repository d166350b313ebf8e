import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import { ChargePointReferenceInput, chargePointsKey, targetOf } from '../charge-points/index.ts';
import { type Command, CommandInterface, commandMutation, commandsKey, statusOf } from '../commands/index.ts';
import {
  type ChargingProfile,
  ChargingProfileInput,
  ChargingProfileRef,
  carriedProfile,
  InstalledProfileRef,
  loadInstalledProfile,
} from '../smart-charging/index.ts';
import {
  loadTransaction,
  TransactionRef,
  TransactionReferenceInput,
  transactionReference,
  transactionsKey,
} from '../transactions/index.ts';
import {
  type MessageTrigger,
  remoteStartTransaction,
  remoteStopTransaction,
  triggerMessage,
  unlockConnector,
} from './commands.ts';
import {
  checkConnectorNumber,
  remoteStartWarnings,
  remoteStopWarnings,
  triggerWarnings,
  unlockFacts,
} from './warnings.ts';

const RemoteStartStopStatusEnum = enumType('RemoteStartStopStatus', 'Answer to a remote start or stop.', {
  ACCEPTED: 'The charge point will try; no more than that. Errata 3.32, 3.33.',
  REJECTED: 'It will not.',
});

const UnlockStatusEnum = enumType('UnlockStatus', 'Answer to UnlockConnector.', {
  UNLOCKED: 'The plug is free.',
  UNLOCK_FAILED: 'The lock did not open.',
  NOT_SUPPORTED: 'No lock, or no such connector.',
});

const TriggerMessageStatusEnum = enumType('TriggerMessageStatus', 'Answer to TriggerMessage.', {
  ACCEPTED: 'The message will follow.',
  REJECTED: 'It will not.',
  NOT_IMPLEMENTED: 'The charge point cannot send it.',
});

const MessageTriggerEnum = enumType('MessageTrigger', 'A message that can be asked for.', {
  BOOT_NOTIFICATION: 'BootNotification; only while the charge point is not accepted.',
  DIAGNOSTICS_STATUS_NOTIFICATION: 'DiagnosticsStatusNotification.',
  FIRMWARE_STATUS_NOTIFICATION: 'FirmwareStatusNotification.',
  HEARTBEAT: 'Heartbeat.',
  METER_VALUES: 'MeterValues.',
  STATUS_NOTIFICATION: 'StatusNotification.',
});

/** A number that the caller gave with the command; null when left out. */
const connectorIdOf = (command: Command): number | null => {
  const { connectorId } = command.input;
  return typeof connectorId === 'number' ? connectorId : null;
};

/** The transaction that a command led to. */
const followed = (context: HubContext, effect: Command['effect']) => {
  const id = effect?.['transactionId'];
  return typeof id === 'string' ? loadTransaction(context, id) : null;
};

commandMutation({
  definition: remoteStartTransaction,
  scope: 'REMOTE_CONTROL',
  description:
    'Asks a charge point to start charging for a token (OCPP 1.6 RemoteStartTransaction). FINISHED when a transaction with the token began; EFFECT_MISSING when none did within 3 minutes, when the hub refused the token in the meantime, or when the named connector went from PREPARING back to AVAILABLE. Nothing is sent again by itself.',
  keyRequired: true,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Where to charge.' }),
    connectorId: t.int({ description: 'Which connector, 1 and up; left to the charge point when absent.' }),
    idTag: t.string({ required: true, description: 'The token, at most 20 characters.' }),
    chargingProfile: t.field({
      type: ChargingProfileInput,
      description:
        'A TX_PROFILE for the transaction; sent without a transaction number. A charge point without smart charging ignores it.',
    }),
  }),
  resolve: async ({ chargePoint, connectorId, idTag, chargingProfile: profileInput }, context) => {
    checkConnectorNumber(connectorId);
    const target = await targetOf(context, chargePoint);
    const input = { idTag, ...(typeof connectorId === 'number' && { connectorId }) };
    const warnings = await remoteStartWarnings(context, target, { connectorId, idTag });
    if (profileInput === null || profileInput === undefined) return { target, input, warnings };
    const carried = await carriedProfile(context, target, {
      input: profileInput,
      path: 'input.chargingProfile',
      carrier: 'REMOTE_START',
      ...(typeof connectorId === 'number' && { connectorId }),
    });
    return {
      target,
      input: { ...input, chargingProfile: carried.profile },
      asked: { ...input, chargingProfile: carried.asked },
      warnings: [...warnings, ...carried.warnings],
    };
  },
  fields: (t) => ({
    idTag: t.string({ description: 'The token.', resolve: (command) => String(command.input['idTag']) }),
    connectorId: t.int({ nullable: true, description: 'The connector, if one was named.', resolve: connectorIdOf }),
    chargingProfile: t.field({
      type: ChargingProfileRef,
      nullable: true,
      description: 'The profile that it carried, with its number; null when it carried none.',
      resolve: (command) => (command.input['chargingProfile'] as ChargingProfile | undefined) ?? null, // stored by this operation
    }),
    installed: t.field({
      type: InstalledProfileRef,
      nullable: true,
      description: 'What became of the profile; null when it carried none.',
      resolve: ({ _id, input }, _args, context) =>
        input['chargingProfile'] === undefined ? null : loadInstalledProfile(context, _id),
    }),
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'The transaction that followed.',
      resolve: ({ effect }, _args, context) => followed(context, effect),
    }),
    status: t.field({
      type: RemoteStartStopStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
  }),
});

builder.objectField(TransactionRef, 'remoteStart', (t) =>
  t.field({
    type: CommandInterface,
    nullable: true,
    description: 'The remote start that it followed; null when there was none.',
    resolve: async ({ remoteStartCommandId: id }, _args, { principal, use }) =>
      id === undefined ? null : use(commandsKey).find(principal.tenantId, id),
  }),
);

commandMutation({
  definition: remoteStopTransaction,
  scope: 'REMOTE_CONTROL',
  description:
    'Asks a charge point to stop a transaction (OCPP 1.6 RemoteStopTransaction). FINISHED when the transaction has ended; EFFECT_MISSING when it did not within 2 minutes. By OCPP number any integer is sent, also one that the hub does not know.',
  keyRequired: true,
  input: (t) => ({
    transaction: t.field({ type: TransactionReferenceInput, required: true, description: 'Which transaction.' }),
  }),
  resolve: async ({ transaction }, context) => {
    const reference = transactionReference(transaction);
    if (reference.id === undefined) {
      const { chargePoint, transactionId: ocppTransactionId } = reference.ocpp;
      const target = await targetOf(context, chargePoint);
      const { findByNumber } = context.use(transactionsKey);
      const named = await findByNumber(target.tenantId, target._id, ocppTransactionId);
      return { target, input: { ocppTransactionId }, warnings: remoteStopWarnings(named) };
    }
    const found = await loadTransaction(context, reference.id);
    if (found === null) throw new NotFoundError('transaction', reference.id);
    return {
      target: await context.use(chargePointsKey).get(found.tenantId, { id: found.chargePointId }),
      input: { ocppTransactionId: found.ocppTransactionId },
      warnings: remoteStopWarnings(found),
    };
  },
  fields: (t) => ({
    ocppTransactionId: t.field({
      type: 'SafeInt',
      description: 'OCPP number of the transaction.',
      resolve: (command) => Number(command.input['ocppTransactionId']),
    }),
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'The transaction, once it has ended.',
      resolve: ({ effect }, _args, context) => followed(context, effect),
    }),
    status: t.field({
      type: RemoteStartStopStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
  }),
});

commandMutation({
  definition: unlockConnector,
  scope: 'REMOTE_CONTROL',
  description:
    'Releases the plug of a connector (OCPP 1.6 UnlockConnector). FINISHED with the answer; where a transaction runs, when that has ended or the connector is FINISHING; EFFECT_MISSING when neither came within 2 minutes.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Whose connector.' }),
    connectorId: t.int({
      required: true,
      description: 'Which connector, 1 and up; unknown ones are sent all the same.',
    }),
  }),
  resolve: async ({ chargePoint, connectorId }, context) => {
    checkConnectorNumber(connectorId);
    const target = await targetOf(context, chargePoint);
    const { stopsTransaction, warnings } = await unlockFacts(context, target, connectorId);
    return {
      target,
      input: { connectorId, ...(stopsTransaction && { stopsTransaction }) },
      asked: { connectorId }, // what the hub knew meanwhile makes no other wish of it
      warnings,
    };
  },
  fields: (t) => ({
    connectorId: t.int({ nullable: true, description: 'The connector.', resolve: connectorIdOf }),
    status: t.field({
      type: UnlockStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['UNLOCKED', 'UNLOCK_FAILED', 'NOT_SUPPORTED']),
    }),
  }),
});

commandMutation({
  definition: triggerMessage,
  scope: 'REMOTE_CONTROL',
  description:
    'Asks a charge point to send a message (OCPP 1.6 TriggerMessage). FINISHED when the message came; EFFECT_MISSING when it did not within a minute.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Who shall send it.' }),
    requestedMessage: t.field({ type: MessageTriggerEnum, required: true, description: 'Which message.' }),
    connectorId: t.int({ description: 'For METER_VALUES and STATUS_NOTIFICATION: which connector; all when absent.' }),
  }),
  resolve: async ({ chargePoint, requestedMessage, connectorId }, context) => {
    checkConnectorNumber(connectorId);
    const target = await targetOf(context, chargePoint);
    return {
      target,
      input: { requestedMessage, ...(typeof connectorId === 'number' && { connectorId }) },
      warnings: await triggerWarnings(context, target, { requestedMessage, connectorId }),
    };
  },
  fields: (t) => ({
    requestedMessage: t.field({
      type: MessageTriggerEnum,
      description: 'What was asked for.',
      resolve: (command) => command.input['requestedMessage'] as MessageTrigger, // stored from this very enum
    }),
    connectorId: t.int({ nullable: true, description: 'The connector, if one was named.', resolve: connectorIdOf }),
    status: t.field({
      type: TriggerMessageStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED', 'NOT_IMPLEMENTED']),
    }),
    messageReceivedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the message came.',
      resolve: (command) => {
        const receivedAt = command.effect?.['receivedAt'];
        return receivedAt instanceof Date ? receivedAt : null;
      },
    }),
  }),
});
