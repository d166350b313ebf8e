import { defineMessage } from '../message.ts';
import { closed, empty, int, listOf, optional } from '../schema.ts';
import { MeterValue } from './types.ts';

/**
 * The charge point tells what it measured; connector 0 is its own meter. Never refused for a value that cannot be
 * read. OCPP 1.6 §4.7, §6.31, §6.32.
 */
export const MeterValues = defineMessage({
  action: 'MeterValues',
  sender: 'chargePoint',
  request: closed({
    connectorId: int({ missing: 0 }),
    transactionId: optional(int()),
    meterValue: listOf(MeterValue, { missing: [], unreadableItems: 'drop' }),
  }),
  response: empty(),
});
