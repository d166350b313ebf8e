import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bus, BusClosed, NobodyServes, RequestTimedOut } from '../../src/bus/bus.ts';

/** What the suite needs of an implementation: a fresh bus, a way to let messages arrive, and a way to let time pass. */
export interface BusUnderTest {
  readonly bus: Bus;
  /** Resolves when what was published before has been heard. */
  settle(): Promise<void>;
  /** Lets `ms` milliseconds of the bus's clock pass. */
  pass(ms: number): Promise<void>;
}

/** What every `Bus` must do, whatever carries its messages. */
export function describeBus(name: string, create: () => Promise<BusUnderTest>): void {
  describe(name, () => {
    let bus: Bus;
    let settle: BusUnderTest['settle'];
    let pass: BusUnderTest['pass'];

    beforeEach(async () => {
      ({ bus, settle, pass } = await create());
    });
    afterEach(() => bus.close());

    test('a message reaches every listener of exactly its subject', async () => {
      const heard: unknown[] = [];
      bus.subscribe('a.b', (message) => heard.push(['first', message]));
      bus.subscribe('a.b', (message) => heard.push(['second', message]));
      bus.subscribe('a', (message) => heard.push(['parent', message]));
      bus.subscribe('a.b.c', (message) => heard.push(['child', message]));
      bus.publish('a.b', { n: 1 });
      await settle();
      expect(heard).toEqual([
        ['first', { n: 1 }],
        ['second', { n: 1 }],
      ]);
    });

    test('messages of one publisher are heard in order', async () => {
      const heard: unknown[] = [];
      bus.subscribe('numbers', (message) => heard.push(message));
      for (let n = 0; n < 1_000; n += 1) bus.publish('numbers', n);
      await settle();
      expect(heard).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    });

    test('what a listener publishes is heard by all after what it was hearing', async () => {
      const heard: unknown[] = [];
      bus.subscribe('chain', (message) => {
        if (message === 1) bus.publish('chain', 2);
      });
      bus.subscribe('chain', (message) => heard.push(message));
      bus.publish('chain', 1);
      await settle();
      expect(heard).toEqual([1, 2]);
    });

    test('a listener that throws harms neither the publisher nor the others', async () => {
      const heard: unknown[] = [];
      bus.subscribe('s', () => {
        throw new Error('a bug in a listener');
      });
      bus.subscribe('s', (message) => heard.push(message));
      expect(() => bus.publish('s', 1)).not.toThrow();
      bus.publish('s', 2);
      await settle();
      expect(heard).toEqual([1, 2]);
    });

    test('publishing to nobody is fine', () => {
      expect(() => bus.publish('nobody', 1)).not.toThrow();
    });

    test('an ended subscription hears nothing more, and ending it twice is harmless', async () => {
      const heard: unknown[] = [];
      const stop = bus.subscribe('s', (message) => heard.push(message));
      bus.subscribe('s', () => undefined);
      bus.publish('s', 1);
      await settle();
      stop();
      stop();
      bus.publish('s', 2);
      await settle();
      expect(heard).toEqual([1]);
    });

    test('a listener that another one ends during a message does not hear it', async () => {
      const heard: unknown[] = [];
      let stop = (): void => undefined;
      bus.subscribe('s', () => stop());
      stop = bus.subscribe('s', (message) => heard.push(message));
      bus.publish('s', 1);
      await settle();
      expect(heard).toEqual([]);
    });

    test('a request gets the answer of the server', async () => {
      bus.serve('double', async (message) => ({ doubled: Number(message) * 2 }));
      expect(await bus.request('double', 21, 1_000)).toEqual({ doubled: 42 });
    });

    test('a request that nobody serves fails at once', async () => {
      await expect(bus.request('nobody', 1, 1_000)).rejects.toBeInstanceOf(NobodyServes);
    });

    test('a request fails with the error of its server, also one thrown before the first await', async () => {
      bus.serve('refuse', async () => {
        throw new Error('not today');
      });
      bus.serve('throw', () => {
        throw new Error('not ever');
      });
      await expect(bus.request('refuse', 1, 1_000)).rejects.toThrow('not today');
      await expect(bus.request('throw', 1, 1_000)).rejects.toThrow('not ever');
    });

    test('a request that is not answered in time fails, and the late answer changes nothing', async () => {
      let answer = (_: unknown): void => undefined;
      bus.serve('slow', () => new Promise((resolve) => (answer = resolve)));
      const outcome = bus.request('slow', 1, 1_000).catch((error: unknown) => error);
      await pass(1_000);
      expect(await outcome).toBeInstanceOf(RequestTimedOut);
      answer('late');
      await settle();
    });

    test('the newest server of a subject answers, and the one before takes over when it ends', async () => {
      const endFirst = bus.serve('who', async () => 'first');
      const endSecond = bus.serve('who', async () => 'second');
      const endThird = bus.serve('who', async () => 'third');
      expect(await bus.request('who', 0, 1_000)).toBe('third');
      endThird();
      endThird();
      expect(await bus.request('who', 0, 1_000)).toBe('second');
      endFirst();
      expect(await bus.request('who', 0, 1_000)).toBe('second');
      endSecond();
      await expect(bus.request('who', 0, 1_000)).rejects.toBeInstanceOf(NobodyServes);
    });

    test('after close every verb but publish fails, and an open request fails too', async () => {
      const heard: unknown[] = [];
      bus.subscribe('s', (message) => heard.push(message));
      bus.serve('never', () => new Promise(() => undefined));
      const open = bus.request('never', 1, 60_000).catch((error: unknown) => error);
      await settle();
      await bus.close();
      await bus.close();
      expect(await open).toBeInstanceOf(BusClosed);
      bus.publish('s', 1);
      await expect(bus.request('never', 1, 1_000)).rejects.toBeInstanceOf(BusClosed);
      expect(() => bus.subscribe('s', () => undefined)).toThrow(BusClosed);
      expect(() => bus.serve('never', async () => 1)).toThrow(BusClosed);
      expect(heard).toEqual([]);
    });
  });
}
