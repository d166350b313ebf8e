import type { NewEvent } from '../../events/event.ts';
import { contentId } from '../../kernel/ids.ts';

/** What a charge point works on for a while after it was asked. */
export const jobKinds = ['FIRMWARE', 'DIAGNOSTICS'] as const;
export type JobKind = (typeof jobKinds)[number];

/** How far a charge point says a job is, in nobody's OCPP version. IDLE: it works on none; only said when asked. */
export type ReportedStatus =
  | 'IDLE'
  | 'TRANSFERRING'
  | 'TRANSFERRED'
  | 'INSTALLING'
  | 'SUCCEEDED'
  | 'FAILED_TRANSFER'
  | 'FAILED_INSTALL';

/**
 * Where a job stands: what the charge point said of it, and what only the hub knows. REQUESTED: on its way. ACCEPTED: the
 * charge point heard it. UNCERTAIN: no usable answer, it may work on it all the same. RETRYING: a transfer failed, tries are
 * left. FAILED: nothing was heard for too long. REJECTED: a CALLERROR. NO_FILE: there is nothing to upload. NOT_SENT.
 */
export type JobStatus =
  | Exclude<ReportedStatus, 'IDLE'>
  | 'REQUESTED'
  | 'ACCEPTED'
  | 'UNCERTAIN'
  | 'RETRYING'
  | 'FAILED'
  | 'REJECTED'
  | 'NO_FILE'
  | 'NOT_SENT';

/** Whether more is expected of a job that stands there. */
export const opens = {
  REQUESTED: true,
  ACCEPTED: true,
  UNCERTAIN: true,
  TRANSFERRING: true,
  RETRYING: true,
  TRANSFERRED: true,
  INSTALLING: true,
  SUCCEEDED: false,
  FAILED_TRANSFER: false,
  FAILED_INSTALL: false,
  FAILED: false,
  REJECTED: false,
  NO_FILE: false,
  NOT_SENT: false,
} as const satisfies Record<JobStatus, boolean>;

/** How it is known that a job has ended. */
export type VerdictReason =
  | 'REPORTED'
  | 'INFERRED_FROM_BOOT'
  | 'RETRIES_OVER'
  | 'SUPERSEDED'
  | 'NO_PROGRESS'
  | 'NO_FILE'
  | 'CALL_ERROR'
  | 'NOT_SENT';

/** How a job ended. The charge point's own word, when it comes later, takes its place. */
export interface Verdict {
  readonly succeeded: boolean;
  readonly reason: VerdictReason;
  /** For people. */
  readonly description: string;
  /** As on the wire, for CALL_ERROR. */
  readonly ocppErrorCode?: string;
}

/** One step of a job. */
export interface JobEntry {
  readonly status: JobStatus;
  /** The charge point's word; absent when the hub found out otherwise. */
  readonly wireStatus?: string;
  readonly at: Date;
}

/** What a charge point was asked to work on, from the wish to its end. */
export interface Job {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly kind: JobKind;
  /** The command that asked for it. */
  readonly commandId: string;
  /** From or to where; credentials masked. */
  readonly location: string;
  /** The charge point may begin from then on. */
  readonly notBefore?: Date;
  /** Repeats after the first try. Errata 3.50. */
  readonly retries?: number;
  readonly retryIntervalSeconds?: number;
  /** Which part of the diagnostics. */
  readonly startTime?: Date;
  readonly stopTime?: Date;
  readonly status: JobStatus;
  /** The last word of the charge point about it. */
  readonly wireStatus?: string;
  /** Of `status`, for the indexes. */
  readonly isOpen: boolean;
  /** Oldest first; the oldest go when there are more than `historyMax`. */
  readonly history: readonly JobEntry[];
  /** How many times the charge point said that a transfer failed. */
  readonly failedTransfers: number;
  readonly fileName?: string;
  /** At the last boot before the update. */
  readonly firmwareVersionBefore?: string;
  /** At the first boot with another one, or after the success. */
  readonly firmwareVersionAfter?: string;
  readonly requestedAt: Date;
  /** When the CALLRESULT came. */
  readonly answeredAt?: Date;
  /** When the charge point last spoke of it. */
  readonly lastReportAt?: Date;
  readonly updatedAt: Date;
  readonly finishedAt?: Date;
  readonly verdict?: Verdict;
  /** When the hub looks at it again unless something happens. */
  readonly dueAt: Date;
  /** Goes up with every change that is told. */
  readonly version: number;
  /** The event of this version may be missing. */
  readonly untold?: true;
}

/** What is asked for, beside what the hub knows. */
export interface JobRequest
  extends Pick<
    Job,
    | '_id'
    | 'tenantId'
    | 'chargePointId'
    | 'kind'
    | 'commandId'
    | 'location'
    | 'notBefore'
    | 'retries'
    | 'retryIntervalSeconds'
    | 'startTime'
    | 'stopTime'
    | 'firmwareVersionBefore'
  > {
  readonly requestedAt: Date;
  /** After this instant it is no longer sent. */
  readonly deadlineAt: Date;
}

/** What a charge point said about its jobs of one kind. */
export interface Report {
  readonly status: ReportedStatus;
  readonly wireStatus: string;
  readonly at: Date;
}

/** A report as it is kept; `jobId` is absent when it belongs to no job. */
export interface KeptReport extends Report {
  readonly jobId?: string;
}

/** The last that a charge point said about its jobs of one kind, and what of it belongs to no job. */
export interface JobReports {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly kind: JobKind;
  /** The last one of all, IDLE with them. */
  readonly last: KeptReport;
  /** The last one that was not IDLE; tells a repeat from something new. */
  readonly lastProgress?: KeptReport;
  /** Those that belong to no job, oldest first; the newest `unlinkedMax`. */
  readonly unlinked: readonly Report[];
  /** How many there ever were that belong to no job. */
  readonly unlinkedCount: number;
}

/** How many steps of a job are kept. */
export const historyMax = 100;
/** How many reports without a job are kept for a charge point and kind. */
export const unlinkedMax = 50;

/** The id of what a charge point says about its jobs of one kind. */
export const jobReportsId = (chargePointId: string, kind: JobKind): string => contentId('job', chargePointId, kind);

/** A job took a step. Natural key: the job and the number of the change. */
export const jobChangedType = 'JOB_CHANGED';
/** A charge point reported a step that belongs to no job. Natural key: charge point, kind, and the how-manieth it is. */
export const unlinkedReportType = 'JOB_REPORT_UNLINKED';

/** The event of the present step of a job. */
export const jobChanged = (job: Job): NewEvent => ({
  tenantId: job.tenantId,
  type: jobChangedType,
  key: [job._id, job.version],
  occurredAt: job.updatedAt,
  receivedAt: job.updatedAt,
  chargePointId: job.chargePointId,
  commandId: job.commandId,
  data: {
    jobId: job._id,
    kind: job.kind,
    status: job.status,
    isOpen: job.isOpen,
    ...(job.wireStatus !== undefined && { wireStatus: job.wireStatus }),
    ...(job.verdict !== undefined && { verdictReason: job.verdict.reason, succeeded: job.verdict.succeeded }),
  },
});

/** The event of the newest report without a job. */
export const unlinkedReport = (
  { tenantId, chargePointId, kind, unlinkedCount }: Omit<JobReports, 'last'>,
  { status, wireStatus, at }: Report,
): NewEvent => ({
  tenantId,
  type: unlinkedReportType,
  key: [chargePointId, kind, unlinkedCount],
  occurredAt: at,
  receivedAt: at,
  chargePointId,
  data: { kind, status, wireStatus },
});
