import { adapter, sends } from '../../gateway/adapter.ts';
import { ClearChargingProfile, GetCompositeSchedule, SetChargingProfile } from '../../ocpp/v16/index.ts';
import {
  chargingProfileStatuses,
  clearChargingProfile,
  clearChargingProfileStatuses,
  compositeScheduleStatuses,
  getCompositeSchedule,
  setChargingProfile,
} from './commands.ts';
import { instantOf, purposeWords, reportedSchedule, wireProfile } from './ocpp16-profile.ts';

/** Smart charging in the words of OCPP 1.6. */
export const ocpp16 = adapter(['1.6'], {
  sends: [
    sends(setChargingProfile, SetChargingProfile, {
      toRequest: ({ connectorId, profile }) => ({ connectorId, csChargingProfiles: wireProfile(profile) }),
      toOutcome: ({ status }) => ({ status: chargingProfileStatuses.toModel(status) }),
    }),
    sends(clearChargingProfile, ClearChargingProfile, {
      toRequest: ({ profileId, connectorId, purpose, stackLevel }) => ({
        ...(profileId !== undefined && { id: profileId }),
        ...(connectorId !== undefined && { connectorId }),
        ...(purpose !== undefined && { chargingProfilePurpose: purposeWords.toWire(purpose) }),
        ...(stackLevel !== undefined && { stackLevel }),
      }),
      toOutcome: ({ status }) => ({ status: clearChargingProfileStatuses.toModel(status) }),
    }),
    sends(getCompositeSchedule, GetCompositeSchedule, {
      toRequest: ({ connectorId, durationSeconds, unit }) => ({
        connectorId,
        duration: durationSeconds,
        ...(unit !== undefined && { chargingRateUnit: unit }),
      }),
      toOutcome: ({ status, connectorId, scheduleStart, chargingSchedule }) => {
        const startsAt = instantOf(scheduleStart);
        return {
          status: compositeScheduleStatuses.toModel(status),
          ...(connectorId !== undefined && { connectorId }),
          ...(startsAt !== undefined && { startsAt }),
          ...(chargingSchedule !== undefined && { schedule: reportedSchedule(chargingSchedule) }),
        };
      },
    }),
  ],
});
