import { defineMessage } from '../message.ts';
import { closed, empty, words } from '../schema.ts';

/** OCPP 1.6 §7.20. */
export const clearCacheStatuses = ['Accepted', 'Rejected'] as const;

/** The hub lets the charge point forget its authorization cache. OCPP 1.6 §5.4, §6.11, §6.12. */
export const ClearCache = defineMessage({
  action: 'ClearCache',
  sender: 'hub',
  request: empty(),
  response: closed({ status: words(clearCacheStatuses) }),
});
