import type { ChargingProfile, ChargingSchedule } from '../../../../src/capabilities/smart-charging/profile.ts';
import type {
  CompositePeriod,
  CompositeQuestion,
  CompositeSchedule,
  InstalledProfile,
  NotPredictable,
  RunningTransaction,
} from '../../../../src/capabilities/smart-charging/schedule/index.ts';

/** `2024-05-01T12:00` in UTC. */
export const utc = (text: string): Date => new Date(`${text}:00Z`);

/** Periods as `[startPeriod, limit]`. */
export const schedule = (unit: 'A' | 'W', ...periods: [number, number][]): ChargingSchedule => ({
  unit,
  periods: periods.map(([startPeriod, limit]) => ({ startPeriod, limit })),
});

let lastId = 0;

type Some = Partial<ChargingProfile> & Pick<ChargingProfile, 'schedule'>;
const profile = (purpose: ChargingProfile['purpose'], some: Some): ChargingProfile => ({
  profileId: ++lastId,
  stackLevel: 0,
  purpose,
  kind: 'ABSOLUTE',
  ...some,
});

export const defaultProfile = (connectorId: number, some: Some): InstalledProfile => ({
  connectorId,
  profile: profile('TX_DEFAULT_PROFILE', some),
});

export const maxProfile = (some: Some): InstalledProfile => ({
  connectorId: 0,
  profile: profile('CHARGE_POINT_MAX_PROFILE', some),
});

export const transactionProfile = (connectorId: number, some: Some): InstalledProfile => ({
  connectorId,
  profile: profile('TX_PROFILE', some),
});

/** The transaction, when given, runs on connector 1. Two connectors of 230 V and three phases. */
export function question({
  transaction,
  ...some
}: Partial<CompositeQuestion> & { transaction?: RunningTransaction } = {}): CompositeQuestion {
  const supply = { current: 'AC', phaseVoltage: 230, phases: 3 } as const;
  return {
    profiles: [],
    connectors: [
      { connectorId: 1, supply, transaction },
      { connectorId: 2, supply },
    ],
    grid: supply,
    connectorId: 1,
    start: utc('2024-05-01T12:00'),
    durationSeconds: 3_600,
    unit: 'A',
    ...some,
  };
}

/** The prediction, or a failed test. */
export function predicted(schedule: CompositeSchedule | NotPredictable): CompositeSchedule {
  if (schedule.outcome !== 'PREDICTED') throw new Error(`not predictable: ${schedule.reason}`);
  return schedule;
}

export const periodsOf = (schedule: CompositeSchedule | NotPredictable): readonly CompositePeriod[] =>
  predicted(schedule).periods;
