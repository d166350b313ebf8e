import { maskLocation, maskLocationsIn } from '../../kernel/locations.ts';
import {
  historyMax,
  type Job,
  type JobRequest,
  type JobStatus,
  opens,
  type Report,
  type Verdict,
  type VerdictReason,
} from './model.ts';

/** What a step changes in a job; a field that is undefined goes. */
export type JobChange = { [Field in keyof Job]?: Job[Field] | undefined };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** No number of a caller makes a job last for ever. */
const patienceMsMax = 366 * dayMs;
/** How long beyond the last possible retry a charge point is given. */
const retryMarginMs = 15 * 60_000;
/** A charge point that was given no interval is thought to try again within so much. */
const retryIntervalSecondsDefault = 60;
/** How long after its turn has passed the hub looks up what became of a request that nobody told it of. */
const requestMarginMs = 10 * 60_000;
/** A timer cannot wait longer than 24 days; the command stops waiting then, the job goes on. */
const effectWithinMsMax = 20 * dayMs;

type Plan = Pick<Job, 'retries' | 'retryIntervalSeconds' | 'notBefore'>;

/** How long a charge point may be silent about a job before it has failed: 24 h, or the time for all retries and 2 h. */
export function patienceMs({ retries = 0, retryIntervalSeconds = 0 }: Plan): number {
  return Math.min(patienceMsMax, Math.max(dayMs, retries * retryIntervalSeconds * 1000 + 2 * hourMs));
}

/** How long a command waits for the end of its job: a little longer than a job without any progress lasts; at most 20 days. */
export function effectWithinMs(plan: Plan, now: Date): number {
  const delayMs = Math.max(0, (plan.notBefore?.getTime() ?? 0) - now.getTime());
  return Math.min(effectWithinMsMax, delayMs + patienceMs(plan) + hourMs);
}

/** When nothing heard after `at` means that the job has failed. Nothing is expected before the charge point may begin. */
const silentUntil = (job: Plan, at: Date): Date =>
  new Date(Math.max(at.getTime(), job.notBefore?.getTime() ?? 0) + patienceMs(job));

/** A job as it begins. */
export function begun({ deadlineAt, ...request }: JobRequest): Job {
  return {
    ...request,
    location: maskLocation(request.location),
    status: 'REQUESTED',
    isOpen: true,
    history: [{ status: 'REQUESTED', at: request.requestedAt }],
    failedTransfers: 0,
    updatedAt: request.requestedAt,
    dueAt: new Date(deadlineAt.getTime() + requestMarginMs),
    version: 1,
    untold: true,
  };
}

/** The charge point heard the request; `nothing` to do means that it ends there. A report may have come before. DIA-1. */
export function answered(
  job: Job,
  { fileName, nothing, at }: { fileName?: string; nothing?: boolean; at: Date },
): JobChange | undefined {
  if (job.answeredAt !== undefined) return undefined;
  const facts = { answeredAt: at, ...(fileName !== undefined && { fileName }) };
  if (job.status !== 'REQUESTED' && job.status !== 'UNCERTAIN') return { ...facts, ...told(job, at) };
  if (nothing === true) {
    return { ...facts, ...ended(job, 'NO_FILE', at, 'NO_FILE', 'the charge point named no file: nothing to upload') };
  }
  return { ...facts, ...step(job, 'ACCEPTED', at), dueAt: silentUntil(job, at) };
}

/** What the command engine knows about a request that has no usable answer. */
export interface Refusal {
  readonly kind: 'REJECTED' | 'NOT_SENT' | 'UNCERTAIN';
  readonly description: string;
  readonly ocppErrorCode?: string;
  readonly at: Date;
}

/** There is no usable answer. A charge point that spoke of the job all the same has refuted that. */
export function refused(job: Job, { kind, description, ocppErrorCode, at }: Refusal): JobChange | undefined {
  if (job.status !== 'REQUESTED' && !(job.status === 'UNCERTAIN' && kind !== 'UNCERTAIN')) return undefined;
  if (kind === 'UNCERTAIN') return { ...step(job, 'UNCERTAIN', at), dueAt: silentUntil(job, at) };
  const change = ended(
    job,
    kind,
    at,
    kind === 'REJECTED' ? 'CALL_ERROR' : 'NOT_SENT',
    maskLocationsIn(description).slice(0, 1000),
  );
  if (ocppErrorCode === undefined || change.verdict === undefined) return change;
  return { ...change, verdict: { ...change.verdict, ocppErrorCode } };
}

/** What a report means for a job: a step, the same again, or nothing because it is not about this job. FWD-1. */
export type Reading =
  | { readonly kind: 'step'; readonly change: JobChange }
  | { readonly kind: 'repeat'; readonly change: JobChange }
  | { readonly kind: 'foreign' };

/**
 * Reads a report (never IDLE) as one about this job. No order is enforced. A job that has ended still hears, as long as it
 * could have been silent: another end takes the place of the one it has, and a charge point that works on although its
 * transfer failed, or although the hub had given it up, opens it again.
 */
