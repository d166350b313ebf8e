import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
/** Inside the project, so that the built program finds the packages it needs. */
const buildsFolder = join(root, 'node_modules', '.cache', 'ocpp-hub-test');
const oldBuildMs = 3_600_000;

/** A program that runs, or ran. */
export interface RunningProgram {
  readonly pid: number;
  /** All that it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Settles when it is gone and its output is complete. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Polls what it has printed. Rejects when it ended without, or after `timeoutMs`. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

/** A hub that runs as the user runs it: a process of its own. */
export interface HubProgram extends RunningProgram {
  readonly ocppPort: number;
  readonly apiPort: number;
  /** Without the identity. */
  readonly ocppUrl: string;
  /** Of the embedded database at the start. */
  readonly enginePid: number | undefined;
  /** Shown at the first start only. */
  readonly firstKey: string | undefined;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

let building: Promise<string> | undefined;

/** Path of the built program; builds it when the sources have changed since. Without type checks, which are `npm run types`. */
export function builtProgram(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const folder = join(buildsFolder, await fingerprint());
  const main = join(folder, 'dist', 'main.js');
  const isThere = await stat(main).catch(() => undefined);
  if (isThere !== undefined) return main;
  await mkdir(buildsFolder, { recursive: true });
  const made = await mkdtemp(join(buildsFolder, 'making-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', join(made, 'dist')];
  await promisify(execFile)(process.execPath, args);
  await cp(join(root, 'package.json'), join(made, 'package.json'));
  await rename(made, folder).catch(() => rm(made, { recursive: true })); // another worker was faster
  await removeOldBuilds();
  return main;
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  for (const file of [...files.map((each) => join('src', each)), 'package.json', 'tsconfig.build.json']) {
    hash.update(file).update(await readFile(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function removeOldBuilds(): Promise<void> {
  for (const name of await readdir(buildsFolder)) {
    const path = join(buildsFolder, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > oldBuildMs) await rm(path, { recursive: true, force: true });
  }
}

/** Runs one command of the program. It gets the settings given and nothing else of our environment. */
export async function runProgram(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<RunningProgram> {
  const child = spawn(process.execPath, [await builtProgram(), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child);
}

function watch(child: ChildProcess): RunningProgram {
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error('the program could not be started');
  const texts = { out: '', err: '' };
  stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text;
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text;
  });
  let isOver = false;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      isOver = true;
      resolve({ code, signal });
    });
  });
  return {
    pid,
    stdout: () => texts.out,
    stderr: () => texts.err,
    ended,
    kill: (signal) => void child.kill(signal),
    async printed(pattern, timeoutMs = 60_000) {
      for (const end = performance.now() + timeoutMs; ; ) {
        const wasOver = isOver;
        const found = pattern.exec(texts.out) ?? pattern.exec(texts.err);
        if (found !== null) return found;
        if (wasOver || performance.now() > end) {
          throw new Error(`the program did not print ${pattern}; it printed:\n${texts.out}${texts.err}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** The settings of a hub that takes free ports on this machine only. */
export const freePorts = { OCPP_HOST: '127.0.0.1', API_HOST: '127.0.0.1', OCPP_PORT: '0', API_PORT: '0' } as const;

/** Starts a hub, by default on free ports with its data in the working folder, and waits for its welcome. */
export async function startHubProgram(options: {
  cwd: string;
  env?: Readonly<Record<string, string>>;
}): Promise<HubProgram> {
  const program = await runProgram(['start'], { cwd: options.cwd, env: { ...freePorts, ...options.env } });
  const [welcome] = await program.printed(/OCPP hub \S+ is ready[\s\S]*simulate.*\n/, 60_000);
  const number = (pattern: RegExp) => Number(pattern.exec(welcome)?.[1]);
  const ocppPort = number(/ws:\/\/[^/]+:(\d+)\/ocpp/);
  const enginePid = number(/engine process (\d+)/);
  return {
    ...program,
    ocppPort,
    apiPort: number(/http:\/\/[^/]+:(\d+)\/graphql/),
    ocppUrl: `ws://127.0.0.1:${ocppPort}/ocpp`,
    enginePid: Number.isNaN(enginePid) ? undefined : enginePid,
    firstKey: /hub_[A-Za-z0-9_-]{43}/.exec(welcome)?.[0],
    async stop() {
      program.kill('SIGTERM');
      return (await program.ended).code;
    },
  };
}

/** A folder for the data of a test, with a short name: the database's socket lies in it. */
export async function createWorkingFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'hub-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
