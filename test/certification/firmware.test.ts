import { expect } from 'vitest';
import { type CertificationParts, certificationCase } from './fixture.ts';
import type { OperatorCommand } from './operator.ts';

const firmwareUrl = 'https://files.example/firmware.bin';
const diagnosticsUrl = 'ftp://files.example/diagnostics';
const retrieveDate = '2026-06-01T12:00:00.000Z';

type Parts = Pick<CertificationParts, 'station' | 'operator'>;

/** ← UpdateFirmware with the configured URL. */
async function update({ station, operator }: Parts): Promise<OperatorCommand> {
  const asked = station.foresee('UpdateFirmware', {});
  const command = await operator.command('updateFirmware', { location: firmwareUrl, retrieveDate }, '__typename');
  expect(await asked).toEqual({ location: firmwareUrl, retrieveDate });
  expect(command.execution).toMatchObject({ state: 'RESPONDED', response: {} });
  return command;
}

/** ← GetDiagnostics with the configured URL. */
async function diagnose({ station, operator }: Parts): Promise<OperatorCommand> {
  const asked = station.foresee('GetDiagnostics', { fileName: 'diagnostics.tar.gz' });
  const command = await operator.command('getDiagnostics', { location: diagnosticsUrl }, 'fileName');
  expect(await asked).toEqual({ location: diagnosticsUrl });
  expect(command).toMatchObject({ fileName: 'diagnostics.tar.gz', execution: { state: 'RESPONDED' } });
  return command;
}

/** Says the status and gives the job as the operator sees it then. */
async function says({ station, operator }: Parts, kind: 'Firmware' | 'Diagnostics', status: string) {
  expect(await station.say(`${kind}StatusNotification`, { status })).toEqual({});
  const { jobs } = await operator.chargePointFields<{ jobs: { nodes: object[] } }>(
    'jobs(first: 5) { nodes { status wireStatus isOpen firmwareVersionAfter verdict { succeeded reason } } }',
  );
  expect(jobs.nodes).toHaveLength(1);
  expect(jobs.nodes[0]).toMatchObject({ wireStatus: status });
  return jobs.nodes[0];
}

certificationCase('TC_044_1_CSMS', 'Firmware update, download and install', async (parts) => {
  const { station, operator } = parts;
  await station.booted();
  const command = await update(parts);
  await says(parts, 'Firmware', 'Downloading');
  await says(parts, 'Firmware', 'Downloaded');
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Unavailable');
  await says(parts, 'Firmware', 'Installing');
  await station.reconnect();
  expect(await station.boot({ firmwareVersion: '2.0.0' })).toMatchObject({ status: 'Accepted' });
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Available');
  expect(await says(parts, 'Firmware', 'Installed')).toMatchObject({
    status: 'SUCCEEDED',
    isOpen: false,
    verdict: { succeeded: true, reason: 'REPORTED' },
  });
  await operator.state(command, 'FINISHED');
  expect(await operator.chargePointFields('firmwareVersion firmwareStatus { status wireStatus }')).toEqual({
    firmwareVersion: '2.0.0',
    firmwareStatus: { status: 'SUCCEEDED', wireStatus: 'Installed' },
  });
});

certificationCase('TC_044_2_CSMS', 'Firmware update, download failed', async (parts) => {
  await parts.station.booted();
  const command = await update(parts);
  await says(parts, 'Firmware', 'Downloading');
  expect(await says(parts, 'Firmware', 'DownloadFailed')).toMatchObject({
    status: 'FAILED_TRANSFER',
    isOpen: false,
    verdict: { succeeded: false, reason: 'REPORTED' },
  });
  await parts.operator.state(command, 'EFFECT_MISSING'); // the fixture sees that nothing is sent again
});

certificationCase('TC_044_3_CSMS', 'Firmware update, installation failed', async (parts) => {
  const { station, operator } = parts;
  await station.booted();
  const command = await update(parts);
  await says(parts, 'Firmware', 'Downloading');
  await says(parts, 'Firmware', 'Downloaded');
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Unavailable');
  await says(parts, 'Firmware', 'Installing');
  await station.reconnect();
  expect(await station.boot()).toMatchObject({ status: 'Accepted' });
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Available');
  expect(await says(parts, 'Firmware', 'InstallationFailed')).toMatchObject({
    status: 'FAILED_INSTALL',
    isOpen: false,
    verdict: { succeeded: false, reason: 'REPORTED' },
  });
  await operator.state(command, 'EFFECT_MISSING');
});

certificationCase('TC_045_1_CSMS', 'Get diagnostics', async (parts) => {
  await parts.station.booted();
  const command = await diagnose(parts);
  expect(await says(parts, 'Diagnostics', 'Uploading')).toMatchObject({ status: 'TRANSFERRING', isOpen: true });
  expect(await says(parts, 'Diagnostics', 'Uploaded')).toMatchObject({
    status: 'SUCCEEDED',
    isOpen: false,
    verdict: { succeeded: true, reason: 'REPORTED' },
  });
  await parts.operator.state(command, 'FINISHED');
});

certificationCase('TC_045_2_CSMS', 'Get diagnostics, upload failed', async (parts) => {
  await parts.station.booted();
  const command = await diagnose(parts);
  await says(parts, 'Diagnostics', 'Uploading');
  expect(await says(parts, 'Diagnostics', 'UploadFailed')).toMatchObject({
    status: 'FAILED_TRANSFER',
    isOpen: false,
    verdict: { succeeded: false, reason: 'REPORTED' },
  });
  await parts.operator.state(command, 'EFFECT_MISSING');
});
