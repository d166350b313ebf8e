import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnswerWithError, silence } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from '../commands/fixture.ts';
import { eventually, getDiagnostics, type JobHub, jobOf, say, startJobHub, words } from '../jobs/fixture.ts';

let hub: JobHub;
let count = 0;
beforeAll(async () => {
  hub = await startJobHub({ OCPP_CALL_TIMEOUT_SECONDS: '1' });
});
afterAll(() => hub.close());

async function station() {
  count += 1;
  const chargePoint = await hub.booted(`DIA-${count}`);
  chargePoint.onCall('GetDiagnostics', () => ({ fileName: 'log.tar.gz' }));
  return chargePoint;
}

describe('the request', () => {
  test('goes out as it was asked for, each optional field by itself (G5)', async () => {
    const chargePoint = await station();
    const requests: unknown[] = [];
    chargePoint.onCall('GetDiagnostics', (payload) => {
      requests.push(payload);
      return { fileName: 'log.tar.gz' };
    });
    const more = [
      '',
      ', retries: 2',
      ', retryIntervalSeconds: 30',
      ', startTime: "2026-05-01T00:00:00+02:00"',
      ', stopTime: "2026-06-01T00:00:00Z"',
      ', retries: null, startTime: null',
    ];
    for (const fields of more) await getDiagnostics(hub, chargePoint.identity, fields);
    const location = 'ftp://files.example/up';
    expect(requests).toEqual([
      { location },
      { location, retries: 2 },
      { location, retryInterval: 30 },
      { location, startTime: '2026-04-30T22:00:00.000Z' },
      { location, stopTime: '2026-06-01T00:00:00.000Z' },
      { location },
    ]);
  });

  test('with unusual values is sent and warned about (OUT-1)', async () => {
    const chargePoint = await station();
    const warned = async (more: string) => {
      const { command } = await runCommand(
        hub.api,
        'getDiagnostics',
        `${of(chargePoint.identity)} location: "ftp://files.example/up" ${more}`,
        'warned: execution { warnings { code } }',
      );
      const { warned: seen } = command as unknown as { warned: { warnings: { code: string }[] } };
      return seen.warnings.map(({ code }) => code);
    };
    expect(await warned(', startTime: "2026-06-02T00:00:00Z", stopTime: "2026-06-01T00:00:00Z"')).toEqual([
      'START_AFTER_STOP',
    ]);
    expect(await warned(', startTime: "2026-06-01T00:00:00Z", stopTime: "2026-06-01T00:00:00Z"')).toEqual(['JOB_OPEN']);
  });

  test('carries credentials on the wire and nowhere else', async () => {
    const chargePoint = await station();
    const sent = chargePoint.nextCall('GetDiagnostics');
    const { job, command } = await getDiagnostics(hub, chargePoint.identity, '', 'ftp://upl:hunter2@files.example/up');
    expect((await sent)[3]).toEqual({ location: 'ftp://upl:hunter2@files.example/up' });
    expect(job.location).toBe('ftp://***@files.example/up');
    expect(command).toMatchObject({ location: job.location, execution: { request: { location: job.location } } });
    for (const name of ['commands', 'jobs', 'events']) {
      const kept = JSON.stringify(await hub.database.store.collection(name).find({}).toArray());
      expect(kept).not.toMatch(/hunter2/);
    }
  });
});

