import { defineMessage } from '../message.ts';
import { ciString, closed, int, optional, words } from '../schema.ts';
import { ChargingProfile } from './types.ts';

/** `Accepted`: will try. OCPP 1.6 §7.39. */
export const remoteStartStatuses = ['Accepted', 'Rejected'] as const;

/** The hub asks for a transaction as if the token had been shown. OCPP 1.6 §5.11, §6.33, §6.34. */
export const RemoteStartTransaction = defineMessage({
  action: 'RemoteStartTransaction',
  sender: 'hub',
  request: closed({
    idTag: ciString(20),
    connectorId: optional(int()),
    chargingProfile: optional(ChargingProfile),
  }),
  response: closed({ status: words(remoteStartStatuses) }),
});
