import { mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuUnsupported, directoryUnusable, diskFull, EmbeddedUnavailable, faultOfOpening } from './embedded-errors.ts';
import { glibcVersion } from './glibc.ts';

/** What the engine's loading depends on. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of the running C library, e.g. `2.36`; undefined on musl and outside Linux. */
  readonly glibc: string | undefined;
  /** Feature words of the first processor; undefined when the system does not tell. */
  readonly cpuFlags: ReadonlySet<string> | undefined;
}

/** How the engine's library must be loaded here: as it is, or adapted to an older C library. */
export type Loading =
  | { readonly kind: 'asIs' }
  | { readonly kind: 'adapted'; readonly glibc: readonly [number, number] };

/** The machine this process runs on. */
export async function thisMachine(): Promise<Machine> {
  const { platform, arch } = process;
  const cpuinfo = platform === 'linux' ? await readFile('/proc/cpuinfo', 'utf8').catch(() => '') : '';
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1];
  return {
    platform,
    arch,
    glibc: platform === 'linux' ? runningGlibc() : undefined,
    cpuFlags: flags === undefined ? undefined : new Set(flags.trim().split(/\s+/)),
  };
}

/** Decides how the engine loads on this machine. Throws `EmbeddedUnavailable` where it cannot run. */
export function loadingOn({ platform, arch, glibc, cpuFlags }: Machine): Loading {
  const offered = ['linux/x64', 'linux/arm64', 'darwin/arm64'].includes(`${platform}/${arch}`);
  if (!offered) {
    throw new EmbeddedUnavailable(
      'PLATFORM_UNSUPPORTED',
      `The embedded database does not exist for ${platform}/${arch} (only for Linux x64, Linux arm64 and macOS arm64). ` +
        'Use one of these',
    );
  }
  if (platform !== 'linux') return { kind: 'asIs' };
  if (glibc === undefined) {
    throw new EmbeddedUnavailable(
      'PLATFORM_UNSUPPORTED',
      'The embedded database does not run on Linux with musl, such as Alpine. Use a system or image based on Debian or Ubuntu',
    );
  }
  const version = glibcVersion(glibc);
  if (version === undefined || version[0] < 2 || (version[0] === 2 && version[1] < 36)) {
    throw new EmbeddedUnavailable(
      'PLATFORM_UNSUPPORTED',
      `The embedded database needs glibc 2.36 or newer, and this system has ${glibc}. Use Debian 12 or Ubuntu 24.04, or newer`,
    );
  }
  // Of ARMv8.2 the atomic instructions are what compiled code really contains everywhere.
  if (cpuFlags !== undefined && !cpuFlags.has(arch === 'x64' ? 'avx' : 'atomics')) throw cpuUnsupported();
  return version[0] === 2 && version[1] < 38 ? { kind: 'adapted', glibc: version } : { kind: 'asIs' };
}

/** Longest path of a Unix socket, in bytes. Node cuts a longer one silently and listens somewhere else. */
export const socketPathBytesMax = 100;

/** Refuses a socket path that would be cut. */
export function checkSocketPath(socketPath: string): void {
  const bytes = Buffer.byteLength(socketPath);
  if (bytes <= socketPathBytesMax) return;
  throw new EmbeddedUnavailable(
    'PATH_TOO_LONG',
    `The path of the data directory is too long: its socket ${socketPath} takes ${bytes} bytes of at most ` +
      `${socketPathBytesMax}. Choose a shorter data directory`,
  );
}

/** Creates the data directory if it is missing, for this user alone, and makes sure that it can be written. */
export async function prepareDirectory(dataDir: string): Promise<void> {
  try {
    const there = await stat(dataDir).catch(() => undefined);
    if (there !== undefined && !there.isDirectory()) throw directoryUnusable(dataDir, 'it is not a directory');
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const probe = join(dataDir, `.probe-${process.pid}`);
    await writeFile(probe, '', { mode: 0o600 });
    await rm(probe);
  } catch (error) {
    if (error instanceof EmbeddedUnavailable) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw /EROFS/.test(message)
      ? directoryUnusable(dataDir, 'it is on a read-only file system')
      : faultOfOpening(message, dataDir, undefined);
  }
}

/** Free space of a file system, and how much of it must stay free. */
export interface FreeSpace {
  readonly freeBytes: number;
  readonly floorBytes: number;
}

/** Two per cent of the disk must stay free, yet at least 200 MB and at most 1 GB: the engine dies on a full disk. */
export async function freeSpaceOf(dataDir: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  return { freeBytes: bavail * bsize, floorBytes: Math.min(1e9, Math.max(200e6, 0.02 * blocks * bsize)) };
}

/** Refuses to start on a disk that is nearly full. */
export function checkFreeSpace(dataDir: string, { freeBytes, floorBytes }: FreeSpace): void {
  if (freeBytes < floorBytes) throw diskFull(dataDir, freeBytes, floorBytes);
}

function runningGlibc(): string | undefined {
  if (process.report === undefined) return undefined;
  // The report would otherwise look up names on the network, which can take seconds. Newer than Node's types.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined;
  const { header } = report;
  if (typeof header !== 'object' || header === null || !('glibcVersionRuntime' in header)) return undefined;
  return typeof header.glibcVersionRuntime === 'string' ? header.glibcVersionRuntime : undefined;
}
