import { defineMessage } from '../message.ts';
import { closed, empty, words } from '../schema.ts';

/** `Idle` comes only when asked for. OCPP 1.6 §7.25. */
export const firmwareStatuses = [
  'Downloaded',
  'DownloadFailed',
  'Downloading',
  'Idle',
  'InstallationFailed',
  'Installing',
  'Installed',
] as const;

/** How far the firmware update is. OCPP 1.6 §4.5, §6.19, §6.20. */
export const FirmwareStatusNotification = defineMessage({
  action: 'FirmwareStatusNotification',
  sender: 'chargePoint',
  request: closed({ status: words(firmwareStatuses) }),
  response: empty(),
});