export function reported(
  job: Job,
  { status, wireStatus, at }: Report & { status: Exclude<Report['status'], 'IDLE'> },
): Reading {
  const isSame = job.wireStatus === wireStatus;
  const heard = { wireStatus, lastReportAt: at };
  if (job.isOpen) {
    const dueAt = job.status === 'RETRYING' ? job.dueAt : silentUntil(job, at);
    if (isSame) return { kind: 'repeat', change: { lastReportAt: at, dueAt } };
    return { kind: 'step', change: { ...heard, ...reportedStep(job, status, wireStatus, at) } };
  }
  const { finishedAt = job.updatedAt, verdict } = job;
  const isOver = at.getTime() > finishedAt.getTime() + patienceMs(job);
  if (isOver || job.status === 'REJECTED' || job.status === 'NOT_SENT') return { kind: 'foreign' };
  const isGivenUp = verdict?.reason === 'NO_PROGRESS' || verdict?.reason === 'NO_FILE';
  if (isSame && !isGivenUp) return { kind: 'repeat', change: { lastReportAt: at } };
  if (job.status === 'SUCCEEDED' && opens[status]) {
    // the next transfer is the next job, perhaps one that nobody asked the hub for; a step behind it came late
    if (status === 'TRANSFERRING') return { kind: 'foreign' };
    const history = grown(job, { status: job.status, wireStatus, at });
    return { kind: 'step', change: { ...heard, history, ...told(job, at) } };
  }
  return { kind: 'step', change: { ...heard, ...reportedStep(job, status, wireStatus, at) } };
}

const isInstalling = (status: JobStatus): boolean => status === 'TRANSFERRED' || status === 'INSTALLING';

/**
 * The charge point booted with `firmwareVersion`. Another one than before, once the file is there, is as good as the word
 * that it is installed, which may never come. FW-2.
 */
export function bootedWith(
  job: Job,
  firmwareVersion: string,
  before: string | undefined,
  at: Date,
): JobChange | undefined {
  if (job.firmwareVersionAfter === firmwareVersion) return undefined;
  const firmwareVersionBefore = job.firmwareVersionBefore ?? before;
  const known = { firmwareVersionAfter: firmwareVersion, ...(firmwareVersionBefore && { firmwareVersionBefore }) };
  if (job.status === 'SUCCEEDED' && job.firmwareVersionAfter === undefined) {
    const { finishedAt = job.updatedAt } = job;
    return at.getTime() > finishedAt.getTime() + patienceMs(job) ? undefined : { ...known, ...told(job, at) };
  }
  if (!isInstalling(job.status) || firmwareVersionBefore === undefined) return undefined;
  if (firmwareVersionBefore === firmwareVersion) return undefined;
  const description = `the charge point booted with firmware ${firmwareVersion} instead of ${firmwareVersionBefore}`;
  return { ...known, ...ended(job, 'SUCCEEDED', at, 'INFERRED_FROM_BOOT', description) };
}

/** The time of an open job is over. Undefined when it is not. */
export function expired(job: Job, now: Date): JobChange | undefined {
  if (!job.isOpen || job.dueAt > now) return undefined;
  if (job.status === 'RETRYING') {
    return ended(job, 'FAILED_TRANSFER', now, 'RETRIES_OVER', 'the transfer failed and no further try was told of');
  }
  return ended(job, 'FAILED', now, 'NO_PROGRESS', `nothing was heard of it since it was ${job.status}`);
}

/** A newer job of its kind was accepted: no more tries of this one are awaited. */
export function superseded(job: Job, at: Date): JobChange | undefined {
  if (job.status !== 'RETRYING') return undefined;
  return ended(job, 'FAILED_TRANSFER', at, 'SUPERSEDED', 'the transfer failed, and a newer job was accepted');
}

function reportedStep(job: Job, status: Exclude<Report['status'], 'IDLE'>, wireStatus: string, at: Date): JobChange {
  if (status === 'FAILED_TRANSFER') {
    const failedTransfers = job.failedTransfers + 1;
    const triesLeft = (job.retries ?? 0) + 1 - failedTransfers;
    if (triesLeft > 0) {
      const intervalMs = Math.max(0, job.retryIntervalSeconds ?? retryIntervalSecondsDefault) * 1000;
      const dueAt = new Date(at.getTime() + Math.min(patienceMsMax, triesLeft * intervalMs + retryMarginMs));
      return { failedTransfers, ...step(job, 'RETRYING', at, wireStatus), dueAt };
    }
    return {
      failedTransfers,
      ...ended(job, status, at, 'REPORTED', `the charge point said ${wireStatus}`, wireStatus),
    };
  }
  if (!opens[status]) return ended(job, status, at, 'REPORTED', `the charge point said ${wireStatus}`, wireStatus);
  return { ...step(job, status, at, wireStatus), dueAt: silentUntil(job, at) };
}

/** What every change that is told has in common. */
const told = (job: Job, at: Date) => ({ updatedAt: at, version: job.version + 1, untold: true as const });

const grown = (job: Job, entry: Job['history'][number]): Job['history'] => [...job.history, entry].slice(-historyMax);

const step = (job: Job, status: JobStatus, at: Date, wireStatus?: string): JobChange => ({
  status,
  isOpen: opens[status],
  history: grown(job, { status, at, ...(wireStatus !== undefined && { wireStatus }) }),
  verdict: undefined,
  finishedAt: undefined,
  ...told(job, at),
});

const ended = (
  job: Job,
  status: JobStatus,
  at: Date,
  reason: VerdictReason,
  description: string,
  wireStatus?: string,
): JobChange & { verdict: Verdict } => ({
  ...step(job, status, at, wireStatus),
  finishedAt: at,
  verdict: { succeeded: status === 'SUCCEEDED', reason, description },
});
