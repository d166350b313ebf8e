import { defineMessage } from '../message.ts';
import { closed, dateTime, int, optional } from '../schema.ts';
import { IdTagInfo, idToken } from './types.ts';

/** The charge point has begun a transaction; `meterStart` in Wh. OCPP 1.6 §4.8, §6.45, §6.46. */
export const StartTransaction = defineMessage({
  action: 'StartTransaction',
  sender: 'chargePoint',
  request: closed({
    connectorId: int(),
    idTag: idToken(),
    meterStart: int({ fraction: 'round' }),
    timestamp: dateTime({ missing: '' }),
    reservationId: optional(int()),
  }),
  response: closed({
    transactionId: int(),
    idTagInfo: IdTagInfo,
  }),
});
