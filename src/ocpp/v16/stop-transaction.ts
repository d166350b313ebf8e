import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, int, listOf, optional, words } from '../schema.ts';
import { IdTagInfo, MeterValue } from './types.ts';

/** Why a transaction ended. OCPP 1.6 §7.37. */
export const stopReasons = [
  'DeAuthorized',
  'EmergencyStop',
  'EVDisconnected',
  'HardReset',
  'Local',
  'Other',
  'PowerLoss',
  'Reboot',
  'Remote',
  'SoftReset',
  'UnlockCommand',
] as const;

/**
 * The charge point has ended a transaction; `meterStop` in Wh; the reason is Local when absent. Any transaction id
 * reaches the handler. OCPP 1.6 §4.10, §6.49, §6.50.
 */
export const StopTransaction = defineMessage({
  action: 'StopTransaction',
  sender: 'chargePoint',
  request: closed({
    transactionId: int({ missing: -1 }),
    meterStop: int({ fraction: 'round' }),
    timestamp: dateTime({ missing: '' }),
    idTag: optional(ciString(20)),
    reason: optional(words(stopReasons, { unknownWord: { readAs: 'Other' } })),
    transactionData: optional(listOf(MeterValue, { unreadableItems: 'drop' })),
  }),
  response: closed({ idTagInfo: optional(IdTagInfo) }),
});
