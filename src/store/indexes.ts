import type { Db, IndexDescription } from 'mongodb';
import { MongoServerError } from 'mongodb';
import type { Logger } from '../kernel/log.ts';
import type { CollectionIndexes } from './store.ts';

/** An index of the same name, or of the same keys, is there with other options. */
const conflicts: ReadonlySet<unknown> = new Set([85, 86]);

/**
 * Creates the missing indexes. One that is there with other options is dropped and made anew, with a line in the log.
 * Called at every start: an index whose building was cut off by a crash is gone afterwards.
 */
export async function ensureIndexes(db: Db, indexes: CollectionIndexes, log: Logger): Promise<void> {
  for (const [name, wanted] of Object.entries(indexes)) {
    if (wanted.length === 0) continue;
    const collection = db.collection(name);
    try {
      await collection.createIndexes([...wanted]);
    } catch (error) {
      if (!isConflict(error)) throw explained(name, error);
      for (const index of wanted) await replaceIndex(db, name, index, log);
    }
  }
}

async function replaceIndex(db: Db, name: string, wanted: IndexDescription, log: Logger): Promise<void> {
  const collection = db.collection(name);
  try {
    await collection.createIndexes([wanted]);
  } catch (error) {
    if (!isConflict(error)) throw explained(name, error);
    const keys = keysText(wanted.key);
    const there = await collection.listIndexes().toArray();
    for (const index of there) {
      if (index.name !== wanted.name && keysText(index.key) !== keys) continue;
      log.warn({ collection: name, index: index.name }, 'replacing an index whose definition changed');
      await collection.dropIndex(index.name);
    }
    await collection.createIndexes([wanted]).catch((again: unknown) => {
      throw explained(name, again);
    });
  }
}

/** Fields and directions in their order. */
const keysText = (key: IndexDescription['key']) => JSON.stringify(key instanceof Map ? [...key] : Object.entries(key));

const isConflict = (error: unknown) => error instanceof MongoServerError && conflicts.has(error.code);

const explained = (collection: string, error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(`cannot create the indexes of ${collection}: ${why}`, { cause: error });
};
