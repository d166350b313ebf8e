import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation, statusOf } from '../commands/index.ts';
import { dataTransfer } from './commands.ts';
import { DataTransferStatusEnum } from './graphql.ts';

commandMutation({
  definition: dataTransfer,
  scope: 'DATA_TRANSFER_WRITE',
  description: 'Sends a vendor’s own message to a charge point (OCPP 1.6 DataTransfer). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'To whom.' }),
    vendorId: t.string({ required: true, description: 'Whose message, at most 255 characters.' }),
    messageId: t.string({ description: 'Which of its messages, at most 50 characters.' }),
    data: t.string({ description: 'Its content, as text.' }),
  }),
  resolve: async ({ chargePoint, vendorId, messageId, data }, context) => ({
    target: await targetOf(context, chargePoint),
    input: {
      vendorId,
      ...(typeof messageId === 'string' && { messageId }),
      ...(typeof data === 'string' && { data }),
    },
  }),
  fields: (t) => ({
    vendorId: t.string({ description: 'Whose message.', resolve: (command) => String(command.input['vendorId']) }),
    messageId: t.string({
      nullable: true,
      description: 'Which message.',
      resolve: ({ input: { messageId } }) => (typeof messageId === 'string' ? messageId : null),
    }),
    data: t.string({
      nullable: true,
      description: 'Its content.',
      resolve: ({ input: { data } }) => (typeof data === 'string' ? data : null),
    }),
    status: t.field({
      type: DataTransferStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED', 'UNKNOWN_MESSAGE_ID', 'UNKNOWN_VENDOR_ID']),
    }),
    responseData: t.string({
      nullable: true,
      description: 'What the charge point said in its answer.',
      resolve: ({ outcome }) => (typeof outcome?.['data'] === 'string' ? outcome['data'] : null),
    }),
  }),
});
