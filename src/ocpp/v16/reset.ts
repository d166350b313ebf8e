import { defineMessage } from '../message.ts';
import { closed, words } from '../schema.ts';

/** `Soft` stops transactions first. OCPP 1.6 §7.42. */
export const resetTypes = ['Hard', 'Soft'] as const;

/** OCPP 1.6 §7.41. */
export const resetStatuses = ['Accepted', 'Rejected'] as const;

/** The hub restarts a charge point. OCPP 1.6 §5.14, §6.39, §6.40. */
export const Reset = defineMessage({
  action: 'Reset',
  sender: 'hub',
  request: closed({ type: words(resetTypes) }),
  response: closed({ status: words(resetStatuses) }),
});
