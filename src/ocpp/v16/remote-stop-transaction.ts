import { defineMessage } from '../message.ts';
import { closed, int, words } from '../schema.ts';

/** `Accepted`: will try. OCPP 1.6 §7.39. */
export const remoteStopStatuses = ['Accepted', 'Rejected'] as const;

/** The hub asks to stop a transaction. OCPP 1.6 §5.12, §6.35, §6.36. */
export const RemoteStopTransaction = defineMessage({
  action: 'RemoteStopTransaction',
  sender: 'hub',
  request: closed({ transactionId: int() }),
  response: closed({ status: words(remoteStopStatuses) }),
});
