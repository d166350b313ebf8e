import type { Bus } from '../../bus/bus.ts';
import { commandChangedSubject } from './deliver.ts';
import { type Command, isFinal } from './model.ts';

/**
 * One command as it stands, then each change, until it is final. Holds one state at most: a slow reader gets the newest.
 * `return()` frees everything at once, also while a `next()` waits.
 */
export function commandUpdates({
  bus,
  find,
  id,
}: {
  bus: Bus;
  find: () => Promise<Command | null>;
  id: string;
}): AsyncIterableIterator<Command> {
  let newest: Command | undefined;
  let waiting: ((result: IteratorResult<Command, undefined>) => void) | undefined;
  let ended = false;
  let asked = false;

  const unsubscribe = bus.subscribe(commandChangedSubject(id), (heard) => {
    newest = heard as Command; // published by delivery only
    hand();
  });

  function end(): IteratorResult<Command, undefined> {
    ended = true;
    unsubscribe();
    waiting?.({ done: true, value: undefined });
    waiting = undefined;
    return { done: true, value: undefined };
  }

  function hand(): void {
    if (waiting === undefined || newest === undefined) return;
    const [resolve, command] = [waiting, newest];
    waiting = undefined;
    newest = undefined;
    resolve({ done: false, value: command });
    if (isFinal(command)) end();
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) return { done: true, value: undefined };
      if (!asked) {
        asked = true;
        const present = await find();
        if (present === null) return end();
        newest ??= present;
      }
      return new Promise((resolve) => {
        waiting = resolve;
        hand();
      });
    },
    return: async () => end(),
  };
}
