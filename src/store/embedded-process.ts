import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FromChild, ToChild } from './embedded-child.ts';
import type { EngineExit } from './embedded-errors.ts';

/** A running engine process. */
export interface EngineProcess {
  readonly pid: number;
  /** Settles when the process is gone. */
  readonly ended: Promise<EngineExit>;
  /** Asks it to close; ends it hard when it has not closed in time. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** The engine's process did not come up: it said why, or it just ended. */
export class EngineDidNotOpen extends Error {
  override readonly name = 'EngineDidNotOpen';
  readonly said: FromChild | undefined;
  readonly exit: EngineExit;
  constructor(said: FromChild | undefined, exit: EngineExit) {
    super(said !== undefined && 'message' in said ? said.message : 'the engine ended while opening');
    this.said = said;
    this.exit = exit;
  }
}

/** Opening repairs and recovers; large directories after a crash take seconds, never minutes. */
const openMs = 120_000;
/** A little longer than the process gives itself. */
const stopMs = 7_000;

/** Starts the engine on a directory; resolves when it serves the socket. Rejects with `EngineDidNotOpen`. */
export async function startEngine(options: {
  dataDir: string;
  socketPath: string;
  /** Path of the adapted addon; undefined: as installed. */
  addon: string | undefined;
}): Promise<EngineProcess> {
  const { NAPI_RS_NATIVE_LIBRARY_PATH: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const child = fork(...program([options.dataDir, options.socketPath]), {
    env: {
      ...inherited,
      // Fewer allocation arenas: a third less memory for the same work, not slower.
      MALLOC_ARENA_MAX: '2',
      ...(options.addon === undefined ? {} : { NAPI_RS_NATIVE_LIBRARY_PATH: options.addon }),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: loaderArguments(),
  });
  const ended = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null }); // it could not even be started
    });
  });
  await opened(child, ended);
  return {
    pid: child.pid ?? 0,
    ended,
    async stop() {
      if (child.connected) child.send({ kind: 'stop' } satisfies ToChild, () => undefined);
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function opened(child: ChildProcess, ended: Promise<EngineExit>): Promise<void> {
  let said: FromChild | undefined;
  const timer = setTimeout(() => child.kill('SIGKILL'), openMs);
  const ready = new Promise<true>((resolve) => {
    child.on('message', (message: FromChild) => {
      said = message;
      if (message.kind === 'ready') resolve(true);
    });
  });
  const first = await Promise.race([ready, ended]);
  clearTimeout(timer);
  if (first !== true) throw new EngineDidNotOpen(said, first);
}

/** The sibling file: TypeScript in development, JavaScript when compiled. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const program = (args: string[]): [string, string[]] => [
  fileURLToPath(new URL(`./embedded-child${extension}`, import.meta.url)),
  args,
];

/** What Node needs to run the sibling. Nothing else is inherited: a debugger's port can be held only once. */
function loaderArguments(): string[] {
  const stripsTypes = 'typescript' in process.features && process.features.typescript !== false;
  if (extension === '.js' || stripsTypes) return [];
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}
