import type { Cancel, Clock } from '../kernel/clock.ts';
import type { CallReply } from '../rpc/call.ts';
import type { Configuration } from './configuration.ts';
import { bootAnswer } from './hub-answers.ts';
import { pause } from './pace.ts';

/** The charge point's standing with the hub: BootNotification until it is accepted, then heartbeats. OCPP 1.6 §4.2, §4.6. */
export interface Registration {
  isAccepted(): boolean;
  /** A link is up: boots unless the hub has accepted before. A mere reconnect needs no boot. */
  linked(): void;
  /** Boots now, e.g. because the hub asks for it. */
  bootNow(): void;
  heartbeatNow(): void;
  /** The charge point restarts: the next link boots. */
  forget(): void;
  /** The heartbeat interval has changed. */
  rescheduleHeartbeat(): void;
  /** Ends all timers. */
  stop(): void;
}

export interface RegistrationOptions {
  readonly identity: string;
  readonly powerW: number;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly isOpen: () => boolean;
  readonly call: (action: string, payload: unknown) => Promise<CallReply>;
  /** Connected and accepted: everything may be said. */
  readonly onReady: () => void;
  readonly onBooted: (status: string, intervalSeconds: number) => void;
  readonly onFailed: (action: string, reply: CallReply) => void;
}

/** Wait before the next BootNotification when the hub leaves it to us (interval 0, no answer, CALLERROR). */
const ownBootIntervalMs = 30_000;

export function createRegistration(options: RegistrationOptions): Registration {
  const { clock, configuration, call, isOpen } = options;
  let isAccepted = false;
  let round: AbortController | undefined; // the boot loop that counts; a newer one ends it
  let cancelHeartbeat: Cancel = () => undefined;

  const facts = {
    chargePointVendor: 'OCPP Hub',
    chargePointModel: `Simulator ${options.powerW / 1_000} kW`.slice(0, 20),
    chargePointSerialNumber: options.identity.slice(0, 25),
    firmwareVersion: '1.0.0',
    meterType: 'simulated',
  };

  const heartbeat = async (): Promise<void> => {
    const reply = await call('Heartbeat', {});
    if (reply.kind !== 'result' && reply.kind !== 'lost') options.onFailed('Heartbeat', reply);
  };

  const scheduleHeartbeat = (): void => {
    cancelHeartbeat();
    cancelHeartbeat = clock.after(configuration.integer('HeartbeatInterval') * 1_000, () => {
      if (isAccepted) void heartbeat(); // a reply of any kind settles it
      scheduleHeartbeat();
    });
  };

  /** One BootNotification; tells how long to wait before the next, or nothing when no more is needed. */
  const bootOnce = async (mine: AbortController): Promise<number | undefined> => {
    const reply = await call('BootNotification', facts);
    if (mine.signal.aborted || reply.kind === 'lost') return undefined;
    if (reply.kind !== 'result') {
      options.onFailed('BootNotification', reply);
      return ownBootIntervalMs;
    }
    const { status, intervalSeconds } = bootAnswer(reply.payload);
    isAccepted = status === 'Accepted';
    options.onBooted(status, intervalSeconds);
    if (!isAccepted) return intervalSeconds === 0 ? ownBootIntervalMs : intervalSeconds * 1_000;
    configuration.change('HeartbeatInterval', String(intervalSeconds)); // 0 is refused there: we keep our own
    scheduleHeartbeat();
    options.onReady();
    return undefined;
  };

  const boot = async (): Promise<void> => {
    round?.abort();
    const mine = new AbortController();
    round = mine;
    while (!mine.signal.aborted && isOpen()) {
      const waitMs = await bootOnce(mine);
      if (waitMs === undefined) return;
      await pause(clock, waitMs, mine.signal);
    }
  };

  return {
    isAccepted: () => isAccepted,
    linked() {
      if (isAccepted) options.onReady();
      else void boot(); // never rejects: `call` settles and the listeners do not throw
    },
    bootNow: () => void boot(),
    heartbeatNow: () => void heartbeat(),
    forget() {
      isAccepted = false;
      round?.abort();
      cancelHeartbeat();
    },
    rescheduleHeartbeat() {
      if (isAccepted) scheduleHeartbeat();
    },
    stop() {
      round?.abort();
      cancelHeartbeat();
    },
  };
}
