import {
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { DatabaseUnavailable } from './store.ts';

/** Server codes that mean "not now": stepping down, shutting down, no primary, a broken line inside the cluster. */
const transientCodes: ReadonlySet<unknown> = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436,
]);
const transientSystemCodes: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ENOTFOUND', // names that are not known yet, as while a whole system starts
  'EAI_AGAIN',
  'ESERVFAIL',
  'ETIMEOUT',
  'ENOENT', // the socket of the embedded database, while it restarts
]);

/** The code of "a document with this unique key is there already". */
export const duplicateKey = 11_000;

/** True when the database was away or changing hands: the same operation may succeed later, and may have been carried out. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const cause = rootOf(error);
  if (
    cause instanceof DatabaseUnavailable ||
    cause instanceof MongoNetworkError ||
    cause instanceof MongoServerSelectionError ||
    cause instanceof MongoTopologyClosedError ||
    cause instanceof MongoNotConnectedError
  ) {
    return true;
  }
  const code = 'code' in cause ? cause.code : undefined;
  if (isTransientCode(code) || transientSystemCodes.has(code)) return true;
  return cause instanceof MongoError
    ? cause.name === 'MongoWaitQueueTimeoutError' || cause.hasErrorLabel('RetryableWriteError')
    : false;
}

/** True for a server code that means "not now". */
export const isTransientCode = (code: unknown): boolean => transientCodes.has(code);

/** The error inside the wrapping that the driver puts around what happens during a bulk write. */
export function rootOf(error: Error): Error {
  return 'errorResponse' in error && error.errorResponse instanceof Error ? error.errorResponse : error;
}

/** True for the server's "a document with this unique key is there already". */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof MongoError && rootOf(error) instanceof MongoError && error.code === duplicateKey;
