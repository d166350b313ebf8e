import { createAccess } from './capabilities/access/index.ts';
import type { Config } from './config.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { systemClock } from './kernel/clock.ts';
import { HubError } from './kernel/errors.ts';
import { createLogger } from './kernel/log.ts';
import { type ApiScope, apiScopes, defaultTenantId, systemPrincipal } from './kernel/principal.ts';
import { DatabaseNotEmpty, exportToFile, importFromFile, type TransferCounts } from './store/transfer.ts';
import { NotAnExport } from './store/transfer-format.ts';

/** Opens the database beside a running hub, or by itself, for as long as `work` takes. */
async function withDatabase(config: Config, work: (database: OpenDatabase) => Promise<number>): Promise<number> {
  const log = createLogger('warn', config.HUB_LOG_FORMAT);
  const database = await openDatabase(config, { clock: systemClock, log, share: true });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Something that the operator got wrong or must know; the message is enough. */
export class AdministrationError extends Error {
  override readonly name = 'AdministrationError';
}

const print = (line: string) => process.stdout.write(`${line}\n`);

/** `keys create <name> [--scopes A,B] [--days N]`, `keys list`, `keys revoke <prefix>`. Gives the exit code. */
export function runKeys(config: Config, [verb, subject, ...rest]: readonly string[]): Promise<number> {
  const needsSubject = verb === 'create' || verb === 'revoke';
  const takesFlags = verb === 'create';
  if (
    (rest.length > 0 && !takesFlags) ||
    (needsSubject ? subject === undefined : verb !== 'list' || subject !== undefined)
  ) {
    throw new AdministrationError(
      'keys: say `keys create <name> [--scopes A,B] [--days N]`, `keys list` or `keys revoke <prefix>`',
    );
  }
  const limits = readKeyFlags(rest);
  return withDatabase(config, async ({ store }) => {
    const { operations: keys, indexes } = createAccess({
      store,
      clock: systemClock,
      log: createLogger('warn', config.HUB_LOG_FORMAT),
    });
    await store.ensureIndexes(indexes);
    try {
      if (verb === 'create') {
        const { secret } = await keys.create(systemPrincipal(defaultTenantId), { name: subject ?? '', ...limits });
        print(`${secret}\nShown this once: only its hash is stored.`);
      } else if (verb === 'revoke') {
        await keys.revoke(defaultTenantId, subject ?? '');
        print(`${subject} is revoked; a running hub refuses it within ten seconds.`);
      } else {
        for (const key of await keys.list(defaultTenantId)) {
          const ended = key.revokedAt === undefined ? '' : `  revoked ${key.revokedAt.toISOString()}`;
          const ends = key.expiresAt === undefined ? '' : `  expires ${key.expiresAt.toISOString()}`;
          const allowed = key.scopes === undefined ? '' : `  ${key.scopes.join(',')}`;
          print(`${key.prefix}…  ${key.createdAt.toISOString()}  ${key.name}${allowed}${ends}${ended}`);
        }
      }
      return 0;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  });
}

/** Longest life of a key that the command line takes: ten years. */
const keyDaysMax = 3650;

function readKeyFlags(argv: readonly string[]): { scopes?: ApiScope[]; expiresAt?: Date } {
  const flags: { scopes?: ApiScope[]; expiresAt?: Date } = {};
  for (let index = 0; index < argv.length; index += 2) {
    const [flag, value = ''] = argv.slice(index, index + 2);
    if (flag === '--scopes') {
      const scopes = value.split(',');
      const unknown = scopes.find((scope) => !Object.hasOwn(apiScopes, scope));
      if (unknown !== undefined) {
        throw new AdministrationError(
          `keys: ${JSON.stringify(unknown)} is no scope; there are ${Object.keys(apiScopes).join(', ')}`,
        );
      }
      flags.scopes = scopes as ApiScope[]; // each is a key of the table, checked above
    } else if (flag === '--days') {
      const days = /^\d{1,4}$/.test(value) ? Number(value) : 0;
      if (days < 1 || days > keyDaysMax) throw new AdministrationError(`keys: --days takes 1 to ${keyDaysMax}`);
      flags.expiresAt = new Date(systemClock.now().getTime() + days * 86_400_000);
    } else {
      throw new AdministrationError('keys: `keys create` takes --scopes and --days');
    }
  }
  return flags;
}

/** `export <file>`: the whole database, also while a hub runs on it. Gives the exit code. */
export function runExport(config: Config, argv: readonly string[]): Promise<number> {
  const path = onlyPath('export', argv);
  return withDatabase(config, async ({ store }) => {
    const counts = await exportToFile(store.database, path, { now: systemClock.now() });
    print(`wrote ${totalOf(counts)} to ${path}`);
    return 0;
  });
}

/** `import <file>`: into an empty database; a damaged or cut file changes nothing. Gives the exit code. */
export function runImport(config: Config, argv: readonly string[]): Promise<number> {
  const path = onlyPath('import', argv);
  const log = createLogger('warn', config.HUB_LOG_FORMAT);
  return withDatabase(config, async ({ store }) => {
    try {
      const counts = await importFromFile(store.database, path, { log });
      print(`read ${totalOf(counts)} from ${path}`);
      return 0;
    } catch (error) {
      if (error instanceof DatabaseNotEmpty || error instanceof NotAnExport) {
        throw new AdministrationError(`${path} was not imported: ${error.message}`, { cause: error });
      }
      throw error;
    }
  });
}

function onlyPath(verb: string, [path, ...rest]: readonly string[]): string {
  if (path === undefined || rest.length > 0) throw new AdministrationError(`${verb}: say \`${verb} <file>\``);
  return path;
}

function totalOf(counts: TransferCounts): string {
  const names = Object.keys(counts);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return `${total} documents of ${names.length} collections`;
}
