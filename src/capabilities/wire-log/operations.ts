import type { Bus, Unsubscribe } from '../../bus/bus.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { HealthCheck } from '../health/index.ts';
import type { Collector, FrameLink } from './collector.ts';
import type { HeardNote } from './conversation.ts';
import type { HeardFrame } from './describe.ts';
import type { WireMessage, WireMessageFilter } from './model.ts';
import type { WireMessageStore } from './store.ts';

/** What the live stream tells: a frame that was just stored. */
export interface LiveWireMessage {
  readonly message: WireMessage;
  /** Counts up by one per tenant while the process lives; a jump means that the reader missed some. */
  readonly sequence: number;
}

/** How long and how much is kept. */
export interface Retention {
  readonly days: number;
  readonly bytesMax: number;
}

/** What is done with the wire log. */
export interface WireLogOperations {
  /** Takes a frame on, to be written later. Never throws and never waits. */
  noteFrame(link: FrameLink, frame: HeardFrame): void;
  /** Takes on what was repaired or refused in a message, after its frame. Never throws and never waits. */
  noteMessage(link: FrameLink, note: HeardNote): void;
  find(tenantId: string, id: string): Promise<WireMessage | null>;
  /** Newest first. */
  list(tenantId: string, filter: WireMessageFilter, page: PageRequest): Promise<Page<WireMessage>>;
  /** Hears every frame of a tenant when it is stored. */
  listen(tenantId: string, hear: (live: LiveWireMessage) => void): Unsubscribe;
  /** Writes what waits. Rejects when the database is away. */
  flush(): Promise<void>;
  /** Deletes what is too old or too much, the oldest first, and at most 200,000 frames. */
  sweep(): Promise<void>;
  /** Whether it keeps up. */
  health(): HealthCheck;
}

/** Bus subject on which every stored frame of a tenant is told; the message is a `LiveWireMessage`. */
const liveSubject = (tenantId: string): string => `wire-log.${tenantId}`;

const dayMs = 86_400_000;
/** Pieces of 1,000 that one sweep deletes at most; the rest waits for the next. */
const sweepPiecesMax = 200;
/** Other hubs on the same database write and delete too, so what is counted here is counted anew after this time. */
const recountMs = 6 * 3_600_000;

/** How long after the last dropped frame the wire log counts as degraded. */
const troubleMs = 600_000;

/** Tells of stored frames, and counts what they take. */
export function createLiveWireMessages(bus: Bus) {
  const sequences = new Map<string, number>();
  return {
    tell(message: WireMessage): void {
      const { tenantId } = message;
      const sequence = (sequences.get(tenantId) ?? 0) + 1;
      sequences.set(tenantId, sequence);
      bus.publish(liveSubject(tenantId), { message, sequence } satisfies LiveWireMessage);
    },
    listen: (tenantId: string, hear: (live: LiveWireMessage) => void): Unsubscribe =>
      bus.subscribe(liveSubject(tenantId), (message) => hear(message as LiveWireMessage)), // our own subject
  };
}

/** Counts what is stored, so that the size budget need not be summed up over and over. */
export function createStoredSize(messages: Pick<WireMessageStore, 'storedBytes'>, clock: Clock) {
  let bytes = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  return {
    add(more: number): void {
      bytes += more;
    },
    async bytes(): Promise<number> {
      if (clock.now().getTime() - countedAt > recountMs) {
        bytes = await messages.storedBytes();
        countedAt = clock.now().getTime();
      }
      return bytes;
    },
  };
}

/** The operations on the wire log. */
export function createWireLogOperations({
  messages,
  collector,
  live,
  size,
  clock,
  retention,
}: {
  messages: WireMessageStore;
  collector: Collector;
  live: ReturnType<typeof createLiveWireMessages>;
  size: ReturnType<typeof createStoredSize>;
  clock: Clock;
  retention: Retention;
}): WireLogOperations {
  return {
    noteFrame: collector.frame,
    noteMessage: collector.note,
    find: messages.find,
    list: messages.list,
    listen: live.listen,
    flush: collector.flush,

    health() {
      const name = 'wireLog';
      const { waiting, dropped, droppedAt } = collector.state();
      if (droppedAt === undefined) return { name, status: 'OK' };
      const isRecent = clock.now().getTime() - droppedAt.getTime() < troubleMs;
      const detail = `${dropped} frames are missing since the start, the last at ${droppedAt.toISOString()}; ${waiting} wait`;
      return { name, status: isRecent ? 'DEGRADED' : 'OK', detail };
    },

    async sweep() {
      const before = new Date(clock.now().getTime() - retention.days * dayMs);
      let pieces = 0;
      for (let more = true; more && pieces < sweepPiecesMax; pieces++) {
        const { frames, bytes } = await messages.removeBefore(before);
        size.add(-bytes);
        more = frames > 0;
      }
      for (; pieces < sweepPiecesMax && (await size.bytes()) > retention.bytesMax; pieces++) {
        const { frames, bytes } = await messages.removeOldest();
        size.add(-bytes);
        if (frames === 0) return;
      }
    },
  };
}
