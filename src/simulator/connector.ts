import type { Cancel, Clock } from '../kernel/clock.ts';
import { type Car, isFull, powerW, remainingMs } from './car.ts';
import type { Configuration } from './configuration.ts';
import type { SimulatorEvent } from './event.ts';
import { authorizationStatus, transactionId } from './hub-answers.ts';
import { type Meter, type StopReason, transactionData } from './meter.ts';
import type { Outbox } from './outbox.ts';
import { pause } from './pace.ts';
import { meterValue, type Reading } from './readings.ts';
import type { Tags } from './tags.ts';

/** What a connector reports of itself. OCPP 1.6 §7.7; the ones that the simulator knows. */
type ConnectorStatus =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEV'
  | 'SuspendedEVSE'
  | 'Finishing'
  | 'Unavailable';

/** What became of a wish to charge. */
export type ChargeResult = 'completed' | 'refused' | 'interrupted';

/** One plug of a simulated charge point and the car at it. */
export interface Connector {
  readonly id: number;
  readonly meter: Meter;
  status(): ConnectorStatus;
  /** No car, in service. */
  isFree(): boolean;
  /** Resolves when it is free, or when the signal is aborted. */
  whenFree(signal: AbortSignal): Promise<void>;
  /** The running transaction; `id` is undefined until the hub has given one. */
  transaction(): { readonly id: number | undefined; readonly idTag: string } | undefined;
  /** A driver comes, charges and leaves again. Only while it is free. */
  charge(wish: { readonly idTag: string; readonly car: Car; readonly authorize: boolean }): Promise<ChargeResult>;
  /** Ends the running transaction; the driver then unplugs. Nothing happens without one. */
  stop(reason: StopReason): void;
  /** Ends whatever goes on, and the car is gone at once. */
  clear(reason: StopReason): void;
  /** Puts it in or out of service; out of service waits for the end of a transaction. */
  setOperative(isOperative: boolean): 'Accepted' | 'Scheduled';
  /** The interval of the meter values may have changed. */
  resample(): void;
}

export interface ConnectorOptions {
  readonly id: number;
  readonly meter: Meter;
  /** The clock of cars and drivers. */
  readonly carClock: Clock;
  /** Samples are never closer than this on `carClock`, in milliseconds. */
  readonly sampleIntervalMinMs: number;
  readonly configuration: Configuration;
  readonly outbox: Outbox;
  readonly tags: Tags;
  readonly onStatus: (status: ConnectorStatus) => void;
  readonly onEvent: (event: SimulatorEvent) => void;
}

interface Transaction {
  readonly idTag: string;
  readonly begin: Reading;
  id: number | undefined;
  isRefused: boolean;
  /** Energy has begun to flow. */
  hasFlowed: boolean;
  readonly cancels: { end: Cancel; sample: Cancel };
  /** Resolves when it is over. */
  readonly over: Promise<StopReason>;
  readonly finish: (reason: StopReason) => void;
}

const plugInMs = 3_000;
const unplugMs = 10_000;
/** How long a driver waits beside a car that is full or gets nothing, before leaving. */
const patienceMs = 60_000;
const nothing = () => undefined;

