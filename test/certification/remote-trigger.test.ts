import { expect } from 'vitest';
import { certificationCase } from './fixture.ts';

certificationCase('TC_054_CSMS', 'Trigger message', async ({ station, operator }) => {
  await station.booted();
  const trigger = async (input: object, asked: object, follow: () => Promise<unknown>) => {
    const request = station.foresee('TriggerMessage', { status: 'Accepted' });
    const command = await operator.command('triggerMessage', input);
    expect(await request).toEqual(asked);
    expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED', warnings: [] } });
    await follow();
    await operator.state(command, 'FINISHED');
  };
  const timestamp = new Date().toISOString();
  const sampledValue = [{ value: '1234', context: 'Trigger' }];
  await trigger(
    { requestedMessage: 'METER_VALUES', connectorId: 1 },
    { requestedMessage: 'MeterValues', connectorId: 1 },
    () => station.say('MeterValues', { connectorId: 1, meterValue: [{ timestamp, sampledValue }] }),
  );
  await trigger({ requestedMessage: 'HEARTBEAT' }, { requestedMessage: 'Heartbeat' }, () => station.say('Heartbeat'));
  await trigger(
    { requestedMessage: 'STATUS_NOTIFICATION', connectorId: 1 },
    { requestedMessage: 'StatusNotification', connectorId: 1 },
    () => station.status(1, 'Available'),
  );
  await trigger(
    { requestedMessage: 'DIAGNOSTICS_STATUS_NOTIFICATION' },
    { requestedMessage: 'DiagnosticsStatusNotification' },
    () => station.say('DiagnosticsStatusNotification', { status: 'Idle' }),
  );
  await trigger(
    { requestedMessage: 'FIRMWARE_STATUS_NOTIFICATION' },
    { requestedMessage: 'FirmwareStatusNotification' },
    () => station.say('FirmwareStatusNotification', { status: 'Idle' }),
  );
});

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
