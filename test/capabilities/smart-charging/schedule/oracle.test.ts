import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compositeSchedule } from '../../../../src/capabilities/smart-charging/schedule/index.ts';
import { type SteppedQuestion, steppedQuestion } from './arbitrary.ts';
import { type Moment, secondBySecond } from './second-by-second.ts';

/** Other sets: SCHEDULE_SEED. More of them: SCHEDULE_RUNS. */
const seed = Number(process.env['SCHEDULE_SEED'] ?? 16_0813);
const numRuns = Number(process.env['SCHEDULE_RUNS'] ?? 10_000);

const caps = ['CHARGE_POINT_MAX_PROFILE', 'TX_DEFAULT_PROFILE', 'TX_PROFILE', 'SUM_OF_CONNECTORS'];

/** The prediction spread out again, step by step. */
function spread({ question, stepSeconds }: SteppedQuestion): Moment[] | undefined {
  const predicted = compositeSchedule(question);
  if (predicted.outcome === 'NOT_PREDICTABLE') return undefined;
  const { periods, explained } = predicted;
  expect(periods[0]?.startPeriod).toBe(0);
  const moments: Moment[] = [];
  for (let second = 0; second < question.durationSeconds; second += stepSeconds) {
    const period = periods.findLast(({ startPeriod }) => startPeriod <= second);
    const why = explained.findLast(({ startPeriod }) => startPeriod <= second);
    expect(why).toMatchObject({ ...period, startPeriod: why?.startPeriod });
    moments.push({
      limit: period?.limit,
      phases: period?.numberPhases,
      leaders: (why?.leaders ?? []).map((leader) => `${leader.connectorId}:${leader.profileId}`).join(' '),
      cap: why?.cap,
    });
  }
  periods.forEach((period, i) => {
    const before = periods[i - 1];
    if (before) expect([before.limit, before.numberPhases]).not.toEqual([period.limit, period.numberPhases]);
    expect(period.startPeriod).toBeLessThan(question.durationSeconds);
  });
  return moments;
}

test('a prediction says at every second what the rules say when they are read for that second', {
  timeout: 120_000,
}, () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(steppedQuestion(1, 40), (stepped) => {
      const moments = secondBySecond(stepped.question, stepped.stepSeconds);
      expect(spread(stepped)).toEqual(moments);
      const kinds = moments ? moments.map(({ cap }) => cap ?? 'no limit') : ['not predictable'];
      for (const kind of new Set(kinds)) seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (new Set(moments?.map(({ limit }) => limit)).size > 2) seen.set('changes', (seen.get('changes') ?? 0) + 1);
    }),
    { numRuns, seed },
  );
  // Or it would be a test of nothing.
  for (const kind of [...caps, 'no limit', 'not predictable', 'changes']) {
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(numRuns / 200);
  }
});

test('and so over days and weeks, hour by hour', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(steppedQuestion(3600, 200), (stepped) => {
      expect(spread(stepped)).toEqual(secondBySecond(stepped.question, stepped.stepSeconds));
    }),
    { numRuns: Math.ceil(numRuns / 10), seed },
  );
});
