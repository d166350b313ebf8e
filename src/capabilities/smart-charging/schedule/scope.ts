import type { ChargingProfile } from '../profile.ts';
import { type PlacedProfile, place, type Unplaceable } from './position.ts';

/** A profile and the connector it was sent to; 0: the whole charge point. */
export interface InstalledProfile {
  readonly connectorId: number;
  readonly profile: ChargingProfile;
}

/** The transaction that runs on a connector. */
export interface RunningTransaction {
  readonly ocppTransactionId: number;
  /** What relative schedules count from. */
  readonly startedAt: Date;
}

/**
 * Why a profile can never lead in a prediction. WRONG_CONNECTOR: its purpose is not for the connector it is on (SC-1).
 * RELATIVE_MAX: a limit of the whole charge point cannot count from the start of charging. NO_START, NO_RECURRENCE: a
 * recurring one without startSchedule or recurrencyKind (SC-4). NOT_RUNNING: its transaction does not run (SC-8).
 * REPLACED: a later one took its place, by id or by purpose, stack level and connector (SC-2).
 */
export const ignoredReasons = [
  'WRONG_CONNECTOR',
  'RELATIVE_MAX',
  'NO_START',
  'NO_RECURRENCE',
  'NOT_RUNNING',
  'REPLACED',
] as const;
export type IgnoredReason = (typeof ignoredReasons)[number];

/** A profile that the prediction did not look at. */
export interface IgnoredProfile {
  readonly profileId: number;
  readonly reason: IgnoredReason;
}

/** What may lead on one connector, the highest stack level first. */
export interface ConnectorProfiles {
  readonly transaction: readonly PlacedProfile[];
  readonly byDefault: readonly PlacedProfile[];
}

/** All profiles that count, in the order in which they were installed, and why the others do not. */
export function usable(
  installed: readonly InstalledProfile[],
  transactions: ReadonlyMap<number, RunningTransaction>,
): { readonly profiles: readonly InstalledProfile[]; readonly ignored: readonly IgnoredProfile[] } {
  const byId = new Map(installed.map((one) => [one.profile.profileId, one]));
  const bySlot = new Map<string, InstalledProfile>();
  const reasons = new Map<InstalledProfile, IgnoredReason>();
  for (const one of installed) {
    const reason = byId.get(one.profile.profileId) === one ? whyNever(one, transactions) : 'REPLACED';
    if (reason) {
      reasons.set(one, reason);
      continue;
    }
    const slot = `${one.profile.purpose} ${one.profile.stackLevel} ${one.connectorId}`;
    const older = bySlot.get(slot);
    if (older) reasons.set(older, 'REPLACED');
    bySlot.set(slot, one);
  }
  return {
    profiles: installed.filter((one) => !reasons.has(one)),
    ignored: [...reasons].map(([{ profile }, reason]) => ({ profileId: profile.profileId, reason })),
  };
}

/** The profiles that limit the whole charge point, the highest stack level first. Those without a start count from `startMs`. */
export function chargePointProfiles(profiles: readonly InstalledProfile[], startMs: number): readonly PlacedProfile[] {
  const ofChargePoint = profiles.filter(({ profile }) => profile.purpose === 'CHARGE_POINT_MAX_PROFILE');
  return highestFirst(ofChargePoint, startMs);
}

/**
 * The profiles that act on one connector. A default of the connector itself hides the charge point's default of the
 * same stack level, also where it has nothing to say: it replaced it there. Without a transaction, relative schedules
 * are laid out as if one began at `startMs`. SC-1, SC-2.
 */
export function connectorProfiles(
  profiles: readonly InstalledProfile[],
  connectorId: number,
  transaction: RunningTransaction | undefined,
  startMs: number,
): ConnectorProfiles {
  const of = (purpose: ChargingProfile['purpose'], on: number) =>
    profiles.filter((one) => one.profile.purpose === purpose && one.connectorId === on);
  const own = of('TX_DEFAULT_PROFILE', connectorId);
  const ownLevels = new Set(own.map(({ profile }) => profile.stackLevel));
  const common = of('TX_DEFAULT_PROFILE', 0).filter(({ profile }) => !ownLevels.has(profile.stackLevel));
  const relativeToMs = transaction?.startedAt.getTime() ?? startMs;
  return {
    transaction: highestFirst(of('TX_PROFILE', connectorId), relativeToMs),
    byDefault: highestFirst([...own, ...common], relativeToMs),
  };
}

function whyNever(
  { connectorId, profile }: InstalledProfile,
  transactions: ReadonlyMap<number, RunningTransaction>,
): IgnoredReason | undefined {
  const { purpose, kind, ocppTransactionId } = profile;
  if (purpose === 'CHARGE_POINT_MAX_PROFILE' && connectorId !== 0) return 'WRONG_CONNECTOR';
  if (purpose === 'CHARGE_POINT_MAX_PROFILE' && kind === 'RELATIVE') return 'RELATIVE_MAX';
  if (purpose === 'TX_PROFILE') {
    if (connectorId === 0) return 'WRONG_CONNECTOR';
    const running = transactions.get(connectorId)?.ocppTransactionId;
    // Without a transaction id it is meant for the one that runs.
    if (running === undefined || (ocppTransactionId ?? running) !== running) return 'NOT_RUNNING';
  }
  const placed: PlacedProfile | Unplaceable = place(profile, 0);
  return typeof placed === 'string' ? placed : undefined;
}

function highestFirst(profiles: readonly InstalledProfile[], relativeToMs: number): readonly PlacedProfile[] {
  return profiles
    .map(({ profile }) => place(profile, relativeToMs))
    .filter((placed) => typeof placed !== 'string')
    .sort((a, b) => b.profile.stackLevel - a.profile.stackLevel);
}
