import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import './graphql-events.ts';
import { JobKindEnum, JobRef, JobReportRef, JobStatusEnum, loadJob } from './graphql-type.ts';
import { jobsKey } from './key.ts';
import type { JobKind, JobReports } from './model.ts';
import type { JobFilter } from './store.ts';

const JobFilterInput = builder.inputType('JobFilterInput', {
  description: 'Which jobs. A list means any of its values, at most 500; everything that is given must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Of these charge points.' }),
    kinds: t.field({ type: [JobKindEnum], description: 'Of these kinds.' }),
    statuses: t.field({ type: [JobStatusEnum], description: 'With these statuses.' }),
    isOpen: t.boolean({ description: 'Only open or only ended ones.' }),
    requestedAt: t.field({ type: TimeRangeInput, description: 'Asked for in this span.' }),
  }),
});

const listMax = 500;

function filterOf(input: typeof JobFilterInput.$inferInput | null | undefined): JobFilter {
  const { chargePointIds, kinds, statuses, isOpen, requestedAt } = input ?? {};
  for (const list of [chargePointIds, kinds, statuses]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return {
    chargePointIds: chargePointIds?.map(({ id }) => id),
    kinds: kinds ?? undefined,
    statuses: statuses ?? undefined,
    isOpen: isOpen ?? undefined,
    requestedAt: timeRange(requestedAt),
  };
}

const JobConnection = connectionType(JobRef, { counted: false, scope: 'FIRMWARE_READ' });

const page = ({ principal, use }: HubContext, args: Parameters<typeof connection>[0], filter: JobFilter) =>
  connection(args, { fetch: (request) => use(jobsKey).page(principal.tenantId, filter, request) });

builder.queryField('job', (t) =>
  t.field({
    type: JobRef,
    nullable: true,
    description: 'One job by its id; null when there is none.',
    args: { id: t.arg.globalID({ for: [JobRef], required: true, description: 'Global id of the job.' }) },
    resolve: (_root, { id }, context) => loadJob(context, id.id),
  }),
);

builder.queryField('jobs', (t) =>
  t.connection(
    {
      type: JobRef,
      nullable: true,
      description: 'Jobs, newest first.',
      args: { filter: t.arg({ type: JobFilterInput, description: 'All when absent.' }) },
      resolve: (_root, args, context) => page(context, args, filterOf(args.filter)),
    },
    JobConnection,
  ),
);

const loaders = new WeakMap<HubContext, DataLoader<string, readonly JobReports[]>>();

/** What a charge point last said, all kinds. All that one tick asks for is one read. */
function loadReports(context: HubContext, chargePointId: string): Promise<readonly JobReports[]> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(jobsKey).reportsOf(context.principal.tenantId, ids);
        return ids.map((wanted) => found.filter((reports) => reports.chargePointId === wanted));
      },
      { maxBatchSize: 100, cache: false },
    );
    loaders.set(context, loader);
  }
  return loader.load(chargePointId);
}

async function lastReport(context: HubContext, chargePointId: string, kind: JobKind) {
  const reports = (await loadReports(context, chargePointId)).find((one) => one.kind === kind);
  return reports === undefined ? null : { ...reports.last, kind };
}

builder.objectFields(ChargePointRef, (t) => ({
  jobs: t.connection(
    {
      type: JobRef,
      nullable: true,
      description: 'Its jobs, newest first.',
      args: { kind: t.arg({ type: JobKindEnum, description: 'Only of this kind; all when absent.' }) },
      resolve: ({ _id }, args, context) =>
        page(context, args, { chargePointIds: [_id], ...(args.kind && { kinds: [args.kind] }) }),
    },
    JobConnection,
  ),
  firmwareStatus: t.field({
    type: JobReportRef,
    nullable: true,
    description: 'The last FirmwareStatusNotification, also one that was triggered; null when none came.',
    resolve: ({ _id }, _args, context) => lastReport(context, _id, 'FIRMWARE'),
  }),
  diagnosticsStatus: t.field({
    type: JobReportRef,
    nullable: true,
    description: 'The last DiagnosticsStatusNotification, also one that was triggered; null when none came.',
    resolve: ({ _id }, _args, context) => lastReport(context, _id, 'DIAGNOSTICS'),
  }),
  unlinkedJobReports: t.field({
    type: [JobReportRef],
    nullable: true,
    description: 'What it reported although the hub knows of no such job, oldest first; the newest 50 of each kind.',
    resolve: async ({ _id }, _args, context) =>
      (await loadReports(context, _id))
        .flatMap(({ kind, unlinked }) => unlinked.map((report) => ({ ...report, kind })))
        .sort((a, b) => a.at.getTime() - b.at.getTime()),
  }),
}));
