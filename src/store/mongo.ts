import {
  type Collection,
  type Db,
  type Document,
  MongoClient,
  MongoError,
  type TopologyDescriptionChangedEvent,
} from 'mongodb';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createCounters } from './counters.ts';
import { pause } from './deadline.ts';
import { createGate, type Gate } from './gate.ts';
import { createHealth, isWritable } from './health.ts';
import { createSemaphore } from './heavy.ts';
import { ensureIndexes } from './indexes.ts';
import { DatabaseUnavailable, type Store } from './store.ts';
import { isUnavailable } from './unavailable.ts';
import { hostsOf, withSafeWrites } from './uri.ts';
import { createWriter, type WriterStats } from './writer.ts';

/** A store with what the hub itself needs beside it. */
export interface MongoStore extends Store {
  /** For export and import only. */
  readonly database: Db;
  stats(): WriterStats;
}

export interface StoreOptions {
  /** Any MongoDB from 7 on, replica set or single. A write concern that it does not name is added. */
  readonly uri: string;
  readonly databaseName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the embedded database: closed while nothing may be written. */
  readonly gate?: Gate;
  /** How long to try at the start, 30 s. */
  readonly connectTimeoutMs?: number;
  /** How long a write may wait for the database, 5 s. */
  readonly writeTimeoutMs?: number;
  /** Writes that may wait, 50,000. */
  readonly waitingWritesMax?: number;
  /** Heavy reads at once, 4: the embedded engine runs eight commands at a time, and everything else must pass beside. */
  readonly heavyMax?: number;
  /** Heavy reads that may wait, 64, each at most `heavyWaitMs`, 30 s. */
  readonly heavyWaitingMax?: number;
  readonly heavyWaitMs?: number;
}

/** MongoDB 7.0. */
const wireVersionMin = 21;
const connectPauseMs = 1_000;
/** An operation gives up when no server can be chosen for so long; also each try at the start. */
const selectionTimeoutMs = 5_000;
const heartbeatPeriodMs = 2_000;

/**
 * Connects, trying again until `connectTimeoutMs`. Rejects with `DatabaseUnavailable` when nobody answers in time, and at
 * once with a plain `Error` when the address, the credentials or the server's version are wrong. Messages carry no secret.
 */
export async function createStore(options: StoreOptions): Promise<MongoStore> {
  const { clock, log, gate = createGate(), writeTimeoutMs = 5_000 } = options;
  const client = createClient(options.uri);
  const database = client.db(options.databaseName);
  const ping = async () => {
    const from = performance.now();
    await database.command({ ping: 1 });
    return performance.now() - from;
  };
  const health = createHealth({ clock, log, gate, ping });
  client.on('topologyDescriptionChanged', ({ newDescription }: TopologyDescriptionChangedEvent) =>
    health.seesServer(isWritable(newDescription)),
  );
  await connect(client, database, options);

  const collection = <T extends Document>(name: string): Collection<T> => database.collection<T>(name);
  const writer = createWriter({
    collection,
    clock,
    deadlineMs: writeTimeoutMs,
    waitingMax: options.waitingWritesMax ?? 50_000,
    refusal: gate.reason,
    onAttempt: health.hears,
  });
  const heavy = createSemaphore({
    runningMax: options.heavyMax ?? 4,
    waitingMax: options.heavyWaitingMax ?? 64,
    waitMs: options.heavyWaitMs ?? 30_000,
    clock,
  });

  return {
    collection,
    database,
    heavy,
    ping,
    // The driver's type ties the operation to the document's; below here documents are just documents.
    write: (name, operation) => writer.write(name, operation as Parameters<typeof writer.write>[1]),
    nextNumber: createCounters({ collection: collection('counters'), clock, deadlineMs: writeTimeoutMs }),
    ensureIndexes: (indexes) => ensureIndexes(database, indexes, log),
    isUp: health.isUp,
    onChange: health.onChange,
    stats: writer.stats,
    async close() {
      await writer.drain();
      health.stop();
      await client.close();
    },
  };
}

function createClient(uri: string): MongoClient {
  try {
    return new MongoClient(withSafeWrites(uri), {
      appName: 'ocpp-hub',
      serverSelectionTimeoutMS: selectionTimeoutMs,
      waitQueueTimeoutMS: selectionTimeoutMs,
      connectTimeoutMS: selectionTimeoutMs,
      heartbeatFrequencyMS: heartbeatPeriodMs,
    });
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    throw new Error(`MONGODB_URI cannot be used: ${error.message}`, { cause: error });
  }
}

async function connect(
  client: MongoClient,
  database: Db,
  { uri, clock, log, connectTimeoutMs = 30_000 }: StoreOptions,
): Promise<void> {
  const end = clock.now().getTime() + connectTimeoutMs;
  for (;;) {
    try {
      await client.connect();
      const { maxWireVersion } = await database.command({ hello: 1 });
      if (typeof maxWireVersion === 'number' && maxWireVersion >= wireVersionMin) return;
      throw new Error(`the MongoDB at ${hostsOf(uri)} is too old; the hub needs version 7 or newer`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const isOver = clock.now().getTime() + connectPauseMs >= end;
      if (!isUnavailable(error) || isOver) {
        await client.close().catch(() => undefined); // nothing of it is of use any more
        if (!isUnavailable(error))
          throw new Error(`cannot use the MongoDB at ${hostsOf(uri)}: ${why}`, { cause: error });
        throw new DatabaseUnavailable(
          `no answer from the MongoDB at ${hostsOf(uri)} within ${connectTimeoutMs / 1000} s: ${why}`,
          { cause: error },
        );
      }
      log.warn({ hosts: hostsOf(uri), why }, 'the database does not answer yet; trying again');
      await pause(clock, connectPauseMs);
    }
  }
}
