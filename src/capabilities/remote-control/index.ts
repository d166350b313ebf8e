import type { CapabilityKey } from '../../graphql/context.ts';
import type { Capability } from '../capability.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import { remoteStartTransaction, remoteStopTransaction, triggerMessage, unlockConnector } from './commands.ts';
import './graphql.ts';
import { ocpp16 } from './ocpp16.ts';

const remoteControlKey: CapabilityKey<Record<never, never>> = { name: 'remote-control' };

/** What the hub asks of charge points for a driver: start, stop, unlock; and triggered messages. */
export function createRemoteControl({
  commands,
  transactions,
}: {
  commands: Pick<CommandOperations, 'register'>;
  transactions: Pick<TransactionOperations, 'linkRemoteStart'>;
}): Capability<Record<never, never>> {
  commands.register(remoteStartTransaction, {
    followed: async ({ _id, tenantId, effect }) => {
      const id = effect?.['transactionId'];
      if (typeof id === 'string') await transactions.linkRemoteStart(tenantId, id, _id); // STA-8
    },
  });
  commands.register(remoteStopTransaction);
  commands.register(unlockConnector);
  commands.register(triggerMessage);
  return { key: remoteControlKey, operations: {}, adapters: [ocpp16], indexes: {} };
}
