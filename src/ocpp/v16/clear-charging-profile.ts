import { defineMessage } from '../message.ts';
import { closed, int, optional, words } from '../schema.ts';
import { chargingProfilePurposes } from './types.ts';

/** OCPP 1.6 §7.21. */
export const clearChargingProfileStatuses = ['Accepted', 'Unknown'] as const;

/** The hub removes the charging profiles that match every given field. OCPP 1.6 §5.5, §6.13, §6.14. */
export const ClearChargingProfile = defineMessage({
  action: 'ClearChargingProfile',
  sender: 'hub',
  request: closed({
    id: optional(int()),
    connectorId: optional(int()),
    chargingProfilePurpose: optional(words(chargingProfilePurposes)),
    stackLevel: optional(int()),
  }),
  response: closed({ status: words(clearChargingProfileStatuses) }),
});
