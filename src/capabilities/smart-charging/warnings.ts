import type { CommandWarning } from '../commands/index.ts';
import { formWarnings } from './form-warnings.ts';
import { type ClearCriteria, type InstalledProfile, isCleared, isOpenEnded, isReplacedBy } from './model.ts';
import type { ChargingProfile, ChargingRateUnit } from './profile.ts';

/** What the hub knows of a charge point before it sends a profile; absent is what it never learnt. */
export interface StationFacts {
  readonly now: Date;
  /** Numbers that the charge point has spoken of; empty: none. */
  readonly connectorIds: readonly number[];
  readonly isSmart?: boolean;
  readonly stackLevelMax?: number;
  readonly periodsMax?: number;
  readonly installedMax?: number;
  readonly units?: readonly ChargingRateUnit[];
  /** Whether it can change between one and three phases while it charges. */
  readonly switchesPhases?: boolean;
  /** What it holds or may hold. */
  readonly held: readonly InstalledProfile[];
}

/** A profile on its way. */
export interface Outgoing {
  /** Absent: a remote start leaves the connector open. */
  readonly connectorId?: number;
  readonly profile: ChargingProfile;
  readonly carrier: InstalledProfile['carrier'];
  /** OCPP numbers of the transactions that run on the connector. */
  readonly running: readonly number[];
}

const warning = (code: string, path: string | undefined, message: string): CommandWarning => ({
  code,
  message,
  ...(path !== undefined && { path }),
});

/** What the hub knows against a command at all. */
export function targetWarnings(facts: StationFacts, connectorId: number | undefined): CommandWarning[] {
  const warnings: CommandWarning[] = [];
  if (facts.isSmart === false) {
    warnings.push(
      warning('SMART_CHARGING_UNSUPPORTED', undefined, 'SupportedFeatureProfiles does not name SmartCharging'),
    );
  }
  const isKnown = connectorId === undefined || connectorId === 0 || facts.connectorIds.includes(connectorId);
  if (!isKnown && facts.connectorIds.some((known) => known > 0)) {
    warnings.push(
      warning('CONNECTOR_UNKNOWN', 'input.connectorId', 'the charge point never spoke of a connector with this number'),
    );
  }
  return warnings;
}

/** Whether the charge point is known not to take the unit. */
export function unitWarnings(facts: StationFacts, unit: ChargingRateUnit | undefined, path: string): CommandWarning[] {
  if (unit === undefined || facts.units === undefined || facts.units.includes(unit)) return [];
  const allowed = facts.units.join(', ') || 'none';
  return [warning('UNIT_NOT_ALLOWED', path, `ChargingScheduleAllowedChargingRateUnit allows ${allowed}`)];
}

/** Everything unwise about a profile, as far as the hub knows; it is sent all the same. `path` is its place in the input. */
export const profileWarnings = (facts: StationFacts, outgoing: Outgoing, path: string): CommandWarning[] => [
  // a remote start looks at its connector itself
  ...targetWarnings(facts, outgoing.carrier === 'REMOTE_START' ? undefined : outgoing.connectorId),
  ...placeWarnings(outgoing, path),
  ...formWarnings(outgoing.profile, facts.now, path),
  ...limitWarnings(facts, outgoing, path),
  ...stackWarnings(facts, outgoing, path),
];

/** Where a purpose may go, and what a TX_PROFILE needs. SC-1, RST-2. */
function placeWarnings({ connectorId, profile, carrier, running }: Outgoing, path: string): CommandWarning[] {
  const { purpose, ocppTransactionId } = profile;
  const warnings: CommandWarning[] = [];
  const misplaced = (message: string) =>
    warnings.push(warning('PURPOSE_NOT_ALLOWED_ON_CONNECTOR', `${path}.purpose`, message));
  if (carrier === 'REMOTE_START') {
    if (purpose !== 'TX_PROFILE') {
      warnings.push(warning('PURPOSE_NOT_TX_PROFILE', `${path}.purpose`, 'a remote start carries a TX_PROFILE only'));
    }
    return warnings;
  }
  if (purpose === 'CHARGE_POINT_MAX_PROFILE' && connectorId !== 0) {
    misplaced('a CHARGE_POINT_MAX_PROFILE belongs on connector 0');
  }
  if (purpose === 'TX_PROFILE' && connectorId === 0)
    misplaced('a TX_PROFILE belongs on the connector of its transaction');
  if (purpose !== 'TX_PROFILE') {
    if (ocppTransactionId !== undefined) {
      warnings.push(
        warning('TRANSACTION_WITHOUT_TX_PROFILE', 'input.transaction', 'only a TX_PROFILE belongs to a transaction'),
      );
    }
    return warnings;
  }
  if (ocppTransactionId === undefined) {
    warnings.push(
      warning(
        'TX_PROFILE_WITHOUT_TRANSACTION',
        'input.transaction',
        'a TX_PROFILE should name its running transaction',
      ),
    );
  }
  if (running.length === 0) {
    warnings.push(warning('NO_TRANSACTION_RUNNING', 'input.connectorId', 'no transaction runs on the connector'));
  } else if (ocppTransactionId !== undefined && !running.includes(ocppTransactionId)) {
    warnings.push(
      warning('TRANSACTION_NOT_RUNNING', 'input.transaction', 'the transaction does not run on the connector'),
    );
  }
  return warnings;
}

