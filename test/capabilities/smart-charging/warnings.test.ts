import { describe, expect, test } from 'vitest';
import { limitsOf } from '../../../src/capabilities/smart-charging/facts.ts';
import type { InstalledProfile } from '../../../src/capabilities/smart-charging/model.ts';
import { isCleared, isReplacedBy } from '../../../src/capabilities/smart-charging/model.ts';
import type { ChargingProfile, ChargingSchedule } from '../../../src/capabilities/smart-charging/profile.ts';
import {
  clearWarnings,
  type Outgoing,
  profileWarnings,
  type StationFacts,
} from '../../../src/capabilities/smart-charging/warnings.ts';

const now = new Date('2026-06-01T12:00:00.000Z');
const past = new Date('2026-05-01T12:00:00.000Z');
const later = new Date('2026-07-01T12:00:00.000Z');

const schedule = (over: Partial<ChargingSchedule> = {}): ChargingSchedule => ({
  unit: 'A',
  durationSeconds: 3_600,
  startSchedule: later,
  periods: [{ startPeriod: 0, limit: 16 }],
  ...over,
});
const fine = (over: Partial<ChargingProfile> = {}): ChargingProfile => ({
  profileId: 7,
  stackLevel: 2,
  purpose: 'TX_DEFAULT_PROFILE',
  kind: 'ABSOLUTE',
  schedule: schedule(),
  ...over,
});
const { startSchedule: _start, ...withoutStart } = schedule();
const { durationSeconds: _duration, ...withoutDuration } = schedule();
const facts = (over: Partial<StationFacts> = {}): StationFacts => ({ now, connectorIds: [0, 1, 2], held: [], ...over });
const held = (profile: Partial<ChargingProfile>, connectorId = 1): InstalledProfile => ({
  _id: 'held',
  tenantId: 't',
  chargePointId: 'c',
  connectorId,
  profile: fine(profile),
  state: 'INSTALLED',
  carrier: 'SET_CHARGING_PROFILE',
  requestedAt: past,
  updatedAt: past,
});
const warn = (profile: ChargingProfile, known: Partial<StationFacts> = {}, over: Partial<Outgoing> = {}) =>
  profileWarnings(
    facts(known),
    { profile, connectorId: 1, carrier: 'SET_CHARGING_PROFILE', running: [], ...over },
    'input.profile',
  ).map(({ code, path }) => [code, path]);

test('a sound profile is not warned of, whatever is unknown of the charge point', () => {
  expect(warn(fine())).toEqual([]);
  expect(warn(fine(), { connectorIds: [] })).toEqual([]);
});

describe('each unwise thing about a profile has its code and place', () => {
  test.each<[string, ChargingProfile, string]>([
    ['START_WITH_RELATIVE', fine({ kind: 'RELATIVE' }), 'schedule.startSchedule'],
    ['START_MISSING', fine({ schedule: withoutStart }), 'schedule.startSchedule'],
    ['RECURRENCY_KIND_MISSING', fine({ kind: 'RECURRING' }), 'recurrencyKind'],
    ['RECURRENCY_KIND_UNUSED', fine({ recurrencyKind: 'DAILY' }), 'recurrencyKind'],
    [
      'VALIDITY_PAST',
      fine({
        validTo: past,
        validFrom: new Date(0),
        schedule: schedule({ startSchedule: new Date(0), durationSeconds: 1e9 * 2 }),
      }),
      'validTo',
    ],
    ['VALIDITY_EMPTY', fine({ validFrom: new Date('2027-01-01'), validTo: new Date('2026-12-01') }), 'validTo'],
    ['SCHEDULE_PAST', fine({ schedule: schedule({ startSchedule: past }) }), 'schedule.durationSeconds'],
    ['SCHEDULE_AFTER_VALIDITY', fine({ validTo: new Date('2026-06-15') }), 'schedule.startSchedule'],
    [
      'FIRST_PERIOD_NOT_ZERO',
      fine({ schedule: schedule({ periods: [{ startPeriod: 1, limit: 1 }] }) }),
      'schedule.periods.0.startPeriod',
    ],
    [
      'PERIODS_NOT_ASCENDING',
      fine({
        schedule: schedule({
          periods: [
            { startPeriod: 0, limit: 1 },
            { startPeriod: 0, limit: 2 },
          ],
        }),
      }),
      'schedule.periods.1.startPeriod',
    ],
    [
      'PERIOD_BEYOND_DURATION',
      fine({
        schedule: schedule({
          periods: [
            { startPeriod: 0, limit: 1 },
            { startPeriod: 3_600, limit: 2 },
          ],
        }),
      }),
      'schedule.periods.1.startPeriod',
    ],
    [
      'PERIOD_BEYOND_RECURRENCE',
      fine({
        kind: 'RECURRING',
        recurrencyKind: 'DAILY',
        schedule: {
          ...withoutDuration,
          periods: [
            { startPeriod: 0, limit: 1 },
            { startPeriod: 86_400, limit: 2 },
          ],
        },
      }),
      'schedule.periods.1.startPeriod',
    ],
    [
      'DURATION_BEYOND_RECURRENCE',
      fine({ kind: 'RECURRING', recurrencyKind: 'WEEKLY', schedule: schedule({ durationSeconds: 604_801 }) }),
      'schedule.durationSeconds',
    ],
    [
      'PHASES_IMPOSSIBLE',
      fine({ schedule: schedule({ periods: [{ startPeriod: 0, limit: 1, numberPhases: 4 }] }) }),
      'schedule.periods.0.numberPhases',
    ],
    ['PURPOSE_NOT_ALLOWED_ON_CONNECTOR', fine({ purpose: 'CHARGE_POINT_MAX_PROFILE' }), 'purpose'],
  ])('%s', (code, profile, path) => {
    expect(warn(profile)).toEqual([[code, `input.profile.${path}`]]);
  });

  test('a charge point as a whole cannot count from the start of charging', () => {
    const profile = fine({ kind: 'RELATIVE', purpose: 'CHARGE_POINT_MAX_PROFILE', schedule: withoutStart });
    expect(warn(profile, {}, { connectorId: 0 })).toEqual([['RELATIVE_CHARGE_POINT_MAX', 'input.profile.kind']]);
  });
});

