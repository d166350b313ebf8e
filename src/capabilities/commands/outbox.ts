import type { Link } from '../../gateway/adapter.ts';
import type { Logger } from '../../kernel/log.ts';
import { type Command, priorities } from './model.ts';

/** The commands that wait for one link; one at a time is under way. RPC-4, rule C4. */
export interface Outbox {
  /** Takes commands, the most urgent of them first; one that is here already, or was here and is done with, is left aside. */
  add(...commands: readonly Command[]): void;
  /** Waiting and under way. */
  size(): number;
  /** The link is gone: gives what was not begun. */
  close(): readonly Command[];
}

/** Commands of this link that are remembered, so that one that is told of twice is delivered once. */
const rememberedMax = 10_000;

/**
 * `deliver` carries one command over the link and resolves when the next may go; it must not reject for what the charge
 * point does. Urgent commands overtake others that wait, never one that is under way; of equals the older goes first.
 */
export function createOutbox({
  link,
  deliver,
  log,
}: {
  link: Link;
  deliver: (link: Link, command: Command) => Promise<void>;
  log: Logger;
}): Outbox {
  const waiting: Command[] = [];
  const known = new Set<string>();
  let isRunning = false;
  let isClosed = false;

  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await deliver(link, next);
      } catch (error) {
        log.error({ commandId: next._id, err: error }, 'a command could not be delivered'); // the sweep ends it
      }
    }
    isRunning = false;
  };

  const insert = (command: Command): void => {
    if (known.has(command._id)) return;
    known.add(command._id);
    for (const oldest of known) {
      if (known.size <= rememberedMax) break;
      known.delete(oldest);
    }
    const place = waiting.findIndex((other) => isBefore(command, other));
    waiting.splice(place < 0 ? waiting.length : place, 0, command);
  };

  return {
    add(...commands) {
      if (isClosed) return;
      for (const command of commands) insert(command);
      void run(); // never rejects
    },
    size: () => waiting.length + (isRunning ? 1 : 0),
    close() {
      isClosed = true;
      return waiting.splice(0);
    },
  };
}

const rankOf = ({ priority }: Command): number => priorities.indexOf(priority ?? 'NORMAL');

function isBefore(one: Command, other: Command): boolean {
  if (rankOf(one) !== rankOf(other)) return rankOf(one) < rankOf(other);
  const [a, b] = [one.requestedAt.getTime(), other.requestedAt.getTime()];
  return a === b ? one._id < other._id : a < b;
}
