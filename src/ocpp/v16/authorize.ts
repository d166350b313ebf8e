import { defineMessage } from '../message.ts';
import { ciString, closed } from '../schema.ts';
import { IdTagInfo } from './types.ts';

/** The charge point asks whether a token may charge. OCPP 1.6 §4.1, §6.1, §6.2. */
export const Authorize = defineMessage({
  action: 'Authorize',
  sender: 'chargePoint',
  request: closed({ idTag: ciString(20) }),
  response: closed({ idTagInfo: IdTagInfo }),
});
