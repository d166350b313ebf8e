import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphqlClient } from '../support/graphql-client.ts';
import { createWorkingFolder, type HubProgram, runProgram, startHubProgram } from '../support/hub-program.ts';

let folder: { path: string; remove(): Promise<void> };
let hub: HubProgram;
beforeAll(async () => {
  folder = await createWorkingFolder();
  hub = await startHubProgram({ cwd: folder.path });
});
afterAll(async () => {
  await hub.stop();
  await folder.remove();
});

test('the newcomer’s path: start, simulate, see the charge in the API and in its streams', async () => {
  const printed = hub.stdout();
  expect(printed).toContain('npx ocpp-hub simulate');
  expect(printed).toContain('SSPL-1.0');
  expect(printed).toMatch(/hub_[A-Za-z0-9_-]{43}/);
  const api = createGraphqlClient({ port: hub.apiPort, apiKey: hub.firstKey ?? '' });
  interface Item {
    readonly transactionEvents: { readonly __typename: string; readonly energyWh?: number };
  }
  const query = 'subscription { transactionEvents { __typename ... on TransactionEndedEvent { energyWh } } }';
  const [overWebSocket, overSse] = [api.subscribe<Item>(query), api.sse<Item>(query)];
  const isCaughtUp = ({ transactionEvents }: Item) => transactionEvents.__typename === 'StreamCaughtUp';
  await Promise.all([overWebSocket.until(isCaughtUp), overSse.until(isCaughtUp)]);

  const flags = ['--url', hub.ocppUrl, '--count', '2', '--sessions', '1', '--speed', '400', '--energy-kwh', '2'];
  const simulator = await runProgram(['simulate', ...flags], { cwd: folder.path });
  expect((await simulator.ended).code).toBe(0);
  expect(simulator.stdout()).toContain('2 sessions, 4.00 kWh');

  const isEnded = ({ transactionEvents }: Item) => transactionEvents.__typename === 'TransactionEndedEvent';
  for (const stream of [overWebSocket, overSse]) {
    const ends = [...(await stream.until(isEnded)), ...(await stream.until(isEnded))].filter(isEnded);
    expect(ends.map(({ transactionEvents }) => transactionEvents.energyWh)).toEqual([2000, 2000]);
    await stream.close();
  }
  const data = await api.data<{ transactions: { nodes: object[] }; chargePoints: { nodes: object[] } }>(
    `{ transactions { nodes { state energyWh tokenValue meterValues(first: 1) { nodes { timestamp } } } }
       chargePoints { nodes { registrationStatus connectors { status } } } }`,
  );
  const one = {
    state: 'ENDED',
    energyWh: 2000,
    tokenValue: 'DEMO',
    meterValues: { nodes: [{ timestamp: expect.any(String) }] },
  };
  expect(data.transactions.nodes).toEqual([one, one]);
  const station = { registrationStatus: 'ACCEPTED', connectors: [{ status: 'AVAILABLE' }] };
  expect(data.chargePoints.nodes).toEqual([station, station]);
  await api.close();
}, 120_000);
