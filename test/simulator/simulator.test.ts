import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSimulator } from '../../src/simulator/index.ts';
import { type Csms, callError, createCsms, createFastClock, expectNoViolations, requests, until } from './csms.ts';

let csms: Csms;
beforeEach(async () => {
  csms = await createCsms();
});
afterEach(async () => {
  await csms.close();
  expectNoViolations(csms);
});

/** Runs the command as the command line would, in fast time; `stop` is Ctrl-C. */
function run(...argv: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const stop = new AbortController();
  const code = runSimulator(argv, {
    print: (line) => lines.push(line),
    printError: (line) => errors.push(line),
    coloured: false,
    signal: stop.signal,
    clock: createFastClock(50),
    random: () => 0.5,
  });
  return { lines, errors, code, stop: () => stop.abort() };
}

const fast = ['--speed', '20', '--energy-kwh', '0.5'];

test('a run of three charge points ends with a summary when all sessions are done', async () => {
  const { lines, errors, code } = run('--url', csms.url, '--count', '3', '--sessions', '2', ...fast);

  expect(await code).toBe(0);
  expect(errors).toEqual([]);
  expect(lines.at(-1)).toBe('3 charge points: 6 sessions, 3.00 kWh');
  expect(new Set(csms.heard.map(({ identity }) => identity))).toEqual(new Set(['SIM-1', 'SIM-2', 'SIM-3']));
  expect(lines.join('\n')).toMatch(/SIM-2 +connector 1: stopped, transaction \d+, 0\.50 kWh in \d+ s \(Local\)/);
});

test('Ctrl-C ends the running sessions in order, and the run ends well', async () => {
  const { lines, code, stop } = run('--url', csms.url, '--count', '2', '--connectors', '2', '--energy-kwh', '500');
  await until(() => requests(csms, 'MeterValues').length > 3 && requests(csms, 'StartTransaction').length === 4);
  stop();

  expect(await code).toBe(0);
  expect(requests(csms, 'StopTransaction')).toHaveLength(4);
  expect(lines.at(-1)).toMatch(/^2 charge points: 4 sessions, [\d.]+ kWh$/);
});

test('without sessions of its own a charge point waits for the hub, and charges when it is told to', async () => {
  const { code, stop, lines } = run('--url', csms.url, '--sessions', '0', '--identity', 'WAITING', ...fast);
  await until(() => requests(csms, 'StatusNotification').length === 2);
  await csms.command('WAITING', 'RemoteStartTransaction', { idTag: 'REMOTE' });
  await until(() => requests(csms, 'StopTransaction').length === 1);
  stop();

  expect(await code).toBe(0);
  expect(lines.some((line) => line.endsWith('hub asks RemoteStartTransaction: Accepted'))).toBe(true);
});

test('refused tags are told and make a limited run fail', async () => {
  csms.on('Authorize', () => ({ idTagInfo: { status: 'Invalid' } }));
  const { lines, errors, code } = run('--url', csms.url, '--sessions', '1', '--quiet');

  expect(await code).toBe(1);
  expect(lines[0]).toMatch(/connector 1: tag DEMO refused \(Invalid\)$/);
  expect(lines).toEqual([lines[0], '1 charge point: 0 sessions, 0.00 kWh, 1 refused']);
  expect(errors).toEqual(['1 of the sessions did not happen; see the lines above']);
});

test('a hub that never takes a stop makes the run fail, and the summary tells', async () => {
  csms.on('StopTransaction', () => {
    throw callError('InternalError');
  });
  const { lines, code } = run('--url', csms.url, '--sessions', '1', ...fast);

  expect(await code).toBe(1);
  expect(lines.at(-2)).toContain('stopped before the hub took 1 transaction message');
  expect(lines.at(-1)).toMatch(/, 1 transaction message never taken by the hub$/);
});

test('where no hub is, one line says how to start it', async () => {
  const { lines, errors, code } = run('--url', 'ws://127.0.0.1:1/ocpp');
  expect(await code).toBe(1);
  expect(lines).toEqual([]);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^no hub at ws:\/\/127\.0\.0\.1:1\/ocpp \(.*ECONNREFUSED.*\); start it with: npm start$/);
});

test.each([
  [401, 'the hub refused the password of SIM-1, or the lack of one; give the right one with --password'],
  [404, 'the hub does not know the charge point SIM-1; create it with the GraphQL mutation createChargePoint'],
  [503, 'the hub refused the connection with HTTP 503'],
])('a connection refused with HTTP %i is explained in one line', async (status, line) => {
  csms.refuseWith(status);
  const { errors, code } = run('--url', csms.url, '--count', '5');
  expect(await code).toBe(1);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(line);
});

test('a wrong option ends the run with its line, and help prints the page', async () => {
  const { errors, code } = run('--speed', '0');
  expect(await code).toBe(2);
  expect(errors).toEqual(['--speed: "0" is not allowed; give a number from 0.1 to 3600']);
  const help = run('--help');
  expect(await help.code).toBe(0);
  expect(help.lines[0]).toContain('Usage: ocpp-hub simulate');
});
