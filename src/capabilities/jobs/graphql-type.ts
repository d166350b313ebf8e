import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { CommandInterface, commandsKey } from '../commands/index.ts';
import { jobsKey } from './key.ts';
import type { Job, JobEntry, JobKind, KeptReport, Verdict } from './model.ts';

/** The kinds, as the API shows them. */
export const JobKindEnum = enumType('JobKind', 'What a charge point works on for a while.', {
  FIRMWARE: 'Fetches and installs firmware.',
  DIAGNOSTICS: 'Uploads its diagnostics.',
});

const statuses = {
  REQUESTED: 'Open. The request is on its way.',
  ACCEPTED: 'Open. The charge point heard the request; it said no more yet.',
  UNCERTAIN: 'Open. No usable answer came; the charge point may work on it all the same.',
  TRANSFERRING: 'Open. The file is on its way (Downloading, Uploading).',
  RETRYING: 'Open. A transfer failed and tries are left.',
  TRANSFERRED: 'Open. The firmware is there (Downloaded).',
  INSTALLING: 'Open. The firmware is being installed.',
  SUCCEEDED: 'Final. Installed or uploaded.',
  FAILED_TRANSFER: 'Final. The transfer failed, and no further try is awaited.',
  FAILED_INSTALL: 'Final. The installation failed.',
  FAILED: 'Final. Nothing was heard for longer than the job could last.',
  REJECTED: 'Final. The charge point answered CALLERROR.',
  NO_FILE: 'Final. The charge point has nothing to upload.',
  NOT_SENT: 'Final. The request never left the hub.',
} as const;

/** Where a job stands, as the API shows it. */
export const JobStatusEnum = enumType(
  'JobStatus',
  'Where a job stands. A word of the charge point that comes after a final status may still replace it.',
  statuses,
);

/** What a charge point reports, as the API shows it. */
export const ReportedJobStatusEnum = enumType('ReportedJobStatus', 'What a charge point says of its jobs.', {
  IDLE: 'It works on none; only said when asked by a trigger.',
  TRANSFERRING: 'Downloading or Uploading.',
  TRANSFERRED: 'Downloaded.',
  INSTALLING: 'Installing.',
  SUCCEEDED: 'Installed or Uploaded.',
  FAILED_TRANSFER: 'DownloadFailed or UploadFailed.',
  FAILED_INSTALL: 'InstallationFailed.',
});

const VerdictReasonEnum = enumType('JobVerdictReason', 'How it is known that a job has ended.', {
  REPORTED: 'The charge point said so.',
  INFERRED_FROM_BOOT: 'It booted with another firmware version once the new one was there.',
  RETRIES_OVER: 'A transfer failed, and the time for the tries that were left passed without a word.',
  SUPERSEDED: 'A transfer failed, and a newer job of the kind was accepted.',
  NO_PROGRESS: 'Nothing was heard for 24 h or, if that is longer, the time for all retries and 2 h.',
  NO_FILE: 'The answer named no file.',
  CALL_ERROR: 'The charge point answered CALLERROR.',
  NOT_SENT: 'The request never left the hub.',
});

const VerdictRef = builder.objectRef<Verdict>('JobVerdict').implement({
  description: 'How a job ended.',
  fields: (t) => ({
    succeeded: t.exposeBoolean('succeeded', { description: 'Whether what was asked for was done.' }),
    reason: t.expose('reason', { type: VerdictReasonEnum, description: 'How it is known.' }),
    description: t.exposeString('description', { description: 'For people; credentials masked.' }),
    ocppErrorCode: t.exposeString('ocppErrorCode', {
      nullable: true,
      description: 'Error code of the CALLERROR as it came, e.g. NotSupported.',
    }),
  }),
});

const EntryRef = builder.objectRef<JobEntry>('JobEntry').implement({
  description: 'One step of a job.',
  fields: (t) => ({
    status: t.expose('status', { type: JobStatusEnum, description: 'The status that it took.' }),
    wireStatus: t.exposeString('wireStatus', {
      nullable: true,
      description: 'The word that the charge point used; null when the hub found out otherwise.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When, by the clock of the hub.' }),
  }),
});

const loaders = new WeakMap<HubContext, DataLoader<string, Job | null>>();

