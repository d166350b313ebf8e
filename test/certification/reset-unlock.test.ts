import { expect } from 'vitest';
import { certificationCase, tags } from './fixture.ts';

certificationCase('TC_013_CSMS', 'Hard reset', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('Reset', { status: 'Accepted' });
  const command = await operator.command('reset', { type: 'HARD' });
  expect(await asked).toEqual({ type: 'Hard' });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED' } });
  await station.reconnect();
  await station.booted();
  await operator.state(command, 'FINISHED');
});

certificationCase('TC_014_CSMS', 'Soft reset', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('Reset', { status: 'Accepted' });
  const command = await operator.command('reset', { type: 'SOFT' });
  expect(await asked).toEqual({ type: 'Soft' });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED' } });
  await station.reconnect();
  await station.booted();
  await operator.state(command, 'FINISHED');
});

certificationCase('TC_017_1_CSMS', 'Unlock, no session, detachable cable', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('UnlockConnector', { status: 'Unlocked' });
  const { status, execution } = await operator.command('unlockConnector', { connectorId: 1 });
  expect(await asked).toEqual({ connectorId: 1 });
  expect(status).toBe('UNLOCKED');
  expect(execution).toMatchObject({ state: 'FINISHED', warnings: [] });
});

certificationCase('TC_017_2_CSMS', 'Unlock, no session, fixed cable', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('UnlockConnector', { status: 'NotSupported' });
  const { status } = await operator.command('unlockConnector', { connectorId: 1 });
  await asked;
  expect(status).toBe('NOT_SUPPORTED');
});

certificationCase('TC_018_1_CSMS', 'Unlock during a session', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  const asked = station.foresee('UnlockConnector', { status: 'Unlocked' });
  const { status } = await operator.command('unlockConnector', { connectorId: 1 });
  expect(await asked).toEqual({ connectorId: 1 });
  expect(status).toBe('UNLOCKED');
  await station.status(1, 'Finishing');
  expect(await operator.transactions()).toMatchObject([{ state: 'ACTIVE' }]);
  await station.stop(transactionId, { reason: 'UnlockCommand' });
  await station.status(1, 'Available');
  expect(await operator.transactions()).toMatchObject([{ state: 'ENDED', stopReason: 'UNLOCK_COMMAND' }]);
});

certificationCase('TC_030_CSMS', 'Unlock failure', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('UnlockConnector', { status: 'UnlockFailed' });
  const { status, execution } = await operator.command('unlockConnector', { connectorId: 1 });
  await asked;
  expect(status).toBe('UNLOCK_FAILED');
  expect(execution.state).toBe('FINISHED');
});

certificationCase('TC_031_CSMS', 'Unlock unknown connector', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('UnlockConnector', { status: 'NotSupported' });
  const { status, execution } = await operator.command('unlockConnector', { connectorId: 9 });
  expect(await asked).toEqual({ connectorId: 9 });
  expect(status).toBe('NOT_SUPPORTED');
  expect(execution.warnings).toEqual([{ code: 'CONNECTOR_UNKNOWN', path: 'input.connectorId' }]);
});