/** What the charge point says it can take. SC-7. */
function limitWarnings(facts: StationFacts, { profile }: Outgoing, path: string): CommandWarning[] {
  const { schedule, stackLevel } = profile;
  const warnings = unitWarnings(facts, schedule.unit, `${path}.schedule.unit`);
  if (facts.stackLevelMax !== undefined && stackLevel > facts.stackLevelMax) {
    warnings.push(
      warning('STACK_LEVEL_TOO_HIGH', `${path}.stackLevel`, `ChargeProfileMaxStackLevel is ${facts.stackLevelMax}`),
    );
  }
  if (facts.periodsMax !== undefined && schedule.periods.length > facts.periodsMax) {
    warnings.push(
      warning('TOO_MANY_PERIODS', `${path}.schedule.periods`, `ChargingScheduleMaxPeriods is ${facts.periodsMax}`),
    );
  }
  const phases = new Set(schedule.periods.map(({ numberPhases }) => numberPhases ?? 3));
  if (facts.switchesPhases === false && phases.size > 1) {
    warnings.push(
      warning(
        'PHASE_SWITCH_UNSUPPORTED',
        `${path}.schedule.periods`,
        'ConnectorSwitch3to1PhaseSupported is false, and the number of phases changes',
      ),
    );
  }
  return warnings;
}

/** What the profile does to those that are there. SC-2, SC-3. */
function stackWarnings(facts: StationFacts, outgoing: Outgoing, path: string): CommandWarning[] {
  const { profile } = outgoing;
  const warnings: CommandWarning[] = [];
  const replaced = facts.held.filter((held) => isReplacedBy(held, outgoing));
  for (const { profile: old } of replaced) {
    const sameId = old.profileId === profile.profileId;
    warnings.push(
      warning(
        'REPLACES_PROFILE',
        sameId ? `${path}.profileId` : `${path}.stackLevel`,
        `the charge point drops profile ${old.profileId} (${old.purpose}, level ${old.stackLevel}) for it`,
      ),
    );
  }
  const count = facts.held.length - replaced.length;
  if (facts.installedMax !== undefined && count >= facts.installedMax) {
    warnings.push(
      warning(
        'TOO_MANY_PROFILES',
        path,
        `MaxChargingProfilesInstalled is ${facts.installedMax}, and ${count} are there`,
      ),
    );
  }
  const siblings = facts.held.filter(
    (held) =>
      held.profile.purpose === profile.purpose && held.connectorId === outgoing.connectorId && !replaced.includes(held),
  );
  const lower = siblings.filter((held) => held.profile.stackLevel < profile.stackLevel);
  if (isOpenEnded(profile) && lower.length > 0) {
    const ids = lower.slice(0, 5).map((held) => held.profile.profileId);
    const message = `without duration and validTo it never gives way to what lies below: profile ${ids.join(', ')}`;
    warnings.push(warning('HIDES_LOWER_LEVELS', `${path}.schedule.durationSeconds`, message));
  }
  const above = siblings.find((held) => held.profile.stackLevel > profile.stackLevel && isOpenEnded(held.profile));
  if (above !== undefined) {
    const message = `profile ${above.profile.profileId} on level ${above.profile.stackLevel} has no end and hides it`;
    warnings.push(warning('HIDDEN_BY_HIGHER_LEVEL', `${path}.stackLevel`, message));
  }
  return warnings;
}

/** What is unwise about the criteria of a ClearChargingProfile. SC-9. */
export function clearWarnings(facts: StationFacts, criteria: ClearCriteria): CommandWarning[] {
  const warnings = targetWarnings(facts, criteria.connectorId);
  const { profileId, ...rest } = criteria;
  if (profileId !== undefined && Object.keys(rest).length > 0) {
    warnings.push(warning('CRITERIA_IGNORED', 'input.profileId', 'with an id charge points ignore the other criteria'));
  }
  if (!facts.held.some((held) => isCleared(held, criteria))) {
    warnings.push(warning('NO_PROFILE_MATCHES', undefined, 'the hub knows of no profile there that matches'));
  }
  return warnings;
}
