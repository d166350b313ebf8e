import { defineMessage } from '../message.ts';
import { closed, int, optional, words } from '../schema.ts';

/** OCPP 1.6 §7.35. */
export const triggerableMessages = [
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
] as const;

/** OCPP 1.6 §7.44. */
export const triggerStatuses = ['Accepted', 'Rejected', 'NotImplemented'] as const;

/** The hub asks for a message; without `connectorId` for all connectors. OCPP 1.6 §5.17, §6.51, §6.52. */
export const TriggerMessage = defineMessage({
  action: 'TriggerMessage',
  sender: 'hub',
  request: closed({
    requestedMessage: words(triggerableMessages),
    connectorId: optional(int()),
  }),
  response: closed({ status: words(triggerStatuses) }),
});
