import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobsKey } from '../../../src/capabilities/jobs/index.ts';
import { startTestHub } from '../../support/hub.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { silence } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from '../commands/fixture.ts';
import {
  boot,
  eventually,
  getDiagnostics,
  type JobHub,
  jobOf,
  say,
  startJobHub,
  updateFirmware,
  words,
} from './fixture.ts';

const hourMs = 3_600_000;
let hub: JobHub;
let count = 0;
beforeAll(async () => {
  hub = await startJobHub();
});
afterAll(() => hub.close());

async function station() {
  count += 1;
  const chargePoint = await hub.connect(`JOB-${count}`);
  await boot(chargePoint, '1.0');
  chargePoint.onCall('UpdateFirmware', () => ({}));
  chargePoint.onCall('GetDiagnostics', () => ({ fileName: 'log.zip' }));
  return chargePoint;
}

/** Time goes by at one go, then the jobs are looked at. */
async function pass(milliseconds: number): Promise<void> {
  hub.clock.advance(milliseconds);
  await hub.hub.use(jobsKey).sweep();
}

/** What the charge point last said, and what of it no job explains. */
async function reportsOf(identity: string) {
  const report = '{ kind status wireStatus reportedAt job { id } }';
  const data = await hub.api.data<{
    chargePoint: Record<'firmwareStatus' | 'diagnosticsStatus', object | null> & { unlinkedJobReports: object[] };
  }>(
    `query ($identity: String!) { chargePoint(by: { identity: $identity }) {
      firmwareStatus ${report} diagnosticsStatus ${report} unlinkedJobReports ${report} } }`,
    { identity },
  );
  return data.chargePoint;
}

describe('a report (FWD-1)', () => {
  test('without a job is answered, kept and told of', async () => {
    const chargePoint = await station();
    for (const status of ['Downloading', 'Downloading', 'Installed']) await say(chargePoint, 'Firmware', status);
    const reports = await reportsOf(chargePoint.identity);
    expect(reports.unlinkedJobReports).toMatchObject([
      { kind: 'FIRMWARE', status: 'TRANSFERRING', wireStatus: 'Downloading', job: null },
      { kind: 'FIRMWARE', status: 'SUCCEEDED', wireStatus: 'Installed', job: null },
    ]);
    expect(reports).toMatchObject({ firmwareStatus: { wireStatus: 'Installed', job: null }, diagnosticsStatus: null });
    const { events } = await hub.api.data<{
      events: { nodes: { chargePoint: { identity: string }; wireStatus: string }[] };
    }>(
      `{ events(filter: { types: [JOB_REPORT_UNLINKED] }) { nodes {
        ... on JobReportUnlinkedEvent { chargePoint { identity } kind reportedStatus wireStatus } } } }`,
    );
    const own = events.nodes.filter((node) => node.chargePoint.identity === chargePoint.identity);
    expect(own.map(({ wireStatus }) => wireStatus)).toEqual(['Downloading', 'Installed']);
  });

  test('Idle changes no job, also when a trigger asked for it; the trigger is seen through', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'Downloading');
    chargePoint.onCall('TriggerMessage', () => ({ status: 'Accepted' }));
    for (const kind of ['Firmware', 'Diagnostics'] as const) {
      const { command } = await runCommand(
        hub.api,
        'triggerMessage',
        `${of(chargePoint.identity)} requestedMessage: ${kind.toUpperCase()}_STATUS_NOTIFICATION`,
      );
      expect(command?.execution.state).toBe('RESPONDED');
      await say(chargePoint, kind, 'Idle');
      const deadline = Date.now() + 5_000;
      let state = '';
      while (state !== 'FINISHED' && Date.now() < deadline) {
        const data = await hub.api.data<{ command: { execution: { state: string } } }>(
          'query ($id: ID!) { command(id: $id) { execution { state } } }',
          { id: command?.id },
        );
        state = data.command.execution.state;
      }
      expect(state).toBe('FINISHED');
    }
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRING', wireStatus: 'Downloading' });
    expect(await reportsOf(chargePoint.identity)).toMatchObject({
      firmwareStatus: { status: 'IDLE', wireStatus: 'Idle', job: null },
      diagnosticsStatus: { status: 'IDLE', job: null },
      unlinkedJobReports: [],
    });
    await say(chargePoint, 'Firmware', 'Downloaded');
    expect(await reportsOf(chargePoint.identity)).toMatchObject({ firmwareStatus: { job: { id: job.id } } });
  });

  test('belongs to the newest open job', async () => {
    const chargePoint = await station();
    const { job: older } = await getDiagnostics(hub, chargePoint.identity);
    hub.clock.advance(1_000);
    const { job: newer } = await getDiagnostics(hub, chargePoint.identity);
    await say(chargePoint, 'Diagnostics', 'Uploading');
    await say(chargePoint, 'Diagnostics', 'Uploaded');
    expect(await jobOf(hub, newer.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await jobOf(hub, older.id)).toMatchObject({ status: 'ACCEPTED' });
    await say(chargePoint, 'Diagnostics', 'Uploading');
    await say(chargePoint, 'Diagnostics', 'UploadFailed');
    expect(await jobOf(hub, older.id)).toMatchObject({ status: 'FAILED_TRANSFER' });
    expect(await jobOf(hub, newer.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('of an update that nobody asked the hub for leaves the one before alone', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    const all = ['Downloading', 'Downloaded', 'Installing', 'Installed'];
    for (const status of all) await say(chargePoint, 'Firmware', status);
    const { finishedAt } = await jobOf(hub, job.id);
    hub.clock.advance(hourMs);
    for (const status of [...all.slice(0, 3), 'InstallationFailed']) await say(chargePoint, 'Firmware', status);
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED', finishedAt });
    const { unlinkedJobReports } = await reportsOf(chargePoint.identity);
    expect(unlinkedJobReports).toHaveLength(4);
  });

  test('long after the end of a job is not about it', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'Installed');
    hub.clock.advance(25 * hourMs);
    await say(chargePoint, 'Firmware', 'InstallationFailed');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await reportsOf(chargePoint.identity)).unlinkedJobReports).toHaveLength(1);
  });
});