/** A job of the caller's tenant by hub id; null when there is none. All that one tick asks for is one read. */
export function loadJob(context: HubContext, id: string): Promise<Job | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(jobsKey).findMany(context.principal.tenantId, ids);
        const byId = new Map(found.map((job) => [job._id, job]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false }, // a subscription's context outlives many changes
    );
    loaders.set(context, loader);
  }
  return loader.load(id);
}

/** A job. Other capabilities add their fields with `builder.objectField(JobRef, …)`. */
export const JobRef = builder.objectRef<Job>('Job');

builder.node(JobRef, {
  ...needs('FIRMWARE_READ'),
  description: 'What a charge point works on after it was asked: a firmware update or an upload of diagnostics.',
  id: { resolve: ({ _id }) => _id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadJob(context, id))),
  fields: (t) => ({
    kind: t.expose('kind', { type: JobKindEnum, description: 'What kind of work.' }),
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Who works; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    command: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command that asked for it.',
      resolve: ({ commandId }, _args, { principal, use }) => use(commandsKey).find(principal.tenantId, commandId),
    }),
    location: t.exposeString('location', {
      description: 'URL of the file or, for diagnostics, of the folder to upload to; credentials in it are masked.',
    }),
    status: t.expose('status', { type: JobStatusEnum, description: 'Where it stands.' }),
    wireStatus: t.exposeString('wireStatus', {
      nullable: true,
      description: 'The last word of the charge point about it, as on the wire.',
    }),
    isOpen: t.exposeBoolean('isOpen', { description: 'Whether more is expected.' }),
    verdict: t.expose('verdict', { type: VerdictRef, nullable: true, description: 'How it ended; null while open.' }),
    history: t.field({
      type: [EntryRef],
      description: 'Its steps, oldest first; the newest 100.',
      resolve: ({ history }) => [...history],
    }),
    fileName: t.exposeString('fileName', {
      nullable: true,
      description: 'Name of the diagnostics file, as the charge point answered.',
    }),
    firmwareVersionBefore: t.exposeString('firmwareVersionBefore', {
      nullable: true,
      description: 'Firmware at the last boot before a firmware update.',
    }),
    firmwareVersionAfter: t.exposeString('firmwareVersionAfter', {
      nullable: true,
      description: 'Firmware at the boot that proved or followed the update; null until then.',
    }),
    retrieveDate: t.expose('notBefore', {
      type: 'DateTime',
      nullable: true,
      description: 'The charge point may fetch the firmware from then on.',
    }),
    startTime: t.expose('startTime', {
      type: 'DateTime',
      nullable: true,
      description: 'Oldest instant of the diagnostics that were asked for.',
    }),
    stopTime: t.expose('stopTime', {
      type: 'DateTime',
      nullable: true,
      description: 'Newest instant of the diagnostics that were asked for.',
    }),
    retries: t.exposeInt('retries', {
      nullable: true,
      description: 'Repeats after the first try; null: as the charge point likes.',
    }),
    retryIntervalSeconds: t.exposeInt('retryIntervalSeconds', {
      nullable: true,
      description: 'Time between two tries, in seconds.',
    }),
    failedTransfers: t.exposeInt('failedTransfers', {
      description: 'How many times the charge point said that a transfer failed.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the hub took it on.' }),
    answeredAt: t.expose('answeredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the charge point confirmed that it heard the request.',
    }),
    lastReportAt: t.expose('lastReportAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the charge point last spoke of it.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it took its last step.' }),
    dueAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it fails unless something is heard; null when it has ended.',
      resolve: ({ isOpen, dueAt }) => (isOpen ? dueAt : null),
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
  }),
});

/** A report as the API shows it. */
export const JobReportRef = builder.objectRef<KeptReport & { readonly kind: JobKind }>('JobReport').implement({
  description: 'What a charge point said about its jobs of one kind.',
  fields: (t) => ({
    kind: t.expose('kind', { type: JobKindEnum, description: 'Which kind.' }),
    status: t.expose('status', { type: ReportedJobStatusEnum, description: 'What it said.' }),
    wireStatus: t.exposeString('wireStatus', { description: 'The word that it used.' }),
    reportedAt: t.expose('at', { type: 'DateTime', description: 'When, by the clock of the hub.' }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: 'The job that it counts for; null for IDLE and when the hub knows of none.',
      resolve: ({ jobId }, _args, context) => (jobId === undefined ? null : loadJob(context, jobId)),
    }),
  }),
});
