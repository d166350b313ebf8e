import { enumType } from '../../graphql/enum.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation, statusOf } from '../commands/index.ts';
import { type AvailabilityType, changeAvailability } from './commands.ts';
import { availabilityKey } from './key.ts';

const AvailabilityTypeEnum = enumType('AvailabilityType', 'What a connector shall be.', {
  OPERATIVE: 'In service.',
  INOPERATIVE: 'Out of service, also over restarts.',
});

const AvailabilityStatusEnum = enumType('AvailabilityStatus', 'Answer to ChangeAvailability.', {
  ACCEPTED: 'Done, or about to be.',
  REJECTED: 'It will not be done.',
  SCHEDULED: 'It will be done when the running transaction has ended.',
});

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
    const target = await targetOf(context, chargePoint);
    const known = await context
      .use(availabilityKey)
      .find({ tenantId: target.tenantId, chargePointId: target._id, connectorId });
    const isOut = known?.status === 'UNAVAILABLE';
    const isSo = known !== undefined && isOut === (type === 'INOPERATIVE');
    return { target, input: { connectorId, type, ...(isSo && { isSo }) } };
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
