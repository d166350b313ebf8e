import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedDatabase } from '../../src/store/embedded.ts';
import { createEngineFolder, type EngineFolder, eventually } from '../support/engine.ts';
import { createGraphqlClient, type GraphqlClient } from '../support/graphql-client.ts';
import { createWorkingFolder, type HubProgram, runProgram, startHubProgram } from '../support/hub-program.ts';
import { connectChargePoint, type ScriptedChargePoint } from '../support/scripted-charge-point.ts';

// The engine in a process of its own stands in for a MongoDB server: the hub knows it by MONGODB_URI only.
let database: EngineFolder;
let engine: EmbeddedDatabase;
let folder: { path: string; remove(): Promise<void> };
let hub: HubProgram;
let api: GraphqlClient;
beforeAll(async () => {
  database = await createEngineFolder();
  engine = await database.start();
  folder = await createWorkingFolder();
  const env = { MONGODB_URI: engine.uri, HUB_LOG_LEVEL: 'warn', HUB_WRITE_TIMEOUT_SECONDS: '1' };
  const keys = await runProgram(['keys', 'create', 'test'], { cwd: folder.path, env });
  const [apiKey] = await keys.printed(/hub_[A-Za-z0-9_-]{43}/);
  await keys.ended;
  hub = await startHubProgram({ cwd: folder.path, env: { ...env, OCPP_AUTO_REGISTER: 'on' } });
  api = createGraphqlClient({ port: hub.apiPort, apiKey });
});
afterAll(async () => {
  await api.close();
  await hub.stop();
  await database.remove();
  await folder.remove();
});

/** What became of a report: a CALLRESULT, the code of a CALLERROR, or nothing in time. */
type Answer = 'confirmed' | 'no answer' | string;

interface Reporter {
  readonly chargePoint: ScriptedChargePoint;
  /** Timestamps of the confirmed reports. */
  readonly confirmed: string[];
  readonly refusals: Answer[];
  readonly done: Promise<void>;
}

/** A charge point that reports one status after the other, each at a new time. */
async function startReporter(identity: string, mayGoOn: () => boolean): Promise<Reporter> {
  const chargePoint = await connectChargePoint({ url: hub.ocppUrl, identity, timeoutMs: 30_000 });
  await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
  const confirmed: string[] = [];
  const refusals: Answer[] = [];
  const report = async (count: number) => {
    const timestamp = new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString();
    const status = count % 2 === 0 ? 'Available' : 'Preparing';
    const payload = { connectorId: 1, status, errorCode: 'NoError', timestamp, info: `report ${count}` };
    const answer = await chargePoint.call('StatusNotification', payload).catch(() => undefined);
    if (answer?.[0] === 3) confirmed.push(timestamp);
    else refusals.push(answer === undefined ? 'no answer' : String(answer[2]));
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const done = (async () => {
    for (let count = 0; mayGoOn(); count += 1) await report(count);
  })();
  return { chargePoint, confirmed, refusals, done };
}

test('a database that goes and comes back under load: sockets stay, nothing is confirmed falsely, the hub recovers', async () => {
  let goesOn = true;
  const reporters = await Promise.all(
    ['CP-1', 'CP-2', 'CP-3', 'CP-4', 'CP-5'].map((id) => startReporter(id, () => goesOn)),
  );
  const gone = reporters.map(({ chargePoint }) => chargePoint.closed.then(() => chargePoint.identity));
  const total = () => reporters.reduce((sum, { confirmed }) => sum + confirmed.length, 0);
  const health = async () =>
    (await api.query<{ health: { status: string } }>('{ health { status } }')).data?.health.status;
  const probe = async () => (await fetch(`http://127.0.0.1:${hub.apiPort}/health`)).status;
  await eventually('reports are confirmed', () => total() > 100);
  expect(await health()).toBe('OK');

  await engine.stop();
  await eventually('every charge point was refused something', () =>
    reporters.every(({ refusals }) => refusals.length > 0),
  );
  const beforeRestart = total();
  await eventually('the API tells that it is down', async () => (await health()) === 'DOWN');
  const { errors } = await api.query('{ chargePoints { nodes { id } } }');
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(await probe()).toBe(503);
  expect(total()).toBe(beforeRestart);

  engine = await database.start();
  await eventually(
    'reports are confirmed again',
    () =>
      reporters.every(({ chargePoint, confirmed }) => chargePoint.faults.length === 0 && confirmed.length > 0) &&
      total() > beforeRestart + 100,
  );
  await eventually('the API tells that all is well', async () => (await health()) === 'OK');
  expect(await probe()).toBe(200);
  goesOn = false;
  await Promise.all(reporters.map(({ done }) => done));

  expect(await Promise.race([...gone, Promise.resolve('all there')])).toBe('all there');
  for (const { chargePoint, confirmed, refusals } of reporters) {
    expect(chargePoint.faults).toEqual([]);
    expect(refusals.filter((answer) => answer !== 'InternalError' && answer !== 'no answer')).toEqual([]);
    const stored = await storedTimes(chargePoint.identity);
    expect(new Set(stored).size).toBe(stored.length);
    expect(confirmed.filter((time) => !stored.includes(time))).toEqual([]);
    await chargePoint.close();
  }
}, 90_000);

interface HistoryPage {
  readonly chargePoint: {
    readonly connector: {
      readonly statusHistory: {
        readonly nodes: { readonly occurredAt: string }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    };
  };
}

/** Times of the status history of connector 1, page by page. */
async function storedTimes(identity: string): Promise<string[]> {
  const times: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: HistoryPage = await api.data<HistoryPage>(
      `query ($identity: String!, $after: String) { chargePoint(by: { identity: $identity }) { connector(connectorId: 1) {
        statusHistory(first: 100, after: $after) { nodes { occurredAt } pageInfo { hasNextPage endCursor } } } } }`,
      { identity, after },
    );
    const { nodes, pageInfo }: HistoryPage['chargePoint']['connector']['statusHistory'] =
      page.chargePoint.connector.statusHistory;
    times.push(...nodes.map(({ occurredAt }) => occurredAt));
    if (!pageInfo.hasNextPage) return times;
    after = pageInfo.endCursor;
  }
}
