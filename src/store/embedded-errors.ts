/** Why the embedded database cannot serve. */
export type EmbeddedFault =
  | 'PLATFORM_UNSUPPORTED'
  | 'CPU_UNSUPPORTED'
  | 'PACKAGE_ABSENT'
  | 'LIBRARY_UNTESTED'
  | 'CACHE_UNUSABLE'
  | 'PATH_TOO_LONG'
  | 'DIRECTORY_UNUSABLE'
  | 'DIRECTORY_IN_USE'
  | 'DISK_FULL'
  | 'DAMAGED'
  | 'CRASHED';

const wayOut = 'set MONGODB_URI to a MongoDB server or replica set';

/** The embedded database cannot serve. The message is one text for the operator and always tells of MONGODB_URI. */
export class EmbeddedUnavailable extends Error {
  override readonly name = 'EmbeddedUnavailable';
  readonly fault: EmbeddedFault;

  /** `what` ends without a full stop; the way out through MONGODB_URI is added. */
  constructor(fault: EmbeddedFault, what: string, cause?: unknown) {
    super(`${what}, or ${wayOut}.`, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** How the engine's process ended. */
export interface EngineExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `SIGABRT`, `exit code 14`. */
export const exitText = ({ code, signal }: EngineExit): string => signal ?? `exit code ${code ?? 'unknown'}`;

/**
 * What the end of the engine's process means. It ends without a word on a full disk and on damaged files (SIGABRT, or
 * exit code 14), so the free space decides between the two.
 */
export function faultOfExit(
  exit: EngineExit,
  { dataDir, freeBytes, floorBytes }: { dataDir: string; freeBytes: number; floorBytes: number },
): EmbeddedUnavailable {
  const aborted = exit.signal === 'SIGABRT' || exit.signal === 'SIGBUS' || exit.code === 14 || exit.code === 134;
  if (aborted && freeBytes < floorBytes) return diskFull(dataDir, freeBytes, floorBytes);
  if (aborted) {
    return new EmbeddedUnavailable(
      'DAMAGED',
      `The embedded database stopped (${exitText(exit)}) while opening or reading ${dataDir}. Its files may be damaged: ` +
        'import the last export into an empty data directory',
    );
  }
  if (exit.signal === 'SIGILL') return cpuUnsupported();
  return new EmbeddedUnavailable(
    'CRASHED',
    `The embedded database crashed (${exitText(exit)}) with the data directory ${dataDir}. Start the hub again`,
  );
}

/** The CPU lacks the instructions that the engine was compiled for. */
export const cpuUnsupported = (): EmbeddedUnavailable =>
  new EmbeddedUnavailable(
    'CPU_UNSUPPORTED',
    'The embedded database needs a processor with AVX (x64) or ARMv8.2 (arm64), and this one lacks it. Use another machine',
  );

/** The file system of the data directory is too full to write safely: a full disk ends the engine. */
export const diskFull = (dataDir: string, freeBytes: number, floorBytes: number): EmbeddedUnavailable =>
  new EmbeddedUnavailable(
    'DISK_FULL',
    `The disk that holds ${dataDir} is full: ${megabytes(freeBytes)} MB free, ${megabytes(floorBytes)} MB needed. ` +
      'What was confirmed is kept. Free some space and start the hub again',
  );

/** What the engine said when it refused to open the directory, in words for the operator. */
export function faultOfOpening(message: string, dataDir: string, holder: string | undefined): EmbeddedUnavailable {
  if (/read-only file system/i.test(message)) return directoryUnusable(dataDir, 'it is on a read-only file system');
  if (/permission denied|EACCES|EPERM/i.test(message)) return directoryUnusable(dataDir, 'permission denied');
  if (/not a directory|ENOTDIR|EEXIST/i.test(message)) return directoryUnusable(dataDir, 'it is not a directory');
  if (/no space left/i.test(message)) return diskFull(dataDir, 0, 0);
  if (/DBPathInUse|lock file/.test(message)) {
    const by = holder === undefined ? '' : ` (process ${holder})`;
    return new EmbeddedUnavailable(
      'DIRECTORY_IN_USE',
      `The data directory ${dataDir} is in use by another hub${by}. Stop that one, choose another data directory`,
    );
  }
  return new EmbeddedUnavailable(
    'DAMAGED',
    `The embedded database cannot open ${dataDir} (${message.trim()}). Its files may be damaged: import the last export ` +
      'into an empty data directory',
  );
}

/** The data directory cannot be written. */
export const directoryUnusable = (dataDir: string, why: string): EmbeddedUnavailable =>
  new EmbeddedUnavailable(
    'DIRECTORY_UNUSABLE',
    `The data directory ${dataDir} cannot be used: ${why}. Make it writable, choose another data directory`,
  );

const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
