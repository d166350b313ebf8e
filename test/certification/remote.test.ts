import { expect } from 'vitest';
import { certificationCase, tags } from './fixture.ts';

certificationCase('TC_010_CSMS', 'Remote start, cable first', async ({ station, operator }) => {
  await station.booted();
  await station.status(1, 'Preparing');
  const asked = station.foresee('RemoteStartTransaction', { status: 'Accepted' });
  const command = await operator.command('remoteStartTransaction', { connectorId: 1, idTag: tags.a });
  expect(await asked).toEqual({ idTag: tags.a, connectorId: 1 });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED', warnings: [] } });
  await station.authorized(tags.a);
  const { transactionId, idTagInfo } = await station.start({ idTag: tags.a });
  expect(idTagInfo.status).toBe('Accepted');
  await station.status(1, 'Charging');
  const fields = '... on RemoteStartTransactionCommand { transaction { ocppTransactionId } }';
  expect(await operator.state(command, 'FINISHED', fields)).toMatchObject({
    transaction: { ocppTransactionId: transactionId },
  });
});

certificationCase('TC_011_1_CSMS', 'Remote start first', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('RemoteStartTransaction', { status: 'Accepted' });
  const command = await operator.command('remoteStartTransaction', { connectorId: 1, idTag: tags.a });
  expect(await asked).toEqual({ idTag: tags.a, connectorId: 1 });
  await station.authorized(tags.a);
  await station.status(1, 'Preparing');
  expect((await station.start({ idTag: tags.a })).idTagInfo.status).toBe('Accepted');
  await station.status(1, 'Charging');
  await operator.state(command, 'FINISHED');
});

certificationCase('TC_011_2_CSMS', 'Remote start, time-out', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('RemoteStartTransaction', { status: 'Accepted' });
  const command = await operator.command('remoteStartTransaction', { connectorId: 1, idTag: tags.a });
  await asked;
  await station.authorized(tags.a);
  await station.status(1, 'Preparing');
  expect(command.execution.state).toBe('RESPONDED');
  await station.status(1, 'Available');
  await operator.state(command, 'EFFECT_MISSING');
  expect(await operator.transactions()).toEqual([]);
});

certificationCase('TC_012_CSMS', 'Remote stop', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  const asked = station.foresee('RemoteStopTransaction', { status: 'Accepted' });
  const transaction = { ocpp: { chargePoint: operator.chargePoint, transactionId } };
  const command = await operator.commandOf('remoteStopTransaction', { transaction });
  expect(await asked).toEqual({ transactionId });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED', warnings: [] } });
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE' }]);
  await station.stop(transactionId, { reason: 'Remote' });
  await station.status(1, 'Finishing');
  await station.status(1, 'Available');
  await operator.state(command, 'FINISHED');
  expect(await operator.transactions()).toMatchObject([{ state: 'ENDED', stopReason: 'REMOTE' }]);
});

certificationCase('TC_026_CSMS', 'Remote start rejected', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('RemoteStartTransaction', { status: 'Rejected' });
  const { status, execution } = await operator.command('remoteStartTransaction', { connectorId: 1, idTag: tags.a });
  await asked;
  expect(status).toBe('REJECTED');
  expect(execution).toMatchObject({ state: 'FINISHED', response: { status: 'Rejected' } });
});

certificationCase('TC_028_CSMS', 'Remote stop rejected, unknown transaction', async ({ station, operator }) => {
  await station.booted();
  const running = await station.charging({ idTag: tags.a });
  const asked = station.foresee('RemoteStopTransaction', { status: 'Rejected' });
  const transaction = { ocpp: { chargePoint: operator.chargePoint, transactionId: running + 1000 } };
  const { status, execution } = await operator.commandOf('remoteStopTransaction', { transaction });
  expect(await asked).toEqual({ transactionId: running + 1000 });
  expect(status).toBe('REJECTED');
  expect(execution).toMatchObject({
    state: 'FINISHED',
    warnings: [{ code: 'TRANSACTION_UNKNOWN', path: 'input.transaction' }],
  });
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE', ocppTransactionId: running }]);
});
