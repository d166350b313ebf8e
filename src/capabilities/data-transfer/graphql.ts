import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { eventType } from '../event-stream/index.ts';
import type { DataTransferStatus } from './commands.ts';
import { dataTransferKey } from './key.ts';
import { type DataTransferRecord, dataTransferReceivedType } from './model.ts';

/** Answer to a DataTransfer, in both directions. */
export const DataTransferStatusEnum = enumType('DataTransferStatus', 'Answer to a DataTransfer. OCPP 1.6 §7.23.', {
  ACCEPTED: 'Understood and accepted.',
  REJECTED: 'Understood and refused.',
  UNKNOWN_MESSAGE_ID: 'The vendor is known, the message is not.',
  UNKNOWN_VENDOR_ID: 'The vendor is not known.',
});

const find = ({ principal: { tenantId }, use }: HubContext, id: string) => use(dataTransferKey).find(tenantId, id);

const DataTransferRef = builder.objectRef<DataTransferRecord>('DataTransfer');

builder.node(DataTransferRef, {
  ...needs('OCPP_MESSAGES_READ'),
  description: "A vendor's own message from a charge point, with the answer of the hub.",
  id: { resolve: ({ _id }) => _id },
  loadOne: (id, context) => find(context, id),
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Who sent it; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    vendorId: t.exposeString('vendorId', { description: 'Whose message.' }),
    messageId: t.exposeString('messageId', { nullable: true, description: "Which of the vendor's messages." }),
    data: t.exposeString('data', {
      nullable: true,
      description: 'Its content as text, at most 2,097,152 characters; often JSON.',
    }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime', description: 'When it came.' }),
    status: t.expose('status', { type: DataTransferStatusEnum, description: 'How it was answered.' }),
    responseData: t.exposeString('responseData', { nullable: true, description: 'What the answer held.' }),
  }),
});

const DataTransferConnection = connectionType(DataTransferRef, { counted: false, scope: 'OCPP_MESSAGES_READ' });

builder.objectField(ChargePointRef, 'dataTransfers', (t) =>
  t.connection(
    {
      type: DataTransferRef,
      nullable: true,
      description: "Vendors' messages that it sent, newest first.",
      resolve: ({ _id }, args, { principal: { tenantId }, use }) =>
        connection(args, { fetch: (page) => use(dataTransferKey).list(tenantId, _id, page) }),
    },
    DataTransferConnection,
  ),
);

eventType({
  scope: 'OCPP_MESSAGES_READ',
  type: dataTransferReceivedType,
  name: 'DataTransferReceived',
  description: "A charge point sent a vendor's own message.",
  fields: (t) => ({
    dataTransfer: t.field({
      type: DataTransferRef,
      nullable: true,
      description: 'The message; null when it is kept no longer.',
      resolve: ({ data }, _args, context) => find(context, String(data['dataTransferId'])),
    }),
    vendorId: t.string({ description: 'Whose message.', resolve: ({ data }) => String(data['vendorId']) }),
    messageId: t.string({
      nullable: true,
      description: "Which of the vendor's messages.",
      resolve: ({ data: { messageId } }) => (typeof messageId === 'string' ? messageId : null),
    }),
    status: t.field({
      type: DataTransferStatusEnum,
      description: 'How it was answered.',
      resolve: ({ data }) => data['status'] as DataTransferStatus, // as dataTransferReceived put it there
    }),
  }),
});
