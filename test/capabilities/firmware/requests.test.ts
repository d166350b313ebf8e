import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnswerWithError, silence } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from '../commands/fixture.ts';
import { boot, eventually, type JobHub, jobOf, say, startJobHub, updateFirmware } from '../jobs/fixture.ts';

let hub: JobHub;
let count = 0;
beforeAll(async () => {
  hub = await startJobHub({ OCPP_CALL_TIMEOUT_SECONDS: '1' });
});
afterAll(() => hub.close());

/** A charge point with firmware 1.0 that hears every update. */
async function station() {
  count += 1;
  const chargePoint = await hub.connect(`FW-${count}`);
  await boot(chargePoint, '1.0');
  chargePoint.onCall('UpdateFirmware', () => ({}));
  return chargePoint;
}

describe('the request', () => {
  test('goes out as it was asked for, each optional field by itself, and only means that it was heard (FW-1)', async () => {
    const chargePoint = await station();
    const requests: unknown[] = [];
    chargePoint.onCall('UpdateFirmware', (payload) => {
      requests.push(payload);
      return {};
    });
    const { job, command } = await updateFirmware(hub, chargePoint.identity);
    await updateFirmware(hub, chargePoint.identity, ', retries: 3');
    await updateFirmware(hub, chargePoint.identity, ', retryIntervalSeconds: 60');
    await updateFirmware(hub, chargePoint.identity, ', retries: 0, retryIntervalSeconds: 0');
    const always = { location: 'https://files.example/fw.bin', retrieveDate: '2026-06-01T12:00:00.000Z' };
    expect(requests).toEqual([
      always,
      { ...always, retries: 3 },
      { ...always, retryInterval: 60 },
      { ...always, retries: 0, retryInterval: 0 },
    ]);
    expect(job).toMatchObject({ status: 'ACCEPTED', isOpen: true, firmwareVersionBefore: '1.0', verdict: null });
    expect(command?.execution).toMatchObject({ state: 'RESPONDED', response: {} });
  });

  test('with unusual values is sent and warned about (OUT-1, G5)', async () => {
    const chargePoint = await station();
    chargePoint.onCall('GetConfiguration', () => ({
      configurationKey: [{ key: 'SupportedFileTransferProtocols', readonly: true, value: 'FTP, HTTPS' }],
    }));
    await runCommand(hub.api, 'getConfiguration', of(chargePoint.identity), '__typename');
    const warned = async (location: string, retrieveDate: string, more = '') => {
      const { command } = await runCommand(
        hub.api,
        'updateFirmware',
        `${of(chargePoint.identity)} location: "${location}", retrieveDate: "${retrieveDate}" ${more}`,
        'warned: execution { warnings { code path } }',
      );
      const { warned: seen } = command as unknown as { warned: { warnings: { code: string; path: string }[] } };
      return seen.warnings.map(({ code }) => code);
    };
    expect(await warned('https://files.example/fw', '2026-06-01T12:00:00Z')).toEqual([]);
    expect(
      await warned('http://files.example/fw', '2020-01-01T00:00:00Z', ', retries: -1, retryIntervalSeconds: -5'),
    ).toEqual([
      'RETRIEVE_DATE_PAST',
      'TRANSFER_PROTOCOL_UNSUPPORTED',
      'RETRIES_NEGATIVE',
      'RETRY_INTERVAL_NEGATIVE',
      'JOB_OPEN',
    ]);
    expect(await warned('ftp://files.example/fw', '2099-01-01T00:00:00Z')).toEqual(['RETRIEVE_DATE_FAR', 'JOB_OPEN']);
    expect(chargePoint.received.filter((frame) => frame[2] === 'UpdateFirmware')).toHaveLength(3);
  });

  test('that no URI is in is refused, and nothing is stored', async () => {
    const chargePoint = await station();
    const answer = await runCommand(
      hub.api,
      'updateFirmware',
      `${of(chargePoint.identity)} location: "not a url", retrieveDate: "2026-06-01T12:00:00Z"`,
      '__typename',
    );
    expect(answer.__typename).toBe('ValidationError');
    expect(await hub.database.store.collection('jobs').countDocuments({ location: 'not a url' })).toBe(0);
  });

  test('again under its idempotency key is one command and one job', async () => {
    const chargePoint = await station();
    const first = await updateFirmware(hub, chargePoint.identity, ', idempotencyKey: "once"');
    const second = await updateFirmware(hub, chargePoint.identity, ', idempotencyKey: "once"');
    expect(second.job.id).toBe(first.job.id);
    expect(chargePoint.received.filter((frame) => frame[2] === 'UpdateFirmware')).toHaveLength(1);
  });

  test('carries credentials on the wire and nowhere else', async () => {
    const chargePoint = await station();
    const location = 'ftp://someone:hunter2@files.example/fw.bin?token=t0psecret';
    const sent = chargePoint.nextCall('UpdateFirmware');
    const { job, command } = await updateFirmware(hub, chargePoint.identity, '', location);
    expect((await sent)[3]).toMatchObject({ location });
    expect(job.location).toBe('ftp://***@files.example/fw.bin?token=***');
    expect(command).toMatchObject({ location: job.location, execution: { request: { location: job.location } } });
    await say(chargePoint, 'Firmware', 'Downloading');
    for (const name of ['commands', 'jobs', 'events', 'jobReports']) {
      const kept = JSON.stringify(await hub.database.store.collection(name).find({}).toArray());
      expect(kept).not.toMatch(/hunter2|t0psecret|someone/);
    }
  });
});

