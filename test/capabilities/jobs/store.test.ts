import { afterAll, beforeAll, expect, test } from 'vitest';
import { createChargePoints } from '../../../src/capabilities/charge-points/index.ts';
import { createDiagnostics } from '../../../src/capabilities/diagnostics/index.ts';
import { createFirmware } from '../../../src/capabilities/firmware/index.ts';
import { createJobs } from '../../../src/capabilities/jobs/index.ts';
import type { NewEvent } from '../../../src/events/event.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';
import { wasteful } from '../../support/query-plans.ts';

let hub: CapabilityHub;
let chargePoints: ReturnType<typeof createChargePoints>;
let jobs: ReturnType<typeof createJobs>;
/** Whether the next event is lost: the hub died between state and event. */
let losesEvent = false;
beforeAll(async () => {
  hub = await createCapabilityHub();
  const events = {
    ...hub.events,
    async append(event: NewEvent) {
      if (losesEvent) {
        losesEvent = false;
        throw new Error('the event log is away');
      }
      await hub.events.append(event);
    },
  };
  const parts = { ...hub.dependencies, events };
  chargePoints = createChargePoints(parts, { instance: 'test', heartbeatIntervalSeconds: 300 });
  const commands = { register: () => undefined, find: async () => null }; // what the hub asks is tested elsewhere
  jobs = createJobs(parts, { chargePoints: chargePoints.operations, commands });
  const given = { chargePoints: chargePoints.operations, commands, jobs: jobs.operations };
  await hub.mount(chargePoints, jobs, createFirmware(parts, given), createDiagnostics(given));
});
afterAll(() => hub.close());

let count = 0;
const station = async (): Promise<LinkedChargePoint> => {
  count += 1;
  const tenantId = `tenant${count}`;
  const { chargePoint } = await chargePoints.operations.create(systemPrincipal(tenantId), { identity: 'CP' });
  return { tenantId, id: chargePoint._id, identity: 'CP' };
};

/** An accepted job. */
async function accepted(
  { tenantId, id: chargePointId }: LinkedChargePoint,
  kind: 'FIRMWARE' | 'DIAGNOSTICS' = 'FIRMWARE',
) {
  hub.clock.advance(1_000);
  const requestedAt = hub.clock.now();
  const _id = newId(requestedAt);
  const deadlineAt = new Date(requestedAt.getTime() + 60_000);
  const location = 'https://files.example/fw';
  await jobs.operations.begin({
    _id,
    tenantId,
    chargePointId,
    kind,
    commandId: 'c',
    location,
    requestedAt,
    deadlineAt,
  });
  await jobs.operations.answer({ tenantId, chargePointId }, _id, {});
  return _id;
}

