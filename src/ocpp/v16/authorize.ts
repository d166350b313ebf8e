import { defineMessage } from '../message.ts';
import { closed } from '../schema.ts';
import { IdTagInfo, idToken } from './types.ts';

/** The charge point asks whether a token may charge. OCPP 1.6 §4.1, §6.1, §6.2. */
export const Authorize = defineMessage({
  action: 'Authorize',
  sender: 'chargePoint',
  request: closed({ idTag: idToken() }),
  response: closed({ idTagInfo: IdTagInfo }),
});
