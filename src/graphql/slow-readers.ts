import { type Cancel, type Clock, repeat } from '../kernel/clock.ts';

/** Somebody we write to. */
export interface Reader {
  /** Bytes handed to the socket that have not left. */
  buffered(): number;
  /** Ends the connection without waiting for anything. */
  cut(): void;
}

const checkEveryMs = 1000;

/** Cuts off readers that let more than `bytesMax` wait, or that take nothing at all for `stallMs`. */
export function createSlowReaderWatch(options: { clock: Clock; bytesMax: number; stallMs: number }): {
  /** Begins to watch; gives the way to stop. */
  watch(reader: Reader): Cancel;
  close(): void;
} {
  const { clock, bytesMax, stallMs } = options;
  const readers = new Map<Reader, { waiting: number; since: number }>();

  async function check(): Promise<void> {
    const now = clock.now().getTime();
    for (const [reader, last] of readers) {
      const waiting = reader.buffered();
      if (waiting > bytesMax || (waiting > 0 && waiting >= last.waiting && now - last.since >= stallMs)) {
        readers.delete(reader);
        reader.cut();
        continue;
      }
      const progressed = waiting === 0 || waiting < last.waiting;
      readers.set(reader, { waiting, since: progressed ? now : last.since });
    }
  }
  const stop = repeat(clock, checkEveryMs, check, () => undefined); // `check` calls nothing that throws

  return {
    watch(reader) {
      readers.set(reader, { waiting: 0, since: clock.now().getTime() });
      return () => {
        readers.delete(reader);
      };
    },
    close() {
      stop();
      readers.clear();
    },
  };
}