test('jobs come newest first, in pages, and everything is served by an index', async () => {
  const chargePoint = await station();
  const { tenantId } = chargePoint;
  const ids: string[] = [];
  for (const kind of ['FIRMWARE', 'DIAGNOSTICS', 'FIRMWARE', 'DIAGNOSTICS'] as const)
    ids.unshift(await accepted(chargePoint, kind));
  await hub.plans();
  interface Page {
    readonly nodes: { readonly id: string; readonly kind: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  }
  const page = '{ nodes { id kind status } pageInfo { endCursor hasNextPage } }';
  const list = async (args: string) => (await hub.data<{ jobs: Page }>(tenantId, `{ jobs(${args}) ${page} }`)).jobs;
  const own = async (args: string) =>
    (
      await hub.data<{ chargePoint: { jobs: Page } }>(
        tenantId,
        `{ chargePoint(by: { identity: "CP" }) { jobs(${args}) ${page} } }`,
      )
    ).chargePoint.jobs;
  const { chargePoint: seen } = await hub.data<{ chargePoint: { id: string } }>(
    tenantId,
    '{ chargePoint(by: { identity: "CP" }) { id } }',
  );
  const first = await list('first: 3');
  const rest = await list(`first: 3, after: "${first.pageInfo.endCursor}"`);
  expect(first.pageInfo.hasNextPage).toBe(true);
  const localId = (id: string) => Buffer.from(id, 'base64').toString().split(':').at(-1);
  expect([...first.nodes, ...rest.nodes].map(({ id }) => localId(id))).toEqual(ids);
  expect((await list('last: 1')).nodes.map(({ id }) => localId(id))).toEqual([ids[3]]);
  expect((await own('first: 5, kind: FIRMWARE')).nodes.map(({ kind }) => kind)).toEqual(['FIRMWARE', 'FIRMWARE']);
  expect((await own('first: 5')).nodes).toHaveLength(4);
  const filters = [
    'isOpen: true',
    'isOpen: false',
    `chargePointIds: ["${seen.id}"], isOpen: true`,
    'kinds: [DIAGNOSTICS], statuses: [ACCEPTED]',
    'requestedAt: { from: "2026-06-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }',
  ];
  const found = [];
  for (const filter of filters) found.push((await list(`first: 5, filter: { ${filter} }`)).nodes.length);
  expect(found).toEqual([4, 0, 4, 2, 4]);
  await hub.receive(chargePoint, 'FirmwareStatusNotification', { status: 'Downloading' });
  await hub.data(
    tenantId,
    '{ chargePoint(by: { identity: "CP" }) { firmwareStatus { status } unlinkedJobReports { status } } }',
  );
  await jobs.operations.sweep();
  const plans = await hub.plans();
  expect(plans.filter(({ collection }) => collection === 'jobs').length).toBeGreaterThanOrEqual(10);
  expect(plans.filter(wasteful)).toEqual([]);
});

test('a list in a filter is limited', async () => {
  const kinds = Array.from({ length: 501 }, () => 'FIRMWARE').join(', ');
  const { errors } = await hub.query('tenant', `{ jobs(filter: { kinds: [${kinds}] }) { nodes { id } } }`);
  expect(errors?.[0]?.message).toContain('at most 500');
});

test('a report whose event was lost is not confirmed; its repeat tells of it once', async () => {
  const chargePoint = await station();
  const id = await accepted(chargePoint);
  losesEvent = true;
  const say = () => hub.receive(chargePoint, 'FirmwareStatusNotification', { status: 'Downloading' });
  await expect(say()).rejects.toThrow();
  await say();
  await say();
  const told = await hub.told(chargePoint.tenantId, 'JOB_CHANGED');
  expect(told.map(({ data }) => [data['jobId'], data['status']])).toEqual([
    [id, 'REQUESTED'],
    [id, 'ACCEPTED'],
    [id, 'TRANSFERRING'],
  ]);
});

test('a report without a job whose event was lost is told by its repeat, once', async () => {
  const chargePoint = await station();
  losesEvent = true;
  const say = () => hub.receive(chargePoint, 'DiagnosticsStatusNotification', { status: 'Uploaded' });
  await expect(say()).rejects.toThrow();
  await say();
  await say();
  expect(await hub.told(chargePoint.tenantId, 'JOB_REPORT_UNLINKED')).toMatchObject([
    { chargePointId: chargePoint.id, data: { kind: 'DIAGNOSTICS', status: 'SUCCEEDED', wireStatus: 'Uploaded' } },
  ]);
});

test('the boot that proves an update tells of it once, however often it is told', async () => {
  const chargePoint = await station();
  await accepted(chargePoint);
  const owner = { tenantId: chargePoint.tenantId, chargePointId: chargePoint.id };
  await hub.receive(chargePoint, 'FirmwareStatusNotification', { status: 'Installing' });
  const boot = { firmwareVersion: '2.0', previousFirmwareVersion: '1.0', at: hub.clock.now() };
  losesEvent = true;
  await expect(jobs.operations.noteBoot(owner, boot)).rejects.toThrow();
  await jobs.operations.noteBoot(owner, boot);
  await jobs.operations.noteBoot(owner, boot);
  const told = await hub.told(chargePoint.tenantId, 'JOB_CHANGED');
  expect(told.map(({ data }) => data['status'])).toEqual(['REQUESTED', 'ACCEPTED', 'INSTALLING', 'SUCCEEDED']);
});

test('what nobody repeats is told by the sweep', async () => {
  const chargePoint = await station();
  await accepted(chargePoint);
  hub.clock.advance(25 * 3_600_000);
  losesEvent = true;
  await jobs.operations.sweep().catch(() => undefined);
  hub.clock.advance(60_000);
  await jobs.operations.sweep();
  await jobs.operations.sweep();
  const told = await hub.told(chargePoint.tenantId, 'JOB_CHANGED');
  expect(told.map(({ data }) => data['status'])).toEqual(['REQUESTED', 'ACCEPTED', 'FAILED']);
});

test('a request whose end nobody told of becomes uncertain, then fails', async () => {
  const { tenantId, id: chargePointId } = await station();
  const requestedAt = hub.clock.now();
  const deadlineAt = new Date(requestedAt.getTime() + 60_000);
  const request = { _id: newId(requestedAt), tenantId, chargePointId, kind: 'DIAGNOSTICS', commandId: 'c' } as const;
  await jobs.operations.begin({ ...request, location: 'ftp://x/y', requestedAt, deadlineAt });
  hub.clock.advance(12 * 60_000);
  await jobs.operations.sweep();
  expect(await jobs.operations.find(tenantId, request._id)).toMatchObject({ status: 'UNCERTAIN', isOpen: true });
  hub.clock.advance(25 * 3_600_000);
  await jobs.operations.sweep();
  expect(await jobs.operations.find(tenantId, request._id)).toMatchObject({ status: 'FAILED', isOpen: false });
});

test('reports and answers at the same time lose nothing', async () => {
  const { tenantId, id: chargePointId } = await station();
  const owner = { tenantId, chargePointId };
  const requestedAt = hub.clock.now();
  const deadlineAt = new Date(requestedAt.getTime() + 60_000);
  const _id = newId(requestedAt);
  await jobs.operations.begin({
    _id,
    ...owner,
    kind: 'DIAGNOSTICS',
    commandId: 'c',
    location: 'ftp://x/y',
    requestedAt,
    deadlineAt,
  });
  await jobs.operations.answer(owner, _id, {});
  const at = hub.clock.now();
  const words = ['Uploading', 'Uploaded', 'UploadFailed'] as const;
  const status = { Uploading: 'TRANSFERRING', Uploaded: 'SUCCEEDED', UploadFailed: 'FAILED_TRANSFER' } as const;
  await Promise.all(
    words.map((wireStatus) =>
      jobs.operations.report(owner, 'DIAGNOSTICS', { status: status[wireStatus], wireStatus, at }),
    ),
  );
  const job = await jobs.operations.find(tenantId, _id);
  expect(job?.history.length).toBeGreaterThanOrEqual(3);
  expect(job?.isOpen === (job?.verdict === undefined)).toBe(true);
});

test('what a deleted charge point last said is forgotten; its jobs stay', async () => {
  const chargePoint = await station();
  const { tenantId, id } = chargePoint;
  const jobId = await accepted(chargePoint);
  await hub.receive(chargePoint, 'FirmwareStatusNotification', { status: 'Downloading' });
  await chargePoints.operations.remove(systemPrincipal(tenantId), { id });
  expect(await jobs.operations.reportsOf(tenantId, [id])).toEqual([]);
  expect(await jobs.operations.find(tenantId, jobId)).toMatchObject({ status: 'TRANSFERRING' });
});

test('reports without end do not fill the database', async () => {
  const chargePoint = await station();
  const id = await accepted(chargePoint, 'DIAGNOSTICS');
  const say = (kind: string, status: string) => hub.receive(chargePoint, `${kind}StatusNotification`, { status });
  for (let round = 0; round < 55; round += 1) {
    await say('Diagnostics', 'Uploading');
    await say('Diagnostics', 'UploadFailed');
    await say('Firmware', round % 2 === 0 ? 'Downloading' : 'DownloadFailed');
  }
  const job = await jobs.operations.find(chargePoint.tenantId, id);
  expect(job?.history).toHaveLength(100);
  expect(job).toMatchObject({ failedTransfers: 55, status: 'FAILED_TRANSFER' });
  const reports = await jobs.operations.reportsOf(chargePoint.tenantId, [chargePoint.id]);
  expect(reports.find(({ kind }) => kind === 'FIRMWARE')).toMatchObject({
    unlinkedCount: 55,
    unlinked: { length: 50 },
  });
});
