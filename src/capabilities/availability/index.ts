import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import './graphql.ts';
import './graphql-commands.ts';
import type { CommandOperations } from '../commands/index.ts';
import { type AvailabilityType, changeAvailability } from './commands.ts';
import { availabilityKey } from './key.ts';
import { connectorIdMax } from './model.ts';
import { ocpp16 } from './ocpp16.ts';
import { ocpp16Commands } from './ocpp16-commands.ts';
import { type AvailabilityOperations, createAvailabilityOperations } from './operations.ts';
import { availabilityIndexes, createConnectorStore } from './store.ts';

export { ConnectorRef, ConnectorStatusEnum, ErrorCodeEnum, loadConnector } from './graphql-type.ts';
export { availabilityKey } from './key.ts';
export {
  type Connector,
  type ConnectorKey,
  type ConnectorStatus,
  connectorIdMax,
  type ErrorCode,
  statusChangedType,
} from './model.ts';
export type { AvailabilityOperations } from './operations.ts';
export { connectorWarnings } from './warnings.ts';

/** State of charge points and connectors: what they report, and its history. */
export function createAvailability(
  { store, events, clock }: CapabilityDependencies,
  {
    chargePoints,
    commands,
  }: { chargePoints: Pick<ChargePointOperations, 'onDeleted'>; commands: Pick<CommandOperations, 'register'> },
): Capability<AvailabilityOperations> {
  const connectors = createConnectorStore(store);
  const operations = createAvailabilityOperations({ connectors, events });
  commands.register(changeAvailability, {
    answered: async ({ status }, { tenantId, chargePointId, input }) => {
      if (status === 'REJECTED') return; // the view follows positive answers only. OUT-2
      const connectorId = Number(input['connectorId']);
      if (connectorId > connectorIdMax) return;
      const wish = {
        type: input['type'] as AvailabilityType, // stored from this very operation
        at: clock.now(),
        scheduled: status === 'SCHEDULED',
      };
      await operations.wish({ tenantId, chargePointId, connectorId }, wish);
    },
  });
  chargePoints.onDeleted(({ tenantId, _id }) => connectors.removeOf(tenantId, _id));
  return {
    key: availabilityKey,
    operations,
    adapters: [ocpp16(operations, clock), ocpp16Commands],
    indexes: availabilityIndexes,
  };
}
