import { defineMessage } from '../message.ts';
import { closed, dateTime, int, optional, words } from '../schema.ts';
import { ChargingSchedule, chargingRateUnits } from './types.ts';

/** OCPP 1.6 §7.26. */
export const compositeScheduleStatuses = ['Accepted', 'Rejected'] as const;

/** The hub asks what limit results from all profiles over the next `duration` seconds. OCPP 1.6 §5.7, §6.21, §6.22. */
export const GetCompositeSchedule = defineMessage({
  action: 'GetCompositeSchedule',
  sender: 'hub',
  request: closed({
    connectorId: int(),
    duration: int(),
    chargingRateUnit: optional(words(chargingRateUnits)),
  }),
  response: closed({
    status: words(compositeScheduleStatuses),
    connectorId: optional(int()),
    scheduleStart: optional(dateTime()),
    chargingSchedule: optional(ChargingSchedule),
  }),
});