describe('what is known of the charge point', () => {
  const two = {
    periods: [
      { startPeriod: 0, limit: 1, numberPhases: 1 },
      { startPeriod: 9, limit: 1 },
    ],
  };
  test.each<[string, Partial<StationFacts>, string]>([
    ['SMART_CHARGING_UNSUPPORTED', { isSmart: false }, ''],
    ['CONNECTOR_UNKNOWN', { connectorIds: [0, 2] }, 'input.connectorId'],
    ['UNIT_NOT_ALLOWED', { units: ['W'] }, 'input.profile.schedule.unit'],
    ['STACK_LEVEL_TOO_HIGH', { stackLevelMax: 1 }, 'input.profile.stackLevel'],
    ['TOO_MANY_PERIODS', { periodsMax: 1 }, 'input.profile.schedule.periods'],
    ['PHASE_SWITCH_UNSUPPORTED', { switchesPhases: false }, 'input.profile.schedule.periods'],
    ['TOO_MANY_PROFILES', { installedMax: 1, held: [held({ profileId: 1 }, 2)] }, 'input.profile'],
  ])('%s', (code, known, path) => {
    expect(warn(fine({ schedule: schedule(two) }), known)).toEqual([[code, path === '' ? undefined : path]]);
  });

  test('what it can just take is not warned of', () => {
    const known = { stackLevelMax: 2, periodsMax: 1, installedMax: 1, units: ['A' as const], isSmart: true };
    expect(warn(fine(), { ...known, held: [held({ profileId: 7 })] })).toEqual([
      ['REPLACES_PROFILE', 'input.profile.profileId'], // the one that goes makes room
    ]);
  });

  test('its settings are read as last reported, and nothing is guessed from what cannot be read', () => {
    const settings = (values: Record<string, string>) =>
      Object.entries(values).map(([key, value]) => ({ keyFolded: key.toLowerCase(), value }));
    expect(
      limitsOf(
        settings({
          ChargeProfileMaxStackLevel: '8',
          ChargingScheduleAllowedChargingRateUnit: 'Current, power',
          ChargingScheduleMaxPeriods: '24',
          MaxChargingProfilesInstalled: '10',
          ConnectorSwitch3to1PhaseSupported: 'False',
          SupportedFeatureProfiles: 'Core,SmartCharging',
        }),
      ),
    ).toEqual({
      stackLevelMax: 8,
      units: ['A', 'W'],
      periodsMax: 24,
      installedMax: 10,
      switchesPhases: false,
      isSmart: true,
    });
    expect(
      limitsOf(
        settings({
          ChargeProfileMaxStackLevel: 'many',
          ChargingScheduleAllowedChargingRateUnit: 'Amperes',
          ChargingScheduleMaxPeriods: '',
          SupportedFeatureProfiles: ' ',
        }),
      ),
    ).toEqual({});
    expect(limitsOf([])).toEqual({});
  });
});