export function createConnector(options: ConnectorOptions): Connector {
  const { id, meter, carClock, configuration, outbox, tags, onEvent } = options;
  let status: ConnectorStatus = 'Available';
  let isOperative = true;
  let visit: AbortController | undefined;
  let transaction: Transaction | undefined;
  let waiters: (() => void)[] = [];

  const setStatus = (next: ConnectorStatus): void => {
    if (next === status) return;
    status = next;
    options.onStatus(next);
  };
  const isFree = () => visit === undefined && isOperative;

  /** The car is gone. */
  const settle = (): void => {
    setStatus(isOperative ? 'Available' : 'Unavailable');
    if (!isFree()) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  };

  const sample = (running: Transaction): void => {
    running.cancels.sample();
    const seconds = configuration.integer('MeterValueSampleInterval');
    if (seconds === 0) return;
    running.cancels.sample = carClock.after(Math.max(seconds * 1_000, options.sampleIntervalMinMs), () => {
      const value = meterValue(meter.read(), configuration.list('MeterValuesSampledData'), 'Sample.Periodic');
      if (value !== undefined) {
        const payload = () => ({ connectorId: id, transactionId: running.id ?? -1, meterValue: [value] });
        outbox.add({ action: 'MeterValues', payload });
      }
      sample(running);
    });
  };

  /** Waits for the car to be full or to have enough; the driver then ends the transaction. */
  const awaitEnd = (running: Transaction): void => {
    const car = meter.car();
    if (car === undefined) return;
    if (powerW(car) > 0) {
      running.cancels.end = carClock.after(Math.max(1_000, remainingMs(car)), () => awaitEnd(running));
    } else if (isFull(car)) {
      setStatus('SuspendedEV');
      running.cancels.end = carClock.after(patienceMs, () => stop('Local'));
    } else stop('Local');
  };

  const letFlow = (running: Transaction): void => {
    if (running !== transaction || running.hasFlowed) return;
    running.hasFlowed = true;
    meter.setFlowing(true);
    setStatus('Charging');
    onEvent({ kind: 'charging', connectorId: id, transactionId: running.id });
    sample(running);
    awaitEnd(running);
  };

  /** The hub's answer to StartTransaction. */
  const answered = (running: Transaction, response: unknown): void => {
    running.id = transactionId(response);
    tags.learn(running.idTag, response);
    const standing = authorizationStatus(response);
    if (standing === 'Accepted') {
      letFlow(running);
      return;
    }
    running.isRefused = true;
    onEvent({ kind: 'refused', connectorId: id, idTag: running.idTag, status: standing });
    if (running !== transaction) return; // over before the hub answered
    if (configuration.flag('StopTransactionOnInvalidId')) {
      stop('DeAuthorized');
      return;
    }
    meter.setFlowing(false);
    setStatus('SuspendedEVSE');
    running.cancels.end();
    running.cancels.end = carClock.after(patienceMs, () => stop('Local'));
  };

  const begin = (idTag: string): Transaction => {
    let finish: (reason: StopReason) => void = nothing;
    const over = new Promise<StopReason>((resolve) => {
      finish = resolve;
    });
    const cancels = { end: nothing, sample: nothing };
    const flags = { isRefused: false, hasFlowed: false };
    const running: Transaction = { idTag, begin: meter.read(), id: undefined, ...flags, cancels, over, finish };
    transaction = running;
    const payload = {
      connectorId: id,
      idTag,
      meterStart: Math.floor(running.begin.registerWh),
      timestamp: running.begin.at.toISOString(),
    };
    outbox.add({
      action: 'StartTransaction',
      payload: () => payload,
      onAnswer: (response) => answered(running, response),
      onDelay: () => letFlow(running),
    });
    return running;
  };

  const stop = (reason: StopReason): void => {
    const running = transaction;
    if (running === undefined) return;
    transaction = undefined;
    running.cancels.end();
    running.cancels.sample();
    const end = meter.read();
    meter.setFlowing(false);
    const data = transactionData(running.begin, end, configuration.list('StopTxnSampledData'));
    const facts = {
      meterStop: Math.floor(end.registerWh),
      timestamp: end.at.toISOString(),
      reason,
      ...(reason === 'Local' ? { idTag: running.idTag } : {}),
      ...(data === undefined ? {} : { transactionData: data }),
    };
    // the hub's answer to the start comes first in the outbox; without one the id is −1. Errata 3.18
    outbox.add({ action: 'StopTransaction', payload: () => ({ transactionId: running.id ?? -1, ...facts }) });
    setStatus('Finishing');
    onEvent({
      kind: 'stopped',
      connectorId: id,
      transactionId: running.id,
      energyWh: facts.meterStop - Math.floor(running.begin.registerWh),
      durationMs: end.at.getTime() - running.begin.at.getTime(),
      reason,
    });
    running.finish(reason);
  };

  const authorize = async (idTag: string): Promise<boolean> => {
    const standing = await tags.authorize(idTag);
    if (standing !== 'Accepted') onEvent({ kind: 'refused', connectorId: id, idTag, status: standing });
    return standing === 'Accepted';
  };

  const runVisit = async (wish: Parameters<Connector['charge']>[0], gone: AbortSignal): Promise<ChargeResult> => {
    if (wish.authorize && !(await authorize(wish.idTag))) return 'refused';
    if (gone.aborted) return 'interrupted';
    setStatus('Preparing');
    meter.connect(wish.car);
    await pause(carClock, plugInMs, gone);
    if (gone.aborted) return 'interrupted';
    const running = begin(wish.idTag);
    const reason = await running.over;
    await pause(carClock, unplugMs, gone);
    if (running.isRefused) return 'refused';
    return reason === 'Local' || reason === 'Remote' ? 'completed' : 'interrupted';
  };

  return {
    id,
    meter,
    status: () => status,
    isFree,
    whenFree(signal) {
      if (isFree() || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        waiters.push(done);
        signal.addEventListener('abort', done);
      });
    },
    transaction: () => transaction,
    async charge(wish) {
      if (!isFree()) return 'interrupted';
      const mine = new AbortController();
      visit = mine;
      const result = await runVisit(wish, mine.signal);
      if (visit !== mine) return result; // cleared, and perhaps the next driver is there
      visit = undefined;
      meter.connect(undefined);
      settle();
      return result;
    },
    stop,
    clear(reason) {
      stop(reason);
      visit?.abort();
      visit = undefined;
      meter.connect(undefined);
      settle();
    },
    setOperative(next) {
      isOperative = next;
      if (transaction !== undefined) return next ? 'Accepted' : 'Scheduled';
      if (!next) visit?.abort();
      if (visit === undefined || !next) settle();
      return 'Accepted';
    },
    resample() {
      if (transaction !== undefined && status === 'Charging') sample(transaction);
    },
  };
}
