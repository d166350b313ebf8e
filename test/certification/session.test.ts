import { expect } from 'vitest';
import { certificationCase, tags } from './fixture.ts';

certificationCase('TC_003_CSMS', 'Regular session, plug-in first', async ({ station, operator }) => {
  await station.booted();
  await station.status(1, 'Preparing');
  await station.authorized(tags.a);
  const { transactionId, idTagInfo } = await station.start({ idTag: tags.a });
  expect(transactionId).toBeGreaterThan(0);
  expect(idTagInfo.status).toBe('Accepted');
  await station.status(1, 'Charging');
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE', ocppTransactionId: transactionId }]);
});

certificationCase('TC_004_1_CSMS', 'Regular session, identification first', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE', ocppTransactionId: transactionId }]);
  expect(await operator.chargePointFields('connectors { status }')).toMatchObject({
    connectors: [{ status: 'CHARGING' }, { status: 'AVAILABLE' }],
  });
});

certificationCase('TC_004_2_CSMS', 'Identification first, ConnectionTimeOut', async ({ station, operator }) => {
  await station.booted();
  await station.authorized(tags.a);
  await station.status(1, 'Preparing');
  await station.status(1, 'Available');
  expect(await operator.transactions()).toEqual([]);
});

certificationCase('TC_005_1_CSMS', 'EV side disconnected', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  await station.status(1, 'SuspendedEV');
  await station.stop(transactionId, { reason: 'EVDisconnected' });
  await station.status(1, 'Finishing');
  await station.status(1, 'Available');
  expect(await operator.transactions()).toMatchObject([
    { state: 'ENDED', ocppTransactionId: transactionId, stopReason: 'EV_DISCONNECTED' },
  ]);
});

certificationCase('TC_007_CSMS', 'Start with cached id', async ({ station, operator }) => {
  await station.booted();
  await station.status(1, 'Preparing');
  const { transactionId, idTagInfo } = await station.start({ idTag: tags.a });
  expect(idTagInfo).toMatchObject({ status: 'Accepted', parentIdTag: tags.parent });
  await station.status(1, 'Charging');
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE', ocppTransactionId: transactionId }]);
});

certificationCase('TC_061_CSMS', 'Clear authorization cache', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ClearCache', { status: 'Accepted' });
  const { status, execution } = await operator.command('clearCache');
  expect(await asked).toEqual({});
  expect(status).toBe('ACCEPTED');
  expect(execution.state).toBe('FINISHED');
});
