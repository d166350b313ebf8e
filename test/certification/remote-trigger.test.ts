import { expect } from 'vitest';
import { certificationCase } from './fixture.ts';

certificationCase('TC_055_CSMS', 'Trigger message, rejected', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('TriggerMessage', { status: 'Rejected' });
  const { status, execution } = await operator.command('triggerMessage', {
    requestedMessage: 'METER_VALUES',
    connectorId: 1,
  });
  expect(await asked).toEqual({ requestedMessage: 'MeterValues', connectorId: 1 });
  expect(status).toBe('REJECTED');
  expect(execution).toMatchObject({ state: 'FINISHED', response: { status: 'Rejected' } });
});
