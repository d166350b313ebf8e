import type { ChargingProfile, ChargingProfilePurpose, ChargingSchedule } from './profile.ts';
import type { Difference } from './schedule/index.ts';

/**
 * What the hub believes of a profile that it sent. SENT → INSTALLED → REPLACED, CLEARED or ENDED. UNKNOWN: no answer came,
 * so the charge point may hold it; a late answer settles it. REJECTED and NOT_SENT: it never had it.
 */
export const installedProfileStates = [
  'SENT',
  'INSTALLED',
  'UNKNOWN',
  'REJECTED',
  'NOT_SENT',
  'REPLACED',
  'CLEARED',
  'ENDED',
] as const;
export type InstalledProfileState = (typeof installedProfileStates)[number];

/** The states of what a charge point holds, or may hold. */
export const heldStates = ['INSTALLED', 'UNKNOWN'] as const satisfies readonly InstalledProfileState[];

/** A profile that the hub sent, and what became of it. */
export interface InstalledProfile {
  /** That of the command that carried it: one command, one profile. */
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** 0: the charge point. Absent: a remote start left the connector open and no transaction began yet. */
  readonly connectorId?: number;
  readonly profile: ChargingProfile;
  readonly state: InstalledProfileState;
  readonly carrier: 'SET_CHARGING_PROFILE' | 'REMOTE_START';
  /** Hub id of the transaction of a TX_PROFILE, as far as known. */
  readonly transactionId?: string;
  /** The token that a remote start waits for. */
  readonly tokenKey?: string;
  /** The transaction that took it over from a remote start; unique, so that a transaction takes over one. */
  readonly startedTransactionId?: string;
  /** Something still has to become of it: an answer, or the transaction of a remote start. */
  readonly unsettled?: true;
  /** Status of the answer, or code of the CALLERROR, as on the wire. */
  readonly wireStatus?: string;
  readonly requestedAt: Date;
  readonly installedAt?: Date;
  readonly removedAt?: Date;
  /** The command whose acceptance removed it. */
  readonly removedByCommandId?: string;
  readonly updatedAt: Date;
}

/** Which profiles to take away: an id alone, or all that match what is given; nothing given means every one. SC-9. */
export interface ClearCriteria {
  readonly profileId?: number;
  readonly connectorId?: number;
  readonly purpose?: ChargingProfilePurpose;
  readonly stackLevel?: number;
}

/** What a charge point (or the hub) says comes out of all profiles. */
export interface CompositeSchedule {
  readonly connectorId: number;
  readonly startsAt: Date;
  readonly schedule: ChargingSchedule;
  readonly source: 'CHARGE_POINT' | 'PREDICTED';
  /** When the charge point said so. */
  readonly reportedAt?: Date;
  /** Absent for a prediction, and when none could be made. */
  readonly comparison?: ScheduleComparison;
}

/** A report beside the hub's own prediction, made when the report came. */
export interface ScheduleComparison {
  readonly predicted: CompositeSchedule;
  /** The spans over which the two differ; empty: they agree. */
  readonly differences: readonly Difference[];
}

/** The newest schedule that a charge point reported for a connector and unit. */
export interface ReportedSchedule extends CompositeSchedule {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly commandId: string;
  readonly requestedAt: Date;
  readonly source: 'CHARGE_POINT';
  readonly reportedAt: Date;
}

/** Whether a charge point that takes `incoming` drops `held`: same id, or same level, purpose and connector. SC-2. */
export function isReplacedBy(
  held: Pick<InstalledProfile, 'connectorId' | 'profile'>,
  incoming: { readonly connectorId?: number; readonly profile: ChargingProfile },
): boolean {
  if (held.profile.profileId === incoming.profile.profileId) return true;
  return (
    held.profile.stackLevel === incoming.profile.stackLevel &&
    held.profile.purpose === incoming.profile.purpose &&
    held.connectorId === incoming.connectorId
  );
}

/** Whether ClearChargingProfile with these criteria means `held`. With an id the rest does not count. SC-9, errata 3.25, 3.26. */
export function isCleared(held: Pick<InstalledProfile, 'connectorId' | 'profile'>, criteria: ClearCriteria): boolean {
  const { profileId, connectorId, purpose, stackLevel } = criteria;
  if (profileId !== undefined) return held.profile.profileId === profileId;
  return (
    (connectorId === undefined || connectorId === held.connectorId) &&
    (purpose === undefined || purpose === held.profile.purpose) &&
    (stackLevel === undefined || stackLevel === held.profile.stackLevel)
  );
}

/** Whether the end of a transaction is the end of `held`. SC-8. */
export const endsWith = (
  held: Pick<InstalledProfile, 'connectorId' | 'profile' | 'transactionId'>,
  transaction: { readonly id: string; readonly connectorId?: number | undefined },
): boolean =>
  held.profile.purpose === 'TX_PROFILE' &&
  (held.transactionId === undefined
    ? held.connectorId === transaction.connectorId
    : held.transactionId === transaction.id);

/** Whether the schedule goes on for ever once it began, so that nothing below it on the stack ever acts. Errata 3.7. */
export const isOpenEnded = ({ kind, validTo, schedule }: ChargingProfile): boolean =>
  validTo === undefined && schedule.durationSeconds === undefined && kind !== 'RECURRING';
