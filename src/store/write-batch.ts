import { BSON, type Collection, type Document, type Filter, MongoBulkWriteError, MongoServerError } from 'mongodb';
import { readTimeoutMs, type WriteOutcome } from './store.ts';
import { duplicateKey, isTransientCode, isUnavailable, rootOf } from './unavailable.ts';
import { isUpsert, type WriteEntry } from './write-entry.ts';

const made: WriteOutcome = { applied: true, inserted: true };
const applied: WriteOutcome = { applied: true, inserted: false };
const duplicate: WriteOutcome = { applied: false, inserted: false };

/** What one attempt left undone. */
export interface Attempt {
  /** To be tried again. */
  readonly again: readonly WriteEntry[];
  /** Why, when the database was away. */
  readonly away?: Error;
}

/**
 * Sends writes of one kind as one command and settles every caller it can. A duplicate is an outcome. What got no answer
 * comes back in `again`, marked as uncertain. A command that fails as a whole is cut in halves until the culprit stands alone.
 */
export async function attemptWrites(collection: Collection, entries: readonly WriteEntry[]): Promise<Attempt> {
  try {
    const operations = entries.map(({ operation }) => operation);
    const { upsertedIds } = await collection.bulkWrite(operations, { ordered: false });
    return await settleAll(collection, entries, { upsertedIds, errors: new Map() });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const result = error instanceof MongoBulkWriteError ? error.result : undefined;
    const writeErrors = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
    const unconfirmed = result?.getWriteConcernError() !== undefined;
    if (writeErrors.length > 0 && !unconfirmed) {
      const errors = new Map(writeErrors.map((one) => [one.index, one]));
      return settleAll(collection, entries, { upsertedIds: result?.upsertedIds ?? {}, errors });
    }
    for (const entry of entries) entry.uncertain = true;
    if (unconfirmed || isUnavailable(error)) return { again: entries, away: rootOf(error) };
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      only.settle(rootOf(error));
      return { again: [] };
    }
    const middle = entries.length >> 1;
    const first = await attemptWrites(collection, entries.slice(0, middle));
    const second = await attemptWrites(collection, entries.slice(middle));
    const away = first.away ?? second.away;
    return { again: [...first.again, ...second.again], ...(away === undefined ? {} : { away }) };
  }
}

interface Answer {
  readonly upsertedIds: Readonly<Record<number, unknown>>;
  readonly errors: ReadonlyMap<number, { readonly code: number; readonly errmsg?: string | undefined }>;
}

async function settleAll(collection: Collection, entries: readonly WriteEntry[], answer: Answer): Promise<Attempt> {
  const again: WriteEntry[] = [];
  const doubtful: { entry: WriteEntry; otherwise: WriteOutcome }[] = [];
  let away: Error | undefined;
  for (const [index, entry] of entries.entries()) {
    const error = answer.errors.get(index);
    if (error === undefined) {
      if (entry.kind === 'insert' || answer.upsertedIds[index] !== undefined) entry.settle(made);
      else if (entry.uncertain && isUpsert(entry.operation)) doubtful.push({ entry, otherwise: applied });
      else entry.settle(applied);
    } else if (error.code === duplicateKey) {
      if (entry.uncertain) doubtful.push({ entry, otherwise: duplicate });
      else if (isUpsert(entry.operation) && !entry.lostRace) {
        entry.lostRace = true; // another writer made it between our look and our insert: now it is there to be updated
        again.push(entry);
      } else entry.settle(duplicate);
    } else if (isTransientCode(error.code)) {
      away = new MongoServerError({ message: error.errmsg ?? 'not now', code: error.code });
      again.push(entry);
    } else entry.settle(new MongoServerError({ message: error.errmsg ?? 'write failed', code: error.code }));
  }
  for (const { entry, otherwise } of doubtful) {
    try {
      entry.settle((await isOurs(collection, entry)) ? made : otherwise);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isUnavailable(error)) {
        away = rootOf(error);
        again.push(entry);
      } else entry.settle(error);
    }
  }
  return { again, ...(away === undefined ? {} : { away }) };
}

/**
 * Whether an earlier attempt without an answer made the document that is there now. Our insert: the stored document is
 * byte for byte ours. Our upsert: it holds every value of its `$setOnInsert`. An equal document that somebody else wrote is
 * taken for ours, which is what callers with content-derived keys want.
 */
async function isOurs(collection: Collection, { operation }: WriteEntry): Promise<boolean> {
  if ('insertOne' in operation) {
    const { document } = operation.insertOne;
    const byId = { _id: document['_id'] } as Filter<Document>; // of any type, not only the driver's own
    const stored = await collection.findOne(byId, { maxTimeMS: readTimeoutMs });
    return stored !== null && sameValue(stored, idFirst(document));
  }
  if (!('updateOne' in operation)) return false;
  const { filter, update } = operation.updateOne;
  const onInsert: unknown = Array.isArray(update) ? undefined : update.$setOnInsert;
  if (typeof onInsert !== 'object' || onInsert === null) return false;
  const stored = await collection.findOne(filter as Filter<Document>, { maxTimeMS: readTimeoutMs });
  return stored !== null && Object.entries(onInsert).every(([path, value]) => sameValue(at(stored, path), value));
}

const sameValue = (a: unknown, b: unknown): boolean => bytes(a).equals(bytes(b));
const bytes = (value: unknown) => Buffer.from(BSON.serialize({ value }));

/** The server stores `_id` as the first field. */
const idFirst = (document: Document): Document => ({ _id: document['_id'], ...document });

/** The value at a dotted path. */
const at = (document: Document, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined,
      document,
    );
