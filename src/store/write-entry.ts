import { type AnyBulkWriteOperation, BSON, type Document, ObjectId } from 'mongodb';
import type { WriteOutcome } from './store.ts';

/** Operations of one kind travel in one command; the driver mixes up the positions of upserts when kinds are mixed. */
export type WriteKind = 'insert' | 'update' | 'delete';

/** One caller's write on its way to the database. */
export interface WriteEntry {
  readonly operation: AnyBulkWriteOperation;
  readonly kind: WriteKind;
  /** Two writes with the same key leave one after the other; `undefined` touches many and travels alone. */
  readonly key: string | undefined;
  readonly bytes: number;
  readonly deadlineMs: number;
  /** An attempt failed without an answer, so this may have been carried out already. */
  uncertain: boolean;
  /** An upsert lost a race once; the second time a duplicate is its outcome. */
  lostRace: boolean;
  /** The caller has its answer. */
  settled: boolean;
  settle(result: WriteOutcome | Error): void;
}

/** What can be said of a write before it leaves: which kind, which document, how large. Throws when it cannot be stored. */
export function describeWrite(given: AnyBulkWriteOperation): Pick<WriteEntry, 'operation' | 'kind' | 'key' | 'bytes'> {
  const operation = withId(given);
  // Also refuses here what BSON cannot hold, before it spoils the batch of others.
  const bytes = BSON.calculateObjectSize(operation);
  if ('insertOne' in operation) {
    return { operation, bytes, kind: 'insert', key: `id:${valueText(operation.insertOne.document['_id'])}` };
  }
  if ('updateMany' in operation) return { operation, bytes, kind: 'update', key: undefined };
  if ('deleteMany' in operation) return { operation, bytes, kind: 'delete', key: undefined };
  if ('deleteOne' in operation) return { operation, bytes, kind: 'delete', key: filterKey(operation.deleteOne.filter) };
  const { filter } = 'updateOne' in operation ? operation.updateOne : operation.replaceOne;
  return { operation, bytes, kind: 'update', key: filterKey(filter) };
}

/** True for a write that makes a document where none is found. */
export function isUpsert(operation: AnyBulkWriteOperation): boolean {
  if ('updateOne' in operation) return operation.updateOne.upsert === true;
  if ('updateMany' in operation) return operation.updateMany.upsert === true;
  return 'replaceOne' in operation && operation.replaceOne.upsert === true;
}

/** An insert names its `_id` before it leaves, so that a repetition is recognised. */
function withId(operation: AnyBulkWriteOperation): AnyBulkWriteOperation {
  if (!('insertOne' in operation)) return operation;
  const { document } = operation.insertOne;
  return { insertOne: { document: '_id' in document ? document : { _id: new ObjectId(), ...document } } };
}

function filterKey(filter: Document): string {
  const id: unknown = filter['_id'];
  return id === undefined || isOperators(id) ? `filter:${valueText(filter)}` : `id:${valueText(id)}`;
}

/** `{ $in: … }` and the like, in place of a value. */
const isOperators = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value)[0]?.startsWith('$') === true;

const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : `json:${BSON.EJSON.stringify(value, { relaxed: false })}`;
