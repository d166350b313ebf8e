import { expect } from 'vitest';
import { certificationCase, tags } from './fixture.ts';

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

certificationCase('TC_024_CSMS', 'Lock failure', async ({ station, operator }) => {
  await station.booted();
  await station.authorized(tags.a);
  await station.status(1, 'Preparing');
  await station.status(1, 'Faulted', { errorCode: 'ConnectorLockFailure' });
  expect(await operator.chargePointFields('connectors { status errorCode }')).toMatchObject({
    connectors: [{ status: 'FAULTED', errorCode: 'CONNECTOR_LOCK_FAILURE' }, { status: 'AVAILABLE' }],
  });
  expect(await operator.transactions()).toEqual([]);
});

certificationCase('TC_032_1_CSMS', 'Power failure, transactions stopped', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a, meterStart: 100 });
  await station.reconnect();
  expect((await station.boot())['status']).toBe('Accepted');
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE' }]);
  await station.status(0, 'Available');
  await station.status(1, 'Finishing');
  await station.status(2, 'Available');
  await station.stop(transactionId, { reason: 'PowerLoss', meterStop: 700 });
  expect(await operator.transactions('state stopReason meterStopWh energyWh')).toEqual([
    { state: 'ENDED', stopReason: 'POWER_LOSS', meterStopWh: 700, energyWh: 600 },
  ]);
});

certificationCase('TC_037_1_CSMS', 'Offline start, valid tag', async ({ station, operator }) => {
  await station.booted();
  await station.reconnect();
  const timestamp = ago(30);
  const { transactionId, idTagInfo } = await station.start({ idTag: tags.a, timestamp });
  expect(transactionId).toBeGreaterThan(0);
  expect(idTagInfo.status).toBe('Accepted');
  await station.status(1, 'Charging');
  expect(await operator.transactions('startedAt')).toEqual([{ startedAt: timestamp }]);
});

certificationCase(
  'TC_037_3_CSMS',
  'Offline start, invalid tag, StopTransactionOnInvalidId = true',
  async ({ station, operator }) => {
    await station.booted();
    await station.reconnect();
    const { transactionId, idTagInfo } = await station.start({ idTag: tags.unknown, timestamp: ago(30) });
    expect(transactionId).toBeGreaterThan(0);
    expect(idTagInfo).toEqual({ status: 'Invalid' });
    await station.status(1, 'Charging');
    await station.stop(transactionId, { reason: 'DeAuthorized' });
    await station.status(1, 'Finishing');
    expect(await operator.transactions()).toMatchObject([
      { state: 'ENDED', ocppTransactionId: transactionId, stopReason: 'DEAUTHORIZED' },
    ]);
  },
);

certificationCase('TC_039_CSMS', 'Offline transaction', async ({ station, operator }) => {
  await station.booted();
  await station.reconnect();
  const [startedAt, endedAt] = [ago(60), ago(10)];
  const { transactionId, idTagInfo } = await station.start({ idTag: tags.a, timestamp: startedAt });
  expect(idTagInfo.status).toBe('Accepted');
  await station.stop(transactionId, { reason: 'Local', timestamp: endedAt });
  expect(await operator.transactions('state startedAt endedAt stopReason')).toEqual([
    { state: 'ENDED', startedAt, endedAt, stopReason: 'LOCAL' },
  ]);
});

certificationCase('TC_064_CSMS', 'Data transfer to the CSMS', async ({ station }) => {
  await station.booted();
  const answer = await station.say('DataTransfer', { vendorId: 'com.example.unknown', messageId: 'm', data: 'd' });
  expect(answer).toEqual({ status: 'UnknownVendorId' });
});
