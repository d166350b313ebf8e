import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, int, optional } from '../schema.ts';
import { IdTagInfo } from './types.ts';

/**
 * The charge point has begun a transaction; `meterStart` in Wh. A token that is missing or too long still reaches the
 * handler, which answers `Invalid`. OCPP 1.6 §4.8, §6.45, §6.46.
 */
export const StartTransaction = defineMessage({
  action: 'StartTransaction',
  sender: 'chargePoint',
  request: closed({
    connectorId: int(),
    idTag: ciString(20, { missing: '' }),
    meterStart: int({ fraction: 'round' }),
    timestamp: dateTime({ missing: '' }),
    reservationId: optional(int()),
  }),
  response: closed({
    transactionId: int(),
    idTagInfo: IdTagInfo,
  }),
});
