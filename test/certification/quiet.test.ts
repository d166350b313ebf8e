import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearCache } from '../../src/capabilities/authorization/commands.ts';
import { chargePointsKey } from '../../src/capabilities/charge-points/index.ts';
import { commandsKey } from '../../src/capabilities/commands/index.ts';
import { defaultTenantId } from '../../src/kernel/principal.ts';
import { startTestHub, type TestHub } from '../support/hub.ts';
import { connectStation, stationPassword } from './station.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.api.data('mutation { createToken(input: { value: "QUIET" }) { __typename } }');
});
afterAll(() => hub.close());

const create = (identity: string, certificationMode: boolean) =>
  hub.api.data(
    `mutation { createChargePoint(input: { identity: "${identity}", certificationMode: ${certificationMode},
       heartbeatIntervalSeconds: 7, password: "${stationPassword}" }) { __typename } }`,
  );
/** What the hub would send of its own accord. */
async function automatic(identity: string) {
  const target = await hub.hub.use(chargePointsKey).get(defaultTenantId, { identity });
  return hub.hub.use(commandsKey).issueAutomatic(clearCache, target, {});
}

test('an unattended charge point in certification mode hears answers only, over boots, sessions and reconnects (G3)', async () => {
  await create('QUIET-1', true);
  const station = await connectStation(hub, 'QUIET-1');
  expect((await station.boot())['interval']).toBe(7);
  for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Available');
  const transactionId = await station.charging({ idTag: 'QUIET' });
  await station.reconnect();
  const meterValue = [{ timestamp: new Date().toISOString(), sampledValue: [{ value: '10' }] }];
  await station.say('MeterValues', { connectorId: 1, transactionId, meterValue });
  await station.boot({ firmwareVersion: '2.0' });
  await station.stop(transactionId);
  await station.status(1, 'Faulted', { errorCode: 'GroundFailure' });
  await station.status(1, 'Available');
  await station.authorize('NOBODY');
  await station.reconnect();
  await station.say('Heartbeat');
  expect(await automatic('QUIET-1')).toBeUndefined();
  await station.finish();
  const { chargePoint } = await hub.api.data<{ chargePoint: { commands: { nodes: object[] } } }>(
    '{ chargePoint(by: { identity: "QUIET-1" }) { commands { nodes { id } } } }',
  );
  expect(chargePoint.commands.nodes).toEqual([]);
});

test('outside of it the hub sends what it sends of its own accord', async () => {
  await create('QUIET-2', false);
  const station = await connectStation(hub, 'QUIET-2');
  await station.boot();
  const asked = station.foresee('ClearCache', { status: 'Accepted' });
  expect(await automatic('QUIET-2')).toMatchObject({ state: 'FINISHED', requestedBy: { kind: 'SYSTEM' } });
  expect(await asked).toEqual({});
  await station.finish();
});
