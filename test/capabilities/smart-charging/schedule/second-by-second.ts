import type { ChargingProfile } from '../../../../src/capabilities/smart-charging/profile.ts';
import type { CompositeQuestion } from '../../../../src/capabilities/smart-charging/schedule/index.ts';

/** What holds at one moment, in words that compare. */
export interface Moment {
  readonly limit: number | undefined;
  readonly phases: number | undefined;
  /** `connector:profile`, the charge point's own first. */
  readonly leaders: string;
  readonly cap: string | undefined;
}

/** A number with one decimal as a whole number of `1 / scale` tenths; nothing is ever rounded before the end. */
type Fixed = bigint;

interface Say {
  readonly profile: ChargingProfile;
  readonly limit: number;
  readonly numberPhases: number | undefined;
}

class Unknowable extends Error {}

/**
 * The rules of the composite schedule read aloud for every step of `stepSeconds`, without looking for moments of
 * change, without sorting and without fractions. Undefined where a voltage is needed that nobody knows.
 */
export function secondBySecond(question: CompositeQuestion, stepSeconds = 1): Moment[] | undefined {
  const moments: Moment[] = [];
  try {
    for (let second = 0; second < question.durationSeconds; second += stepSeconds) {
      moments.push(momentAt(question, question.start.getTime() + second * 1000));
    }
  } catch (error) {
    if (error instanceof Unknowable) return undefined;
    throw error;
  }
  return moments;
}

