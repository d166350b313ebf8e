import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/command-line.ts';
import { settings } from '../../src/config.ts';
import { eventually } from '../support/engine.ts';
import { createGraphqlClient } from '../support/graphql-client.ts';
import {
  createWorkingFolder,
  freePorts,
  type HubProgram,
  runProgram,
  startHubProgram,
} from '../support/hub-program.ts';
import { connectChargePoint } from '../support/scripted-charge-point.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: { path: string; remove(): Promise<void> };
/** Takes half a minute of waiting, so it goes on beside the other tests. */
let unreachable: Promise<Outcome>;
beforeAll(async () => {
  folder = await createWorkingFolder();
  unreachable = run(['start'], {
    ...freePorts,
    MONGODB_URI: 'mongodb://hub:secret@127.0.0.1:1/',
    HUB_LOG_LEVEL: 'error',
  });
});
afterAll(() => folder.remove());

/** Runs a command to its end. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = folder.path) {
  const program = await runProgram(args, { cwd, env });
  const { code } = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() } satisfies Outcome;
}

/** The same inside this process, which costs less: for what ends before anything is opened. */
async function runHere(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += String(text);
      return true;
    });
  }
  try {
    return { code: await runCommand(args, env), ...texts };
  } finally {
    vi.restoreAllMocks();
  }
}

/** Nothing but one line on standard error. */
function oneLine({ stdout, stderr }: Outcome): string {
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr;
}

