import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, int, optional, uri } from '../schema.ts';

/**
 * The hub lets the charge point upload its diagnostics to a folder; `retryInterval` in seconds. OCPP 1.6 §5.9, §6.25,
 * §6.26.
 */
export const GetDiagnostics = defineMessage({
  action: 'GetDiagnostics',
  sender: 'hub',
  request: closed({
    location: uri(),
    retries: optional(int()),
    retryInterval: optional(int()),
    startTime: optional(dateTime()),
    stopTime: optional(dateTime()),
  }),
  response: closed({ fileName: optional(ciString(255)) }),
});
