import { adapter, sends } from '../../gateway/adapter.ts';
import {
  RemoteStartTransaction,
  RemoteStopTransaction,
  TriggerMessage,
  UnlockConnector,
} from '../../ocpp/v16/index.ts';
import { wireProfile } from '../smart-charging/index.ts';
import {
  messageTriggers,
  remoteStartStopStatuses,
  remoteStartTransaction,
  remoteStopTransaction,
  triggerMessage,
  triggerMessageStatuses,
  unlockConnector,
  unlockStatuses,
} from './commands.ts';

/** Remote control in the words of OCPP 1.6. */
export const ocpp16 = adapter(['1.6'], {
  sends: [
    sends(remoteStartTransaction, RemoteStartTransaction, {
      toRequest: ({ idTag, connectorId, chargingProfile }) => ({
        idTag,
        ...(connectorId !== undefined && { connectorId }),
        ...(chargingProfile !== undefined && { chargingProfile: wireProfile(chargingProfile) }),
      }),
      toOutcome: ({ status }) => ({ status: remoteStartStopStatuses.toModel(status) }),
    }),
    sends(remoteStopTransaction, RemoteStopTransaction, {
      toRequest: ({ ocppTransactionId }) => ({ transactionId: ocppTransactionId }),
      toOutcome: ({ status }) => ({ status: remoteStartStopStatuses.toModel(status) }),
    }),
    sends(unlockConnector, UnlockConnector, {
      toRequest: ({ connectorId }) => ({ connectorId }),
      toOutcome: ({ status }) => ({ status: unlockStatuses.toModel(status) }),
    }),
    sends(triggerMessage, TriggerMessage, {
      toRequest: ({ requestedMessage, connectorId }) => ({
        requestedMessage: messageTriggers.toWire(requestedMessage),
        ...(connectorId !== undefined && { connectorId }),
      }),
      toOutcome: ({ status }) => ({ status: triggerMessageStatuses.toModel(status) }),
    }),
  ],
});
