import { type Clock, systemClock } from '../kernel/clock.ts';
import { readFlags, simulatorHelp } from './flags.ts';
import { runFleet } from './fleet.ts';
import { cannotConnect, createReport } from './report.ts';

/** Where a run of the simulator prints and by what it is stopped. */
export interface SimulatorIo {
  /** Prints one line for the user. */
  readonly print: (line: string) => void;
  /** Prints one line that says why the run failed. */
  readonly printError: (line: string) => void;
  /** Whether the lines go to a terminal that shows colours. */
  readonly coloured: boolean;
  /** Aborted on Ctrl-C: running sessions end, connections close. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** From 0 to 1, without 1. */
  readonly random?: () => number;
}

/** Wrong options. */
const exitUsage = 2;
const exitFailed = 1;
const longMs = 0x7fff_ffff; // the longest that a Node timer takes

/**
 * The command `ocpp-hub simulate`: `argv` is what follows that word. Resolves with the exit code: 0 when the run ended as asked, 1 when no
 * connection was possible, a wanted session did not happen or the hub did not take all that it was told, 2 when an option was wrong. Never rejects.
 */
export async function runSimulator(argv: readonly string[], io: SimulatorIo): Promise<number> {
  const flags = readFlags(argv);
  if (flags.kind === 'help') {
    io.print(simulatorHelp);
    return 0;
  }
  if (flags.kind === 'wrong') {
    io.printError(flags.message);
    return exitUsage;
  }
  // timers of the clock do not keep a process alive, and there may be no socket while everything waits to reconnect
  const alive = setInterval(() => undefined, longMs);
  try {
    return await run(flags.options, io);
  } finally {
    clearInterval(alive);
  }
}

async function run(options: Extract<ReturnType<typeof readFlags>, { kind: 'run' }>['options'], io: SimulatorIo) {
  const { clock = systemClock, random = Math.random, print, printError, signal, coloured } = io;
  let isStopping = false;
  let hasConnected = false;
  const { url, identities, quiet } = options;
  const report = createReport({
    ...{ print, quiet, coloured },
    chargePoints: identities.length,
    now: clock.now,
    isStopping: () => isStopping,
  });
  const end = await runFleet({
    ...{ run: options, clock, random, signal },
    onEvent(identity, event) {
      hasConnected ||= event.kind === 'connected';
      if (hasConnected) report.hear(identity, event); // before that the one line at the end says it better
    },
    onStopping() {
      isStopping = true;
    },
  });
  if (end.kind === 'noHub') {
    printError(cannotConnect(end.failure, url, identities[0] ?? ''));
    return exitFailed;
  }
  print(report.summary());
  if (end.missing > 0) printError(`${end.missing} of the sessions did not happen; see the lines above`);
  const isIncomplete = end.missing > 0 || (report.lostMessages() > 0 && !signal.aborted);
  return isIncomplete ? exitFailed : 0;
}
