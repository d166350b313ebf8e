import type { HubContext } from '../../graphql/context.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { authorizationKey } from '../authorization/index.ts';
import { connectorWarnings } from '../availability/index.ts';
import type { CommandTarget, CommandWarning } from '../commands/index.ts';
import { type Transaction, transactionsKey } from '../transactions/index.ts';
import type { MessageTrigger } from './commands.ts';

/** A connector number that the wire can carry where 0 means nothing. RST-1, UNL-1, TRG-1. */
export function checkConnectorNumber(connectorId: number | null | undefined): void {
  if (typeof connectorId === 'number' && connectorId < 1)
    throw new ValidationError('input.connectorId', 'must be 1 up');
}

/** Transactions that run on a connector. */
const runningOn = (
  { principal: { tenantId }, use }: HubContext,
  target: CommandTarget,
  connectorId: number,
): Promise<readonly Transaction[]> =>
  use(transactionsKey).findOpenOn({ tenantId, chargePointId: target._id, connectorId });

/** What is unwise in a remote start. RST-1. */
export async function remoteStartWarnings(
  context: HubContext,
  target: CommandTarget,
  { connectorId, idTag }: { readonly connectorId?: number | null | undefined; readonly idTag: string },
): Promise<CommandWarning[]> {
  const [connector, running, token] = await Promise.all([
    connectorWarnings(context, target._id, connectorId, { mustBeUsable: true }),
    typeof connectorId === 'number' ? runningOn(context, target, connectorId) : [],
    context.use(authorizationKey).find(context.principal.tenantId, { value: idTag }),
  ]);
  return [
    ...connector,
    ...(running.length > 0
      ? [
          {
            code: 'CONNECTOR_IN_USE',
            message: `a transaction runs on connector ${connectorId}`,
            path: 'input.connectorId',
          },
        ]
      : []),
    ...(token === undefined
      ? [
          {
            code: 'TOKEN_UNKNOWN',
            message: 'the hub does not know the token and would refuse it',
            path: 'input.idTag',
          },
        ]
      : []),
    ...(token !== undefined && token.status !== 'ACTIVE'
      ? [{ code: 'TOKEN_NOT_ACTIVE', message: `the token is ${token.status}`, path: 'input.idTag' }]
      : []),
  ];
}

/** What is unwise in stopping a transaction that may be none. TC_028. */
export function remoteStopWarnings(transaction: Transaction | undefined): CommandWarning[] {
  const path = 'input.transaction';
  if (transaction === undefined) {
    return [{ code: 'TRANSACTION_UNKNOWN', message: 'the charge point has no transaction with this number', path }];
  }
  return transaction.state === 'ACTIVE'
    ? []
    : [{ code: 'TRANSACTION_ENDED', message: `the transaction is ${transaction.state}`, path }];
}

/** Whether a transaction runs where a plug shall be released, and what is unwise in it. UNL-1. */
export async function unlockFacts(
  context: HubContext,
  target: CommandTarget,
  connectorId: number,
): Promise<{ readonly stopsTransaction: boolean; readonly warnings: CommandWarning[] }> {
  const [connector, running] = await Promise.all([
    connectorWarnings(context, target._id, connectorId),
    runningOn(context, target, connectorId),
  ]);
  if (running.length === 0) return { stopsTransaction: false, warnings: connector };
  const message = 'a transaction runs there; the charge point stops it first. remoteStopTransaction is meant for that';
  return {
    stopsTransaction: true,
    warnings: [...connector, { code: 'TRANSACTION_RUNNING', message, path: 'input.connectorId' }],
  };
}

/** Messages that are about a connector. TRG-1. */
const ofConnectors: readonly MessageTrigger[] = ['METER_VALUES', 'STATUS_NOTIFICATION'];

/** What is unwise in asking for a message. TRG-1, BOOT-5. */
export async function triggerWarnings(
  context: HubContext,
  target: CommandTarget,
  {
    requestedMessage,
    connectorId,
  }: { readonly requestedMessage: MessageTrigger; readonly connectorId?: number | null | undefined },
): Promise<CommandWarning[]> {
  const isAboutConnector = ofConnectors.includes(requestedMessage);
  const message = `${requestedMessage} is not about a connector`;
  return [
    ...(await connectorWarnings(context, target._id, connectorId)),
    ...(typeof connectorId === 'number' && !isAboutConnector
      ? [{ code: 'CONNECTOR_MEANINGLESS', message, path: 'input.connectorId' }]
      : []),
    ...(requestedMessage === 'BOOT_NOTIFICATION' && target.registration === 'ACCEPTED'
      ? [
          {
            code: 'ALREADY_ACCEPTED',
            message: 'the charge point is accepted and need not ask again',
            path: 'input.requestedMessage',
          },
        ]
      : []),
  ];
}
