import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { PassThrough, pipeline as pipe, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import {
  type AnyBulkWriteOperation,
  BSON,
  type Collection,
  type Db,
  type Document,
  type IndexDescription,
} from 'mongodb';
import type { Logger } from '../kernel/log.ts';
import { ensureIndexes } from './indexes.ts';
import { createSum, encodeLine, formatName, formatVersion, readLines, type TransferLine } from './transfer-format.ts';

/** What was moved: collection → documents. */
export type TransferCounts = Readonly<Record<string, number>>;

/** The database holds documents already, and nobody said that they may be mixed with others. */
export class DatabaseNotEmpty extends Error {
  override readonly name = 'DatabaseNotEmpty';
}

const chunkCharacters = 64 * 1024;
const batchDocumentsMax = 1_000;
const batchBytesMax = 8 * 1024 * 1024;

/**
 * Writes all collections and their indexes to a stream, in constant memory. Every document comes out as it is at the
 * moment it is read; what changes meanwhile may be in or not, so stop the hub for an exact copy.
 */
export async function exportDatabase(database: Db, output: Writable, options: { now: Date }): Promise<TransferCounts> {
  const counts: Record<string, number> = {};
  await pipeline(Readable.from(exportChunks(database, options.now, counts), { objectMode: false }), output);
  return counts;
}

/** The same into a file, gzipped when the path ends in `.gz`. The file appears when it is whole. */
export async function exportToFile(database: Db, path: string, options: { now: Date }): Promise<TransferCounts> {
  const unfinished = `${path}.unfinished`;
  try {
    const file = createWriteStream(unfinished, { mode: 0o600, flush: true });
    const packed = isPacked(path) ? createGzip() : new PassThrough();
    const [counts] = await Promise.all([exportDatabase(database, packed, options), pipeline(packed, file)]);
    await rename(unfinished, path);
    return counts;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Reads an export into a database. The source is opened twice: the first reading only checks it, so a file that is cut
 * off or damaged changes nothing (`NotAnExport`). Refuses a database with documents (`DatabaseNotEmpty`) unless
 * `intoNonEmpty` is set: then a document replaces the one with its `_id`. Repeating an import is harmless.
 */
export async function importDatabase(
  database: Db,
  open: () => Readable,
  options: { log: Logger; intoNonEmpty?: boolean },
): Promise<TransferCounts> {
  const { log, intoNonEmpty = false } = options;
  if (!intoNonEmpty) await requireEmpty(database);
  for await (const _line of readLines(open())); // only to check it
  const there = new Set(await collectionsOf(database));
  const counts: Record<string, number> = {};
  let current: { name: string; indexes: readonly IndexDescription[] } | undefined;
  let batch: Document[] = [];
  let bytes = 0;
  const flush = async () => {
    if (current === undefined || batch.length === 0) return;
    await writeBatch(database.collection(current.name), batch, intoNonEmpty);
    counts[current.name] = (counts[current.name] ?? 0) + batch.length;
    batch = [];
    bytes = 0;
  };
  const finish = async () => {
    await flush();
    if (current !== undefined) await ensureIndexes(database, { [current.name]: current.indexes }, log);
  };
  for await (const line of readLines(open())) {
    if (line.kind === 'collection') {
      await finish();
      current = line;
      counts[line.name] = 0;
      if (!there.has(line.name)) await database.createCollection(line.name); // it may stay empty
    } else if (line.kind === 'document') {
      batch.push(line.document);
      bytes += BSON.calculateObjectSize(line.document);
      if (batch.length >= batchDocumentsMax || bytes >= batchBytesMax) await flush();
    } else if (line.kind === 'trailer') await finish();
  }
  return counts;
}

/** The same from a file, unpacked when the path ends in `.gz`. */
export function importFromFile(
  database: Db,
  path: string,
  options: { log: Logger; intoNonEmpty?: boolean },
): Promise<TransferCounts> {
  const open = () => {
    const file = createReadStream(path);
    // A failure of the file reaches whoever reads the unpacked text.
    return isPacked(path) ? pipe(file, createGunzip(), () => undefined) : file;
  };
  return importDatabase(database, open, options);
}

async function* exportChunks(database: Db, now: Date, counts: Record<string, number>): AsyncGenerator<string> {
  const sum = createSum();
  let chunk = '';
  const add = (line: TransferLine) => {
    const text = encodeLine(line);
    sum.add(text);
    chunk += text;
  };
  add({ kind: 'header', format: formatName, version: formatVersion, exportedAt: now });
  for (const name of await collectionsOf(database)) {
    const collection = database.collection(name);
    add({ kind: 'collection', name, indexes: await indexesOf(collection) });
    let count = 0;
    // Without promotion a Long stays a Long and 1.0 stays a double.
    const documents = collection.find({}, { promoteValues: false, promoteLongs: false, bsonRegExp: true });
    for await (const document of documents) {
      add({ kind: 'document', document });
      count++;
      if (chunk.length < chunkCharacters) continue;
      yield chunk;
      chunk = '';
    }
    counts[name] = count;
  }
  const trailer = encodeLine({ kind: 'trailer', documents: counts, sha256: sum.value() });
  yield chunk + trailer;
}

/** Names of all collections in a fixed order. Throws on a kind that an export could not restore. */
async function collectionsOf(database: Db): Promise<string[]> {
  const all = await database.listCollections({}, { nameOnly: false }).toArray();
  const own = all.filter(({ name, type }) => !name.startsWith('system.') && type !== 'view');
  const strange = own.find(({ type }) => type !== 'collection');
  if (strange !== undefined) throw new Error(`cannot export ${strange.name}: it is a ${strange.type}`);
  return own.map(({ name }) => name).sort();
}

/** Indexes as they can be created again. The embedded engine spells out the collation that every index has by default. */
async function indexesOf(collection: Collection): Promise<IndexDescription[]> {
  const all = await collection.listIndexes().toArray();
  return all
    .filter(({ name }) => name !== '_id_')
    .map(({ v: _, ns: __, collation, ...index }) => ({
      ...(index as IndexDescription),
      ...(collation === undefined || collation.locale === 'simple' ? {} : { collation }),
    }));
}

async function requireEmpty(database: Db): Promise<void> {
  for (const name of await collectionsOf(database)) {
    if ((await database.collection(name).findOne({}, { projection: { _id: 1 } })) === null) continue;
    throw new DatabaseNotEmpty(
      `the database ${database.databaseName} is not empty (${name} holds documents); importing into it replaces documents ` +
        'that have the same id and keeps all others, and must be asked for',
    );
  }
}

async function writeBatch(collection: Collection, documents: Document[], replace: boolean): Promise<void> {
  const operations = documents.map(
    (document): AnyBulkWriteOperation =>
      replace
        ? { replaceOne: { filter: { _id: document['_id'] }, replacement: withoutId(document), upsert: true } }
        : { insertOne: { document } },
  );
  await collection.bulkWrite(operations, { ordered: false });
}

/** A replacement keeps the `_id` of its filter. */
const withoutId = ({ _id, ...rest }: Document): Document => rest;

const isPacked = (path: string) => path.endsWith('.gz');
