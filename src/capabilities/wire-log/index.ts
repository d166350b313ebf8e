import { repeat } from '../../kernel/clock.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { CommandOperations } from '../commands/index.ts';
import { createCollector } from './collector.ts';
import './graphql.ts';
import { wireLogKey } from './key.ts';
import {
  createLiveWireMessages,
  createStoredSize,
  createWireLogOperations,
  type WireLogOperations,
} from './operations.ts';
import { createWireMessageStore, wireMessageIndexes } from './store.ts';

export { wireLogKey } from './key.ts';
export { maskIdTags } from './mask.ts';
export type { WireLogOperations } from './operations.ts';

const flushPeriodMs = 500;
/** How long the last frames may take to be written when the hub stops. */
const lastFlushMs = 5_000;
const sweepPeriodMs = 60_000;
/** Frames and characters that wait at most; some seconds of a large hub. */
const waitingMax = { framesMax: 20_000, charactersMax: 32 << 20 };

/** What the settings say about the wire log. */
export interface WireLogSettings {
  /** Frames older than this are deleted. */
  readonly wireLogDays: number;
  /** When more is stored the oldest frames are deleted; before the compression of the database. */
  readonly wireLogBytesMax: number;
}

/** Every frame between charge points and hub, for people who look for a fault. */
export function createWireLog(
  { store, bus, clock, log }: CapabilityDependencies,
  {
    commands,
    instance,
    wireLogDays,
    wireLogBytesMax,
    limits = waitingMax,
  }: WireLogSettings & {
    commands: Pick<CommandOperations, 'idsByMessageId'>;
    /** Names this life of this hub process. */
    instance: string;
    limits?: typeof waitingMax;
  },
): Capability<WireLogOperations> {
  const messages = createWireMessageStore(store);
  const live = createLiveWireMessages(bus);
  const size = createStoredSize(messages, clock);
  const collector = createCollector({
    messages,
    findCommands: commands.idsByMessageId,
    clock,
    log,
    instance,
    limits,
    onStored(message) {
      size.add(message.storedBytes);
      live.tell(message);
    },
  });
  const retention = { days: wireLogDays, bytesMax: wireLogBytesMax };
  const operations = createWireLogOperations({ messages, collector, live, size, clock, retention });
  let stops: readonly (() => void)[] = [];
  return {
    key: wireLogKey,
    operations,
    adapters: [],
    indexes: wireMessageIndexes,
    async start() {
      stops = [
        repeat(clock, flushPeriodMs, operations.flush, (error) =>
          log.warn({ err: error, ...collector.state() }, 'frames could not be written yet'),
        ),
        repeat(clock, sweepPeriodMs, operations.sweep, (error) =>
          log.warn({ err: error }, 'old frames could not be deleted'),
        ),
      ];
    },
    async stop() {
      for (const stop of stops) stop();
      const inTime = new Promise<void>((resolve) => {
        clock.after(lastFlushMs, resolve);
      });
      const last = operations
        .flush()
        .catch((error: unknown) => log.warn({ err: error, ...collector.state() }, 'the last frames were not written'));
      await Promise.race([last, inTime]);
    },
  };
}
