import { defineMessage } from '../message.ts';
import { closed, int, words } from '../schema.ts';

/** `NotSupported`: no lock, or no such connector. OCPP 1.6 §7.48. */
export const unlockStatuses = ['Unlocked', 'UnlockFailed', 'NotSupported'] as const;

/** The hub unlocks the cable of a connector. OCPP 1.6 §5.18, §6.53, §6.54. */
export const UnlockConnector = defineMessage({
  action: 'UnlockConnector',
  sender: 'hub',
  request: closed({ connectorId: int() }),
  response: closed({ status: words(unlockStatuses) }),
});
