import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HubUnderTest, startHub } from '../bench/processes.ts';
import { createStation } from './station.ts';
import { createSubscriber } from './subscriber.ts';
import { violations } from './verify.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Stops that shall have been confirmed before each kill, on average. */
const stopsPerRound = 8;
const progressMsMax = 20_000;

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** The engine process below a hub, found in /proc, because it has a new id after every restart. */
async function engineOf(hubPid: number): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (stat.split(') ')[1]?.split(' ')[1] === String(hubPid)) return Number(name);
  }
  return undefined;
}

/** Runs the load through `rounds` kills, every other one of the database alone, and checks everything at the end. */
export async function runChaos(options: { rounds: number; stations: number; tell?: (line: string) => void }) {
  const { rounds, tell = () => undefined } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'hub-chaos-'));
  const env = { OCPP_PORT: String(await freePort()), API_PORT: String(await freePort()), HUB_LOG_LEVEL: 'silent' };
  let hub: HubUnderTest = await startHub({ dataDir, env });
  const { ocppUrl, apiUrl, apiKey } = hub;
  const ask = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> => {
    const response = await fetch(apiUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
    if (errors !== undefined || data === undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
  try {
    const subscriber = createSubscriber({ url: apiUrl.replace('http', 'ws'), apiKey });
    while (!subscriber.hasBegun()) await pause(20);
    const stations = Array.from({ length: options.stations }, (_, index) =>
      createStation({ url: ocppUrl, identity: `CHAOS-${index}`, idTag: 'DEMO' }),
    );
    /** A slow machine is given time: a kill proves nothing where nothing was under way. */
    const progress = async (wanted: number) => {
      const stops = () => stations.reduce((total, { confirmed }) => total + confirmed.stops.size, 0);
      for (let waitedMs = 0; stops() < wanted && waitedMs < progressMsMax; waitedMs += 50) await pause(50);
    };
    for (let round = 1; round <= rounds; round += 1) {
      await pause(500 + Math.random() * 1500);
      await progress(round * stopsPerRound);
      const engine = await engineOf(hub.pid);
      if (round % 2 === 0 && engine !== undefined) {
        tell(`round ${round}: kill -9 of the database`);
        process.kill(engine, 'SIGKILL');
        await pause(1500);
      } else {
        tell(`round ${round}: kill -9 of the hub`);
        process.kill(hub.pid, 'SIGKILL');
        while (engine !== undefined && (await isThere(engine))) await pause(20);
        hub = await startHub({ dataDir, env });
      }
    }
    await pause(1000);
    await Promise.all(stations.map((station) => station.end()));
    await pause(1000); // the last events are on their way to the subscriber
    const wrong = await violations(ask, stations, subscriber);
    await subscriber.end();
    const sum = (count: (station: (typeof stations)[number]) => number) =>
      stations.reduce((total, station) => total + count(station), 0);
    const summary = {
      rounds,
      'confirmed starts': sum(({ confirmed }) => confirmed.starts.size),
      'confirmed samples': sum(({ confirmed }) => confirmed.samples.length),
      'confirmed stops': sum(({ confirmed }) => confirmed.stops.size),
      'confirmed status reports': sum(({ confirmed }) => confirmed.statuses.length),
      'repeated messages': sum((station) => station.repeats()),
      'events seen': subscriber.seen.length,
      'resumptions of the subscriber': subscriber.resumptions(),
    };
    return { wrong, summary };
  } finally {
    await hub.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const isThere = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !stat.includes(') Z '),
    () => false,
  );
