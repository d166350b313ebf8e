/** What a live subscription takes from its source. */
export interface LiveStreamOptions<T> {
  /** Begins to listen; called when the first item is asked for. Gives the way to stop. */
  readonly subscribe: (hear: (item: T) => void) => () => void;
  /** Items kept for a reader that is busy. */
  readonly capacity: number;
  /** When the reader is too slow, the oldest item that waits makes room: newest wins. */
  readonly policy: 'dropOldest';
}

/** Streams that nobody has read from, and what they are made of. */
const sources = new WeakMap<object, LiveStreamOptions<unknown>>();

/** What a live stream is made of; undefined for anything else. Whoever reads from the source leaves the stream alone. */
export const liveSource = (stream: object): LiveStreamOptions<unknown> | undefined => sources.get(stream);

/**
 * A lossy stream for dashboards: never more than `capacity` items wait for a slow reader. Items carry a sequence
 * number of their own if the reader shall see the gap. Ends, and stops listening, when the reader returns. Subscriptions
 * that select the same share one execution of each item (see `createLiveGroups`), so items must be objects, the same one for
 * every reader, that nobody changes; the root field's `resolve` hands the item on as it is.
 *
 * ```ts
 * subscribe: (_root, args, { principal, use }) =>
 *   liveStream({ capacity: 64, policy: 'dropOldest', subscribe: (hear) => use(meteringKey).listen(principal, args, hear) }),
 * ```
 */
export function liveStream<T>(options: LiveStreamOptions<T>): AsyncGenerator<T, undefined, undefined> {
  const { subscribe, capacity } = options;
  const waiting: T[] = [];
  let reader: ((result: IteratorResult<T, undefined>) => void) | undefined;
  let stop: (() => void) | undefined;
  let ended = false;

  const hear = (item: T): void => {
    if (ended) return;
    if (reader !== undefined) {
      const answer = reader;
      reader = undefined;
      answer({ done: false, value: item });
      return;
    }
    if (waiting.length >= capacity) waiting.shift();
    waiting.push(item);
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    waiting.length = 0;
    stop?.();
    reader?.({ done: true, value: undefined });
    reader = undefined;
  };

  const stream: AsyncGenerator<T, undefined, undefined> = {
    [Symbol.asyncIterator]: () => stream,
    next() {
      if (ended) return Promise.resolve({ done: true, value: undefined });
      stop ??= subscribe(hear);
      const item = waiting.shift();
      if (item !== undefined) return Promise.resolve({ done: false, value: item });
      if (reader !== undefined) return Promise.reject(new Error('a live stream has one reader, one item at a time'));
      return new Promise((resolve) => {
        reader = resolve;
      });
    },
    return() {
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
    throw(error) {
      end();
      return Promise.reject(error);
    },
  };
  sources.set(stream, options as LiveStreamOptions<unknown>); // what it hears goes nowhere but to its own resolvers
  return stream;
}

/**
 * An iterable whose source is told by a signal when the reader returns. An async generator alone would answer `return`
 * only after its next item, so a quiet subscription would never end.
 */
export function abortable<T>(open: (signal: AbortSignal) => AsyncIterable<T>): AsyncGenerator<T, undefined, undefined> {
  const controller = new AbortController();
  let source: AsyncIterator<T> | undefined;
  const begun = (): AsyncIterator<T> => {
    source ??= open(controller.signal)[Symbol.asyncIterator]();
    return source;
  };
  const end = async (): Promise<void> => {
    controller.abort();
    await source?.return?.();
  };
  const stream: AsyncGenerator<T, undefined, undefined> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      if (controller.signal.aborted) return { done: true, value: undefined };
      const result = await begun().next();
      return result.done === true ? { done: true, value: undefined } : result;
    },
    async return() {
      await end();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await end();
      throw error;
    },
  };
  return stream;
}
