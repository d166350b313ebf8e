import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, describeSettings, readConfig, settings, withEnvFile } from '../../src/config.ts';

const failure = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no failure';
};

test('with nothing set every setting has its default', () => {
  const config = readConfig({ PATH: '/bin', HOME: '/root' });
  expect(config).toMatchObject({ OCPP_PORT: 9000, API_PORT: 4000, OCPP_AUTO_REGISTER: 'auto' });
  expect(config.MONGODB_URI).toBeUndefined();
});

test('an empty value is as good as none', () => {
  expect(readConfig({ OCPP_PORT: '' }).OCPP_PORT).toBe(9000);
});

test.each([
  ['OCPP_PORT', '70000', 'a whole number from 0 to 65535'],
  ['OCPP_PORT', '9000x', 'a whole number from 0 to 65535'],
  ['OCPP_AUTO_REGISTER', 'yes', 'on, off, auto'],
  ['HUB_LOG_LEVEL', 'loud', 'trace, debug, info, warn, error, silent'],
  ['OCPP_DATA_TRANSFER_VENDORS', 'a,,b', 'vendor ids'],
])('%s=%s stops the start with one line that names it, the value and what is allowed', (name, value, allowed) => {
  const message = failure({ [name]: value });
  expect(message).toContain(name);
  expect(message).toContain(JSON.stringify(value));
  expect(message).toContain(allowed);
  expect(message).not.toContain('\n');
});

test('a wrong secret is not repeated in the message', () => {
  const message = failure({ MONGODB_URI: 'postgres://me:hunter2@db' });
  expect(message).toContain('MONGODB_URI');
  expect(message).not.toContain('hunter2');
});

test('a name that looks like ours and is not stops the start, with a suggestion', () => {
  expect(failure({ OCPP_AUTOREGISTER_ON: 'on' })).toContain('OCPP_AUTOREGISTER_ON is not a setting');
  expect(failure({ OCPP_HEARTBEAT: '5', HOME: '/' })).toContain('OCPP_HEARTBEAT is not a setting');
  expect(failure({ OCPP_PING_INTERVAL_SECONDS: '5' })).toContain('did you mean OCPP_PING_SECONDS');
});

test('what a container platform sets for a service of the same name does not stop the start', () => {
  expect(readConfig({ API_SERVICE_HOST: '10.0.0.1', OCPP_PORT_9000_TCP: 'tcp://10.0.0.1:9000' }).API_PORT).toBe(4000);
});

test('a file .env is read, the environment wins, and unknown names in the file stop the start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-config-'));
  const path = join(folder, '.env');
  writeFileSync(path, '# ports\nOCPP_PORT=9100\nAPI_PORT=4100\n');
  expect(readConfig(withEnvFile({ API_PORT: '4200' }, path))).toMatchObject({ OCPP_PORT: 9100, API_PORT: 4200 });
  writeFileSync(path, 'PORT=1\n');
  expect(() => withEnvFile({}, path)).toThrow(/PORT in .* is not a setting/);
  expect(withEnvFile({ A: 'b' }, join(folder, 'absent'))).toEqual({ A: 'b' });
});

test('--help and the README name every setting', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  for (const name of Object.keys(settings)) {
    expect(describeSettings()).toContain(name);
    expect(readme, `README lacks ${name}`).toContain(`\`${name}\``);
  }
});