function momentAt(question: CompositeQuestion, now: number): Moment {
  const { grid, unit } = question;
  let scale = 600n * tenths(grid.phaseVoltage);
  for (const { supply } of question.connectors) {
    if (supply.current === 'AC') scale *= tenths(supply.phaseVoltage);
    else if (supply.voltage !== undefined) scale *= tenths(supply.voltage);
  }
  const down = (value: Fixed): number => Number(value / scale) / 10;
  const raw = (say: Say): Fixed => tenths(say.limit) * scale;
  const phasesHere = (say: Say, available: number) => {
    const wanted = say.numberPhases === undefined ? 3 : say.numberPhases;
    return wanted < available ? wanted : available;
  };
  const ampsOfWatts = (watts: Fixed, volts: number, phases: number) => (watts * 10n) / (tenths(volts) * BigInt(phases));
  const wattsOfAmps = (amps: Fixed, volts: number, phases: number) => (amps * tenths(volts) * BigInt(phases)) / 10n;
  const amps = (say: Say, volts: number, available: number) =>
    say.profile.schedule.unit === 'A' ? raw(say) : ampsOfWatts(raw(say), volts, phasesHere(say, available));
  const watts = (say: Say, volts: number, available: number) =>
    say.profile.schedule.unit === 'W' ? raw(say) : wattsOfAmps(raw(say), volts, phasesHere(say, available));
  const directWatts = (say: Say, volts: number | undefined) => {
    if (say.profile.schedule.unit === 'W') return raw(say);
    if (volts === undefined) throw new Unknowable();
    return wattsOfAmps(raw(say), volts, 1);
  };

  const max = whoLeads(question, now, 'CHARGE_POINT_MAX_PROFILE', 0);
  const led = (connectorId: number): Say | undefined =>
    whoLeads(question, now, 'TX_PROFILE', connectorId) ?? whoLeads(question, now, 'TX_DEFAULT_PROFILE', connectorId);
  const named: string[] = max ? [`0:${max.profile.profileId}`] : [];

  if (question.connectorId !== 0) {
    const connector = question.connectors.find(({ connectorId }) => connectorId === question.connectorId);
    const supply = connector ? connector.supply : grid;
    const own = led(question.connectorId);
    if (own) named.push(`${question.connectorId}:${own.profile.profileId}`);
    const leaders = named.join(' ');
    if (!own && !max) return { limit: undefined, phases: undefined, leaders, cap: undefined };
    if (supply.current === 'AC') {
      const { phaseVoltage: volts, phases: available } = supply;
      let result: Fixed | undefined;
      let phases = 99;
      let cap: string | undefined;
      if (own) {
        result = amps(own, volts, available);
        phases = phasesHere(own, available);
        cap = own.profile.purpose;
      }
      if (max) {
        const capped = amps(max, volts, available);
        if (result === undefined || capped < result) {
          result = capped;
          cap = 'CHARGE_POINT_MAX_PROFILE';
        }
        if (phasesHere(max, available) < phases) phases = phasesHere(max, available);
      }
      if (result === undefined) throw new Error('there is a profile');
      return { limit: down(unit === 'A' ? result : wattsOfAmps(result, volts, phases)), phases, leaders, cap };
    }
    if (own && !max && own.profile.schedule.unit === unit) {
      return { limit: down(raw(own)), phases: undefined, leaders, cap: own.profile.purpose };
    }
    let result: Fixed | undefined;
    let cap: string | undefined;
    if (own) {
      result = directWatts(own, supply.voltage);
      cap = own.profile.purpose;
    }
    if (max) {
      const capped = watts(max, grid.phaseVoltage, grid.phases);
      if (result === undefined || capped < result) {
        result = capped;
        cap = 'CHARGE_POINT_MAX_PROFILE';
      }
    }
    if (result === undefined) throw new Error('there is a profile');
    if (unit === 'A') {
      if (supply.voltage === undefined) throw new Unknowable();
      result = ampsOfWatts(result, supply.voltage, 1);
    }
    return { limit: down(result), phases: undefined, leaders, cap };
  }

  let sum: Fixed | undefined = question.connectors.length === 0 ? undefined : 0n;
  let phases = 0;
  const inOrder = [...question.connectors];
  inOrder.sort((a, b) => a.connectorId - b.connectorId);
  for (const { connectorId, supply } of inOrder) {
    const own = led(connectorId);
    if (!own) {
      sum = undefined;
      continue;
    }
    named.push(`${connectorId}:${own.profile.profileId}`);
    let draws: Fixed;
    let on: number;
    if (supply.current === 'AC') {
      on = phasesHere(own, supply.phases);
      draws =
        unit === 'A' ? amps(own, supply.phaseVoltage, supply.phases) : watts(own, supply.phaseVoltage, supply.phases);
    } else {
      on = grid.phases;
      draws = directWatts(own, supply.voltage);
      if (unit === 'A') draws = ampsOfWatts(draws, grid.phaseVoltage, grid.phases);
    }
    if (sum !== undefined) sum += draws;
    if (on > phases) phases = on;
  }
  const leaders = named.join(' ');
  const ceiling =
    max && (unit === 'A' ? amps(max, grid.phaseVoltage, grid.phases) : watts(max, grid.phaseVoltage, grid.phases));
  if (max && ceiling !== undefined) {
    const on = phasesHere(max, grid.phases);
    if (sum === undefined) return { limit: down(ceiling), phases: on, leaders, cap: 'CHARGE_POINT_MAX_PROFILE' };
    const both = on < phases ? on : phases;
    if (ceiling < sum) return { limit: down(ceiling), phases: both, leaders, cap: 'CHARGE_POINT_MAX_PROFILE' };
    return { limit: down(sum), phases: both, leaders, cap: 'SUM_OF_CONNECTORS' };
  }
  if (sum === undefined) return { limit: undefined, phases: undefined, leaders, cap: undefined };
  return { limit: down(sum), phases, leaders, cap: 'SUM_OF_CONNECTORS' };
}

