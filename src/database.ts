import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { type Config, ConfigError } from './config.ts';
import type { Clock } from './kernel/clock.ts';
import type { Logger } from './kernel/log.ts';
import { type EmbeddedDatabase, embeddedUri, startEmbedded } from './store/embedded.ts';
import { createStore, type MongoStore } from './store/mongo.ts';
import { DatabaseUnavailable } from './store/store.ts';

/** The database that the settings name, ready for use. */
export interface OpenDatabase {
  readonly store: MongoStore;
  /** Set when this process runs the embedded engine itself. */
  readonly embedded: EmbeddedDatabase | undefined;
  /** What to tell the operator about it, without secrets. */
  readonly description: string;
  close(): Promise<void>;
}

/**
 * Opens MONGODB_URI, else the embedded database in HUB_DATA_DIR. With `share`, an engine that a running hub has started
 * in that folder is used beside it (for `keys`, `export` and the like). Throws errors with a message for the operator.
 */
export async function openDatabase(
  config: Config,
  { clock, log, share }: { clock: Clock; log: Logger; share: boolean },
): Promise<OpenDatabase> {
  const { MONGODB_URI: uri, MONGODB_DATABASE: databaseName } = config;
  const writeTimeoutMs = config.HUB_WRITE_TIMEOUT_SECONDS * 1000;
  if (uri !== undefined) {
    const store = await createStore({ uri, databaseName, clock, log, writeTimeoutMs }).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable || !(error instanceof Error)) throw error;
      throw new ConfigError(`MONGODB_URI: ${error.message}`, { cause: error }); // address, credentials or server version
    });
    return { store, embedded: undefined, description: `MongoDB, database ${databaseName}`, close: store.close };
  }
  const dataDir = resolve(config.HUB_DATA_DIR);
  const sharedUri = embeddedUri(dataDir);
  if (share && (await isServed(join(dataDir, 'mongodb.sock')))) {
    const store = await createStore({ uri: sharedUri, databaseName, clock, log, writeTimeoutMs });
    return { store, embedded: undefined, description: `the running hub's database in ${dataDir}`, close: store.close };
  }
  const embedded = await startEmbedded({ dataDir, cacheDir: join(dataDir, 'engine'), clock, log });
  const { gate } = embedded;
  try {
    const store = await createStore({ uri: embedded.uri, databaseName, clock, log, writeTimeoutMs, gate });
    return {
      store,
      embedded,
      description: `embedded MongoDB in ${dataDir}`,
      close: async () => {
        await store.close();
        await embedded.stop();
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** Whether somebody listens on a Unix socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
