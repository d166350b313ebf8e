import { expect } from 'vitest';
import { certificationCase } from './fixture.ts';

certificationCase('TC_001_CSMS', 'Cold boot charge point', async ({ station, operator }) => {
  const answer = await station.boot({ chargePointSerialNumber: 'SN-1', firmwareVersion: '1.0' });
  expect(answer).toEqual({ status: 'Accepted', currentTime: expect.any(String), interval: 60 });
  expect(Math.abs(Date.now() - Date.parse(String(answer['currentTime'])))).toBeLessThan(5_000);
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Available');
  expect(await station.say('Heartbeat')).toEqual({ currentTime: expect.any(String) });
  expect(await operator.chargePointFields('registrationStatus connectors { connectorId status }')).toEqual({
    registrationStatus: 'ACCEPTED',
    connectors: [
      { connectorId: 1, status: 'AVAILABLE' },
      { connectorId: 2, status: 'AVAILABLE' },
    ],
  });
});
