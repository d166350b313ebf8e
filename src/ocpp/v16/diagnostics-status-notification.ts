import { defineMessage } from '../message.ts';
import { closed, empty, words } from '../schema.ts';

/** `Idle` comes only when asked for. OCPP 1.6 §7.24. */
export const diagnosticsStatuses = ['Idle', 'Uploaded', 'UploadFailed', 'Uploading'] as const;

/** How far the upload of the diagnostics is. OCPP 1.6 §4.4, §6.17, §6.18. */
export const DiagnosticsStatusNotification = defineMessage({
  action: 'DiagnosticsStatusNotification',
  sender: 'chargePoint',
  request: closed({ status: words(diagnosticsStatuses) }),
  response: empty(),
});
