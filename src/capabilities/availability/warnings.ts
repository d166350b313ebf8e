import type { HubContext } from '../../graphql/context.ts';
import type { CommandWarning } from '../commands/index.ts';
import { loadConnector } from './graphql-type.ts';
import type { Connector } from './model.ts';

/** What is unwise in naming a connector; the command is sent all the same. OUT-1. */
export async function connectorWarnings(
  context: HubContext,
  chargePointId: string,
  connectorId: number | null | undefined,
  {
    path = 'input.connectorId',
    mustBeUsable = false,
  }: {
    readonly path?: string;
    /** The command makes sense for a connector in service only. */
    readonly mustBeUsable?: boolean;
  } = {},
): Promise<CommandWarning[]> {
  if (connectorId === null || connectorId === undefined || connectorId < 1) return [];
  const connector = await loadConnector(context, { chargePointId, connectorId });
  if (connector === null) {
    return [{ code: 'CONNECTOR_UNKNOWN', message: `the charge point never named connector ${connectorId}`, path }];
  }
  return mustBeUsable && isOutOfService(connector)
    ? [{ code: 'CONNECTOR_OUT_OF_SERVICE', message: `connector ${connectorId} is ${connector.status}`, path }]
    : [];
}

const isOutOfService = ({ status }: Connector): boolean => status === 'UNAVAILABLE' || status === 'FAULTED';