describe('what needs no database', () => {
  test('--help lists the commands and every setting with what is allowed', async () => {
    const { code, stdout, stderr } = await runHere(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['start', 'simulate', 'keys create', 'keys list', 'keys revoke', 'export', 'import']) {
      expect(stdout).toContain(`  ${command}`);
    }
    for (const [name, { about, allowed }] of Object.entries(settings)) {
      expect(stdout).toContain(`  ${name}\n      ${about}\n      Allowed: ${allowed}.`);
    }
  });

  test('--version tells the version, simulate --help the options of the simulator', async () => {
    expect((await runHere(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await runHere(['simulate', '--help'])).stdout).toContain('--count N');
  });

  test.each([
    [{ OCPP_PORT: '99999' }, ['OCPP_PORT', '"99999"', 'a whole number from 0 to 65535']],
    [{ OCPP_PROT: '9000' }, ['OCPP_PROT', 'not a setting of the hub']],
    [{ MONGODB_URI: 'http://user:secret@host' }, ['MONGODB_URI', 'mongodb://']],
  ])('a wrong setting ends the start with one line: %j', async (env, words) => {
    const outcome = await runHere(['start'], env);
    expect(outcome.code).toBe(1);
    const line = oneLine(outcome);
    for (const word of words) expect(line).toContain(word);
    expect(line).not.toContain('secret');
  });

  test.each([
    [['fly'], 'there is no command fly'],
    [['start', 'now'], 'start takes no now'],
    [['keys'], 'keys create <name>'],
    [['keys', 'create'], 'keys create <name>'],
    [['keys', 'list', 'all'], 'keys create <name>'],
    [['export'], 'export <file>'],
    [['import', 'a', 'b'], 'import <file>'],
    [['simulate', '--count', 'many'], '--count'],
    [['simulate', '--url', 'ws://127.0.0.1:1/ocpp', '--sessions', '1'], 'no hub at ws://127.0.0.1:1/ocpp'],
  ])('%j ends with one line that tells what is wrong', async (args, what) => {
    const outcome = await runHere(args);
    expect(outcome.code).toBeGreaterThan(0);
    expect(oneLine(outcome)).toContain(what);
  });

  test('the program ends with the exit code of its command', async () => {
    const outcome = await run(['fly']);
    expect(outcome.code).toBe(2);
    expect(oneLine(outcome)).toContain('there is no command fly');
  });
});

describe.concurrent('beside a running hub', () => {
  let hub: HubProgram;
  let apiKey: string;
  beforeAll(async () => {
    hub = await startHubProgram({ cwd: folder.path });
    apiKey = hub.firstKey ?? '';
  });
  afterAll(async () => {
    await hub.stop();
  });

  const statusOf = async (secret: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${hub.apiPort}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ health { status } }' }),
    });
    await response.text();
    return response.status;
  };

  test('a second hub on the same data folder ends with one line; the first goes on', async () => {
    const outcome = await run(['start'], freePorts);
    expect(outcome.code).toBe(1);
    const line = oneLine(outcome);
    expect(line).toContain(join(folder.path, 'data'));
    expect(line).toMatch(/in use by another hub.*MONGODB_URI/);
    expect(await statusOf(apiKey)).toBe(200);
  });

  test.each([
    ['OCPP_PORT', () => hub.ocppPort],
    ['API_PORT', () => hub.apiPort],
  ])('a taken %s ends the start with one line that names the port', async (name, port) => {
    const own = await createWorkingFolder();
    const outcome = await run(['start'], { ...freePorts, HUB_LOG_LEVEL: 'error', [name]: String(port()) }, own.path);
    await own.remove();
    expect(outcome.code).toBe(1);
    expect(oneLine(outcome)).toContain(String(port()));
  });

  test('keys are made, listed without their secrets, and revoked while the hub runs', async () => {
    const made = await run(['keys', 'create', 'billing']);
    const secret = /hub_[A-Za-z0-9_-]{43}/.exec(made.stdout)?.[0] ?? '';
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(await statusOf(secret)).toBe(200);

    const prefix = secret.slice(0, 10);
    const listed = await run(['keys', 'list']);
    expect(listed.stdout).toMatch(new RegExp(`^${prefix}….* billing$`, 'm'));
    expect(listed.stdout).toMatch(/ first key$/m);
    expect(listed.stdout).not.toContain(secret);

    expect(await run(['keys', 'revoke', prefix])).toMatchObject({ code: 0, stderr: '' });
    await eventually('the hub refuses the key', async () => (await statusOf(secret)) === 401, 12_000);
    expect(await statusOf(apiKey)).toBe(200);
    expect((await run(['keys', 'list'])).stdout).toMatch(new RegExp(`^${prefix}….* billing  revoked `, 'm'));
  });

  test('a key that is not there cannot be revoked', async () => {
    const outcome = await run(['keys', 'revoke', 'hub_nobody']);
    expect(outcome.code).toBe(1);
    expect(oneLine(outcome)).toContain('hub_nobody');
  });

  test('an export beside the running hub, read into an empty folder, is the same site', async () => {
    const chargePoint = await connectChargePoint({ url: hub.ocppUrl, identity: 'CP-EXPORT' });
    await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
    const start = { connectorId: 1, idTag: 'DEMO', meterStart: 100, timestamp: '2026-05-01T10:00:00.000Z' };
    const [, , started] = await chargePoint.call('StartTransaction', start);
    const { transactionId } = started as { transactionId: number };
    const stop = { transactionId, meterStop: 5_100, timestamp: '2026-05-01T11:00:00.000Z' };
    await chargePoint.call('StopTransaction', stop);

    const file = join(folder.path, 'site.jsonl.gz');
    expect(await run(['export', file])).toMatchObject({ code: 0, stderr: '' });
    const other = await createWorkingFolder();
    expect(await run(['import', file], {}, other.path)).toMatchObject({ code: 0, stderr: '' });
    const again = await run(['import', file], {}, other.path);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^[^\n]*not imported[^\n]*\n$/);

    const copy = await startHubProgram({ cwd: other.path });
    expect(copy.firstKey).toBeUndefined();
    const [original, moved] = await Promise.all(
      [hub.apiPort, copy.apiPort].map(async (port) => {
        const api = createGraphqlClient({ port, apiKey });
        const found = await api.data(`{
          transactions(first: 10) { nodes { id ocppTransactionId state energyWh meterStartWh chargePoint { id identity } } }
          events(first: 50, filter: { types: [TRANSACTION_STARTED, TRANSACTION_ENDED] }) { nodes { id type cursor } }
          token(by: { value: "DEMO" }) { id value status }
        }`);
        await api.close();
        return found;
      }),
    );
    const { transactions, events } = original as { transactions: { nodes: unknown[] }; events: { nodes: unknown[] } };
    expect(transactions.nodes).toMatchObject([{ ocppTransactionId: transactionId, energyWh: 5_000, state: 'ENDED' }]);
    expect(events.nodes).toHaveLength(2);
    expect(moved).toEqual(original);
    // a repeat of the start reaches the imported transaction: nothing is charged twice after a move
    const sameAtCopy = await connectChargePoint({ url: copy.ocppUrl, identity: 'CP-EXPORT' });
    const [, , repeated] = await sameAtCopy.call('StartTransaction', start);
    expect(repeated).toMatchObject({ transactionId });

    await chargePoint.close();
    await sameAtCopy.close();
    await copy.stop();
    await other.remove();
  }, 90_000);
});

test('without a running hub the keys are reached all the same, and a hub started later knows them', async () => {
  const own = await createWorkingFolder();
  const { stdout } = await run(['keys', 'create', 'made before the hub'], {}, own.path);
  const secret = /hub_[A-Za-z0-9_-]{43}/.exec(stdout)?.[0] ?? '';
  expect((await run(['keys', 'list'], {}, own.path)).stdout).toContain('made before the hub');
  const hub = await startHubProgram({ cwd: own.path });
  expect(hub.firstKey).toBeUndefined();
  const api = createGraphqlClient({ port: hub.apiPort, apiKey: secret });
  expect(await api.data('{ health { status } }')).toEqual({ health: { status: 'OK' } });
  await api.close();
  await hub.stop();
  await own.remove();
});

test('a MONGODB_URI where nobody answers is told in one line after half a minute, without the password', async () => {
  const { code, stdout, stderr } = await unreachable;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^[^\n]*no answer from the MongoDB at 127\.0\.0\.1:1 within 30 s[^\n]*\n$/);
  expect(stdout + stderr).not.toContain('secret');
}, 120_000);
