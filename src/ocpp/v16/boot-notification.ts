import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, int, optional, words } from '../schema.ts';

/** What the hub says to a charge point that starts. OCPP 1.6 §7.38. */
export const registrationStatuses = ['Accepted', 'Pending', 'Rejected'] as const;

/**
 * The charge point has started and says what it is. `interval` in seconds: heartbeat period when accepted, else the
 * earliest next try. OCPP 1.6 §4.2, §6.3, §6.4.
 */
export const BootNotification = defineMessage({
  action: 'BootNotification',
  sender: 'chargePoint',
  request: closed({
    chargePointVendor: ciString(20),
    chargePointModel: ciString(20),
    chargePointSerialNumber: optional(ciString(25)),
    chargeBoxSerialNumber: optional(ciString(25)),
    firmwareVersion: optional(ciString(50)),
    iccid: optional(ciString(20)),
    imsi: optional(ciString(20)),
    meterType: optional(ciString(25)),
    meterSerialNumber: optional(ciString(25)),
  }),
  response: closed({
    status: words(registrationStatuses),
    currentTime: dateTime(),
    interval: int(),
  }),
});