describe('the answer', () => {
  test('with a file name begins the upload, which is FINISHED when it is uploaded (TC_045_1)', async () => {
    const chargePoint = await station();
    const { job, command } = await getDiagnostics(hub, chargePoint.identity);
    expect(command).toMatchObject({ fileName: 'log.tar.gz', execution: { state: 'RESPONDED' } });
    expect(job).toMatchObject({ kind: 'DIAGNOSTICS', status: 'ACCEPTED', fileName: 'log.tar.gz' });
    for (const status of ['Uploading', 'Uploaded', 'Uploaded']) await say(chargePoint, 'Diagnostics', status);
    const ended = await eventually(hub, job.id, (seen) => seen.command?.execution.state === 'FINISHED');
    expect(words(ended)).toEqual(['REQUESTED', 'ACCEPTED', 'Uploading', 'Uploaded']);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', verdict: { succeeded: true, reason: 'REPORTED' } });
  });

  test.each([
    ['without a file name', {}],
    ['with an empty file name', { fileName: '' }],
  ])('%s means that there is nothing to upload (DIA-1)', async (_name, response) => {
    const chargePoint = await station();
    chargePoint.onCall('GetDiagnostics', () => response);
    const { job, command } = await getDiagnostics(hub, chargePoint.identity);
    expect(command).toMatchObject({ fileName: null, execution: { state: 'FINISHED', response } });
    expect(job).toMatchObject({ status: 'NO_FILE', isOpen: false, verdict: { succeeded: false, reason: 'NO_FILE' } });
  });

  test('without a file name is refuted by an upload that follows all the same (TC_045_1)', async () => {
    const chargePoint = await station();
    chargePoint.onCall('GetDiagnostics', () => ({}));
    const { job } = await getDiagnostics(hub, chargePoint.identity);
    await say(chargePoint, 'Diagnostics', 'Uploading');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRING', isOpen: true, verdict: null });
    await say(chargePoint, 'Diagnostics', 'Uploaded');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('that is a CALLERROR rejects it', async () => {
    const chargePoint = await station();
    chargePoint.onCall('GetDiagnostics', () => {
      throw new AnswerWithError('NotSupported', 'not here');
    });
    const { job } = await getDiagnostics(hub, chargePoint.identity);
    const rejected = await eventually(hub, job.id, ({ status }) => status === 'REJECTED');
    expect(rejected.verdict).toEqual({
      succeeded: false,
      reason: 'CALL_ERROR',
      description: 'NotSupported not here',
      ocppErrorCode: 'NotSupported',
    });
  });

  test('that breaks its schema leaves it uncertain, and a report settles it (OUT-4)', async () => {
    const chargePoint = await station();
    chargePoint.onCall('GetDiagnostics', () => ({ fileName: {} }));
    const { job, command } = await getDiagnostics(hub, chargePoint.identity);
    expect(command?.execution).toMatchObject({ state: 'FAILED', failure: { kind: 'INVALID_ANSWER' } });
    await eventually(hub, job.id, ({ status }) => status === 'UNCERTAIN');
    await say(chargePoint, 'Diagnostics', 'Uploaded');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'SUCCEEDED', verdict: { reason: 'REPORTED' } });
  });

  test('that comes late still names the file', async () => {
    const chargePoint = await station();
    let messageId = '';
    chargePoint.onCall('GetDiagnostics', (_payload, id) => {
      messageId = id;
      return silence;
    });
    const sent = chargePoint.nextCall('GetDiagnostics');
    const asked = getDiagnostics(hub, chargePoint.identity);
    await sent;
    hub.clock.advance(1_500);
    const { job } = await asked;
    await say(chargePoint, 'Diagnostics', 'Uploading');
    chargePoint.send(JSON.stringify([3, messageId, { fileName: 'late.zip' }]));
    expect(await eventually(hub, job.id, ({ fileName }) => fileName !== null)).toMatchObject({
      fileName: 'late.zip',
      status: 'TRANSFERRING',
    });
  });
});

test('reports of firmware and of diagnostics do not mix', async () => {
  const chargePoint = await station();
  const { job } = await getDiagnostics(hub, chargePoint.identity);
  await say(chargePoint, 'Firmware', 'Installed');
  expect(await jobOf(hub, job.id)).toMatchObject({ status: 'ACCEPTED', wireStatus: null });
  await say(chargePoint, 'Diagnostics', 'UploadFailed');
  expect(await jobOf(hub, job.id)).toMatchObject({ status: 'FAILED_TRANSFER', verdict: { reason: 'REPORTED' } });
});
