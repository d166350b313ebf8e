import { expect, test } from 'vitest';
import { createOcppRpcChargePoint } from '../support/ocpp-rpc-charge-point.ts';
import { createCsms, expectNoViolations, requests } from './csms.ts';

test('the independent charge point walks through a session and answers commands, all within the schemas', async () => {
  const csms = await createCsms({ password: 'secret-password-1' });
  const chargePoint = createOcppRpcChargePoint({ url: csms.url, identity: 'RPC-1', password: 'secret-password-1' });
  await chargePoint.connect();
  expect(await chargePoint.boot()).toMatchObject({ status: 'Accepted' });
  await chargePoint.heartbeat();
  await chargePoint.status(1, 'Preparing');
  expect(await chargePoint.authorize('DEMO')).toEqual({ idTagInfo: { status: 'Accepted' } });
  const { transactionId } = await chargePoint.startTransaction({ connectorId: 1, idTag: 'DEMO', meterStartWh: 100 });
  await chargePoint.meterValues({ connectorId: 1, transactionId, registerWh: 150, powerW: 7_000 });
  await csms.command('RPC-1', 'RemoteStopTransaction', { transactionId });
  expect(await chargePoint.nextCommand('RemoteStopTransaction')).toEqual({ transactionId });
  await chargePoint.stopTransaction({ transactionId, meterStopWh: 200, reason: 'Remote' });
  expect(requests(csms, 'StopTransaction')).toMatchObject([{ transactionId, meterStop: 200, reason: 'Remote' }]);

  chargePoint.answer('Reset', () => ({ status: 'Rejected' }));
  expect(await csms.command('RPC-1', 'Reset', { type: 'Hard' })).toEqual({ status: 'Rejected' });
  await expect(chargePoint.nextCommand('ClearCache', 10)).rejects.toThrow('did not send ClearCache');

  await chargePoint.close();
  await csms.close();
  expect(chargePoint.violations).toEqual([]);
  expectNoViolations(csms);
});

test('a refused connection tells the HTTP status', async () => {
  const csms = await createCsms();
  csms.refuseWith(404);
  const chargePoint = createOcppRpcChargePoint({ url: csms.url, identity: 'RPC-1' });
  await expect(chargePoint.connect()).rejects.toMatchObject({ code: 404 });
  await csms.close();
});
