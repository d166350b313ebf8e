import type { Link } from '../../gateway/adapter.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { isUnavailable } from '../../store/unavailable.ts';
import { createBoundedQueue } from './bounded-queue.ts';
import {
  type Conversation,
  createConversation,
  type DraftMessage,
  type HeardMessage,
  type HeardNote,
  learn,
  type Trace,
} from './conversation.ts';
import { factsOf, type HeardFrame } from './describe.ts';
import type { WireMessage } from './model.ts';
import type { WireMessageStore } from './store.ts';

/** The part of a link that a frame is stored with. */
export type FrameLink = Pick<Link, 'chargePoint' | 'epoch'>;

type Heard = { readonly link: FrameLink } & ({ readonly frame: HeardFrame } | { readonly note: HeardNote });

/** Frames and characters that may wait to be written. */
export interface CollectorLimits {
  readonly framesMax: number;
  readonly charactersMax: number;
}

/** How the collector fares. */
export interface CollectorState {
  /** Frames that wait to be written. */
  readonly waiting: number;
  /** Frames that were never written, since the start. */
  readonly dropped: number;
  /** When the last one was dropped. */
  readonly droppedAt?: Date | undefined;
}

/** Frames that are read and written in one go, and their characters; the event loop is free in between. */
const batchFrames = 250;
const batchCharacters = 1 << 20;
/** A note takes little; this is what it counts for in the limit of characters. */
const noteCharacters = 200;

/**
 * Collects frames in memory and writes them in bulk. Taking one on costs the answer nothing but its place in a queue:
 * it is read, masked and stored later. When the database is away or too slow the oldest that wait are dropped.
 */
export function createCollector({
  messages,
  findCommands,
  clock,
  log,
  instance,
  limits,
  onStored,
}: {
  messages: Pick<WireMessageStore, 'put'>;
  /** Message id of a CALL of the hub → id of the command that it carries. */
  findCommands: (tenantId: string, messageIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  clock: Clock;
  log: Logger;
  /** Names this life of this hub process. */
  instance: string;
  limits: CollectorLimits;
  /** Told of every frame that was stored. Must not throw. */
  onStored: (message: WireMessage) => void;
}) {
  const conversations = new WeakMap<FrameLink, Conversation>();
  /** Read and not yet written; when a write failed, the next one takes them again. */
  let added: readonly DraftMessage[] = [];
  let learnt: readonly Trace[] = [];
  let count = 0;
  let dropped = 0;
  let told = 0;
  let droppedAt: Date | undefined;
  let flushing: Promise<void> | undefined;

  const lose = (frames: number): void => {
    dropped += frames;
    droppedAt = clock.now();
  };
  const queue = createBoundedQueue<Heard>({
    itemsMax: limits.framesMax,
    sizeMax: limits.charactersMax,
    onDropped: (heard) => lose('frame' in heard ? 1 : 0),
  });

  const nextId = (at: Date): string =>
    `${at.getTime().toString(16).padStart(12, '0')}${(count++).toString(16).padStart(10, '0')}${instance.slice(-8)}`;

  const conversationOf = (link: FrameLink): Conversation => {
    const known = conversations.get(link);
    if (known) return known;
    const { tenantId, id } = link.chargePoint;
    const conversation = createConversation({ tenantId, chargePointId: id, epoch: link.epoch });
    conversations.set(link, conversation);
    return conversation;
  };

  /** A CALL of the hub carries a command; that is stored before the frame leaves, so it is found. */
  const nameCommands = async (fresh: readonly HeardMessage[]): Promise<void> => {
    const calls = fresh.filter(
      ({ message: { type, direction } }) => type === 'CALL' && direction === 'TO_CHARGE_POINT',
    );
    for (const tenantId of new Set(calls.map(({ message }) => message.tenantId))) {
      const own = calls.filter(({ message }) => message.tenantId === tenantId);
      const ids = own.flatMap(({ message: { messageId } }) => (messageId === undefined ? [] : [messageId]));
      const commands = await findCommands(tenantId, ids);
      for (const { message, trace } of own) trace.commandId = commands.get(message.messageId ?? '');
    }
  };

  const read = async (batch: readonly Heard[]): Promise<void> => {
    const fresh = new Map<string, HeardMessage>();
    const older = new Set<Trace>();
    for (const heard of batch) {
      const conversation = conversationOf(heard.link);
      if ('frame' in heard) {
        const one = conversation.heard(nextId(heard.frame.at), factsOf(heard.frame));
        fresh.set(one.message._id, one);
        continue;
      }
      const trace = conversation.noted(heard.note);
      if (!trace) continue;
      const one = fresh.get(trace._id);
      if (one) learn(one.message, trace);
      else older.add(trace);
    }
    await nameCommands([...fresh.values()]).catch((error: unknown) =>
      log.warn({ err: error }, 'the commands of frames could not be looked up'),
    );
    for (const { message, trace, call } of fresh.values()) {
      const commandId = trace.commandId ?? call?.commandId;
      if (commandId !== undefined) message.commandId = commandId;
    }
    added = [...fresh.values()].map(({ message }) => message);
    learnt = [...older];
  };

  const write = async (): Promise<void> => {
    try {
      const refused = await messages.put(added, learnt);
      if (refused > 0) lose(refused);
      for (const message of added) onStored(message);
    } catch (error) {
      if (isUnavailable(error)) throw error; // they are tried again
      log.error({ err: error, frames: added.length }, 'frames could not be stored');
      lose(added.length);
    }
    added = [];
    learnt = [];
  };

  /** Told once a round, not once a frame. */
  const tellDropped = (): void => {
    if (dropped > told) log.warn({ frames: dropped - told }, 'frames are missing in the wire log: it does not keep up');
    told = dropped;
  };

  const flush = async (): Promise<void> => {
    tellDropped();
    if (added.length > 0 || learnt.length > 0) await write();
    for (;;) {
      const batch = queue.take(batchFrames, batchCharacters);
      if (batch.length === 0) return;
      await read(batch);
      await write();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };

  return {
    /** Takes a frame on. Never throws and never waits. */
    frame: (link: FrameLink, frame: HeardFrame): void => queue.push({ link, frame }, frame.text.length),
    /** Takes on what was repaired or refused in a message; after its frame. */
    note: (link: FrameLink, note: HeardNote): void => queue.push({ link, note }, noteCharacters),
    /** Writes what waits. Rejects when the database is away; then it is kept, as far as there is room. */
    flush(): Promise<void> {
      flushing ??= flush().finally(() => {
        flushing = undefined;
      });
      return flushing;
    },
    state: (): CollectorState => ({ waiting: queue.length() + added.length, dropped, droppedAt }),
  };
}

/** Collects frames. */
export type Collector = ReturnType<typeof createCollector>;
