import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { durableSubscription, eventType, type StreamedEvent } from '../event-stream/index.ts';
import { ConnectorRef, ConnectorStatusEnum, ErrorCodeEnum, loadConnector } from './graphql-type.ts';
import { availabilityKey } from './key.ts';
import { type Connector, type ConnectorStatus, type StatusFacts, statusChangedType } from './model.ts';

/** What the event holds, as `statusChanged` put it there. */
const told = ({ data }: StreamedEvent) =>
  data as unknown as StatusFacts & { readonly previousStatus?: ConnectorStatus };

const connectorStatusChanged = eventType({
  scope: 'CHARGE_POINTS_READ',
  type: statusChangedType,
  name: 'ConnectorStatusChanged',
  description: 'A connector, or with connector 0 the charge point itself, reported a new state.',
  fields: (t) => ({
    connectorId: t.int({
      description: 'OCPP connectorId; 0 is the charge point itself.',
      resolve: ({ connectorId = 0 }) => connectorId,
    }),
    connector: t.field({
      type: ConnectorRef,
      nullable: true,
      description: 'The connector as it is now; null for the charge point itself and for what was deleted.',
      resolve: ({ chargePointId, connectorId }, _args, context) =>
        chargePointId === undefined || connectorId === undefined || connectorId === 0
          ? null
          : loadConnector(context, { chargePointId, connectorId }),
    }),
    previousStatus: t.field({
      type: ConnectorStatusEnum,
      nullable: true,
      description: 'Its status before; null for its first report.',
      resolve: (event) => told(event).previousStatus,
    }),
    status: t.field({
      type: ConnectorStatusEnum,
      description: 'Its status from then on.',
      resolve: (event) => told(event).status,
    }),
    wireStatus: t.string({
      description: 'The word that the charge point used.',
      resolve: (event) => told(event).wireStatus,
    }),
    errorCode: t.field({
      type: ErrorCodeEnum,
      description: 'Its error from then on.',
      resolve: (event) => told(event).errorCode,
    }),
    info: t.string({
      nullable: true,
      description: 'What the charge point added for people.',
      resolve: (event) => told(event).info,
    }),
    vendorId: t.string({
      nullable: true,
      description: 'Whose words `vendorErrorCode` is in.',
      resolve: (event) => told(event).vendorId,
    }),
    vendorErrorCode: t.string({
      nullable: true,
      description: "The vendor's own error code.",
      resolve: (event) => told(event).vendorErrorCode,
    }),
  }),
});

const ConnectorFilterInput = builder.inputType('ConnectorFilterInput', {
  description: 'Which connectors. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP connectorIds; 0 is the charge point itself.' }),
  }),
});

const listMax = 500;

const filterOf = (
  filter:
    | {
        readonly chargePointIds?: readonly { readonly id: string }[] | null | undefined;
        readonly connectorIds?: readonly number[] | null | undefined;
      }
    | null
    | undefined,
) => {
  const { chargePointIds, connectorIds } = filter ?? {};
  if ((chargePointIds?.length ?? 0) > listMax || (connectorIds?.length ?? 0) > listMax) {
    throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return { chargePointIds: chargePointIds?.map(({ id }) => id), connectorIds: connectorIds ?? undefined };
};

durableSubscription('connectorStatus', {
  scope: 'CHARGE_POINTS_READ',
  description:
    'The present state of every matching connector first, then each change; at least once, in order, resumable with `after`.',
  events: [connectorStatusChanged],
  union: { name: 'ConnectorStatusStreamItem', description: 'What `connectorStatus` gives.' },
  args: (arg) => ({ filter: arg({ type: ConnectorFilterInput, description: 'All connectors when absent.' }) }),
  filter: ({ filter }) => filterOf(filter),
  snapshot: {
    name: 'ConnectorSnapshot',
    description: 'State of a connector when the subscription began.',
    byDefault: true,
    fields: (t) => ({
      // never null, but one selection must fit all members of the union
      connector: t.field({
        type: ConnectorRef,
        nullable: true,
        description: 'The connector.',
        resolve: ({ connector }) => connector,
      }),
    }),
    read: presentConnectors,
  },
});

async function* presentConnectors(
  { filter }: { readonly filter?: Parameters<typeof filterOf>[0] },
  { principal, use }: HubContext,
): AsyncGenerator<{ connector: Connector }> {
  for await (const connector of use(availabilityKey).readAll(principal.tenantId, filterOf(filter))) {
    yield { connector };
  }
}
