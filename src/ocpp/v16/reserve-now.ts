import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, int, optional, words } from '../schema.ts';

/** OCPP 1.6 §7.40. */
export const reservationStatuses = ['Accepted', 'Faulted', 'Occupied', 'Rejected', 'Unavailable'] as const;

/** The hub reserves a connector, or with connector 0 any one, for a token. OCPP 1.6 §5.13, §6.37, §6.38. */
export const ReserveNow = defineMessage({
  action: 'ReserveNow',
  sender: 'hub',
  request: closed({
    connectorId: int(),
    expiryDate: dateTime(),
    idTag: ciString(20),
    parentIdTag: optional(ciString(20)),
    reservationId: int(),
  }),
  response: closed({ status: words(reservationStatuses) }),
});
