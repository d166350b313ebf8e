import fc from 'fast-check';
import type { ChargingProfile } from '../../../../src/capabilities/smart-charging/profile.ts';
import type { CompositeQuestion } from '../../../../src/capabilities/smart-charging/schedule/index.ts';

const startMs = Date.UTC(2024, 4, 1, 11, 59, 30);
const daySeconds = 86_400;

/** A question whose every moment is a whole number of steps away from its start, but for some half seconds. */
export interface SteppedQuestion {
  readonly question: CompositeQuestion;
  readonly stepSeconds: number;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const absentOr = <K extends string, T>(key: K, value: T | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };

/** Limits meet often, or nothing would ever be equal: a few round ones, and any with one decimal. */
const limit = fc.oneof(
  fc.constantFrom(0, 6, 6.1, 10, 15.9, 16, 16.1, 20, 32, 1380, 3680, 7400, 10_000, 11_000, 11_040, 22_080),
  fc.integer({ min: 0, max: 400 }).map((tenths) => tenths / 10),
  fc.integer({ min: 0, max: 300_000 }).map((tenths) => tenths / 10),
);

const phases = fc.constantFrom(1, 2, 3);

const supply = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      current: fc.constant('AC' as const),
      phaseVoltage: fc.constantFrom(230, 120, 277, 230.9),
      phases,
    }),
  },
  {
    weight: 1,
    arbitrary: maybe(fc.constantFrom(400, 800, 757.3)).map((voltage) => ({
      current: 'DC' as const,
      ...absentOr('voltage', voltage),
    })),
  },
);

function profileOn(stepSeconds: number, horizonSteps: number) {
  const step = fc.integer({ min: -horizonSteps, max: Math.ceil(horizonSteps / 2) });
  /** Some in between two seconds; on the coarse scale nothing is, because only whole steps are looked at there. */
  const instant = fc
    .tuple(step, fc.constantFrom(0, 0, 0, stepSeconds === 1 ? 500 : 0))
    .map(([steps, ms]) => new Date(startMs + steps * stepSeconds * 1000 + ms));
  const few = fc.integer({ min: 0, max: horizonSteps });
  /** Around the end of a cycle too, where what is beyond it must not run. */
  const nearCycle = (cycleSeconds: number) =>
    fc.oneof(
      { weight: 4, arbitrary: few.map((steps) => steps * stepSeconds) },
      { weight: 1, arbitrary: step.map((steps) => Math.max(0, cycleSeconds + steps * stepSeconds)) },
    );
  return fc
    .record({
      profileId: fc.integer({ min: 1, max: 60 }),
      stackLevel: fc.integer({ min: 0, max: 3 }),
      purpose: fc.constantFrom<ChargingProfile['purpose']>(
        'CHARGE_POINT_MAX_PROFILE',
        'TX_DEFAULT_PROFILE',
        'TX_DEFAULT_PROFILE',
        'TX_PROFILE',
      ),
      kind: fc.constantFrom<ChargingProfile['kind']>('ABSOLUTE', 'ABSOLUTE', 'RECURRING', 'RECURRING', 'RELATIVE'),
      recurrencyKind: fc.constantFrom('DAILY', 'DAILY', 'WEEKLY', undefined),
      validFrom: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: instant }),
      validTo: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: instant }),
      ocppTransactionId: fc.constantFrom(undefined, 1, 1, 2),
      startSchedule: fc.oneof({ weight: 6, arbitrary: instant }, { weight: 1, arbitrary: fc.constant(undefined) }),
      cyclesAgo: fc.integer({ min: 0, max: 3 }),
      unit: fc.constantFrom('A', 'W'),
      others: fc.boolean(),
    })
    .chain((drawn) => {
      const cycleSeconds = (drawn.recurrencyKind === 'WEEKLY' ? 7 : 1) * daySeconds;
      const period = fc
        .record({ startPeriod: nearCycle(cycleSeconds), limit, numberPhases: maybe(phases) })
        .map(({ numberPhases, ...rest }) => ({ ...rest, ...absentOr('numberPhases', numberPhases) }));
      return fc
        .record({
          duration: fc.option(nearCycle(cycleSeconds), { nil: undefined, freq: 2 }),
          first: period,
          more: fc.array(period, { maxLength: 3 }),
        })
        .map(({ duration, first, more }): ChargingProfile => {
          const { startSchedule: near, cyclesAgo, unit, others, recurrencyKind, ...profile } = drawn;
          const isRecurring = profile.kind === 'RECURRING';
          const start = near && isRecurring ? new Date(near.getTime() - cyclesAgo * cycleSeconds * 1000) : near;
          const { validFrom, validTo, ocppTransactionId, ...rest } = profile;
          return {
            ...rest,
            // What the kind does not use is sent now and then, and must change nothing.
            ...absentOr('recurrencyKind', isRecurring || others ? recurrencyKind : undefined),
            ...absentOr('validFrom', validFrom),
            ...absentOr('validTo', validTo),
            ...absentOr('ocppTransactionId', ocppTransactionId),
            schedule: {
              ...absentOr('durationSeconds', duration),
              ...absentOr('startSchedule', start),
              unit: unit as 'A' | 'W', // one of the two above
              periods: [others ? first : { ...first, startPeriod: 0 }, ...more],
            },
          };
        });
    });
}

/** Random profile sets with a question about them: seconds around a moment, or hours around days and weeks. */
export function steppedQuestion(stepSeconds: number, horizonSteps: number): fc.Arbitrary<SteppedQuestion> {
  const transaction = fc.record({
    ocppTransactionId: fc.constantFrom(1, 1, 2),
    startedAt: fc
      .integer({ min: -horizonSteps, max: 5 })
      .map((steps) => new Date(startMs + steps * stepSeconds * 1000)),
  });
  return fc
    .record({
      profiles: fc.array(
        fc.record({ connectorId: fc.constantFrom(0, 0, 0, 1, 1, 2), profile: profileOn(stepSeconds, horizonSteps) }),
        { minLength: 2, maxLength: 11 },
      ),
      connectors: fc.uniqueArray(
        fc
          .record({ connectorId: fc.constantFrom(1, 1, 2), supply, transaction: maybe(transaction) })
          .map(({ transaction: running, ...rest }) => ({ ...rest, ...absentOr('transaction', running) })),
        { minLength: 1, maxLength: 3, selector: ({ connectorId }) => connectorId },
      ),
      grid: fc.record({ current: fc.constant('AC' as const), phaseVoltage: fc.constantFrom(230, 277), phases }),
      connectorId: fc.constantFrom(0, 1, 1, 2),
      unit: fc.constantFrom('A' as const, 'W' as const),
      steps: fc.integer({ min: 1, max: horizonSteps }),
    })
    .map(({ steps, ...question }) => ({
      stepSeconds,
      question: { ...question, start: new Date(startMs), durationSeconds: steps * stepSeconds },
    }));
}
