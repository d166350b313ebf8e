import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SwarmRequest } from './swarm.ts';

const here = import.meta.dirname;
const root = join(here, '..', '..');

/** A program beside this file, run by tsx, that answers one request after the other over IPC. */
export function startHelper(file: string): ChildProcess {
  return fork(join(here, file), { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** The first message of a helper. */
export const firstMessage = <T>(helper: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the helper ended with ${code}`));
    helper.once('exit', onExit);
    helper.once('message', (message) => {
      helper.off('exit', onExit);
      resolve(message as T);
    });
  });

/** The swarm in its own process. */
export function startSwarm() {
  const child = startHelper('swarm.ts');
  return {
    async ask<T>(request: SwarmRequest): Promise<T> {
      const answer = firstMessage<{ result?: T; error?: string }>(child);
      child.send(request);
      const { result, error } = await answer;
      if (error !== undefined) throw new Error(error);
      return result as T;
    },
    stop: () => child.disconnect(),
  };
}

/** A hub under test: the built program with a fresh embedded database, or the MongoDB in MONGODB_URI. */
export interface HubUnderTest {
  readonly ocppUrl: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly pid: number;
  readonly enginePid: number | undefined;
  readonly dataDir: string;
  /** Memory of the hub process itself, in kilobytes. */
  residentKb(): number;
  stop(): Promise<void>;
}

/** Starts a hub on free ports and waits until it listens. */
export async function startHub(
  options: { dataDir?: string; env?: Record<string, string> } = {},
): Promise<HubUnderTest> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'hub-')));
  const child = spawn(process.execPath, [join(root, 'dist', 'main.js'), 'start'], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      ...(process.env['MONGODB_URI'] !== undefined && { MONGODB_URI: process.env['MONGODB_URI'] }),
      HUB_DATA_DIR: join(dataDir, 'data'),
      HUB_LOG_LEVEL: 'warn',
      OCPP_AUTO_REGISTER: 'on',
      OCPP_HOST: '127.0.0.1',
      API_HOST: '127.0.0.1',
      OCPP_PORT: '0',
      API_PORT: '0',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      if (/http:\/\/\S+\/graphql/.test(printed) && /ws:\/\/\S+\/ocpp/.test(printed) && /ready/i.test(printed))
        resolve();
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with ${code}:\n${printed}`)));
  });
  const found = (pattern: RegExp) => pattern.exec(printed)?.[1];
  const pid = child.pid;
  if (pid === undefined) throw new Error('the hub has no process');
  const engine = found(/engine process (\d+)/);
  return {
    ocppUrl: found(/(ws:\/\/[^\s<]+\/ocpp)/) ?? '',
    apiUrl: found(/(http:\/\/\S+\/graphql)/) ?? '',
    apiKey: found(/(hub_[A-Za-z0-9_-]{43})/) ?? '',
    pid,
    enginePid: engine === undefined ? undefined : Number(engine),
    dataDir,
    residentKb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => {
          rm(dataDir, { recursive: true, force: true }).finally(resolve);
        });
        child.kill('SIGTERM');
      }),
  };
}
