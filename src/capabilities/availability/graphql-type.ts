import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { availabilityKey } from './key.ts';
import { type Connector, type ConnectorStatusEntry, connectorDocumentId } from './model.ts';

export const ConnectorStatusEnum = enumType('ConnectorStatus', 'State of a connector, in any OCPP version.', {
  AVAILABLE: 'Free.',
  PREPARING: 'A user is at it; no energy yet.',
  CHARGING: 'Energy flows to the vehicle.',
  DISCHARGING: 'Energy flows from the vehicle.',
  SUSPENDED_EV: 'The vehicle takes no energy.',
  SUSPENDED_EVSE: 'The station offers no energy.',
  FINISHING: 'The transaction is over, the vehicle is still there.',
  RESERVED: 'Held for somebody.',
  UNAVAILABLE: 'Out of service, by command or for an update.',
  FAULTED: 'Out of service by an error.',
  OCCUPIED: 'In use; the station tells no more.',
  UNKNOWN: 'The station named the connector but never told its state.',
});

export const ErrorCodeEnum = enumType('ChargePointErrorCode', 'What is wrong. OCPP 1.6 §7.5.', {
  CONNECTOR_LOCK_FAILURE: 'The connector could not be locked or unlocked.',
  EV_COMMUNICATION_ERROR: 'The vehicle cannot be talked to.',
  GROUND_FAILURE: 'Ground fault protection tripped.',
  HIGH_TEMPERATURE: 'Too hot inside.',
  INTERNAL_ERROR: 'A fault in hardware or software inside.',
  LOCAL_LIST_CONFLICT: 'Its local authorization list contradicts what the hub said.',
  NO_ERROR: 'Nothing.',
  OTHER_ERROR: 'Something else; see `vendorErrorCode`.',
  OVER_CURRENT_FAILURE: 'Over-current protection tripped.',
  OVER_VOLTAGE: 'Voltage too high.',
  POWER_METER_FAILURE: 'The meter cannot be read.',
  POWER_SWITCH_FAILURE: 'The power switch fails.',
  READER_FAILURE: 'The token reader fails.',
  RESET_FAILURE: 'A reset was not possible.',
  UNDER_VOLTAGE: 'Voltage too low.',
  WEAK_SIGNAL: 'Radio signal too weak.',
});

const connectorLoaders = new WeakMap<HubContext, DataLoader<string, Connector | null>>();
const chargePointLoaders = new WeakMap<HubContext, DataLoader<string, readonly Connector[]>>();

/** A connector of the caller's tenant by its numbers; null when the charge point never spoke of it. Batched. */
export const loadConnector = (
  context: HubContext,
  key: { readonly chargePointId: string; readonly connectorId: number },
): Promise<Connector | null> => loadConnectorById(context, connectorDocumentId(key));

/** A connector of the caller's tenant by its id; null when there is none. All that one tick asks for is one read. */
export function loadConnectorById(context: HubContext, id: string): Promise<Connector | null> {
  let loader = connectorLoaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(availabilityKey).findByIds(context.principal.tenantId, ids);
        const byId = new Map(found.map((connector) => [connector._id, connector]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false },
    );
    connectorLoaders.set(context, loader);
  }
  return loader.load(id);
}

/** All records of a charge point, connector 0 with them. Batched. */
export function loadConnectorsOf(context: HubContext, chargePointId: string): Promise<readonly Connector[]> {
  let loader = chargePointLoaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(availabilityKey).findOf(context.principal.tenantId, ids);
        const byChargePoint = new Map<string, Connector[]>();
        for (const connector of found) {
          const siblings = byChargePoint.get(connector.chargePointId);
          if (siblings === undefined) byChargePoint.set(connector.chargePointId, [connector]);
          else siblings.push(connector);
        }
        return ids.map((wanted) => byChargePoint.get(wanted) ?? []);
      },
      { maxBatchSize: 100, cache: false },
    );
    chargePointLoaders.set(context, loader);
  }
  return loader.load(chargePointId);
}

/** A connector. Other capabilities add their fields with `builder.objectField(ConnectorRef, …)`. */
export const ConnectorRef = builder.objectRef<Connector>('Connector');

/** An entry of the history of a connector. */
export const ConnectorStatusEntryRef = builder.objectRef<ConnectorStatusEntry>('ConnectorStatusEntry');
