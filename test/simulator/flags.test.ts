import { expect, test } from 'vitest';
import { readFlags } from '../../src/simulator/flags.ts';

const wrong = (...argv: string[]) => {
  const flags = readFlags(argv);
  return flags.kind === 'wrong' ? flags.message : `${flags.kind}, but it should be wrong`;
};
const right = (...argv: string[]) => {
  const flags = readFlags(argv);
  if (flags.kind !== 'run') throw new Error(JSON.stringify(flags));
  return flags.options;
};

test('without options one charge point charges on and on at the hub of this machine', () => {
  expect(right()).toEqual({
    url: 'ws://localhost:9000/ocpp',
    identities: ['SIM-1'],
    password: undefined,
    idTag: 'DEMO',
    speed: 1,
    connectors: 1,
    sessions: Number.POSITIVE_INFINITY,
    energyWh: 10_000,
    powerW: 11_000,
    quiet: false,
  });
});

test('the identity is exact for one charge point and a prefix for many', () => {
  expect(right('--identity', 'DEPOT 7').identities).toEqual(['DEPOT 7']);
  expect(right('--identity', 'DEPOT', '--count', '3').identities).toEqual(['DEPOT-1', 'DEPOT-2', 'DEPOT-3']);
  expect(right('--count', '2').identities).toEqual(['SIM-1', 'SIM-2']);
});

test('a slash at the end of the address does not matter', () => {
  expect(right('--url', 'wss://hub.example/ocpp/').url).toBe('wss://hub.example/ocpp');
});

test('each wrong value gets one line that names the flag, the value and what is allowed', () => {
  expect(wrong('--count', '0')).toBe('--count: "0" is not allowed; give a whole number from 1 to 10000');
  expect(wrong('--speed', 'fast')).toBe('--speed: "fast" is not allowed; give a number from 0.1 to 3600');
  expect(wrong('--connectors', '1.5')).toBe('--connectors: "1.5" is not allowed; give a whole number from 1 to 16');
  expect(wrong('--sessions', 'many')).toBe(
    '--sessions: "many" is not allowed; give a whole number from 0 to 999999, or forever',
  );
  expect(wrong('--url', 'http://localhost')).toContain(
    '--url: "http://localhost" is not allowed; give an address like',
  );
  expect(wrong('--id-tag', 'x'.repeat(21))).toContain('give 1 to 20 characters');
});

test('a wrong password is not repeated', () => {
  const secret = 's'.repeat(200);
  expect(wrong('--password', secret)).toContain('--password');
  expect(wrong('--password', secret)).not.toContain(secret);
});

test('unknown options, missing values and words without an option are one line each', () => {
  const lines = [
    wrong('--cuont', '3'),
    wrong('--count'),
    wrong('--count', '--quiet'),
    wrong('SIM-1'),
    wrong('--quiet=1'),
  ];
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  expect(lines[0]).toContain('--cuont: not an option of simulate; give --url');
  expect(lines[1]).toContain('--count: needs a value');
  expect(lines[2]).toContain('--count: needs a value');
  expect(lines[3]).toContain('"SIM-1": not expected here');
  expect(lines[4]).toContain('--quiet: takes no value');
});

test('help wins over everything that can be read', () => {
  expect(readFlags(['--help', '--count', 'x'])).toEqual({ kind: 'help' });
});