describe('silence', () => {
  test('for a day fails a job, and a word that comes later opens it again', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'Downloading');
    await pass(23 * hourMs);
    await say(chargePoint, 'Firmware', 'Downloading'); // a repeat is a sign of life
    await pass(2 * hourMs);
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRING' });
    await pass(23 * hourMs);
    const failed = await eventually(
      hub,
      job.id,
      ({ isOpen, command }) => !isOpen && command?.execution.state !== 'RESPONDED',
    );
    expect(failed).toMatchObject({
      status: 'FAILED',
      verdict: { succeeded: false, reason: 'NO_PROGRESS' },
      command: { execution: { state: 'EFFECT_MISSING' } },
    });
    await say(chargePoint, 'Firmware', 'Downloading');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRING', isOpen: true, verdict: null });
    await say(chargePoint, 'Firmware', 'Installed');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('is longer when there are many retries', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity, ', retries: 30, retryIntervalSeconds: 3600');
    expect(Date.parse(job.dueAt ?? '')).toBe(hub.clock.now().getTime() + 32 * hourMs);
    const { job: absurd } = await updateFirmware(
      hub,
      chargePoint.identity,
      ', retries: 2147483647, retryIntervalSeconds: 2147483647',
    );
    expect(Date.parse(absurd.dueAt ?? '')).toBe(hub.clock.now().getTime() + 366 * 24 * hourMs);
  });
});

describe('a restart of the hub', () => {
  test('takes no job away: reports go on, and what was silent meanwhile fails', async () => {
    const clock = createManualClock('2026-06-01T12:00:00.000Z');
    const settings = { OCPP_PING_SECONDS: '0' };
    const first = await startTestHub({ clock, settings });
    const chargePoint = await first.booted('RE-1');
    chargePoint.onCall('UpdateFirmware', () => ({}));
    const other = await first.booted('RE-2');
    other.onCall('UpdateFirmware', () => ({}));
    const { job } = await updateFirmware(first, 'RE-1');
    const { job: silent } = await updateFirmware(first, 'RE-2');
    await say(chargePoint, 'Firmware', 'Downloading');
    await first.hub.stop();
    clock.advance(hourMs);
    const next = await startTestHub({ clock, settings, database: first.database });
    const back = await next.connect('RE-1');
    await say(back, 'Firmware', 'Downloaded');
    expect(words(await jobOf(next, job.id))).toEqual(['REQUESTED', 'ACCEPTED', 'Downloading', 'Downloaded']);
    clock.advance(23.5 * hourMs);
    await next.hub.use(jobsKey).sweep();
    expect(await eventually(next, silent.id, ({ isOpen }) => !isOpen)).toMatchObject({ status: 'FAILED' });
    expect(await jobOf(next, job.id)).toMatchObject({ status: 'TRANSFERRED' });
    await say(back, 'Firmware', 'Installed');
    expect(await eventually(next, job.id, ({ command }) => command?.execution.state === 'FINISHED')).toMatchObject({
      status: 'SUCCEEDED',
    });
    await next.close();
    await first.database.close();
  });

  test('in the middle of a request leaves its job uncertain', async () => {
    const first = await startTestHub();
    const chargePoint = await first.booted('RE-3');
    chargePoint.onCall('GetDiagnostics', () => silence);
    const sent = chargePoint.nextCall('GetDiagnostics');
    const { job } = await getDiagnostics(first, 'RE-3', ', wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }');
    await sent;
    await first.hub.stop();
    const next = await startTestHub({ database: first.database });
    await eventually(next, job.id, ({ status }) => status === 'UNCERTAIN');
    const back = await next.connect('RE-3');
    await say(back, 'Diagnostics', 'Uploaded');
    expect(await jobOf(next, job.id)).toMatchObject({ status: 'SUCCEEDED' });
    await next.close();
    await first.database.close();
  });
});

