import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Cancel, Clock } from '../kernel/clock.ts';
import { repeat } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { EmbeddedUnavailable, type EngineExit, exitText, faultOfExit, faultOfOpening } from './embedded-errors.ts';
import {
  checkFreeSpace,
  checkSocketPath,
  type FreeSpace,
  freeSpaceOf,
  loadingOn,
  prepareDirectory,
  thisMachine,
} from './embedded-preflight.ts';
import { EngineDidNotOpen, type EngineProcess, startEngine } from './embedded-process.ts';
import { createGate, type Gate } from './gate.ts';
import { adaptedAddon, cacheUnusable, enginePackageFolder } from './library.ts';

/** The embedded database: MongoDB's engine in a process of its own, which follows this one wherever it goes. */
export interface EmbeddedDatabase {
  /** For `createStore`; stays the same over restarts of the engine. Carries the only safe write concern. */
  readonly uri: string;
  /** Process id of the engine at this moment; undefined while it restarts. */
  pid(): number | undefined;
  /** Closed while the disk is nearly full or the engine is given up. Give it to `createStore`. */
  readonly gate: Gate;
  /** Called once when the engine has crashed too often; it is not started again. */
  onGaveUp(hear: (error: EmbeddedUnavailable) => void): void;
  /** Closes the engine; at most some 7 s. Harmless when called twice. */
  stop(): Promise<void>;
}

/** Where the embedded database lives. */
export interface EmbeddedOptions {
  /** Holds the data and the socket `mongodb.sock`. Made when missing. */
  readonly dataDir: string;
  /** For the engine's library where it must be adapted to the system (some 36 MB). Must allow execution. */
  readonly cacheDir: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** For tests: how full the disk is. */
  readonly freeSpace?: (dataDir: string) => Promise<FreeSpace>;
  readonly watchPeriodMs?: number;
}

const restartsMax = 5;
const restartWindowMs = 60_000;
const firstRestartDelayMs = 100;
const watchPeriodMs = 5_000;

/**
 * Starts the embedded database and keeps it running. Every reason why it cannot is one `EmbeddedUnavailable` with a
 * message for the operator.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { log, clock, freeSpace = freeSpaceOf } = options;
  const dataDir = resolve(options.dataDir);
  const cacheDir = resolve(options.cacheDir);
  const socketPath = socketIn(dataDir);

  const machine = await thisMachine();
  const loading = loadingOn(machine);
  const packageFolder = enginePackageFolder(machine.platform, machine.arch);
  checkSocketPath(socketPath);
  await prepareDirectory(dataDir);
  checkFreeSpace(dataDir, await freeSpace(dataDir));
  const addon =
    loading.kind === 'adapted'
      ? await adaptedAddon({ packageFolder, cacheDir, arch: machine.arch, running: loading.glibc })
      : undefined;

  const open = async () => {
    try {
      return await startEngine({ dataDir, socketPath, addon });
    } catch (error) {
      throw await explain(error);
    }
  };
  const explain = async (error: unknown): Promise<unknown> => {
    if (!(error instanceof EngineDidNotOpen)) return error;
    const { said, exit } = error;
    if (said?.kind === 'cannotLoad') return cacheUnusable(addon === undefined ? packageFolder : cacheDir, error);
    if (said?.kind === 'cannotOpen') return faultOfOpening(said.message, dataDir, await holderOf(dataDir));
    return faultOf(exit);
  };
  /** When the disk cannot even be asked, it is not taken for full. */
  const faultOf = async (exit: EngineExit) => {
    const space = await freeSpace(dataDir).catch(() => ({ freeBytes: Number.POSITIVE_INFINITY, floorBytes: 0 }));
    return faultOfExit(exit, { dataDir, ...space });
  };

  const gate = createGate();
  const hearers: ((error: EmbeddedUnavailable) => void)[] = [];
  const restarts: number[] = [];
  let engine: EngineProcess | undefined = await open();
  let stopping = false;
  let cancelRestart: Cancel = () => undefined;
  let restarting: Promise<void> = Promise.resolve();

  const giveUp = (error: EmbeddedUnavailable) => {
    log.error({ fault: error.fault }, error.message);
    gate.close('engine', error.message);
    for (const hear of hearers) hear(error);
  };
  const superviseFrom = (running: EngineProcess) => {
    void running.ended.then(async (exit) => {
      engine = undefined;
      if (stopping) return;
      log.error({ dataDir, exit: exitText(exit) }, 'the embedded database ended unexpectedly');
      scheduleRestart(await faultOf(exit));
    });
  };
  const scheduleRestart = (fault: EmbeddedUnavailable) => {
    if (stopping) return;
    const now = clock.now().getTime();
    while (restarts[0] !== undefined && restarts[0] <= now - restartWindowMs) restarts.shift();
    if (restarts.length >= restartsMax) return giveUp(fault);
    restarts.push(now);
    const delayMs = firstRestartDelayMs * 2 ** (restarts.length - 1);
    log.warn({ attempt: restarts.length, of: restartsMax, delayMs }, 'restarting the embedded database');
    cancelRestart = clock.after(delayMs, () => {
      restarting = restart();
    });
  };
  const restart = async () => {
    try {
      const running = await open();
      engine = running;
      if (stopping) return await running.stop();
      log.info({ pid: running.pid }, 'the embedded database runs again');
      superviseFrom(running);
    } catch (error) {
      const fault = error instanceof EmbeddedUnavailable ? error : await faultOf({ code: null, signal: null });
      log.error({ err: error }, 'the embedded database did not restart');
      scheduleRestart(fault);
    }
  };
  superviseFrom(engine);

  const stopWatching = repeat(
    clock,
    options.watchPeriodMs ?? watchPeriodMs,
    async () => watchSpace(await freeSpace(dataDir)),
    (error) => log.warn({ err: error }, 'cannot see how full the disk is'),
  );
  const watchSpace = ({ freeBytes, floorBytes }: FreeSpace) => {
    const isClosed = gate.reason() !== undefined;
    if (freeBytes < floorBytes && !isClosed) {
      log.error({ dataDir, freeBytes, floorBytes }, 'the disk is nearly full: nothing is written until space is freed');
      gate.close('space', `the disk that holds ${dataDir} is nearly full`);
    } else if (freeBytes > 1.1 * floorBytes && isClosed) {
      gate.open('space');
    }
  };

  return {
    uri: embeddedUri(dataDir),
    gate,
    pid: () => engine?.pid,
    onGaveUp: (hear) => void hearers.push(hear),
    async stop() {
      stopping = true;
      stopWatching();
      cancelRestart();
      await restarting;
      await engine?.stop();
    },
  };
}

/**
 * The address of the engine that runs on a data directory. `w=1&journal=true` is the only write concern with which this
 * engine loses nothing when it is killed; `majority` does not wait for its journal.
 */
export const embeddedUri = (dataDir: string): string =>
  `mongodb://${encodeURIComponent(socketIn(resolve(dataDir)))}/?directConnection=true&w=1&journal=true`;

const socketIn = (dataDir: string) => join(dataDir, 'mongodb.sock');

/** The process id in the engine's lock file. */
async function holderOf(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, 'mongod.lock'), 'utf8').catch(() => '');
  return /^\d+/.exec(text)?.[0];
}
