import { wordMap } from '../../kernel/words.ts';
import type { RequestOf } from '../../ocpp/message.ts';
import { formatTimestamp, parseTimestamp } from '../../ocpp/time.ts';
import type { SetChargingProfile } from '../../ocpp/v16/index.ts';
import type { ChargingProfile, ChargingSchedule } from './profile.ts';

type WireProfile = RequestOf<typeof SetChargingProfile>['csChargingProfiles'];
type WireSchedule = WireProfile['chargingSchedule'];

const kinds = wordMap({ Absolute: 'ABSOLUTE', Recurring: 'RECURRING', Relative: 'RELATIVE' });
const recurrencyKinds = wordMap({ Daily: 'DAILY', Weekly: 'WEEKLY' });

/** What a profile is for. OCPP 1.6 §7.11. */
export const purposeWords = wordMap({
  ChargePointMaxProfile: 'CHARGE_POINT_MAX_PROFILE',
  TxDefaultProfile: 'TX_DEFAULT_PROFILE',
  TxProfile: 'TX_PROFILE',
});

const wireSchedule = (schedule: ChargingSchedule): WireSchedule => ({
  ...(schedule.durationSeconds !== undefined && { duration: schedule.durationSeconds }),
  ...(schedule.startSchedule !== undefined && { startSchedule: formatTimestamp(schedule.startSchedule) }),
  chargingRateUnit: schedule.unit,
  chargingSchedulePeriod: schedule.periods.map(({ startPeriod, limit, numberPhases }) => ({
    startPeriod,
    limit,
    ...(numberPhases !== undefined && { numberPhases }),
  })),
  ...(schedule.minChargingRate !== undefined && { minChargingRate: schedule.minChargingRate }),
});

/** A profile in the words of OCPP 1.6; what is absent stays out of the message. */
export const wireProfile = (profile: ChargingProfile): WireProfile => ({
  chargingProfileId: profile.profileId,
  ...(profile.ocppTransactionId !== undefined && { transactionId: profile.ocppTransactionId }),
  stackLevel: profile.stackLevel,
  chargingProfilePurpose: purposeWords.toWire(profile.purpose),
  chargingProfileKind: kinds.toWire(profile.kind),
  ...(profile.recurrencyKind !== undefined && { recurrencyKind: recurrencyKinds.toWire(profile.recurrencyKind) }),
  ...(profile.validFrom !== undefined && { validFrom: formatTimestamp(profile.validFrom) }),
  ...(profile.validTo !== undefined && { validTo: formatTimestamp(profile.validTo) }),
  chargingSchedule: wireSchedule(profile.schedule),
});

/** The instant that a charge point wrote in an answer; undefined when nobody can read it. */
export function instantOf(text: string | undefined): Date | undefined {
  const { at, quality } = parseTimestamp(text, new Date(0)); // the fallback is never taken
  return quality === 'ok' || quality === 'noZone' ? at : undefined;
}

/** A schedule as a charge point reports it. */
export function reportedSchedule(wire: WireSchedule): ChargingSchedule {
  const startSchedule = instantOf(wire.startSchedule);
  return {
    ...(wire.duration !== undefined && { durationSeconds: wire.duration }),
    ...(startSchedule !== undefined && { startSchedule }),
    unit: wire.chargingRateUnit,
    ...(wire.minChargingRate !== undefined && { minChargingRate: wire.minChargingRate }),
    periods: wire.chargingSchedulePeriod.map(({ startPeriod, limit, numberPhases }) => ({
      startPeriod,
      limit,
      ...(numberPhases !== undefined && { numberPhases }),
    })),
  };
}
