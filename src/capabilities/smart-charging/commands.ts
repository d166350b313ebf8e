import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';
import type { ClearCriteria } from './model.ts';
import type { ChargingProfile, ChargingRateUnit, ChargingSchedule } from './profile.ts';

/** Answers to SetChargingProfile. OCPP 1.6 §7.8. */
export const chargingProfileStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  NotSupported: 'NOT_SUPPORTED',
});

/** Answers to ClearChargingProfile. OCPP 1.6 §7.21. */
export const clearChargingProfileStatuses = wordMap({ Accepted: 'ACCEPTED', Unknown: 'UNKNOWN' });

/** Answers to GetCompositeSchedule. OCPP 1.6 §7.26. */
export const compositeScheduleStatuses = wordMap({ Accepted: 'ACCEPTED', Rejected: 'REJECTED' });

/** What is sent with SetChargingProfile. */
export interface SetChargingProfileInput {
  /** 0: the charge point as a whole, or every connector. */
  readonly connectorId: number;
  readonly profile: ChargingProfile;
  /** Hub id of the transaction that the profile is for, as far as the hub knows it; not sent. */
  readonly transactionId?: string;
}

/** The answer to SetChargingProfile. */
export interface SetChargingProfileOutcome {
  readonly status: (typeof chargingProfileStatuses.values)[number];
}

/** Give a charge point a profile. The answer is the result. OCPP 1.6 §5.16. */
export const setChargingProfile = defineCommand<SetChargingProfileInput, SetChargingProfileOutcome>({
  name: 'setChargingProfile',
  repeatable: true,
});

/** Take profiles away. The answer is the result. OCPP 1.6 §5.5. */
export const clearChargingProfile = defineCommand<
  ClearCriteria,
  { readonly status: (typeof clearChargingProfileStatuses.values)[number] }
>({ name: 'clearChargingProfile', repeatable: true });

/** What is sent with GetCompositeSchedule. */
export interface GetCompositeScheduleInput {
  /** 0: the charge point as the grid sees it. */
  readonly connectorId: number;
  readonly durationSeconds: number;
  readonly unit?: ChargingRateUnit;
}

/** The answer to GetCompositeSchedule; everything but the status may be absent, also when accepted. SC-10. */
export interface GetCompositeScheduleOutcome {
  readonly status: (typeof compositeScheduleStatuses.values)[number];
  readonly connectorId?: number;
  readonly startsAt?: Date;
  readonly schedule?: ChargingSchedule;
}

/** Ask what results from all profiles. The answer is the result. OCPP 1.6 §5.7. */
export const getCompositeSchedule = defineCommand<GetCompositeScheduleInput, GetCompositeScheduleOutcome>({
  name: 'getCompositeSchedule',
  repeatable: true,
});
