import fc from 'fast-check';
import { expect, test } from 'vitest';
import { historyMax, type Job, opens } from '../../../src/capabilities/jobs/model.ts';
import {
  answered,
  begun,
  bootedWith,
  effectWithinMs,
  expired,
  type JobChange,
  patienceMs,
  refused,
  reported,
  superseded,
} from '../../../src/capabilities/jobs/rules.ts';

const start = new Date('2026-06-01T12:00:00.000Z');
const request = {
  _id: 'job',
  tenantId: 'tenant',
  chargePointId: 'cp',
  commandId: 'command',
  kind: 'FIRMWARE',
  location: 'https://files.example/fw',
  requestedAt: start,
  deadlineAt: new Date(start.getTime() + 60_000),
} as const;

/** The job as the database would give it back. */
const after = (job: Job, change: JobChange | undefined): Job =>
  Object.fromEntries(
    Object.entries({ ...job, ...change }).filter(([, value]) => value !== undefined),
  ) as unknown as Job; // fields of a job, checked by the compiler above

const words = {
  Downloading: 'TRANSFERRING',
  Downloaded: 'TRANSFERRED',
  DownloadFailed: 'FAILED_TRANSFER',
  Installing: 'INSTALLING',
  Installed: 'SUCCEEDED',
  InstallationFailed: 'FAILED_INSTALL',
} as const;

const happening = fc.oneof(
  fc.constantFrom(...Object.keys(words)).map((word) => ({ kind: 'report' as const, word: word as keyof typeof words })),
  fc.constantFrom('1.0', '2.0').map((version) => ({ kind: 'boot' as const, version })),
  fc
    .constantFrom('REJECTED' as const, 'NOT_SENT' as const, 'UNCERTAIN' as const)
    .map((how) => ({ kind: 'refusal' as const, how })),
  fc.boolean().map((nothing) => ({ kind: 'answer' as const, nothing })),
  fc.constant({ kind: 'sweep' as const }),
  fc.constant({ kind: 'newer' as const }),
);

type Happening = typeof happening extends fc.Arbitrary<infer Event> ? Event : never;

function changeOf(job: Job, event: Happening, at: Date) {
  switch (event.kind) {
    case 'report': {
      const reading = reported(job, { status: words[event.word], wireStatus: event.word, at });
      return reading.kind === 'foreign' ? undefined : reading.change;
    }
    case 'boot':
      return bootedWith(job, event.version, undefined, at);
    case 'refusal':
      return refused(job, { kind: event.how, description: 'x', at });
    case 'answer':
      return answered(job, { nothing: event.nothing, at });
    case 'sweep':
      return expired(job, at);
    case 'newer':
      return superseded(job, at);
  }
}

test('whatever happens in whatever order, a job is whole, and the same thing twice is one', () => {
  const step = fc.record({ event: happening, laterMs: fc.integer({ min: 0, max: 100 * 3_600_000 }) });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 150 }),
      fc.option(fc.integer({ min: -2, max: 3 }), { nil: undefined }),
      (steps, retries) => {
        let at = start;
        let job = begun({ ...request, firmwareVersionBefore: '1.0', ...(retries !== undefined && { retries }) });
        for (const { event, laterMs } of steps) {
          at = new Date(at.getTime() + laterMs);
          const changed = after(job, changeOf(job, event, at));
          expect(changed.version - job.version).toBeLessThanOrEqual(1);
          job = changed;
          expect(job.isOpen).toBe(opens[job.status]);
          expect([job.verdict === undefined, job.finishedAt === undefined]).toEqual([job.isOpen, job.isOpen]);
          expect(job.verdict?.succeeded ?? false).toBe(job.status === 'SUCCEEDED');
          expect(job.history.length).toBeLessThanOrEqual(historyMax);
          expect(Number.isNaN(job.dueAt.getTime())).toBe(false);
          // told again at the same instant, nothing new is told
          expect(after(job, changeOf(job, event, at)).version).toBe(job.version);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('patience and waiting are bounded for any numbers of a caller', () => {
  const any = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(any, any, fc.date({ noInvalidDate: true }), (retries, retryIntervalSeconds, notBefore) => {
      const plan = { retries, retryIntervalSeconds, notBefore };
      const day = 86_400_000;
      expect(patienceMs(plan)).toBeGreaterThanOrEqual(day);
      expect(patienceMs(plan)).toBeLessThanOrEqual(366 * day);
      expect(effectWithinMs(plan, start)).toBeGreaterThan(day);
      expect(effectWithinMs(plan, start)).toBeLessThanOrEqual(20 * day); // a timer fires at once beyond 24
    }),
  );
});
