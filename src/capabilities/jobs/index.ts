import { type Cancel, repeat } from '../../kernel/clock.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import './graphql.ts';
import { jobsKey } from './key.ts';
import { createJobOperations, type JobOperations } from './operations.ts';
import { createJobStore, jobIndexes } from './store.ts';

export { jobEffect } from './effect.ts';
export { JobRef, loadJob } from './graphql-type.ts';
export { jobsKey } from './key.ts';
export type { ReportedStatus } from './model.ts';
export type { JobOperations } from './operations.ts';
export { jobWarnings, transferProtocolsKey } from './warnings.ts';

const sweepPeriodMs = 60_000;

/** What charge points work on for a while: jobs of all kinds, their steps, and their ends. */
export function createJobs(
  { store, events, clock, log }: CapabilityDependencies,
  {
    chargePoints,
    commands,
  }: { chargePoints: Pick<ChargePointOperations, 'onDeleted'>; commands: Pick<CommandOperations, 'find'> },
): Capability<JobOperations> {
  const jobs = createJobStore(store);
  const operations = createJobOperations({ jobs, commands, events, clock, log });
  chargePoints.onDeleted(({ tenantId, _id }) => jobs.removeReportsOf(tenantId, _id));
  let stopSweep: Cancel = () => undefined;
  return {
    key: jobsKey,
    operations,
    adapters: [],
    indexes: jobIndexes,
    async start() {
      stopSweep = repeat(clock, sweepPeriodMs, operations.sweep, (error) =>
        log.warn({ err: error }, 'job sweep failed'),
      );
    },
    async stop() {
      stopSweep();
    },
  };
}
