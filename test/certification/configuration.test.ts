import { expect } from 'vitest';
import { certificationCase } from './fixture.ts';

const stored = 'configuration { key value readonly }';

certificationCase('TC_019_1_CSMS', 'Get all configuration keys', async ({ station, operator }) => {
  await station.booted();
  const configurationKey = Array.from({ length: 60 }, (_, index) => ({
    key: `Key${String(index).padStart(2, '0')}`,
    readonly: index % 2 === 0,
    value: String(index),
  }));
  const asked = station.foresee('GetConfiguration', { configurationKey });
  const { execution } = await operator.command('getConfiguration', {}, 'configurationKeys { key } unknownKeys');
  expect(await asked).toEqual({});
  expect(execution.state).toBe('FINISHED');
  const { configuration } = await operator.chargePointFields<{ configuration: object[] }>(stored);
  expect(configuration).toEqual(configurationKey);
});

certificationCase('TC_019_2_CSMS', 'Get one configuration key', async ({ station, operator }) => {
  await station.booted();
  const configurationKey = [{ key: 'SupportedFeatureProfiles', readonly: true, value: 'Core,RemoteTrigger' }];
  const asked = station.foresee('GetConfiguration', { configurationKey, unknownKey: [] });
  const command = await operator.command(
    'getConfiguration',
    { keys: ['SupportedFeatureProfiles'] },
    'configurationKeys { key readonly value } unknownKeys',
  );
  expect(await asked).toEqual({ key: ['SupportedFeatureProfiles'] });
  expect(command).toMatchObject({ configurationKeys: configurationKey, unknownKeys: [] });
});

certificationCase('TC_021_CSMS', 'Set configuration', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ChangeConfiguration', { status: 'Accepted' });
  const { status } = await operator.command('changeConfiguration', { key: 'MeterValueSampleInterval', value: '60' });
  expect(await asked).toEqual({ key: 'MeterValueSampleInterval', value: '60' });
  expect(status).toBe('ACCEPTED');
  expect(await operator.chargePointFields(stored)).toMatchObject({
    configuration: [{ key: 'MeterValueSampleInterval', value: '60' }],
  });
});

certificationCase('TC_040_1_CSMS', 'Configuration key not supported', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ChangeConfiguration', { status: 'NotSupported' });
  const { status } = await operator.command('changeConfiguration', { key: 'NoSuchKey', value: 'x' });
  expect(await asked).toEqual({ key: 'NoSuchKey', value: 'x' });
  expect(status).toBe('NOT_SUPPORTED');
  expect(await operator.chargePointFields(stored)).toEqual({ configuration: [] });
});

certificationCase('TC_040_2_CSMS', 'Configuration value invalid', async ({ station, operator }) => {
  await station.booted();
  const accepted = station.foresee('ChangeConfiguration', { status: 'Accepted' });
  await operator.command('changeConfiguration', { key: 'MeterValueSampleInterval', value: '60' });
  await accepted;
  const asked = station.foresee('ChangeConfiguration', { status: 'Rejected' });
  const { status } = await operator.command('changeConfiguration', { key: 'MeterValueSampleInterval', value: '-1' });
  expect(await asked).toEqual({ key: 'MeterValueSampleInterval', value: '-1' });
  expect(status).toBe('REJECTED');
  expect(await operator.chargePointFields(stored)).toMatchObject({ configuration: [{ value: '60' }] });
});