describe('a TX_PROFILE', () => {
  const tx = (ocppTransactionId?: number) =>
    fine({ purpose: 'TX_PROFILE', ...(ocppTransactionId !== undefined && { ocppTransactionId }) });
  test('needs the running transaction of a connector', () => {
    expect(warn(tx(5), {}, { running: [5] })).toEqual([]);
    expect(warn(tx(6), {}, { running: [5] })).toEqual([['TRANSACTION_NOT_RUNNING', 'input.transaction']]);
    expect(warn(tx(), {}, { running: [5] })).toEqual([['TX_PROFILE_WITHOUT_TRANSACTION', 'input.transaction']]);
    expect(warn(tx(5))).toEqual([['NO_TRANSACTION_RUNNING', 'input.connectorId']]);
    expect(warn(tx(5), {}, { connectorId: 0 }).map(([code]) => code)).toContain('PURPOSE_NOT_ALLOWED_ON_CONNECTOR');
    expect(warn(fine({ ocppTransactionId: 5 }))).toEqual([['TRANSACTION_WITHOUT_TX_PROFILE', 'input.transaction']]);
  });
  test('is the only one that a remote start carries', () => {
    const start = { carrier: 'REMOTE_START' as const };
    expect(warn(tx(), {}, start)).toEqual([]);
    expect(warn(fine(), {}, start)).toEqual([['PURPOSE_NOT_TX_PROFILE', 'input.profile.purpose']]);
  });
});

describe('the stack', () => {
  const open = { schedule: withoutDuration };
  test('an open-ended profile hides what lies below it, a recurring or bounded one does not', () => {
    const below = [held({ profileId: 1, stackLevel: 1 })];
    expect(warn(fine(open), { held: below })).toEqual([
      ['HIDES_LOWER_LEVELS', 'input.profile.schedule.durationSeconds'],
    ]);
    expect(warn(fine({ ...open, validTo: new Date('2030-01-01') }), { held: below })).toEqual([]);
    expect(warn(fine({ ...open, kind: 'RECURRING', recurrencyKind: 'DAILY' }), { held: below })).toEqual([]);
    expect(warn(fine(open), { held: [held({ profileId: 1, stackLevel: 1 }, 2)] })).toEqual([]);
  });
  test('and is hidden itself by one above', () => {
    expect(warn(fine(), { held: [held({ profileId: 1, stackLevel: 3, ...open })] })).toEqual([
      ['HIDDEN_BY_HIGHER_LEVEL', 'input.profile.stackLevel'],
    ]);
  });
  test('the same level, purpose and connector is replaced; another purpose or connector is not', () => {
    const incoming = { connectorId: 1, profile: fine({ profileId: 9 }) };
    expect(isReplacedBy(held({}), incoming)).toBe(true);
    expect(isReplacedBy(held({}, 2), incoming)).toBe(false);
    expect(isReplacedBy(held({ stackLevel: 3 }), incoming)).toBe(false);
    expect(isReplacedBy(held({ purpose: 'TX_PROFILE' }), incoming)).toBe(false);
    expect(isReplacedBy(held({ profileId: 9, purpose: 'TX_PROFILE', stackLevel: 0 }, 2), incoming)).toBe(true);
  });
});

describe('clearing (SC-9)', () => {
  test('with an id nothing else counts; without, everything given must match; nothing given is everything', () => {
    expect(isCleared(held({}), { profileId: 7, connectorId: 9, stackLevel: 9 })).toBe(true);
    expect(isCleared(held({}), { profileId: 8, connectorId: 1 })).toBe(false);
    expect(isCleared(held({}), { connectorId: 1, purpose: 'TX_DEFAULT_PROFILE', stackLevel: 2 })).toBe(true);
    expect(isCleared(held({}), { connectorId: 0 })).toBe(false);
    expect(isCleared(held({}), { stackLevel: 1 })).toBe(false);
    expect(isCleared(held({}), { purpose: 'TX_PROFILE' })).toBe(false);
    expect(isCleared(held({}), {})).toBe(true);
  });
  test('warns of criteria that do not count and of criteria that match nothing', () => {
    const known = facts({ held: [held({})] });
    expect(clearWarnings(known, {})).toEqual([]);
    expect(clearWarnings(known, { profileId: 7, stackLevel: 2 })).toMatchObject([{ code: 'CRITERIA_IGNORED' }]);
    expect(clearWarnings(known, { profileId: 8 })).toMatchObject([{ code: 'NO_PROFILE_MATCHES' }]);
  });
});
