import { defineMessage } from '../message.ts';
import { closed, int, words } from '../schema.ts';
import { ChargingProfile } from './types.ts';

/** OCPP 1.6 §7.8. */
export const chargingProfileStatuses = ['Accepted', 'Rejected', 'NotSupported'] as const;

/** The hub sends a charging profile, one object in spite of its plural name. OCPP 1.6 §5.16, §6.43, §6.44. */
export const SetChargingProfile = defineMessage({
  action: 'SetChargingProfile',
  sender: 'hub',
  request: closed({
    connectorId: int(),
    csChargingProfiles: ChargingProfile,
  }),
  response: closed({ status: words(chargingProfileStatuses) }),
});