describe('jobUpdates', () => {
  const stream = `subscription ($filter: JobEventFilterInput, $after: EventCursor) { jobUpdates(filter: $filter, after: $after) {
    __typename ... on StreamItem { cursor }
    ... on JobSnapshot { job { id status } }
    ... on JobChangedEvent { job { id } kind status wireStatus }
    ... on JobReportUnlinkedEvent { kind reportedStatus wireStatus } } }`;
  interface Item {
    readonly jobUpdates: {
      readonly __typename: string;
      readonly cursor: string;
      readonly status?: string;
      readonly wireStatus?: string;
      readonly job?: { readonly id: string };
    };
  }

  test('gives the open jobs, then each step, then goes on behind a cursor', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    const { job: other } = await getDiagnostics(hub, chargePoint.identity);
    const updates = hub.api.subscribe<Item>(stream, { filter: { jobIds: [job.id] } });
    const first = await updates.until(({ jobUpdates }) => jobUpdates.__typename === 'StreamCaughtUp');
    expect(first.map(({ jobUpdates }) => [jobUpdates.__typename, jobUpdates.job?.id])).toEqual([
      ['JobSnapshot', job.id],
      ['StreamCaughtUp', undefined],
    ]);
    await say(chargePoint, 'Diagnostics', 'Uploading'); // of the other job
    await say(chargePoint, 'Firmware', 'Downloading');
    const [step] = await updates.until(({ jobUpdates }) => jobUpdates.__typename === 'JobChangedEvent');
    expect(step?.jobUpdates).toMatchObject({ status: 'TRANSFERRING', wireStatus: 'Downloading', job: { id: job.id } });
    await updates.close();
    await say(chargePoint, 'Firmware', 'Installed');
    await say(chargePoint, 'Diagnostics', 'Uploaded');
    const resumed = hub.api.sse<Item>(stream, { filter: { kinds: ['FIRMWARE'] }, after: step?.jobUpdates.cursor });
    const [missed] = await resumed.until(({ jobUpdates }) => jobUpdates.__typename === 'JobChangedEvent');
    expect(missed?.jobUpdates).toMatchObject({ status: 'SUCCEEDED', job: { id: job.id } });
    await resumed.close();
    expect(await jobOf(hub, other.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('of one charge point tells of reports without a job, too', async () => {
    const chargePoint = await station();
    const { chargePoint: seen } = await hub.api.data<{ chargePoint: { id: string } }>(
      `{ chargePoint(by: { identity: "${chargePoint.identity}" }) { id } }`,
    );
    const updates = hub.api.subscribe<Item>(stream, { filter: { chargePointIds: [seen.id] } });
    await updates.until(({ jobUpdates }) => jobUpdates.__typename === 'StreamCaughtUp');
    const elsewhere = await station();
    await say(elsewhere, 'Firmware', 'Installed');
    await say(chargePoint, 'Firmware', 'InstallationFailed');
    const [unlinked] = await updates.until(({ jobUpdates }) => jobUpdates.__typename !== 'StreamHeartbeat');
    expect(unlinked?.jobUpdates).toMatchObject({
      __typename: 'JobReportUnlinkedEvent',
      wireStatus: 'InstallationFailed',
    });
    await updates.close();
  });
});

test('another tenant sees no job, and asks for none', async () => {
  const chargePoint = await station();
  const { job } = await updateFirmware(hub, chargePoint.identity);
  const foreign = await hub.foreignClient();
  const seen = await foreign.data(
    'query ($id: ID!) { job(id: $id) { id } node(id: $id) { id } jobs { nodes { id } } }',
    {
      id: job.id,
    },
  );
  expect(seen).toEqual({ job: null, node: null, jobs: { nodes: [] } });
  const input = `${of(chargePoint.identity)} location: "https://x.example/f"`;
  expect((await runCommand(foreign, 'getDiagnostics', input, 'id')).__typename).toBe('NotFoundError');
});
