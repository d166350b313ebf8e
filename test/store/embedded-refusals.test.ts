import { mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { EmbeddedUnavailable, faultOfExit, faultOfOpening } from '../../src/store/embedded-errors.ts';
import {
  checkSocketPath,
  freeSpaceOf,
  loadingOn,
  type Machine,
  thisMachine,
} from '../../src/store/embedded-preflight.ts';
import { enginePackageFolder } from '../../src/store/library.ts';
import { createStore } from '../../src/store/mongo.ts';
import { createEngineFolder, type EngineFolder } from '../support/engine.ts';

/** What was thrown, which must be a message for the operator. */
function refusal(thrown: unknown): EmbeddedUnavailable {
  if (!(thrown instanceof EmbeddedUnavailable)) throw new Error(`not a refusal: ${String(thrown)}`);
  expect(thrown.message).toMatch(/or set MONGODB_URI to a MongoDB server or replica set\.$/);
  expect(thrown.message).not.toContain('\n');
  return thrown;
}

const caught = async (run: () => unknown): Promise<unknown> => {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the machine', () => {
  const good: Machine = { platform: 'linux', arch: 'x64', glibc: '2.39', cpuFlags: new Set(['sse2', 'avx']) };

  test('this one is served', async () => {
    expect(['asIs', 'adapted']).toContain(loadingOn(await thisMachine()).kind);
  });

  test.each<[string, Partial<Machine>, string, RegExp]>([
    ['Windows', { platform: 'win32' }, 'PLATFORM_UNSUPPORTED', /win32\/x64.*Linux x64, Linux arm64 and macOS arm64/],
    ['an Intel Mac', { platform: 'darwin' }, 'PLATFORM_UNSUPPORTED', /darwin\/x64/],
    ['Alpine', { glibc: undefined }, 'PLATFORM_UNSUPPORTED', /musl/],
    ['Ubuntu 22.04', { glibc: '2.35' }, 'PLATFORM_UNSUPPORTED', /2\.36 or newer.*has 2\.35/],
    ['a processor without AVX', { cpuFlags: new Set(['sse2']) }, 'CPU_UNSUPPORTED', /AVX/],
    ['an old ARM processor', { arch: 'arm64', cpuFlags: new Set(['fp']) }, 'CPU_UNSUPPORTED', /ARMv8\.2/],
  ])('%s is refused', async (_, difference, fault, text) => {
    const error = refusal(await caught(() => loadingOn({ ...good, ...difference })));
    expect(error.fault).toBe(fault);
    expect(error.message).toMatch(text);
  });

  test.each<[string, Partial<Machine>, string]>([
    ['glibc 2.38', { glibc: '2.38' }, 'asIs'],
    ['glibc 2.37', { glibc: '2.37' }, 'adapted'],
    ['glibc 2.36', { glibc: '2.36' }, 'adapted'],
    ['a Mac with ARM', { platform: 'darwin', arch: 'arm64', glibc: undefined, cpuFlags: undefined }, 'asIs'],
    ['a system that tells nothing of its processor', { cpuFlags: undefined }, 'asIs'],
  ])('%s is served', (_, difference, kind) => {
    expect(loadingOn({ ...good, ...difference }).kind).toBe(kind);
  });

  test('a missing package is named, with what to do', async () => {
    const error = refusal(await caught(() => enginePackageFolder('linux', 'sparc')));
    expect(error.fault).toBe('PACKAGE_ABSENT');
    expect(error.message).toMatch(/linux\/sparc is not installed.*npm install/);
  });
});

describe('the end of the engine', () => {
  const dataDir = '/srv/data';
  const roomy = { dataDir, freeBytes: 5e9, floorBytes: 1e9 };

  test.each([
    [
      'an abort on a full disk',
      { code: null, signal: 'SIGABRT' },
      3e6,
      'DISK_FULL',
      /full: 3 MB free.*confirmed is kept/,
    ],
    ['exit 14 on a full disk', { code: 14, signal: null }, 3e6, 'DISK_FULL', /full/],
    ['an abort with room on the disk', { code: null, signal: 'SIGABRT' }, 5e9, 'DAMAGED', /SIGABRT.*may be damaged/],
    ['exit 14 with room on the disk', { code: 14, signal: null }, 5e9, 'DAMAGED', /exit code 14.*may be damaged/],
    ['a segmentation fault', { code: null, signal: 'SIGSEGV' }, 5e9, 'CRASHED', /crashed \(SIGSEGV\)/],
    ['an illegal instruction', { code: null, signal: 'SIGILL' }, 5e9, 'CPU_UNSUPPORTED', /AVX/],
  ] as const)('%s is told apart', (_, exit, freeBytes, fault, text) => {
    const error = refusal(faultOfExit(exit, { ...roomy, freeBytes }));
    expect(error.fault).toBe(fault);
    expect(error.message).toMatch(text);
  });

  test.each([
    [
      'a read-only file system',
      'DBPathInUse: Unable to create the lock file (Read-only file system)',
      'DIRECTORY_UNUSABLE',
    ],
    ['a folder of somebody else', 'Location28596: /srv/data: Permission denied', 'DIRECTORY_UNUSABLE'],
    [
      'a folder in use',
      'DBPathInUse: Unable to lock the lock file (Resource temporarily unavailable)',
      'DIRECTORY_IN_USE',
    ],
    ['anything else', 'Location50883: the metadata is from another version', 'DAMAGED'],
  ])('%s is told apart', (_, said, fault) => {
    expect(refusal(faultOfOpening(said, dataDir, undefined)).fault).toBe(fault);
  });
});

