import type { NewEvent } from '../../events/event.ts';
import type { InstalledProfile } from './model.ts';

/** What the hub believes of a profile changed. Natural key: the profile and its new state; it takes each state once. */
export const profileChangedType = 'CHARGING_PROFILE_CHANGED';

/** The event of the state that a profile is in. */
export const profileChanged = (installed: InstalledProfile): NewEvent => ({
  tenantId: installed.tenantId,
  type: profileChangedType,
  key: [installed._id, installed.state],
  occurredAt: installed.updatedAt,
  receivedAt: installed.updatedAt,
  chargePointId: installed.chargePointId,
  ...(installed.connectorId !== undefined && { connectorId: installed.connectorId }),
  ...(installed.transactionId !== undefined && { transactionId: installed.transactionId }),
  commandId: installed._id,
  data: {
    profileId: installed.profile.profileId,
    purpose: installed.profile.purpose,
    stackLevel: installed.profile.stackLevel,
    state: installed.state,
    ...(installed.wireStatus !== undefined && { wireStatus: installed.wireStatus }),
  },
});
