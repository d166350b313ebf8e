import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, isAlive } from '../support/engine.ts';
import { createGraphqlClient } from '../support/graphql-client.ts';
import { createWorkingFolder, type HubProgram, startHubProgram } from '../support/hub-program.ts';
import { connectChargePoint } from '../support/scripted-charge-point.ts';

let folder: { path: string; remove(): Promise<void> };
let hub: HubProgram;
beforeEach(async () => {
  folder = await createWorkingFolder();
  hub = await startHubProgram({ cwd: folder.path });
});
afterEach(async () => {
  hub.kill('SIGKILL');
  await hub.ended;
  await eventually('the engine is gone', () => !isAlive(enginePid()));
  await folder.remove();
});

const enginePid = (): number => {
  if (hub.enginePid === undefined) throw new Error('the hub did not tell the process of its engine');
  return hub.enginePid;
};

test('kill -9 of the hub takes the engine with it within three seconds', async () => {
  expect(isAlive(enginePid())).toBe(true);
  hub.kill('SIGKILL');
  await hub.ended;
  await eventually('the engine is gone', () => !isAlive(enginePid()), 3_000);
});

test('a killed hub can be started again at once and has kept what it had confirmed', async () => {
  const chargePoint = await connectChargePoint({ url: hub.ocppUrl, identity: 'CP-KILLED' });
  await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
  await chargePoint.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' });
  const { firstKey: apiKey = '' } = hub;
  hub.kill('SIGKILL');
  hub = await startHubProgram({ cwd: folder.path });
  expect(hub.firstKey).toBeUndefined();
  const api = createGraphqlClient({ port: hub.apiPort, apiKey });
  const query =
    '{ chargePoint(by: { identity: "CP-KILLED" }) { model link { connected } connectors { status statusIsCurrent } } }';
  expect(await api.data(query)).toEqual({
    chargePoint: {
      model: 'Scripted',
      link: expect.objectContaining({ connected: false }),
      connectors: [{ status: 'CHARGING', statusIsCurrent: false }],
    },
  });
  await api.close();
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s closes the sockets with 1001, then the engine, and ends with code 0',
  async (signal) => {
    const chargePoint = await connectChargePoint({ url: hub.ocppUrl, identity: 'CP-DRAINED' });
    hub.kill(signal);
    expect((await chargePoint.closed).code).toBe(1001);
    expect(await hub.ended).toEqual({ code: 0, signal: null });
    expect(isAlive(enginePid())).toBe(false);
    expect(hub.stderr()).toBe('');
  },
);
