import type { Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';
import { newCar } from './car.ts';
import { createConfiguration } from './configuration.ts';
import { type Connector, createConnector } from './connector.ts';
import type { SimulatorEvent } from './event.ts';
import { createHubCommands } from './hub-commands.ts';
import { openLink } from './link.ts';
import { createMeter, type StopReason } from './meter.ts';
import { createOutbox } from './outbox.ts';
import { pause, scaledClock } from './pace.ts';
import { createRegistration } from './registration.ts';
import { createStatusReports } from './status-reports.ts';
import { createTags } from './tags.ts';
import { createUplink } from './uplink.ts';

export interface ChargePointOptions {
  /** Endpoint of the hub, without the identity. */
  readonly url: string;
  readonly identity: string;
  readonly password: string | undefined;
  /** How many connectors it has. */
  readonly connectors: number;
  readonly powerW: number;
  /** What a driver wants, in watt-hours; also one that the hub sends by RemoteStartTransaction. */
  readonly energyWh: number;
  /** How many times as fast as real ones cars charge and drivers act. */
  readonly speed: number;
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  /** How long the hub may take for an answer. */
  readonly callTimeoutMs: number;
  readonly onEvent: (event: SimulatorEvent) => void;
}

/** A simulated OCPP 1.6 charge point. */
export interface SimulatedChargePoint {
  readonly identity: string;
  readonly connectors: readonly Connector[];
  /** Connects, and stays connected from now on. */
  start(): void;
  /** A driver comes to a connector, presents a tag and charges; ends at once when the connector is not free. */
  charge(connector: Connector, idTag: string): ReturnType<Connector['charge']>;
  /** Ends running transactions, waits for the hub to know of them (for a limited time), and disconnects. */
  stop(): Promise<void>;
}

/** How long a restart or a stop waits for the hub to take the last transaction messages. */
const lastWordsMs = 10_000;
/** From power-off to the connection attempt. */
const rebootMs = 5_000;
/** However fast the cars charge: samples of a connector are at least this far apart. */
const sampleGapMs = 100;

export function createChargePoint(options: ChargePointOptions): SimulatedChargePoint {
  const { identity, clock, speed, random, onEvent, powerW } = options;
  const carClock = scaledClock(clock, speed);
  const configuration = createConfiguration(options.connectors);
  let isInOperation = true; // false while it restarts or has been stopped

  const onFailed = (action: string, reply: CallReply): void => {
    const problem = reply.kind === 'error' ? `${reply.code} ${reply.description}`.trim() : reply.kind;
    onEvent({ kind: 'callFailed', action, problem });
    if (reply.kind === 'error' && reply.code === 'SecurityError') bootAgain(action);
  };
  /** The hub does not know that it accepted us, e.g. after the loss of its data. BOOT-6. */
  const bootAgain = (action: string): void => {
    if (action === 'BootNotification' || !registration.isAccepted()) return;
    registration.forget();
    registration.bootNow();
  };

  const call = (action: string, payload: unknown): Promise<CallReply> => uplink.call(action, payload);
  const isOnline = () => uplink.isOpen() && registration.isAccepted();

  const uplink = createUplink({
    open: () =>
      openLink({ ...options, pingIntervalSeconds: configuration.integer('WebSocketPingInterval'), answer: commands }),
    clock,
    random,
    callTimeoutMs: options.callTimeoutMs,
    onOpen() {
      onEvent({ kind: 'connected' });
      registration.linked();
    },
    onClosed: ({ code, reason }) => onEvent({ kind: 'disconnected', code, reason }),
    onFailed: (failure) => onEvent({ kind: 'connectFailed', failure }),
  });

  const registration = createRegistration({
    ...{ identity, powerW, configuration, clock, call, onFailed },
    isOpen: uplink.isOpen,
    onReady() {
      reports.catchUp();
      outbox.flush();
    },
    onBooted(status, intervalSeconds) {
      onEvent({ kind: 'booted', status, intervalSeconds });
      reports.forget(); // after every boot the hub is told all of them. OCPP 1.6 §4.9, errata 3.22
    },
  });

  const outbox = createOutbox({
    ...{ call, clock, onFailed },
    isReady: isOnline,
    attemptsMax: () => configuration.integer('TransactionMessageAttempts'),
    retryIntervalMs: () => configuration.integer('TransactionMessageRetryInterval') * 1_000,
    onGivenUp: (action) => onEvent({ kind: 'gaveUp', action }),
  });

  const tags = createTags({ configuration, clock, isOnline, call, onFailed });
  const reports = createStatusReports({ clock, isOnline, call, onFailed });
  reports.set(0, 'Available');

  const connectors = Array.from({ length: options.connectors }, (_, index) => {
    const id = index + 1;
    const startWh = 100_000 + Math.floor(random() * 900_000);
    reports.set(id, 'Available');
    return createConnector({
      ...{ id, carClock, configuration, outbox, tags, onEvent },
      meter: createMeter({ clock, speed, startWh, powerMaxW: powerW, random }),
      sampleIntervalMinMs: sampleGapMs * speed,
      onStatus: (status) => reports.set(id, status),
    });
  });

  // a link is not needed, but an acceptance: it outlives the link, not a restart
  const canCharge = () => isInOperation && registration.isAccepted();
  const charge = (connector: Connector, idTag: string, authorize: boolean) =>
    connector.charge({ idTag, authorize, car: newCar({ powerMaxW: powerW, wantedWh: options.energyWh, random }) });

  const clear = (reason: StopReason): void => {
    for (const connector of connectors) connector.clear(reason);
  };
  const lastWords = (): Promise<unknown> => {
    const enough = new AbortController();
    const said = Promise.all([outbox.empty(), reports.settled()]).finally(() => enough.abort());
    return Promise.race([said, pause(clock, lastWordsMs, enough.signal)]);
  };

  const reset = async (type: 'Soft' | 'Hard'): Promise<void> => {
    isInOperation = false;
    clear(type === 'Hard' ? 'HardReset' : 'SoftReset');
    if (type === 'Soft') await lastWords(); // a hard one pulls the plug: the messages follow after the boot
    registration.forget();
    const rebooted = pause(carClock, rebootMs).then(() => {
      isInOperation = true;
    });
    uplink.restart(`${type} reset`, rebooted);
  };

  const commands = createHubCommands({
    connectors,
    configuration,
    tags,
    registration,
    reports,
    canCharge,
    charge,
    reset: (type) => void reset(type), // never rejects
    call,
    onAnswered: (action, answer) => onEvent({ kind: 'commanded', action, answer }),
  });

  return {
    identity,
    connectors,
    start: uplink.start,
    async charge(connector, idTag) {
      return canCharge() ? charge(connector, idTag, true) : 'interrupted';
    },
    async stop() {
      isInOperation = false;
      clear('Local');
      if (isOnline()) await lastWords();
      registration.stop();
      await uplink.stop('simulator stopped');
      if (outbox.size() > 0) onEvent({ kind: 'undelivered', messages: outbox.size() });
    },
  };
}