describe('without a usable answer', () => {
  test('a CALLERROR rejects it; NotSupported comes with the hint at the signed update (FW-1)', async () => {
    const chargePoint = await station();
    chargePoint.onCall('UpdateFirmware', () => {
      throw new AnswerWithError('NotSupported', 'no ftp://a:b@c here');
    });
    const { job, command } = await updateFirmware(hub, chargePoint.identity);
    expect(command?.execution).toMatchObject({ state: 'FAILED', failure: { ocppErrorCode: 'NotSupported' } });
    const rejected = await eventually(hub, job.id, ({ status }) => status === 'REJECTED');
    expect(rejected).toMatchObject({
      isOpen: false,
      verdict: { succeeded: false, reason: 'CALL_ERROR', ocppErrorCode: 'NotSupported' },
    });
    expect(rejected.verdict?.description).toMatch(/ftp:\/\/\*\*\*@c.*SignedUpdateFirmware/);
    chargePoint.onCall('UpdateFirmware', () => {
      throw new AnswerWithError('GenericError');
    });
    const { job: other } = await updateFirmware(hub, chargePoint.identity);
    const plain = await eventually(hub, other.id, ({ status }) => status === 'REJECTED');
    expect(plain.verdict?.description).not.toMatch(/SignedUpdateFirmware/);
  });

  test('silence leaves it uncertain until the charge point speaks of it', async () => {
    const chargePoint = await station();
    chargePoint.onCall('UpdateFirmware', () => silence);
    const sent = chargePoint.nextCall('UpdateFirmware');
    const asked = updateFirmware(hub, chargePoint.identity);
    await sent;
    hub.clock.advance(1_500);
    const { job } = await asked;
    await eventually(hub, job.id, ({ status }) => status === 'UNCERTAIN');
    await say(chargePoint, 'Firmware', 'Downloading');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRING', isOpen: true });
  });

  test.each([
    ['accepts', (id: string) => [3, id, {}], 'ACCEPTED'],
    ['rejects', (id: string) => [4, id, 'InternalError', '', {}], 'REJECTED'],
  ])('a late answer %s it', async (_name, frame, status) => {
    const chargePoint = await station();
    let messageId = '';
    chargePoint.onCall('UpdateFirmware', (_payload, id) => {
      messageId = id;
      return silence;
    });
    const sent = chargePoint.nextCall('UpdateFirmware');
    const asked = updateFirmware(hub, chargePoint.identity);
    await sent;
    hub.clock.advance(1_500);
    const { job } = await asked;
    await eventually(hub, job.id, (seen) => seen.status === 'UNCERTAIN');
    chargePoint.send(JSON.stringify(frame(messageId)));
    await eventually(hub, job.id, (seen) => seen.status === status);
  });

  test('a link that goes in the middle leaves it uncertain, and the charge point goes on after it is back', async () => {
    const chargePoint = await station();
    chargePoint.onCall('UpdateFirmware', () => {
      chargePoint.terminate();
      return silence;
    });
    const { job } = await updateFirmware(hub, chargePoint.identity);
    await eventually(hub, job.id, ({ status }) => status === 'UNCERTAIN');
    const back = await hub.connect(chargePoint.identity);
    await say(back, 'Firmware', 'Downloaded');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'TRANSFERRED' });
  });

  test('that never left in time it is not sent', async () => {
    const chargePoint = await station();
    chargePoint.onCall('Reset', () => silence);
    const blocked = chargePoint.nextCall('Reset');
    const reset = runCommand(hub.api, 'reset', `${of(chargePoint.identity)} type: SOFT`);
    await blocked;
    const { job } = await updateFirmware(
      hub,
      chargePoint.identity,
      ', expiresInSeconds: 1, wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }',
    );
    await say(chargePoint, 'Firmware', 'Downloading');
    expect(await jobOf(hub, job.id)).toMatchObject({ status: 'REQUESTED' }); // it was not sent before that
    hub.clock.advance(1_500);
    await reset;
    const unsent = await eventually(hub, job.id, ({ status }) => status === 'NOT_SENT');
    expect(unsent).toMatchObject({ isOpen: false, verdict: { reason: 'NOT_SENT' } });
  });
});
