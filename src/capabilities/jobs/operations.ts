import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { Command, CommandOperations } from '../commands/index.ts';
import {
  type Job,
  type JobKind,
  type JobReports,
  type JobRequest,
  jobChanged,
  jobReportsId,
  type KeptReport,
  type Report,
  unlinkedMax,
  unlinkedReport,
} from './model.ts';
import {
  answered,
  begun,
  bootedWith,
  effectWithinMs,
  expired,
  type JobChange,
  patienceMs,
  type Refusal,
  refused,
  reported,
  superseded,
} from './rules.ts';
import type { JobFilter, JobStore } from './store.ts';

/** Whose jobs. */
interface Owner {
  readonly tenantId: string;
  readonly chargePointId: string;
}

/** What is done with jobs. */
export interface JobOperations {
  /** What a command for a job needs beside the caller's wish: the id of its job, and how long it may wait for the end, in milliseconds. */
  plan(request: Pick<JobRequest, 'retries' | 'retryIntervalSeconds' | 'notBefore'>): {
    jobId: string;
    effectWithinMs: number;
  };
  /** Stores the job of a command that is about to be delivered. Twice is once. */
  begin(request: JobRequest): Promise<void>;
  /** The charge point heard the request; with `nothing` the job ends there. Also for a late answer. */
  answer(
    owner: Owner,
    jobId: string,
    answer: { readonly fileName?: string; readonly nothing?: boolean },
  ): Promise<void>;
  /** The command has no usable answer. `hint` is added to what is told of a CALLERROR with that code. */
  fail(
    command: Command,
    jobId: string,
    hint?: { readonly ocppErrorCode: string; readonly text: string },
  ): Promise<void>;
  /** Takes a report: links it to the right job, keeps it, tells of it. The same again changes nothing. FWD-1. */
  report(owner: Owner, kind: JobKind, report: Report): Promise<void>;
  /** The charge point booted with some firmware: a proof for the update that was about to be installed. FW-2. */
  noteBoot(
    owner: Owner,
    boot: {
      readonly firmwareVersion: string;
      readonly previousFirmwareVersion?: string | undefined;
      readonly at: Date;
    },
  ): Promise<void>;
  find(tenantId: string, id: string): Promise<Job | undefined>;
  /** In no order; those that do not exist are missing. */
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly Job[]>;
  /** Newest first. */
  page(tenantId: string, filter: JobFilter, request: PageRequest): Promise<Page<Job>>;
  /** The newest open job of a kind. */
  findOpen(owner: Owner, kind: JobKind): Promise<Job | undefined>;
  /** What charge points last said of their jobs. */
  reportsOf(tenantId: string, chargePointIds: readonly string[]): Promise<readonly JobReports[]>;
  /** Ends jobs whose time is over, and tells what a crash left untold. */
  sweep(): Promise<void>;
}

/** How often a change is decided anew because something else was faster. */
const triesMax = 20;
/** How long after a change its event is left to whoever made the change. */
const untoldMarginMs = 30_000;
const sweepBatch = 500;

