import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { startEmbedded } from '../../src/store/embedded.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the engine that all test files of this run share. */
    mongoUri: string;
    /** Holds the engine's library, ready for this system; for tests that start an engine of their own. */
    engineCacheDir: string;
  }
}

/** One embedded engine per test run, in a folder that goes away with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-test-'));
  const cacheDir = join(folder, 'cache');
  const engine = await startEmbedded({
    dataDir: join(folder, 'data'),
    cacheDir,
    log: createLogger('warn'),
    clock: systemClock,
  });
  project.provide('mongoUri', engine.uri);
  project.provide('engineCacheDir', cacheDir);
  return async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
