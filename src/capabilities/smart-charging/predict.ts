import type { AvailabilityOperations } from '../availability/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import type { CompositeSchedule as ModelSchedule, ReportedSchedule, ScheduleComparison } from './model.ts';
import type { ChargingRateUnit } from './profile.ts';
import {
  type CompositeSchedule,
  compositeSchedule,
  compositeSecondsMax,
  differences,
  type Grid,
  type NotPredictable,
} from './schedule/index.ts';
import type { SmartChargingStore } from './store.ts';

/** What is asked of a prediction. */
export interface PredictionQuestion {
  /** 0: the whole charge point as the grid sees it. */
  readonly connectorId: number;
  readonly start: Date;
  /** Whole seconds, 1 to 31 days. */
  readonly durationSeconds: number;
  readonly unit: ChargingRateUnit;
  /** How the charge point and its connectors are fed. */
  readonly grid: Grid;
}

/** Predicts what a charge point would answer to GetCompositeSchedule, from the profiles that it is believed to hold. */
export type Predict = (
  chargePoint: { readonly tenantId: string; readonly chargePointId: string },
  question: PredictionQuestion,
) => Promise<CompositeSchedule | NotPredictable>;

/** Europe's mains; a charge point does not say how it is fed. */
export const usualGrid: Grid = { current: 'AC', phaseVoltage: 230, phases: 3 };

/** How far apart the same change may be in prediction and report: the question is on its way, and clocks differ. */
const toleranceSeconds = 5;

/** The hub's own composite schedules; every connector is taken to be fed as the grid is. */
export function createPredict({
  profiles,
  availability,
  transactions,
}: {
  profiles: Pick<SmartChargingStore, 'held'>;
  availability: Pick<AvailabilityOperations, 'findOf'>;
  transactions: Pick<TransactionOperations, 'findOpen'>;
}): Predict {
  return async ({ tenantId, chargePointId }, { grid, ...question }) => {
    const [connectors, running] = await Promise.all([
      availability.findOf(tenantId, [chargePointId]),
      transactions.findOpen(tenantId, [chargePointId]),
    ]);
    const held = [];
    for await (const one of profiles.held(tenantId, chargePointId)) {
      const { connectorId, profile, state, installedAt, requestedAt } = one;
      if (state === 'INSTALLED' && connectorId !== undefined) {
        held.push({ connectorId, profile, at: (installedAt ?? requestedAt).getTime() });
      }
    }
    held.sort((a, b) => a.at - b.at); // in the order in which it took them
    const ids = new Set([
      ...connectors.map(({ connectorId }) => connectorId),
      ...running.map(({ connectorId }) => connectorId),
      question.connectorId,
    ]);
    ids.delete(0);
    return compositeSchedule({
      ...question,
      grid,
      profiles: held,
      connectors: [...ids].map((connectorId) => {
        const own = running.findLast((one) => one.connectorId === connectorId);
        return {
          connectorId,
          supply: grid,
          ...(own !== undefined && {
            transaction: { ocppTransactionId: own.ocppTransactionId, startedAt: own.startedAt },
          }),
        };
      }),
    });
  };
}

/** A prediction in the words of the API; undefined when none can be made. */
export function asSchedule(predicted: CompositeSchedule | NotPredictable): ModelSchedule | undefined {
  if (predicted.outcome !== 'PREDICTED') return undefined;
  const { connectorId, start, durationSeconds, unit, periods } = predicted;
  return {
    connectorId,
    startsAt: start,
    source: 'PREDICTED',
    // what no profile limits has no period: the schedule of OCPP has no word for it
    schedule: {
      durationSeconds,
      unit,
      periods: periods.flatMap(({ limit, ...period }) => (limit === undefined ? [] : [{ ...period, limit }])),
    },
  };
}

/** What the hub would have answered in place of the charge point, and where the two differ. */
export async function compare(
  predict: Predict,
  reported: Pick<ReportedSchedule, 'tenantId' | 'chargePointId' | 'connectorId' | 'startsAt' | 'schedule'>,
  askedSeconds: number,
): Promise<ScheduleComparison | undefined> {
  const { tenantId, chargePointId, connectorId, startsAt, schedule } = reported;
  const durationSeconds = schedule.durationSeconds ?? askedSeconds;
  if (durationSeconds < 1 || durationSeconds > compositeSecondsMax || connectorId < 0) return undefined;
  const predicted = await predict(
    { tenantId, chargePointId },
    { connectorId, start: startsAt, durationSeconds, unit: schedule.unit, grid: usualGrid },
  );
  const shown = asSchedule(predicted);
  if (shown === undefined || predicted.outcome !== 'PREDICTED') return undefined;
  const told = { start: startsAt, durationSeconds, unit: schedule.unit, periods: schedule.periods };
  return { predicted: shown, differences: differences(predicted, told, { toleranceSeconds }) };
}
