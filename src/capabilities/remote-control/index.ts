import type { CapabilityKey } from '../../graphql/context.ts';
import { foldToken } from '../authorization/index.ts';
import type { Capability } from '../capability.ts';
import type { Command, CommandOperations } from '../commands/index.ts';
import type { SmartChargingOperations } from '../smart-charging/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import {
  type RemoteStartInput,
  remoteStartStopStatuses,
  remoteStartTransaction,
  remoteStopTransaction,
  triggerMessage,
  unlockConnector,
} from './commands.ts';
import './graphql.ts';
import { ocpp16 } from './ocpp16.ts';

export { remoteStopTransaction } from './commands.ts';

const remoteControlKey: CapabilityKey<Record<never, never>> = { name: 'remote-control' };

/** What the hub asks of charge points for a driver: start, stop, unlock; and triggered messages. */
export function createRemoteControl({
  commands,
  smartCharging,
  transactions,
}: {
  commands: Pick<CommandOperations, 'register'>;
  smartCharging: Pick<SmartChargingOperations, 'sent' | 'startAnswered' | 'failed'>;
  transactions: Pick<TransactionOperations, 'linkRemoteStart'>;
}): Capability<Record<never, never>> {
  commands.register(remoteStartTransaction, {
    issued: async (command) => {
      const { idTag, connectorId, chargingProfile } = startInput(command);
      if (chargingProfile === undefined) return;
      await smartCharging.sent({
        command,
        carrier: 'REMOTE_START',
        profile: chargingProfile,
        tokenKey: foldToken(idTag),
        ...(connectorId !== undefined && { connectorId }),
      });
    },
    answered: async ({ status }, command) => {
      if (startInput(command).chargingProfile === undefined) return;
      await smartCharging.startAnswered(command, remoteStartStopStatuses.toWire(status));
    },
    failed: async (command) => {
      if (startInput(command).chargingProfile !== undefined) await smartCharging.failed(command);
    },
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

const startInput = ({ input }: Command) => input as unknown as RemoteStartInput; // stored by `remoteStartTransaction`
