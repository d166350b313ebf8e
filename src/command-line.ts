import { readFileSync } from 'node:fs';
import { AdministrationError, runExport, runImport, runKeys } from './administer.ts';
import { type Config, ConfigError, describeSettings, readConfig, withEnvFile } from './config.ts';
import { runSimulator } from './simulator/index.ts';
import { runStart } from './start.ts';
import { EmbeddedUnavailable } from './store/embedded-errors.ts';
import { DatabaseUnavailable } from './store/store.ts';

const usage = `OCPP hub: charge points in over OCPP, one GraphQL API out.

Usage: ocpp-hub [command]

  start                     Run the hub (the default).
  simulate [options]        Run simulated charge points; simulate --help lists the options.
  keys create <name> [--scopes A,B] [--days N]
                            Make an API key, by default for everything and for ever; it is shown this once.
  keys list                 List the API keys, without their secrets.
  keys revoke <prefix>      End an API key.
  export <file>             Write the whole database to a file; compressed when it ends in .gz.
  import <file>             Read such a file into an empty database.
  --help, --version

Settings come from the environment and from a file .env in the working folder; the environment wins:

`;

/** Version of this program. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** Runs one command of the program. Gives the exit code; problems that an operator can solve are one line on standard error. */
export async function runCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [command = 'start', ...rest] = argv;
  try {
    switch (command) {
      case '--help':
      case '-h':
      case 'help':
        process.stdout.write(`${usage}${describeSettings()}\n`);
        return 0;
      case '--version':
      case '-v':
        process.stdout.write(`${version}\n`);
        return 0;
      case 'simulate':
        return await simulate(rest);
      case 'start':
        return rest.length > 0
          ? misused(`start takes no ${rest[0]}`)
          : await runStart(settingsOf(environment), version);
      case 'keys':
        return await runKeys(settingsOf(environment), rest);
      case 'export':
        return await runExport(settingsOf(environment), rest);
      case 'import':
        return await runImport(settingsOf(environment), rest);
      default:
        return misused(`there is no command ${command}`);
    }
  } catch (error) {
    if (isOperators(error)) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

const settingsOf = (environment: Readonly<Record<string, string | undefined>>): Config =>
  readConfig(withEnvFile(environment, '.env'));

function misused(message: string): number {
  process.stderr.write(`${message}; ocpp-hub --help tells what there is\n`);
  return 2;
}

async function simulate(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  return runSimulator(argv, {
    print: (line) => process.stdout.write(`${line}\n`),
    printError: (line) => process.stderr.write(`${line}\n`),
    coloured: process.stdout.isTTY === true,
    signal: stop.signal,
  });
}

const operatorErrors = [ConfigError, AdministrationError, EmbeddedUnavailable, DatabaseUnavailable];

/** Errors whose message is for the operator: a taken port, a database that does not answer, a file that cannot be read. */
function isOperators(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  const known = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOENT', 'EISDIR', 'ENOTDIR', 'EROFS', 'ENOSPC'];
  return (code !== undefined && known.includes(code)) || operatorErrors.some((kind) => error instanceof kind);
}
