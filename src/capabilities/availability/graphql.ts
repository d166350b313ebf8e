import { builder } from '../../graphql/builder.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import './graphql-events.ts';
import {
  ConnectorRef,
  ConnectorStatusEntryRef,
  ConnectorStatusEnum,
  ErrorCodeEnum,
  loadConnectorById,
  loadConnectorsOf,
} from './graphql-type.ts';
import { availabilityKey } from './key.ts';
import type { Connector } from './model.ts';

builder.node(ConnectorRef, {
  ...needs('CHARGE_POINTS_READ'),
  description: 'A socket or cable of a charge point.',
  id: { resolve: (connector) => connector._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadConnectorById(context, id))),
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Its charge point; null when that was deleted just now.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorId: t.exposeInt('connectorId', { description: 'OCPP connectorId, 1 and up.' }),
    evseId: t.exposeInt('evseId', { description: 'Number of its EVSE; in OCPP 1.6 the same as connectorId.' }),
    status: t.expose('status', { type: ConnectorStatusEnum, description: 'State last reported.' }),
    wireStatus: t.string({
      nullable: true,
      description: 'The word that the charge point used; null while the status is UNKNOWN.',
      resolve: ({ wireStatus }) => (wireStatus === '' ? null : wireStatus),
    }),
    errorCode: t.expose('errorCode', { type: ErrorCodeEnum, description: 'Error last reported.' }),
    info: t.exposeString('info', { nullable: true, description: 'What the charge point added for people.' }),
    vendorId: t.exposeString('vendorId', { nullable: true, description: 'Whose words `vendorErrorCode` is in.' }),
    vendorErrorCode: t.exposeString('vendorErrorCode', { nullable: true, description: "The vendor's own error code." }),
    statusSince: t.expose('statusSince', {
      type: 'DateTime',
      nullable: true,
      description: 'When the status began, by the clock of the charge point if usable; null while it is UNKNOWN.',
    }),
    lastStatusAt: t.expose('lastStatusAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the charge point last reported on it, whether anything changed or not.',
    }),
    statusIsCurrent: t.boolean({
      description: 'Whether the charge point is connected; if not, the status is the last one known.',
      resolve: async ({ chargePointId, status }, _args, context) =>
        status !== 'UNKNOWN' && ((await loadChargePoint(context, chargePointId))?.link.connected ?? false),
    }),
  }),
});

ConnectorStatusEntryRef.implement({
  description: 'A state that a connector reported.',
  fields: (t) => ({
    status: t.expose('status', { type: ConnectorStatusEnum, description: 'State reported.' }),
    wireStatus: t.exposeString('wireStatus', { description: 'The word that the charge point used.' }),
    errorCode: t.expose('errorCode', { type: ErrorCodeEnum, description: 'Error reported.' }),
    info: t.exposeString('info', { nullable: true, description: 'What the charge point added for people.' }),
    vendorId: t.exposeString('vendorId', { nullable: true, description: 'Whose words `vendorErrorCode` is in.' }),
    vendorErrorCode: t.exposeString('vendorErrorCode', { nullable: true, description: "The vendor's own error code." }),
    occurredAt: t.expose('occurredAt', {
      type: 'DateTime',
      description: 'Clock of the charge point if usable, else the clock of the hub.',
    }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime', description: 'Clock of the hub.' }),
    timestampText: t.exposeString('timestampText', {
      nullable: true,
      description: 'The timestamp as it came, when it had no zone or was not usable.',
    }),
    late: t.boolean({
      description: 'It came when a newer state was known already, and changed nothing.',
      resolve: ({ late }) => late === true,
    }),
  }),
});

const ConnectorStatusEntryConnection = connectionType(ConnectorStatusEntryRef, {
  counted: false,
  scope: 'CHARGE_POINTS_READ',
});

builder.objectField(ConnectorRef, 'statusHistory', (t) =>
  t.connection(
    {
      type: ConnectorStatusEntryRef,
      nullable: true,
      description: 'States that it reported, newest first.',
      args: {
        from: t.arg({ type: 'DateTime', description: 'Not before this instant.' }),
        to: t.arg({ type: 'DateTime', description: 'Before this instant.' }),
      },
      resolve: (connector, args, { principal: { tenantId }, use }) =>
        connection(args, {
          fetch: (page) =>
            use(availabilityKey).history(
              { tenantId, chargePointId: connector.chargePointId, connectorId: connector.connectorId },
              { from: args.from ?? undefined, to: args.to ?? undefined },
              page,
            ),
        }),
    },
    ConnectorStatusEntryConnection,
  ),
);

const EvseRef = builder
  .objectRef<{ readonly evseId: number; readonly connectors: readonly Connector[] }>('Evse')
  .implement({
    description: 'A part of a charge point that charges one vehicle at a time. In OCPP 1.6 each connector is its own.',
    fields: (t) => ({
      evseId: t.exposeInt('evseId', { description: 'Its number, 1 and up.' }),
      connectors: t.field({
        type: [ConnectorRef],
        description: 'Its connectors.',
        resolve: ({ connectors }) => [...connectors],
      }),
    }),
  });

builder.objectFields(ChargePointRef, (t) => ({
  connectors: t.field({
    type: [ConnectorRef],
    description: 'Its connectors by number, as far as it named them.',
    resolve: async ({ _id }, _args, context) => connectorsOnly(await loadConnectorsOf(context, _id)),
  }),
  connector: t.field({
    type: ConnectorRef,
    nullable: true,
    description: 'One connector; null when the charge point never named it.',
    args: { connectorId: t.arg.int({ required: true, description: 'OCPP connectorId, 1 and up.' }) },
    resolve: async ({ _id }, { connectorId }, context) =>
      connectorsOnly(await loadConnectorsOf(context, _id)).find((connector) => connector.connectorId === connectorId),
  }),
  evses: t.field({
    type: [EvseRef],
    description: 'Its EVSEs by number, as far as it named their connectors.',
    resolve: async ({ _id }, _args, context) => {
      const connectors = connectorsOnly(await loadConnectorsOf(context, _id));
      const numbers = [...new Set(connectors.map(({ evseId }) => evseId))];
      return numbers.map((evseId) => ({ evseId, connectors: connectors.filter((one) => one.evseId === evseId) }));
    },
  }),
  status: t.field({
    type: ConnectorStatusEnum,
    nullable: true,
    description:
      'State of the charge point as a whole (connector 0); null when it never told. Says nothing of connectors.',
    resolve: async ({ _id }, _args, context) => self(await loadConnectorsOf(context, _id))?.status,
  }),
  errorCode: t.field({
    type: ErrorCodeEnum,
    nullable: true,
    description: 'Error of the charge point as a whole (connector 0); null when it never told.',
    resolve: async ({ _id }, _args, context) => self(await loadConnectorsOf(context, _id))?.errorCode,
  }),
}));

const connectorsOnly = (records: readonly Connector[]): Connector[] =>
  records.filter(({ connectorId }) => connectorId >= 1);

/** Connector 0, when it said something. STS-3. */
const self = (records: readonly Connector[]): Connector | undefined =>
  records.find(({ connectorId, status }) => connectorId === 0 && status !== 'UNKNOWN');