describe('the data directory', () => {
  let folder: EngineFolder;
  beforeEach(async () => {
    folder = await createEngineFolder();
  });
  afterEach(() => folder.remove());

  const startRefused = async (options?: Parameters<EngineFolder['start']>[0]) =>
    refusal(await caught(() => folder.start(options)));

  test('a second hub on it is turned away with the first one’s process id, and the first is undisturbed', async () => {
    const first = await folder.start();
    const store = await createStore({
      uri: first.uri,
      databaseName: 'mine',
      clock: systemClock,
      log: createLogger('silent'),
    });
    const error = await startRefused();
    expect(error.fault).toBe('DIRECTORY_IN_USE');
    expect(error.message).toContain(`${folder.dataDir} is in use by another hub (process ${first.pid()})`);
    expect((await store.write('things', { insertOne: { document: {} } })).inserted).toBe(true);
    await store.close();
  });

  test('a file in its place is named', async () => {
    await writeFile(folder.dataDir, '');
    const error = await startRefused();
    expect(error.fault).toBe('DIRECTORY_UNUSABLE');
    expect(error.message).toContain(`${folder.dataDir} cannot be used: it is not a directory`);
  });

  test('a file on the way to it is named', async () => {
    await writeFile(folder.dataDir, '');
    const error = await startRefused({ dataDir: join(folder.dataDir, 'deeper') });
    expect(error.fault).toBe('DIRECTORY_UNUSABLE');
  });

  test('a folder that this user may not write is named', async () => {
    await mkdir(folder.dataDir, { mode: 0o500 });
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534); // nothing is forbidden to root
    try {
      const error = await startRefused();
      expect(error.fault).toBe('DIRECTORY_UNUSABLE');
      expect(error.message).toContain('permission denied');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('a path too long for a socket is told before anything is written', async () => {
    const dataDir = join(tmpdir(), 'x'.repeat(100));
    const error = await startRefused({ dataDir });
    expect(error.fault).toBe('PATH_TOO_LONG');
    expect(error.message).toMatch(/takes \d{3} bytes of at most 100/);
    expect(await readdir(tmpdir())).not.toContain('x'.repeat(100));
    expect(() => checkSocketPath(`/${'x'.repeat(99)}`)).not.toThrow();
    expect(() => checkSocketPath(`/${'é'.repeat(50)}`)).toThrow('101 bytes');
  });

  test('a disk that is nearly full is told at the start', async () => {
    const error = await startRefused({ freeSpace: async () => ({ freeBytes: 150e6, floorBytes: 200e6 }) });
    expect(error.fault).toBe('DISK_FULL');
    expect(error.message).toMatch(/150 MB free, 200 MB needed/);
    const { freeBytes, floorBytes } = await freeSpaceOf(tmpdir());
    expect(freeBytes).toBeGreaterThan(0);
    expect(floorBytes).toBeGreaterThanOrEqual(200e6);
    expect(floorBytes).toBeLessThanOrEqual(1e9);
  });

  test.each([
    ['without its main file', 'WiredTiger.wt', undefined],
    ['with a catalog cut short', '_mdb_catalog.wt', 10],
  ])('a folder %s is reported as damaged', async (_, file, bytes) => {
    await (await folder.start()).stop();
    if (bytes === undefined) await rm(join(folder.dataDir, file));
    else await truncate(join(folder.dataDir, file), bytes);
    const error = await startRefused();
    expect(error.fault).toBe('DAMAGED');
    expect(error.message).toMatch(/may be damaged: import the last export into an empty data directory/);
  });

  test('what a crash leaves in it does not hinder the next start', async () => {
    const engine = await folder.start();
    process.kill(engine.pid() ?? 0, 'SIGKILL');
    await engine.stop();
    await writeFile(join(folder.dataDir, 'mongod.lock'), 'rubbish');
    expect((await stat(join(folder.dataDir, 'mongodb.sock'))).isSocket()).toBe(true);
    const again = await folder.start();
    expect(again.uri).toBe(engine.uri);
    expect(again.pid()).toBeGreaterThan(0);
  });

  test('folder and socket are open to this user only', async () => {
    await folder.start();
    expect((await stat(folder.dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder.dataDir, 'mongodb.sock'))).mode & 0o777).toBe(0o600);
  });
});
