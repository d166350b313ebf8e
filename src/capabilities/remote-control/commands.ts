import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';
import type { ChargingProfile } from '../smart-charging/index.ts';

/** Answers to remote start and stop: `ACCEPTED` only means "will try". Errata 3.32, 3.33. */
export const remoteStartStopStatuses = wordMap({ Accepted: 'ACCEPTED', Rejected: 'REJECTED' });
type RemoteStartStopStatus = (typeof remoteStartStopStatuses.values)[number];

/** Answers to UnlockConnector. OCPP 1.6 §7.48. */
export const unlockStatuses = wordMap({
  Unlocked: 'UNLOCKED',
  UnlockFailed: 'UNLOCK_FAILED',
  NotSupported: 'NOT_SUPPORTED',
});
type UnlockStatus = (typeof unlockStatuses.values)[number];

/** Answers to TriggerMessage. OCPP 1.6 §7.47. */
export const triggerMessageStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  NotImplemented: 'NOT_IMPLEMENTED',
});
type TriggerMessageStatus = (typeof triggerMessageStatuses.values)[number];

/** What can be triggered. OCPP 1.6 §7.32. */
export const messageTriggers = wordMap({
  BootNotification: 'BOOT_NOTIFICATION',
  DiagnosticsStatusNotification: 'DIAGNOSTICS_STATUS_NOTIFICATION',
  FirmwareStatusNotification: 'FIRMWARE_STATUS_NOTIFICATION',
  Heartbeat: 'HEARTBEAT',
  MeterValues: 'METER_VALUES',
  StatusNotification: 'STATUS_NOTIFICATION',
});
/** A message that can be triggered. */
export type MessageTrigger = (typeof messageTriggers.values)[number];

/** How long after its yes a station may take to begin: it may wait for the cable (ConnectionTimeOut) first. */
const startWithinMs = 180_000;
const stopWithinMs = 120_000;
const triggerWithinMs = 60_000;

/** What is sent with RemoteStartTransaction. */
export interface RemoteStartInput {
  readonly connectorId?: number;
  readonly idTag: string;
  /** A TX_PROFILE for the transaction that begins; never with a transaction number. RST-2. */
  readonly chargingProfile?: ChargingProfile;
}

const isToken = (value: unknown, idTag: string): boolean => String(value).toUpperCase() === idTag.toUpperCase();

/** Start for a token. Seen through when a transaction with that token begins. OCPP 1.6 §5.11. */
export const remoteStartTransaction = defineCommand<RemoteStartInput, { readonly status: RemoteStartStopStatus }>({
  name: 'remoteStartTransaction',
  priority: 'URGENT',
  onlyAccepted: true,
  effect: {
    withinMs: () => startWithinMs,
    promised: ({ status }) => status === 'ACCEPTED',
    seen: (signal, { connectorId, idTag }) => {
      if (signal.kind !== 'event' || signal.event.type !== 'TRANSACTION_STARTED') return undefined;
      const { event } = signal;
      const sameConnector = connectorId === undefined || connectorId === event.connectorId;
      return isToken(event.data['tokenValue'], idTag) && sameConnector
        ? { transactionId: event.transactionId }
        : undefined;
    },
    missed: (signal, { connectorId, idTag }) => {
      if (signal.kind !== 'event') return false;
      const { type, data, connectorId: where } = signal.event;
      if (type === 'TOKEN_AUTHORIZED') {
        const decision = data['decision'] as { readonly status: string }; // as authorization appended it
        return isToken(data['tokenValue'], idTag) && decision.status !== 'ACCEPTED';
      }
      // "intended usage is ended": the cable did not come in time. OCPP 1.6 §4.9 B1
      const hasEnded = data['previousStatus'] === 'PREPARING' && data['status'] === 'AVAILABLE';
      return type === 'CONNECTOR_STATUS_CHANGED' && hasEnded && connectorId !== undefined && where === connectorId;
    },
    rank: ({ connectorId }) => (connectorId === undefined ? 0 : 1),
  },
});

interface RemoteStopInput {
  /** OCPP's number: any integer, also one that the hub does not know. TC_028. */
  readonly ocppTransactionId: number;
}

/** Stop a transaction. Seen through when it has ended. OCPP 1.6 §5.12. */
export const remoteStopTransaction = defineCommand<RemoteStopInput, { readonly status: RemoteStartStopStatus }>({
  name: 'remoteStopTransaction',
  priority: 'URGENT',
  onlyAccepted: true,
  effect: {
    withinMs: () => stopWithinMs,
    promised: ({ status }) => status === 'ACCEPTED',
    seen: (signal, { ocppTransactionId }) => {
      if (signal.kind !== 'event' || signal.event.type !== 'TRANSACTION_ENDED') return undefined;
      const { event } = signal;
      return event.data['ocppTransactionId'] === ocppTransactionId ? { transactionId: event.transactionId } : undefined;
    },
  },
});

interface UnlockInput {
  readonly connectorId: number;
  /** A transaction ran there as far as the hub knew: the charge point stops it first. UNL-1. */
  readonly stopsTransaction?: boolean;
}

/**
 * Release the plug. The answer is the result; where a transaction ran, it is seen through when that has ended or the
 * connector is `Finishing` or free. OCPP 1.6 §5.18.
 */
export const unlockConnector = defineCommand<UnlockInput, { readonly status: UnlockStatus }>({
  name: 'unlockConnector',
  priority: 'URGENT',
  effect: {
    withinMs: () => stopWithinMs,
    promised: ({ status }, { stopsTransaction }) => status === 'UNLOCKED' && stopsTransaction === true,
    seen: (signal, { connectorId }) => {
      if (signal.kind !== 'event' || signal.event.connectorId !== connectorId) return undefined;
      const { type, data, receivedAt } = signal.event;
      const isOver = data['status'] === 'FINISHING' || data['status'] === 'AVAILABLE';
      return type === 'TRANSACTION_ENDED' || (type === 'CONNECTOR_STATUS_CHANGED' && isOver)
        ? { releasedAt: receivedAt }
        : undefined;
    },
  },
});

interface TriggerInput {
  readonly requestedMessage: MessageTrigger;
  readonly connectorId?: number;
}

/** Ask for a message. Seen through when the message came. OCPP 1.6 §5.17. */
export const triggerMessage = defineCommand<TriggerInput, { readonly status: TriggerMessageStatus }>({
  name: 'triggerMessage',
  repeatable: true,
  effect: {
    withinMs: () => triggerWithinMs,
    promised: ({ status }) => status === 'ACCEPTED',
    seen: (signal, { requestedMessage, connectorId }) => {
      if (signal.kind !== 'answered') return undefined;
      const { message } = signal;
      if (messageTriggers.read(message.action) !== requestedMessage) return undefined;
      const request = message.request as { readonly connectorId?: unknown }; // any payload is an object once answered
      const sameConnector = connectorId === undefined || request.connectorId === connectorId;
      return sameConnector ? { receivedAt: message.receivedAt } : undefined;
    },
    rank: ({ connectorId }) => (connectorId === undefined ? 0 : 1),
  },
});
