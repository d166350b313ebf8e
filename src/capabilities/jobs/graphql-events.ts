import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { durableSubscription, eventType, type StreamedEvent } from '../event-stream/index.ts';
import { JobKindEnum, JobRef, JobStatusEnum, loadJob, ReportedJobStatusEnum } from './graphql-type.ts';
import { jobsKey } from './key.ts';
import {
  type Job,
  type JobKind,
  type JobStatus,
  jobChangedType,
  type ReportedStatus,
  unlinkedReportType,
} from './model.ts';

const changed = eventType({
  scope: 'FIRMWARE_READ',
  type: jobChangedType,
  name: 'JobChanged',
  description: 'A job was asked for, took a step, or ended.',
  fields: (t) => ({
    job: t.field({
      type: JobRef,
      nullable: true,
      description: 'The job as it is now.',
      resolve: ({ data }, _args, context) => loadJob(context, String(data['jobId'])),
    }),
    kind: t.field({
      type: JobKindEnum,
      description: 'What kind of work.',
      resolve: ({ data }) => data['kind'] as JobKind, // as jobChanged put it there
    }),
    status: t.field({
      type: JobStatusEnum,
      description: 'The status that it took with this event.',
      resolve: ({ data }) => data['status'] as JobStatus, // as jobChanged put it there
    }),
    wireStatus: t.string({
      nullable: true,
      description: 'The last word of the charge point about it.',
      resolve: ({ data }) => data['wireStatus'] as string | undefined, // as jobChanged put it there
    }),
  }),
});

const unlinked = eventType({
  scope: 'FIRMWARE_READ',
  type: unlinkedReportType,
  name: 'JobReportUnlinked',
  description: 'A charge point reported a step although the hub knows of no such job.',
  fields: (t) => ({
    kind: t.field({
      type: JobKindEnum,
      description: 'What kind of work.',
      resolve: ({ data }) => data['kind'] as JobKind, // as unlinkedReport put it there
    }),
    reportedStatus: t.field({
      type: ReportedJobStatusEnum,
      description: 'What it said.',
      resolve: ({ data }) => data['status'] as ReportedStatus, // as unlinkedReport put it there
    }),
    wireStatus: t.string({
      nullable: true, // never null, but one selection must fit all members of the union
      description: 'The word that it used.',
      resolve: ({ data }) => String(data['wireStatus']),
    }),
  }),
});

const JobEventFilterInput = builder.inputType('JobEventFilterInput', {
  description: 'Which jobs. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Of these charge points.' }),
    jobIds: t.globalIDList({ for: [JobRef], description: 'These jobs.' }),
    kinds: t.field({ type: [JobKindEnum], description: 'Of these kinds.' }),
  }),
});

type FilterInput = typeof JobEventFilterInput.$inferInput | null | undefined;
const listMax = 500;

function filterOf(filter: FilterInput) {
  const { chargePointIds, jobIds, kinds } = filter ?? {};
  for (const list of [chargePointIds, jobIds, kinds]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return {
    chargePointIds: chargePointIds?.map(({ id }) => id),
    jobIds: jobIds?.map(({ id }) => id),
    kinds: kinds ?? undefined,
  };
}

const isMeant = (filter: FilterInput, kind: JobKind, jobId: string | undefined): boolean => {
  const { jobIds, kinds } = filterOf(filter);
  const isKind = kinds === undefined || kinds.includes(kind);
  return isKind && (jobIds === undefined || (jobId !== undefined && jobIds.includes(jobId)));
};

const idIn = ({ data }: Pick<StreamedEvent, 'data'>) => data['jobId'] as string | undefined; // as jobChanged put it there

durableSubscription('jobUpdates', {
  scope: 'FIRMWARE_READ',
  description:
    'The open jobs first, then each step of a job; at least once, in order, resumable with `after`. Reports without a job come too, unless `jobIds` are given.',
  events: [changed, unlinked],
  union: { name: 'JobStreamItem', description: 'What `jobUpdates` gives.' },
  args: (arg) => ({ filter: arg({ type: JobEventFilterInput, description: 'All jobs when absent.' }) }),
  filter: ({ filter }) => ({ chargePointIds: filterOf(filter).chargePointIds }),
  matches: (event, { filter }) => isMeant(filter, event.data['kind'] as JobKind, idIn(event)), // as the events' makers put it there
  snapshot: {
    name: 'JobSnapshot',
    description: 'A job that was open when the subscription began.',
    byDefault: true,
    fields: (t) => ({
      job: t.field({
        type: JobRef,
        nullable: true, // never null, but one selection must fit all members of the union
        description: 'The job.',
        resolve: ({ job }) => job,
      }),
    }),
    read: openJobs,
  },
});

/** Open jobs that match, page by page. */
async function* openJobs(
  { filter }: { readonly filter?: FilterInput },
  { principal, use }: HubContext,
): AsyncGenerator<{ job: Job }, void, undefined> {
  const { chargePointIds, kinds } = filterOf(filter);
  let after: readonly [Date, string] | undefined;
  for (;;) {
    const found = await use(jobsKey).page(
      principal.tenantId,
      { isOpen: true, chargePointIds, kinds },
      { limit: 100, fromEnd: false, after },
    );
    for (const job of found.items) {
      if (isMeant(filter, job.kind, job._id)) yield { job };
    }
    const last = found.items.at(-1);
    if (!found.hasNextPage || last === undefined) return;
    after = [last.requestedAt, last._id];
  }
}
