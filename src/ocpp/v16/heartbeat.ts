import { defineMessage } from '../message.ts';
import { closed, dateTime, empty } from '../schema.ts';

/** The charge point lives and asks for the time. OCPP 1.6 §4.6, §6.29, §6.30. */
export const Heartbeat = defineMessage({
  action: 'Heartbeat',
  sender: 'chargePoint',
  request: empty(),
  response: closed({ currentTime: dateTime() }),
});
