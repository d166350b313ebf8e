import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { of, runCommand } from '../commands/fixture.ts';
import { boot, eventually, type JobHub, jobOf, say, startJobHub, updateFirmware, words } from '../jobs/fixture.ts';

let hub: JobHub;
let count = 0;
beforeAll(async () => {
  hub = await startJobHub();
});
afterAll(() => hub.close());

const hourMs = 3_600_000;

/** A charge point with firmware 1.0 that hears every update. */
async function station() {
  count += 1;
  const chargePoint = await hub.connect(`FW-${count}`);
  await boot(chargePoint, '1.0');
  chargePoint.onCall('UpdateFirmware', () => ({}));
  return chargePoint;
}

describe('reports', () => {
  test('before the answer belong to the job, and the answer takes nothing back', async () => {
    const chargePoint = await station();
    chargePoint.onCall('UpdateFirmware', async () => {
      await say(chargePoint, 'Firmware', 'Downloading');
      return {};
    });
    const { job } = await updateFirmware(hub, chargePoint.identity);
    expect(job).toMatchObject({ status: 'TRANSFERRING', isOpen: true });
    expect(words(job)).toEqual(['REQUESTED', 'Downloading']);
  });

  test('repeated are one step; Downloading after a failed try is a new one', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity, ', retries: 1, retryIntervalSeconds: 60');
    for (const status of [
      'Downloading',
      'Downloading',
      'DownloadFailed',
      'DownloadFailed',
      'Downloading',
      'Downloaded',
    ]) {
      await say(chargePoint, 'Firmware', status);
    }
    const seen = await jobOf(hub, job.id);
    expect(words(seen)).toEqual([
      'REQUESTED',
      'ACCEPTED',
      'Downloading',
      'DownloadFailed',
      'Downloading',
      'Downloaded',
    ]);
    expect(seen).toMatchObject({ status: 'TRANSFERRED', failedTransfers: 1 });
  });

  test('of a failed transfer are not final while tries are left, and nothing is sent again (TC_044_2)', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity, ', retries: 1, retryIntervalSeconds: 60');
    await say(chargePoint, 'Firmware', 'DownloadFailed');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'RETRYING', isOpen: true, verdict: null });
    await say(chargePoint, 'Firmware', 'Downloading');
    await say(chargePoint, 'Firmware', 'DownloadFailed');
    expect(await eventually(hub, job.id, ({ command }) => command?.execution.state === 'EFFECT_MISSING')).toMatchObject(
      {
        status: 'FAILED_TRANSFER',
        failedTransfers: 2,
        verdict: { succeeded: false, reason: 'REPORTED' },
      },
    );
    expect(chargePoint.received.filter((frame) => frame[2] === 'UpdateFirmware')).toHaveLength(1);
  });

  test('that stop after a failed transfer end it when the time for the tries is over', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity, ', retries: 2, retryIntervalSeconds: 60');
    await say(chargePoint, 'Firmware', 'DownloadFailed');
    await hub.clock.advanceSettled(16 * 60_000);
    expect((await jobOf(hub, job.id)).status).toBe('RETRYING');
    await hub.clock.advanceSettled(3 * 60_000);
    const ended = await eventually(hub, job.id, ({ isOpen }) => !isOpen);
    expect(ended).toMatchObject({ status: 'FAILED_TRANSFER', verdict: { reason: 'RETRIES_OVER' } });
  });

  test('of a failed transfer are final when the next job is accepted', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity, ', retries: 5, retryIntervalSeconds: 600');
    await say(chargePoint, 'Firmware', 'DownloadFailed');
    hub.clock.advance(1_000);
    const { job: next } = await updateFirmware(hub, chargePoint.identity);
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'FAILED_TRANSFER', verdict: { reason: 'SUPERSEDED' } });
    await say(chargePoint, 'Firmware', 'Downloading');
    expect(await jobOf(hub, next.id)).toMatchObject({ status: 'TRANSFERRING' });
  });

  test('of a charge point that tries again by itself open the job again', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'DownloadFailed');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'FAILED_TRANSFER', isOpen: false });
    await say(chargePoint, 'Firmware', 'Downloading');
    expect(await jobOf(hub, job.id)).toMatchObject({
      status: 'TRANSFERRING',
      isOpen: true,
      verdict: null,
      finishedAt: null,
    });
  });
});

describe('a boot with another firmware version', () => {
  test('once the file is there is success; the word that comes later confirms it (FW-2, errata 3.47)', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'Downloaded');
    await boot(chargePoint, '2.0');
    const inferred = await eventually(hub, job.id, ({ command }) => command?.execution.state === 'FINISHED');
    expect(inferred).toMatchObject({
      status: 'SUCCEEDED',
      wireStatus: 'Downloaded',
      firmwareVersionAfter: '2.0',
      verdict: { succeeded: true, reason: 'INFERRED_FROM_BOOT' },
    });
    await say(chargePoint, 'Firmware', 'Installing');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED', wireStatus: 'Installing' });
    await say(chargePoint, 'Firmware', 'Installed');
    await say(chargePoint, 'Firmware', 'Installed');
    const confirmed = await jobOf(hub, job.id);
    expect(confirmed).toMatchObject({ status: 'SUCCEEDED', verdict: { reason: 'REPORTED' } });
    expect(words(confirmed)).toEqual(['REQUESTED', 'ACCEPTED', 'Downloaded', 'SUCCEEDED', 'Installing', 'Installed']);
  });

  test('is taken back by InstallationFailed', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await say(chargePoint, 'Firmware', 'Installing');
    await boot(chargePoint, 'recovery');
    await say(chargePoint, 'Firmware', 'InstallationFailed');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'FAILED_INSTALL', verdict: { succeeded: false } });
  });

  test('after Installed tells the new version', async () => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    for (const status of ['Downloading', 'Downloaded', 'Installing', 'Installed'])
      await say(chargePoint, 'Firmware', status);
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED', firmwareVersionAfter: null });
    await boot(chargePoint, '2.0');
    expect(await jobOf(hub, job.id)).toMatchObject({
      firmwareVersionBefore: '1.0',
      firmwareVersionAfter: '2.0',
      verdict: { reason: 'REPORTED' },
    });
  });

  test.each([
    ['before the file is there', ['Downloading'], '2.0'],
    ['that is none', ['Downloaded', 'Installing'], '1.0'],
  ])('%s proves nothing', async (_name, reports, version) => {
    const chargePoint = await station();
    const { job } = await updateFirmware(hub, chargePoint.identity);
    for (const status of reports) await say(chargePoint, 'Firmware', status);
    await boot(chargePoint, version);
    expect(await jobOf(hub, job.id)).toMatchObject({ isOpen: true, wireStatus: reports.at(-1) });
  });
});

test('the time before retrieveDate does not count as silence', async () => {
  const chargePoint = await station();
  const retrieveDate = new Date(hub.clock.now().getTime() + 48 * hourMs).toISOString();
  const { command } = await runCommand(
    hub.api,
    'updateFirmware',
    `${of(chargePoint.identity)} location: "https://files.example/fw", retrieveDate: "${retrieveDate}"`,
    'job { id dueAt } awaited: execution { effectDeadlineAt }',
  );
  const { job, awaited } = command as unknown as { job: { dueAt: string }; awaited: { effectDeadlineAt: string } };
  expect(Date.parse(job.dueAt)).toBe(hub.clock.now().getTime() + 72 * hourMs);
  expect(Date.parse(awaited.effectDeadlineAt)).toBeGreaterThan(Date.parse(job.dueAt));
});
