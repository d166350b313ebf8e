import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { abortable, liveStream } from '../../src/graphql/fan-out.ts';

function source() {
  let hear: ((item: number) => void) | undefined;
  let stops = 0;
  return {
    subscribe: (listener: (item: number) => void) => {
      hear = listener;
      return () => {
        hear = undefined;
        stops += 1;
      };
    },
    tell: (item: number) => hear?.(item),
    isHeard: () => hear !== undefined,
    stops: () => stops,
  };
}

describe('a live stream', () => {
  test('keeps the newest items for a slow reader, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), async (capacity, count) => {
        const live = source();
        const stream = liveStream<number>({ capacity, policy: 'dropOldest', subscribe: live.subscribe });
        const first = stream.next();
        live.tell(-1);
        expect(await first).toEqual({ done: false, value: -1 });
        for (let n = 0; n < count; n += 1) live.tell(n);
        const kept = Math.min(capacity, count);
        for (let n = count - kept; n < count; n += 1) expect(await stream.next()).toEqual({ done: false, value: n });
        await stream.return(undefined);
      }),
    );
  });

  test('listens from the first read until the reader returns, and ends a waiting read', async () => {
    const live = source();
    const stream = liveStream<number>({ capacity: 1, policy: 'dropOldest', subscribe: live.subscribe });
    expect(live.isHeard()).toBe(false);
    const waiting = stream.next();
    expect(live.isHeard()).toBe(true);
    await stream.return(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
    await stream.return(undefined);
    expect(live.stops()).toBe(1);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

describe('an abortable stream', () => {
  test('ends at once when its reader returns while it waits for an item', async () => {
    let isClosed = false;
    const stream = abortable(async function* (signal): AsyncGenerator<number> {
      try {
        yield 1;
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      } finally {
        isClosed = true;
      }
    });
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    const waiting = stream.next();
    await stream.return(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(isClosed).toBe(true);
  });

  test('gives the error of its source', async () => {
    // biome-ignore lint/correctness/useYield: it fails before its first item
    const stream = abortable(async function* (): AsyncGenerator<number> {
      throw new Error('no');
    });
    await expect(stream.next()).rejects.toThrow('no');
  });
});
