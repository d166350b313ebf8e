import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { ChargePointRef, ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation, statusOf } from '../commands/index.ts';
import { type AvailabilityType, changeAvailability } from './commands.ts';
import { ConnectorRef, loadConnectorsOf } from './graphql-type.ts';
import { availabilityKey } from './key.ts';
import type { AvailabilityWish } from './model.ts';
import { connectorWarnings } from './warnings.ts';

const AvailabilityTypeEnum = enumType('AvailabilityType', 'What a connector shall be.', {
  OPERATIVE: 'In service.',
  INOPERATIVE: 'Out of service, also over restarts.',
});

const AvailabilityStatusEnum = enumType('AvailabilityStatus', 'Answer to ChangeAvailability.', {
  ACCEPTED: 'Done, or about to be.',
  REJECTED: 'It will not be done.',
  SCHEDULED: 'It will be done when the running transaction has ended.',
});

const AvailabilityWishRef = builder.objectRef<AvailabilityWish>('AvailabilityWish').implement({
  description: 'What a connector shall be, as the charge point agreed to it. Whether it is so, the status tells.',
  fields: (t) => ({
    type: t.expose('type', { type: AvailabilityTypeEnum, description: 'What it shall be; also over restarts.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When the charge point agreed.' }),
    scheduled: t.exposeBoolean('scheduled', {
      description: 'The charge point said that it will be so when the running transaction has ended.',
    }),
  }),
});

builder.objectField(ConnectorRef, 'availabilityWish', (t) =>
  t.expose('availabilityWish', {
    type: AvailabilityWishRef,
    nullable: true,
    description: 'What it shall be by the last `changeAvailability` that was agreed to; null when there was none.',
  }),
);

builder.objectField(ChargePointRef, 'availabilityWish', (t) =>
  t.field({
    type: AvailabilityWishRef,
    nullable: true,
    description: 'What it shall be as a whole (connector 0) by the last `changeAvailability` that was agreed to.',
    resolve: async ({ _id }, _args, context) =>
      (await loadConnectorsOf(context, _id)).find(({ connectorId }) => connectorId === 0)?.availabilityWish,
  }),
);

commandMutation({
  definition: changeAvailability,
  scope: 'REMOTE_CONTROL',
  description:
    'Takes a connector or a whole charge point in or out of service (OCPP 1.6 ChangeAvailability). FINISHED when the status followed, or at once when it was so already.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    connectorId: t.int({
      required: true,
      description: 'Which connector; 0 is the charge point with all its connectors.',
    }),
    type: t.field({ type: AvailabilityTypeEnum, required: true, description: 'What it shall be.' }),
  }),
  resolve: async ({ chargePoint, connectorId, type }, context) => {
    if (connectorId < 0) throw new ValidationError('input.connectorId', 'must be 0 up');
    const target = await targetOf(context, chargePoint);
    const known = await context
      .use(availabilityKey)
      .find({ tenantId: target.tenantId, chargePointId: target._id, connectorId });
    const isOut = known?.status === 'UNAVAILABLE';
    const isSo = known !== undefined && isOut === (type === 'INOPERATIVE');
    return {
      target,
      input: { connectorId, type, ...(isSo && { isSo }) },
      asked: { connectorId, type }, // what the hub knew meanwhile makes no other wish of it
      warnings: await connectorWarnings(context, target._id, connectorId),
    };
  },
  fields: (t) => ({
    connectorId: t.int({
      description: 'The connector; 0 for the whole charge point.',
      resolve: (command) => Number(command.input['connectorId']),
    }),
    type: t.field({
      type: AvailabilityTypeEnum,
      description: 'What was asked for.',
      resolve: (command) => command.input['type'] as AvailabilityType, // stored from this very enum
    }),
    status: t.field({
      type: AvailabilityStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED', 'SCHEDULED']),
    }),
  }),
});
