import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, startEmbedded } from '../../src/store/embedded.ts';

/** A folder for an engine of a test's own: to be killed, filled or damaged. */
export interface EngineFolder {
  readonly dataDir: string;
  start(options?: Partial<EmbeddedOptions>): Promise<EmbeddedDatabase>;
  /** Stops what was started here and removes the folder. */
  remove(): Promise<void>;
}

/** A fresh folder, removed by `remove`. */
export async function createEngineFolder(): Promise<EngineFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-engine-'));
  const dataDir = join(folder, 'data');
  const started: EmbeddedDatabase[] = [];
  return {
    dataDir,
    async start(options = {}) {
      const engine = await startEmbedded({
        dataDir,
        cacheDir: inject('engineCacheDir'),
        log: createLogger('silent'),
        clock: systemClock,
        ...options,
      });
      started.push(engine);
      return engine;
    },
    async remove() {
      await Promise.all(started.map((engine) => engine.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until the condition holds; fails with its name after `timeoutMs`. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** True while a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
