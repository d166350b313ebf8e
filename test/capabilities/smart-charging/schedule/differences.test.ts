import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CompositePeriod,
  compositeSchedule,
  differences,
} from '../../../../src/capabilities/smart-charging/schedule/index.ts';
import { steppedQuestion } from './arbitrary.ts';
import { defaultProfile, predicted, question, schedule, utc } from './support.ts';

const own = predicted(
  compositeSchedule(
    question({
      profiles: [
        defaultProfile(0, {
          schedule: {
            startSchedule: utc('2024-05-01T12:00'),
            durationSeconds: 1_800,
            ...schedule('A', [0, 16], [600, 10]),
          },
        }),
      ],
    }),
  ),
);
const told = (...periods: CompositePeriod[]) => ({ unit: 'A' as const, periods });
const [full, less] = [
  { limit: 16, numberPhases: 3 },
  { limit: 10, numberPhases: 3 },
];

test('a report that says the same differs nowhere, with or without phases, and rounded up or down', () => {
  expect(differences(own, told(...own.periods))).toEqual([]);
  const withoutPhases = [{ startPeriod: 0, limit: 16 }, { startPeriod: 600, limit: 10 }, { startPeriod: 1_800 }];
  expect(differences(own, told(...withoutPhases))).toEqual([]);
  const rounded = [{ startPeriod: 0, limit: 16.1 }, { startPeriod: 600, limit: 9.9 }, { startPeriod: 1_800 }];
  expect(differences(own, told(...rounded))).toEqual([]);
});

test('more than allowed, less than allowed and other phases are told apart, each with its span', () => {
  const report = told(
    { startPeriod: 0, limit: 20, numberPhases: 3 },
    { startPeriod: 300, limit: 16, numberPhases: 1 },
    { startPeriod: 700, limit: 10, numberPhases: 3 },
    { startPeriod: 1_800, limit: 32, numberPhases: 3 },
  );
  expect(differences(own, report)).toEqual([
    { startSeconds: 0, endSeconds: 300, kind: 'HIGHER', predicted: full, reported: { limit: 20, numberPhases: 3 } },
    { startSeconds: 300, endSeconds: 600, kind: 'PHASES', predicted: full, reported: { limit: 16, numberPhases: 1 } },
    { startSeconds: 600, endSeconds: 700, kind: 'HIGHER', predicted: less, reported: { limit: 16, numberPhases: 1 } },
    { startSeconds: 1_800, endSeconds: 3_600, kind: 'LOWER', predicted: {}, reported: { limit: 32, numberPhases: 3 } },
  ]);
});

test('a report without a limit where there should be one allows more', () => {
  expect(differences(own, told())).toEqual([
    { startSeconds: 0, endSeconds: 600, kind: 'HIGHER', predicted: full, reported: {} },
    { startSeconds: 600, endSeconds: 1_800, kind: 'HIGHER', predicted: less, reported: {} },
  ]);
});

test('a report that began later and ended sooner is compared where both speak', () => {
  const report = {
    start: utc('2024-05-01T12:05'),
    durationSeconds: 600,
    unit: 'A' as const,
    periods: [{ startPeriod: 0, limit: 16 }],
  };
  expect(differences(own, report)).toEqual([
    { startSeconds: 600, endSeconds: 900, kind: 'HIGHER', predicted: less, reported: { limit: 16 } },
  ]);
  expect(differences(own, { ...report, start: utc('2024-05-01T14:00') })).toEqual([]);
});

test('the same change a few seconds apart is no difference when that is tolerated', () => {
  const report = told({ startPeriod: 0, limit: 16 }, { startPeriod: 604, limit: 10 }, { startPeriod: 1_797 });
  expect(differences(own, report)).toHaveLength(2);
  expect(differences(own, report, { toleranceSeconds: 5 })).toEqual([]);
});

test('a report in the other unit cannot be compared', () => {
  expect(differences(own, { unit: 'W', periods: [{ startPeriod: 0, limit: 11_040 }] })).toEqual([
    { startSeconds: 0, endSeconds: 3_600, kind: 'UNIT' },
  ]);
});

test('every prediction equals itself, and differs over just the span in which it is falsified', () => {
  fc.assert(
    fc.property(steppedQuestion(1, 40), fc.nat(), ({ question: asked }, at) => {
      const result = compositeSchedule(asked);
      if (result.outcome !== 'PREDICTED') return;
      expect(differences(result, { unit: result.unit, periods: result.periods })).toEqual([]);
      const index = at % result.periods.length;
      const [startSeconds, endSeconds] = [
        result.periods[index]?.startPeriod,
        result.periods[index + 1]?.startPeriod ?? result.durationSeconds,
      ];
      const periods = result.periods.map((one, i) => (i === index ? { ...one, limit: (one.limit ?? 0) + 1 } : one));
      expect(differences(result, { unit: result.unit, periods })).toMatchObject([{ startSeconds, endSeconds }]);
    }),
    { numRuns: 500, seed: 16 },
  );
});
