import type { Clock } from '../kernel/clock.ts';
import { type ChargePointOptions, createChargePoint, type SimulatedChargePoint } from './charge-point.ts';
import { drive } from './driver.ts';
import type { SimulatorEvent } from './event.ts';
import type { SimulatorOptions } from './flags.ts';
import type { ConnectFailure } from './link.ts';
import { pause, scaledClock } from './pace.ts';

/** How a run ended. */
export type FleetEnd =
  /** All sessions are done, or the signal came; `missing` of a limited number of sessions did not complete. */
  | { readonly kind: 'done'; readonly missing: number }
  /** Not even the first charge point could connect. */
  | { readonly kind: 'noHub'; readonly failure: ConnectFailure };

export interface FleetOptions {
  readonly run: SimulatorOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (identity: string, event: SimulatorEvent) => void;
  /** Everything is being stopped from now on. */
  readonly onStopping: () => void;
}

const callTimeoutMs = 30_000;
/** Charge points that begin to connect per second, and that say goodbye at the same time. */
const startsPerSecond = 50;
const stopsAtOnceMax = 100;

/**
 * Runs charge points and their drivers in this process. The first one connects alone: when it cannot, the run ends. The others follow at a
 * limited rate, and try again for as long as it takes.
 */
export async function runFleet(options: FleetOptions): Promise<FleetEnd> {
  const { run, clock, random, signal, onEvent } = options;
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const firstTry = deferred<ConnectFailure | undefined>();
  const started: SimulatedChargePoint[] = [];
  const drivers: Promise<number>[] = [];

  const create = (identity: string): SimulatedChargePoint =>
    createChargePoint({
      ...chargePointOptions(run),
      ...{ identity, clock, random, callTimeoutMs },
      onEvent(event) {
        if (event.kind === 'connected') firstTry.resolve(undefined);
        if (event.kind === 'connectFailed') firstTry.resolve(event.failure);
        onEvent(identity, event);
      },
    });

  const start = (identity: string): void => {
    const chargePoint = create(identity);
    started.push(chargePoint);
    chargePoint.start();
    for (const connector of chargePoint.connectors) drivers.push(driveAt(chargePoint, connector));
  };

  const driveAt = (chargePoint: SimulatedChargePoint, connector: SimulatedChargePoint['connectors'][number]) => {
    const { idTag, sessions, speed } = run;
    return drive({
      ...{ chargePoint, connector, idTag, sessions, random },
      carClock: scaledClock(clock, speed),
      signal: ended.signal,
    });
  };

  const stopAll = async (): Promise<void> => {
    end();
    options.onStopping();
    for (let from = 0; from < started.length; from += stopsAtOnceMax) {
      await Promise.all(started.slice(from, from + stopsAtOnceMax).map((chargePoint) => chargePoint.stop()));
    }
  };

  const [first, ...others] = run.identities;
  try {
    if (first !== undefined) start(first);
    const failure = await Promise.race([firstTry.promise, aborted(ended.signal)]);
    if (failure !== undefined) return { kind: 'noHub', failure };
    for (const identity of others) {
      await pause(clock, 1_000 / startsPerSecond, ended.signal);
      if (!ended.signal.aborted) start(identity);
    }
    // without sessions of their own the charge points wait for the hub's commands; and a car charges on when the signal comes
    const all = run.sessions === 0 ? [aborted(ended.signal)] : drivers;
    const completed = await Promise.race([Promise.all(all), aborted(ended.signal)]);
    const wasCutShort = signal.aborted || !Number.isFinite(run.sessions);
    const wanted = run.identities.length * run.connectors * run.sessions;
    return { kind: 'done', missing: wasCutShort ? 0 : wanted - sum(completed) };
  } finally {
    await stopAll();
    signal.removeEventListener('abort', end);
  }
}

function chargePointOptions(
  run: SimulatorOptions,
): Pick<ChargePointOptions, 'url' | 'password' | 'connectors' | 'powerW' | 'energyWh' | 'speed'> {
  const { url, password, connectors, powerW, energyWh, speed } = run;
  return { url, password, connectors, powerW, energyWh, speed };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

const sum = (counts: readonly (number | undefined)[] | undefined): number =>
  (counts ?? []).reduce<number>((total, count) => total + (count ?? 0), 0);

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
