import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { Binary, BSON, type Db, Decimal128, Double, Int32, Long, MaxKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createStore, type MongoStore } from '../../src/store/mongo.ts';
import {
  DatabaseNotEmpty,
  exportDatabase,
  exportToFile,
  importDatabase,
  importFromFile,
} from '../../src/store/transfer.ts';
import { NotAnExport } from '../../src/store/transfer-format.ts';

const log = createLogger('silent');
const now = new Date('2026-02-03T04:05:06Z');
const prefix = `test_${randomUUID().slice(0, 8)}`;
let store: MongoStore;
let folder: string;
let source: Db;
let made = 0;
const used: Db[] = [];

/** An empty database. */
function database(): Db {
  const db = store.database.client.db(`${prefix}_${made++}`);
  used.push(db);
  return db;
}

/** Everything in a database, byte for byte. */
async function contentOf(db: Db) {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
  return Promise.all(
    names.map(async (name) => {
      const raw = await db.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
      const indexes = await db.collection(name).listIndexes().toArray();
      return {
        name,
        documents: raw.map((document) => Buffer.from(document as unknown as Uint8Array).toString('base64')),
        indexes: indexes.sort((a, b) => String(a.name).localeCompare(b.name)),
      };
    }),
  );
}

beforeAll(async () => {
  store = await createStore({ uri: inject('mongoUri'), databaseName: prefix, clock: systemClock, log });
  folder = await mkdtemp(join(tmpdir(), 'hub-transfer-'));
  source = database();
  await source.collection('kinds').insertMany([
    {
      date: now,
      early: new Date(-62_135_596_800_000),
      long: Long.fromString('9007199254740993'),
      smallLong: Long.fromNumber(7),
      int: new Int32(7),
      whole: new Double(7),
      minusZero: new Double(-0),
      notANumber: Number.NaN,
      decimal: Decimal128.fromString('0.3000000000000000000000000000000001'),
      bytes: new Binary(Buffer.from([0, 1, 255])),
      uuid: new UUID(),
      id: new ObjectId(),
      stamp: new Timestamp({ t: 1, i: 2 }),
      pattern: new BSON.BSONRegExp('^a', 'i'),
      most: new MaxKey(),
      nothing: null,
      text: 'line\nfeed, "quotes", \u2028, \u0000 and 🔌',
      nested: { list: [{ deep: [Long.fromNumber(1), { date: now }] }, [], {}] },
      'dotted.name': 1,
    },
    { _id: { compound: 1, key: 'x' } as never },
    { _id: Long.fromNumber(5) as never },
  ]);
  await source.collection('kinds').createIndex({ 'nested.list': 1 });
  const samples = Array.from({ length: 20_000 }, (_, n) => ({
    _id: `s${n}` as never,
    chargePointId: `CP${n % 100}`,
    at: new Date(now.getTime() + n * 1000),
    energyWh: n * 1.5,
  }));
  await source.collection('samples').insertMany(samples);
  await source
    .collection('samples')
    .createIndexes([
      { key: { chargePointId: 1, at: -1 } },
      { key: { at: 1 }, name: 'recent', partialFilterExpression: { energyWh: { $gt: 10 } } },
      { key: { chargePointId: 1, energyWh: 1 }, unique: true, sparse: true },
    ]);
  await source.createCollection('empty');
});
afterAll(async () => {
  for (const db of used) await db.dropDatabase();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

test.each(['site.export', 'site.export.gz'])(
  'what was exported to %s comes back byte for byte, with its indexes',
  async (name) => {
    const path = join(folder, name);
    const counts = { empty: 0, kinds: 3, samples: 20_000 };
    expect(await exportToFile(source, path, { now })).toEqual(counts);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const target = database();
    expect(await importFromFile(target, path, { log })).toEqual(counts);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  },
);

test('an import again, into what is there, replaces by id and keeps the rest', async () => {
  const path = join(folder, 'again.gz');
  await exportToFile(source, path, { now });
  const target = database();
  await importFromFile(target, path, { log });
  await target.collection<{ _id: string }>('samples').updateOne({ _id: 's1' }, { $set: { energyWh: -1 } });
  await target.collection<{ _id: string }>('samples').deleteOne({ _id: 's2' });
  await target.collection<{ _id: string }>('other').insertOne({ _id: 'mine' });
  await expect(importFromFile(target, path, { log })).rejects.toThrow(DatabaseNotEmpty);
  await importFromFile(target, path, { log, intoNonEmpty: true });
  expect(await target.collection('other').countDocuments()).toBe(1);
  await target.collection('other').drop();
  expect(await contentOf(target)).toEqual(await contentOf(source));
});

test('a file that is cut off, changed or strange is refused before anything is imported', async () => {
  const path = join(folder, 'whole.gz');
  await exportToFile(source, path, { now });
  const packed = await readFile(path);
  const text = gunzipSync(packed).toString();
  const lines = text.split('\n');
  const refused: [string, string | Buffer, RegExp][] = [
    ['cut.gz', packed.subarray(0, packed.length - 1_000), /cut off/],
    ['no-trailer', lines.slice(0, -2).join('\n').concat('\n'), /cut off: its last line is missing/],
    ['half-line', text.slice(0, text.length - 20), /cut off/],
    ['changed', text.replace('"CP7"', '"CP8"'), /checksum/],
    ['fewer', lines.filter((_, n) => n !== 10).join('\n'), /checksum/],
    ['unreadable', text.replace('{"_id":"s5"', '{"_id":'), /cannot be read/],
    ['longer', `${text}{}\n`, /after the end/],
    ['later', text.replace('"version":1', '"version":2'), /version 2; this hub reads up to 1/],
    ['other', '{"a":1}\n', /not an export of the hub/],
    ['nothing', '', /cut off/],
  ];
  const target = database();
  for (const [name, content, why] of refused) {
    await writeFile(join(folder, name), content);
    const error = await importFromFile(target, join(folder, name), { log }).catch((caught: unknown) => caught);
    expect(error, name).toBeInstanceOf(NotAnExport);
    expect(String(error), name).toMatch(why);
  }
  expect(await target.listCollections().toArray()).toEqual([]);
  await expect(importFromFile(target, join(folder, 'absent'), { log })).rejects.toThrow('ENOENT');
  await expect(importFromFile(target, join(folder, 'absent.gz'), { log })).rejects.toThrow('ENOENT');
});

test('an export that fails leaves no file behind', async () => {
  await expect(exportToFile(source, join(folder, 'absent/site.gz'), { now })).rejects.toThrow('ENOENT');
  const odd = database();
  await odd.createCollection('series', { timeseries: { timeField: 'at' } });
  const path = join(folder, 'odd.gz');
  await expect(exportToFile(odd, path, { now })).rejects.toThrow('cannot export series: it is a timeseries');
  await expect(stat(path)).rejects.toThrow('ENOENT');
  await expect(stat(`${path}.unfinished`)).rejects.toThrow('ENOENT');
});

test('streams of any kind serve as well as files', async () => {
  const small = database();
  await small.collection('a').insertOne({ n: Long.fromNumber(1) });
  const pieces: Buffer[] = [];
  const output = new PassThrough().on('data', (piece: Buffer) => pieces.push(piece));
  await exportDatabase(small, output, { now });
  // One byte at a time: a character or a line may be cut anywhere.
  const bytes = () => Readable.from([...Buffer.concat(pieces)].map((byte) => Buffer.from([byte])));
  const target = database();
  await importDatabase(target, bytes, { log });
  expect(await contentOf(target)).toEqual(await contentOf(small));
});
