import type { Filter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, type Position, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { type Job, type JobKind, type JobReports, type JobStatus, jobReportsId } from './model.ts';
import type { JobChange } from './rules.ts';

const jobsName = 'jobs';
const reportsName = 'jobReports';

/** Every query below is served by one of these. */
export const jobIndexes: CollectionIndexes = {
  [jobsName]: [
    { key: { tenantId: 1, requestedAt: -1, _id: -1 }, name: 'tenant_time' },
    { key: { tenantId: 1, isOpen: 1, requestedAt: -1, _id: -1 }, name: 'tenant_open' },
    { key: { tenantId: 1, chargePointId: 1, requestedAt: -1, _id: -1 }, name: 'chargePoint_time' },
    { key: { tenantId: 1, chargePointId: 1, kind: 1, requestedAt: -1, _id: -1 }, name: 'chargePoint_kind' },
    { key: { dueAt: 1 }, name: 'due', partialFilterExpression: { isOpen: true } },
    { key: { updatedAt: 1 }, name: 'untold', partialFilterExpression: { untold: true } },
  ],
  [reportsName]: [{ key: { tenantId: 1, chargePointId: 1, kind: 1 }, name: 'chargePoint', unique: true }],
};

/** Which jobs; lists mean any-of, everything given must hold. */
export interface JobFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly kinds?: readonly JobKind[] | undefined;
  readonly statuses?: readonly JobStatus[] | undefined;
  readonly isOpen?: boolean | undefined;
  /** `from` belongs to it, `to` does not. */
  readonly requestedAt?: { readonly from?: Date | undefined; readonly to?: Date | undefined } | undefined;
}

/** Jobs of one charge point and kind that a report is held against: the newest that reached it. */
const candidatesMax = 20;

/** Jobs in the database, and what charge points last said about them. */
export function createJobStore(store: Store) {
  const jobs = () => store.collection<Job>(jobsName);
  const reports = () => store.collection<JobReports>(reportsName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    find: (tenantId: string, id: string): Promise<Job | null> => jobs().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<Job[]> =>
      jobs()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** Jobs of one kind that a charge point may speak of, newest first. */
    candidates: (tenantId: string, chargePointId: string, kind: JobKind): Promise<Job[]> =>
      jobs()
        .find({ tenantId, chargePointId, kind, status: { $nin: ['REJECTED', 'NOT_SENT'] } }, read)
        .sort({ requestedAt: -1, _id: -1 })
        .limit(candidatesMax)
        .toArray(),

    /** Open jobs whose time is over, those first that are so longest; of all tenants. */
    due: (now: Date, limit: number): Promise<Job[]> =>
      jobs()
        .find({ isOpen: true, dueAt: { $lte: now } }, read)
        .sort({ dueAt: 1 })
        .limit(limit)
        .toArray(),

    /** Jobs whose last change was stored before `before` and perhaps never told; of all tenants. */
    untold: (before: Date, limit: number): Promise<Job[]> =>
      jobs()
        .find({ untold: true, updatedAt: { $lte: before } }, read)
        .sort({ updatedAt: 1 })
        .limit(limit)
        .toArray(),

    /** Newest first. */
    async page(tenantId: string, filter: JobFilter, request: PageRequest): Promise<Page<Job>> {
      const { chargePointIds, kinds, statuses, isOpen, requestedAt: { from, to } = {} } = filter;
      const own: Filter<Job> = {
        tenantId,
        ...(chargePointIds && { chargePointId: { $in: [...chargePointIds] } }),
        ...(kinds && { kind: { $in: [...kinds] } }),
        ...(statuses && { status: { $in: [...statuses] } }),
        ...(isOpen !== undefined && { isOpen }),
        ...((from || to) && { requestedAt: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
      };
      const found = await jobs()
        .find({ $and: [own, keysetFilter('requestedAt', 'descending', request)] }, read)
        .sort(keysetSort('requestedAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, ({ requestedAt, _id }): Position => [requestedAt, _id]);
    },

    /** The same job twice is one. */
    async insert(job: Job): Promise<void> {
      await store.write<Job>(jobsName, { insertOne: { document: job } });
    },

    /** Changes the job unless something else did meanwhile; null then. */
    change: ({ _id, tenantId, version }: Job, change: JobChange): Promise<Job | null> => {
      const absent = Object.entries(change).filter(([, value]) => value === undefined);
      const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      return jobs().findOneAndUpdate(
        { _id, tenantId, version },
        { $set: set, ...(absent.length > 0 && { $unset: Object.fromEntries(absent.map(([name]) => [name, ''])) }) },
        { returnDocument: 'after', maxTimeMS: readTimeoutMs },
      );
    },

    /** The event of that version of the job is durable. */
    async markTold({ _id, tenantId, version }: Job): Promise<void> {
      await store.write<Job>(jobsName, {
        updateOne: { filter: { _id, tenantId, version }, update: { $unset: { untold: '' } } },
      });
    },

    findReports: (tenantId: string, chargePointId: string, kind: JobKind): Promise<JobReports | null> =>
      reports().findOne({ tenantId, chargePointId, kind }, read),

    /** Of these charge points, all kinds. */
    reportsOf: (tenantId: string, chargePointIds: readonly string[]): Promise<JobReports[]> =>
      reports()
        .find({ tenantId, chargePointId: { $in: [...chargePointIds] } }, read)
        .toArray(),

    async saveReports(reported: Omit<JobReports, '_id'>): Promise<void> {
      await store.write<JobReports>(reportsName, {
        updateOne: {
          filter: { _id: jobReportsId(reported.chargePointId, reported.kind) },
          update: { $set: reported },
          upsert: true,
        },
      });
    },

    /** Forgets what a deleted charge point last said; its jobs stay. */
    async removeReportsOf(tenantId: string, chargePointId: string): Promise<void> {
      await reports().deleteMany({ tenantId, chargePointId });
    },
  };
}

/** The store of jobs. */
export type JobStore = ReturnType<typeof createJobStore>;