/** The operations on jobs. */
export function createJobOperations({
  jobs,
  commands,
  events,
  clock,
  log,
}: Pick<CapabilityDependencies, 'events' | 'clock' | 'log'> & {
  jobs: JobStore;
  commands: Pick<CommandOperations, 'find'>;
}): JobOperations {
  const tell = async (job: Job): Promise<void> => {
    if (job.untold !== true) return;
    await events.append(jobChanged(job));
    await jobs.markTold(job);
  };

  /** Decides from the present state until the change is stored, or none is needed; then tells of it. */
  const change = async (known: Job, decide: (present: Job) => JobChange | undefined): Promise<Job> => {
    let present = known;
    for (let tries = 0; tries < triesMax; tries += 1) {
      const wanted = decide(present);
      const changed = wanted === undefined ? present : await jobs.change(present, wanted);
      if (changed !== null) {
        await tell(changed);
        return changed;
      }
      present = (await jobs.find(present.tenantId, present._id)) ?? present;
    }
    throw new Error('a job changes faster than it can be changed');
  };

  /** Whether the request had left before `at`. A charge point may begin before its answer arrives. */
  const wasSent = async (job: Job, at: Date): Promise<boolean> => {
    if (job.status !== 'REQUESTED') return true;
    const command = await commands.find(job.tenantId, job.commandId);
    return command?.sentAt !== undefined && command.sentAt <= at;
  };

  /** Links the report to the newest job that it can be about; undefined when there is none. */
  const link = async (
    { tenantId, chargePointId }: Owner,
    kind: JobKind,
    report: Parameters<typeof reported>[1],
    before: KeptReport | undefined,
  ): Promise<Job | undefined> => {
    const all = await jobs.candidates(tenantId, chargePointId, kind);
    // once the charge point spoke of something else, a job that has ended is not meant any more
    const candidates = all.filter(
      (job) => job.isOpen || before === undefined || before.jobId === job._id || before.at < job.requestedAt,
    );
    const isLeast = ({ status }: Job) => status === 'NO_FILE'; // nothing was to follow
    for (const job of [...candidates.filter((one) => !isLeast(one)), ...candidates.filter(isLeast)]) {
      if (reported(job, report).kind === 'foreign' || !(await wasSent(job, report.at))) continue;
      return change(job, (present) => {
        const reading = reported(present, report);
        return reading.kind === 'foreign' ? undefined : reading.change;
      });
    }
    return undefined;
  };

  /** Keeps a report that belongs to no job; the same again within a day is the same. */
  const keepUnlinked = async (present: Reports, report: Report): Promise<void> => {
    const { lastProgress: before, unlinked, unlinkedCount } = present;
    const isRepeat =
      before?.wireStatus === report.wireStatus && report.at.getTime() - before.at.getTime() <= patienceMs({});
    if (isRepeat) {
      const last = { ...before, at: report.at };
      await jobs.saveReports(withoutId({ ...present, last }));
      const newest = unlinked.at(-1);
      if (before.jobId === undefined && newest !== undefined) await events.append(unlinkedReport(present, newest));
      return;
    }
    const next: JobReports = {
      ...present,
      last: report,
      lastProgress: report,
      unlinked: [...unlinked, report].slice(-unlinkedMax),
      unlinkedCount: unlinkedCount + 1,
    };
    await jobs.saveReports(withoutId(next));
    await events.append(unlinkedReport(next, report));
  };

  const fail: JobOperations['fail'] = async (command, jobId, hint) => {
    const job = await jobs.find(command.tenantId, jobId);
    const { failure } = command;
    if (job === null || failure === undefined) return;
    const { ocppErrorCode } = failure;
    const isRefusal = failure.kind === 'CALL_ERROR';
    const text = ocppErrorCode === undefined ? failure.description : `${ocppErrorCode} ${failure.description}`.trim();
    const refusal: Refusal = {
      kind: isRefusal ? 'REJECTED' : failure.outcomeUnknown ? 'UNCERTAIN' : 'NOT_SENT',
      description: hint !== undefined && hint.ocppErrorCode === ocppErrorCode ? `${text}; ${hint.text}` : text,
      ...(ocppErrorCode !== undefined && { ocppErrorCode }),
      at: clock.now(),
    };
    await change(job, (present) => refused(present, refusal));
  };

  /** A request that nobody told the end of, because the hub or the database went away just then. */
  const lookUp = async (job: Job): Promise<void> => {
    const command = await commands.find(job.tenantId, job.commandId);
    if (command?.failure !== undefined) return fail(command, job._id);
    const description = 'no answer on record';
    await change(job, (present) => refused(present, { kind: 'UNCERTAIN', description, at: clock.now() }));
  };

  return {
    plan(request) {
      const now = clock.now();
      return { jobId: newId(now), effectWithinMs: effectWithinMs(request, now) };
    },

    async begin(request) {
      const job = begun(request);
      await jobs.insert(job);
      await tell(job);
    },

    async answer({ tenantId, chargePointId }, jobId, answer) {
      const job = await jobs.find(tenantId, jobId);
      if (job === null) return;
      const at = clock.now();
      const { status, kind } = await change(job, (present) => answered(present, { ...answer, at }));
      if (status !== 'ACCEPTED') return;
      for (const older of await jobs.candidates(tenantId, chargePointId, kind)) {
        if (older._id !== jobId) await change(older, (present) => superseded(present, at));
      }
    },

    fail,

    async report(owner, kind, report) {
      const { tenantId, chargePointId } = owner;
      const _id = jobReportsId(chargePointId, kind);
      const known = await jobs.findReports(tenantId, chargePointId, kind);
      const present: Reports = known ?? { _id, tenantId, chargePointId, kind, unlinked: [], unlinkedCount: 0 };
      const { status } = report;
      if (status === 'IDLE') return jobs.saveReports(withoutId({ ...present, last: report }));
      const job = await link(owner, kind, { ...report, status }, present.lastProgress);
      if (job === undefined) {
        log.info({ tenantId, chargePointId, kind, status }, 'a report of a job that the hub does not know');
        return keepUnlinked(present, report);
      }
      const kept: KeptReport = { ...report, jobId: job._id };
      await jobs.saveReports(withoutId({ ...present, last: kept, lastProgress: kept }));
    },

    async noteBoot({ tenantId, chargePointId }, { firmwareVersion, previousFirmwareVersion, at }) {
      for (const job of await jobs.candidates(tenantId, chargePointId, 'FIRMWARE')) {
        if (job.firmwareVersionAfter === firmwareVersion) return tell(job); // known, perhaps from this very boot
        const decide = (present: Job) => bootedWith(present, firmwareVersion, previousFirmwareVersion, at);
        if (decide(job) === undefined) continue;
        await change(job, decide);
        return;
      }
    },

    find: async (tenantId, id) => (await jobs.find(tenantId, id)) ?? undefined,
    findMany: jobs.findMany,
    page: jobs.page,
    async findOpen({ tenantId, chargePointId }, kind) {
      return (await jobs.candidates(tenantId, chargePointId, kind)).find(({ isOpen }) => isOpen);
    },
    reportsOf: jobs.reportsOf,

    async sweep() {
      const now = clock.now();
      for (const job of await jobs.due(now, sweepBatch)) {
        if (job.status === 'REQUESTED') await lookUp(job);
        else await change(job, (present) => expired(present, now));
      }
      for (const job of await jobs.untold(new Date(now.getTime() - untoldMarginMs), sweepBatch)) await tell(job);
    },
  };
}

/** What is known before the first report, too. */
type Reports = Omit<JobReports, 'last'>;

const withoutId = ({ _id, ...reports }: JobReports): Omit<JobReports, '_id'> => reports;
