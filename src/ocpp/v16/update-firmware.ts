import { defineMessage } from '../message.ts';
import { closed, dateTime, empty, int, optional, uri } from '../schema.ts';

/**
 * The hub lets the charge point fetch new firmware, not before `retrieveDate`; `retryInterval` in seconds. OCPP 1.6
 * §5.19, §6.55, §6.56.
 */
export const UpdateFirmware = defineMessage({
  action: 'UpdateFirmware',
  sender: 'hub',
  request: closed({
    location: uri(),
    retrieveDate: dateTime(),
    retries: optional(int()),
    retryInterval: optional(int()),
  }),
  response: empty(),
});
