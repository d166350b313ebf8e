import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedUnavailable } from '../../src/store/embedded-errors.ts';
import { thisMachine } from '../../src/store/embedded-preflight.ts';
import { adaptToGlibc, CannotAdapt, glibcVersion } from '../../src/store/glibc.ts';
import { adaptedAddon, enginePackageFolder } from '../../src/store/library.ts';

const { platform, arch, glibc } = await thisMachine();
const running = [2, 36] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-glibc-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a version of the C library is read from its text', () => {
  expect(glibcVersion('2.36')).toEqual([2, 36]);
  expect(glibcVersion('2.40.9000')).toEqual([2, 40]);
  expect(glibcVersion(undefined)).toBeUndefined();
  expect(glibcVersion('musl')).toBeUndefined();
});

test('what is no library of a known kind is refused', () => {
  expect(() => adaptToGlibc(Buffer.alloc(10), running)).toThrow(CannotAdapt);
  expect(() => adaptToGlibc(Buffer.alloc(4096), running)).toThrow(CannotAdapt);
});

// The files to adapt exist for Linux only; this is a fact of the platform, not of the machine's state.
describe.runIf(platform === 'linux')('on Linux', () => {
  const libraries = [`embedded-mongodb.linux-${arch}-gnu.node`, 'libembedded_mongodb_native.so'];
  const original = (name: string) => readFile(join(enginePackageFolder(platform, arch), name));
  const options = () => ({ packageFolder: enginePackageFolder(platform, arch), cacheDir: folder, arch, running });

  test.each(libraries)('%s keeps its size, changes a few bytes, and changes no more the second time', async (name) => {
    const before = await original(name);
    const after = adaptToGlibc(before, running);
    expect(after.length).toBe(before.length);
    let changed = 0;
    for (let at = 0; at < after.length; at++) if (before[at] !== after[at]) changed++;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(16);
    expect(adaptToGlibc(after, running).equals(after)).toBe(true);
  });

  test.each(libraries)('%s stays as it is on a system that is new enough', async (name) => {
    const before = await original(name);
    expect(adaptToGlibc(before, [2, 38]).equals(before)).toBe(true);
  });

  test('a symbol without an older equivalent is refused by name', async () => {
    // To a C library of 2.30 many more symbols are new, and none of those may be guessed at.
    const engine = await original('libembedded_mongodb_native.so');
    expect(() => adaptToGlibc(engine, [2, 30])).toThrow(CannotAdapt);
  });

  test('the adapted pair is put into the cache once, and put there again when it was damaged', async () => {
    const addon = await adaptedAddon(options());
    const first = await stat(addon);
    expect((await stat(await adaptedAddon(options()))).ino).toBe(first.ino);
    await chmod(addon, 0o700);
    await writeFile(addon, 'damaged');
    await adaptedAddon(options());
    const [name = ''] = libraries;
    expect((await readFile(addon)).equals(adaptToGlibc(await original(name), running))).toBe(true);
  });

  test('two hubs may fill the cache at the same time', async () => {
    const cacheDir = join(folder, 'shared');
    const addons = await Promise.all([1, 2, 3].map(() => adaptedAddon({ ...options(), cacheDir })));
    expect(new Set(addons).size).toBe(1);
    expect((await stat(addons[0] ?? '')).size).toBeGreaterThan(1e6);
  });

  test('a library of another version is not touched', async () => {
    const strange = join(folder, 'strange');
    await mkdir(strange);
    for (const name of libraries) await copyFile(join(enginePackageFolder(platform, arch), name), join(strange, name));
    const [name = ''] = libraries;
    await writeFile(join(strange, name), Buffer.concat([await original(name), Buffer.from('x')]));
    const error = await adaptedAddon({ ...options(), packageFolder: strange }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EmbeddedUnavailable);
    expect(error).toMatchObject({ fault: 'LIBRARY_UNTESTED' });
    expect(String(error)).toMatch(/0\.1\.1.*MONGODB_URI/);
  });

  test('a cache folder that cannot be made is named', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const error = await adaptedAddon({ ...options(), cacheDir: join(file, 'cache') }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ fault: 'CACHE_UNUSABLE' });
    expect(String(error)).toContain(join(file, 'cache'));
  });

  test('the adapted library loads here', async () => {
    const version = glibcVersion(glibc);
    if (version === undefined) throw new Error('this is not a glibc system');
    const addon = await adaptedAddon({ ...options(), running: version });
    const { status, stderr } = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(addon)}).Engine.open`]);
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
  });
});
