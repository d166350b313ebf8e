/**
 * What the hub can do on this machine, beside a bare `ws` server that only parses and answers the same frames.
 * Prints a table and JSON. `npm run bench -- --quick` takes a fifth of the time; `--only Heartbeat,MeterValues` measures those.
 */
import { createClient } from 'graphql-ws';
import { build } from 'hdr-histogram-js';
import { WebSocket } from 'ws';
import { type Kind, kinds } from './frames.ts';
import { firstMessage, type HubUnderTest, startHelper, startHub, startSwarm } from './processes.ts';
import type { Figures } from './swarm.ts';

const quick = process.argv.includes('--quick');
const seconds = quick ? 1 : 5;
const sizes = [100, 1000];
const only = process.argv[process.argv.indexOf('--only') + 1]?.split(',') ?? [];
const wanted = process.argv.includes('--only') ? kinds.filter((kind) => only.includes(kind)) : kinds;

interface Row {
  readonly kind: Kind;
  readonly chargePoints: number;
  readonly hub: Figures;
  readonly bare: Figures;
  readonly pacedPerSecond: number;
  readonly hubPaced: Figures;
  readonly barePaced: Figures;
}

const swarm = startSwarm();
const rounded = (value: number) => Math.round(value * 100) / 100;

async function measureKind(kind: Kind, url: { hub: string; bare: string }, count: number): Promise<Row> {
  const at = async <T>(where: string, run: () => Promise<T>): Promise<T> => {
    await swarm.ask({ do: 'connect', url: where, count, prefix: 'BENCH', idTag: 'DEMO' });
    try {
      return await run();
    } finally {
      await swarm.ask({ do: 'disconnect' });
    }
  };
  const saturate = () => swarm.ask<Figures>({ do: 'saturate', kind, seconds });
  const hub = await at(url.hub, async () => {
    await swarm.ask({ do: 'saturate', kind, seconds: 1 }); // warm up
    return saturate();
  });
  const bare = await at(url.bare, saturate);
  const perSecond = Math.max(1, Math.floor(hub.perSecond / 2));
  const pace = () => swarm.ask<Figures>({ do: 'pace', kind, seconds, perSecond });
  const hubPaced = await at(url.hub, pace);
  const barePaced = await at(url.bare, pace);
  return { kind, chargePoints: count, hub, bare, pacedPerSecond: perSecond, hubPaced, barePaced };
}

/** From the frame's departure to the item at a subscriber in this process, in milliseconds; one clock measures both. */
async function frameToSubscriber(hub: HubUnderTest): Promise<{ items: number; p50: number; p99: number }> {
  const histogram = build({ highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 });
  const sentAt = new Map<string, number>();
  const client = createClient({
    url: hub.apiUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: hub.apiKey },
  });
  const query =
    'subscription { events { ... on ConnectorStatusChangedEvent { info } ... on StreamHeartbeat { cursor } } }';
  const items = client.iterate<{ events: { info?: string } }>({ query });
  const reading = (async () => {
    for await (const item of items) {
      const sent = sentAt.get(item.data?.events.info ?? '');
      if (sent !== undefined) histogram.recordValue(Math.round((performance.now() - sent) * 1000));
    }
  })();
  const socket = new WebSocket(`${hub.ocppUrl}/BENCH-SUBSCRIBER`, 'ocpp1.6');
  await new Promise((resolve) => socket.once('open', resolve));
  const send = (id: string, action: string, payload: object) => {
    const answered = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify([2, id, action, payload]));
    return answered;
  };
  await send('boot', 'BootNotification', { chargePointVendor: 'Bench', chargePointModel: 'One' });
  const total = quick ? 200 : 1000;
  for (let count = 0; count < total; count += 1) {
    const info = `n${count}`;
    const timestamp = new Date(Date.now() + count).toISOString();
    const status = count % 2 === 0 ? 'Preparing' : 'Available';
    sentAt.set(info, performance.now());
    await send(info, 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status, info, timestamp });
  }
  const deadline = performance.now() + 10_000;
  while (histogram.totalCount < total && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
  socket.close();
  await items.return?.();
  await reading;
  await client.dispose();
  return {
    items: histogram.totalCount,
    p50: histogram.getValueAtPercentile(50) / 1000,
    p99: histogram.getValueAtPercentile(99) / 1000,
  };
}

async function idleMemory(
  hub: HubUnderTest,
): Promise<{ connections: number; kilobytesEach: number; connectMs: number }> {
  const connections = quick ? 200 : 1000;
  const before = hub.residentKb();
  const connectMs = await swarm.ask<number>({
    do: 'connect',
    url: hub.ocppUrl,
    count: connections,
    prefix: 'IDLE',
    idTag: 'DEMO',
  });
  const kilobytesEach = (hub.residentKb() - before) / connections;
  await swarm.ask({ do: 'disconnect' });
  return { connections, kilobytesEach, connectMs };
}

const echo = startHelper('echo-server.ts');
const { port } = await firstMessage<{ port: number }>(echo);
const hub = await startHub();
try {
  const memory = await idleMemory(hub);
  const subscriber = await frameToSubscriber(hub);
  const rows: Row[] = [];
  for (const count of sizes) {
    for (const kind of wanted)
      rows.push(await measureKind(kind, { hub: hub.ocppUrl, bare: `ws://127.0.0.1:${port}` }, count));
  }
  console.table(
    rows.map((row) => ({
      message: row.kind,
      'charge points': row.chargePoints,
      'hub /s': Math.round(row.hub.perSecond),
      'bare ws /s': Math.round(row.bare.perSecond),
      ratio: rounded(row.hub.perSecond / row.bare.perSecond),
      'paced /s': row.pacedPerSecond,
      'hub p50 ms': rounded(row.hubPaced.p50),
      'hub p99 ms': rounded(row.hubPaced.p99),
      'bare p99 ms': rounded(row.barePaced.p99),
      errors: row.hub.errors + row.hubPaced.errors,
    })),
  );
  const errors = rows.reduce((sum, { hub, hubPaced }) => sum + hub.errors + hubPaced.errors, 0);
  if (errors > 0) {
    console.error(`${errors} answers were CALLERRORs: the figures mean nothing`);
    process.exitCode = 1;
  }
  console.table([
    { figure: 'frame to subscriber p50, ms', value: rounded(subscriber.p50) },
    { figure: 'frame to subscriber p99, ms', value: rounded(subscriber.p99) },
    { figure: `memory per idle connection, kB (${memory.connections})`, value: rounded(memory.kilobytesEach) },
    { figure: `${memory.connections} charge points connect and boot, s`, value: rounded(memory.connectMs / 1000) },
  ]);
  console.log(
    JSON.stringify({
      node: process.version,
      database: process.env['MONGODB_URI'] ? 'MONGODB_URI' : 'embedded',
      rows,
      subscriber,
      memory,
    }),
  );
} finally {
  await hub.stop();
  swarm.stop();
  echo.disconnect();
}
