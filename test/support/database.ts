import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createStore, type MongoStore } from '../../src/store/mongo.ts';

/** A store on a database of its own, on the engine of the test run. */
export interface TestDatabase {
  readonly store: MongoStore;
  readonly databaseName: string;
  readonly uri: string;
  /** Drops the database and closes the store. */
  close(): Promise<void>;
}

/** An empty database. Call `close` at the end of the test or of the file. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const uri = inject('mongoUri');
  const databaseName = `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const store = await createStore({ uri, databaseName, clock: systemClock, log: createLogger('silent') });
  return {
    store,
    databaseName,
    uri,
    async close() {
      await store.database.dropDatabase();
      await store.close();
    },
  };
}