/** The one profile of a purpose that leads on a connector now, by asking every installed one. */
function whoLeads(
  question: CompositeQuestion,
  now: number,
  purpose: ChargingProfile['purpose'],
  connectorId: number,
): Say | undefined {
  const { profiles, connectors } = question;
  const running = (id: number) => connectors.find((one) => one.connectorId === id)?.transaction;
  let best: Say | undefined;
  profiles.forEach(({ connectorId: on, profile }, position) => {
    if (profile.purpose !== purpose || !counts(position)) return;
    if (on !== connectorId && !(purpose === 'TX_DEFAULT_PROFILE' && on === 0)) return;
    if (on !== connectorId) {
      // The charge point's default was replaced on this connector by one of its own on the same level.
      const isHidden = profiles.some(
        (other, at) =>
          other.connectorId === connectorId &&
          other.profile.purpose === purpose &&
          other.profile.stackLevel === profile.stackLevel &&
          counts(at),
      );
      if (isHidden) return;
    }
    const says = saysNow(profile);
    if (says && (best === undefined || profile.stackLevel > best.profile.stackLevel)) best = says;
  });
  return best;

  /** It is installed, makes sense, and nothing later took its place. */
  function counts(position: number): boolean {
    const mine = profiles[position];
    if (!mine || !makesSense(mine)) return false;
    for (let later = position + 1; later < profiles.length; later++) {
      const other = profiles[later];
      if (!other) continue;
      if (other.profile.profileId === mine.profile.profileId) return false;
      const sameSlot =
        other.connectorId === mine.connectorId &&
        other.profile.purpose === mine.profile.purpose &&
        other.profile.stackLevel === mine.profile.stackLevel;
      // One that was replaced by its id later on did not stay, but it took the slot no more than it holds it.
      if (sameSlot && makesSense(other) && !idComesAgain(later)) return false;
    }
    return true;
  }
  function idComesAgain(position: number): boolean {
    return profiles.some((one, at) => at > position && one.profile.profileId === profiles[position]?.profile.profileId);
  }
  function makesSense({ connectorId: on, profile }: CompositeQuestion['profiles'][number]): boolean {
    if (profile.kind === 'RECURRING' && !(profile.schedule.startSchedule && profile.recurrencyKind)) return false;
    if (profile.purpose === 'CHARGE_POINT_MAX_PROFILE') return on === 0 && profile.kind !== 'RELATIVE';
    if (profile.purpose === 'TX_DEFAULT_PROFILE') return true;
    const transaction = running(on);
    if (on === 0 || !transaction) return false;
    return profile.ocppTransactionId === undefined || profile.ocppTransactionId === transaction.ocppTransactionId;
  }
  function saysNow(profile: ChargingProfile): Say | undefined {
    const { validFrom, validTo, kind, schedule } = profile;
    if (validFrom && now < validFrom.getTime()) return undefined;
    if (validTo && now >= validTo.getTime()) return undefined;
    const charging =
      purpose === 'CHARGE_POINT_MAX_PROFILE' ? question.start : (running(connectorId)?.startedAt ?? question.start);
    const base = kind === 'RELATIVE' ? charging : (schedule.startSchedule ?? charging);
    let elapsed = (now - base.getTime()) / 1000;
    if (elapsed < 0) return undefined;
    if (kind === 'RECURRING') {
      const cycle = profile.recurrencyKind === 'DAILY' ? 24 * 3600 : 7 * 24 * 3600;
      while (elapsed >= cycle) elapsed -= cycle;
    }
    if (schedule.durationSeconds !== undefined && elapsed >= schedule.durationSeconds) return undefined;
    let found: Say | undefined;
    let since = Number.NEGATIVE_INFINITY;
    for (const { startPeriod, limit, numberPhases } of schedule.periods) {
      if (startPeriod <= elapsed && startPeriod >= since) {
        found = { profile, limit, numberPhases };
        since = startPeriod;
      }
    }
    return found;
  }
}

/** By its text: `16.1` is 161. */
function tenths(value: number): bigint {
  const [whole = '0', fraction = ''] = value.toFixed(6).split('.');
  return BigInt(whole) * 10n + BigInt(fraction.slice(0, 1) || '0');
}
