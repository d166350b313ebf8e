import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { Clock } from '../kernel/clock.ts';
import { pause, pauseMs } from './deadline.ts';
import { DatabaseUnavailable, type WriteOutcome } from './store.ts';
import { type Attempt, attemptWrites } from './write-batch.ts';
import { describeWrite, type WriteEntry } from './write-entry.ts';

/** What the writer has done since it was made. */
export interface WriterStats {
  /** Writes that left, repetitions included. */
  readonly operations: number;
  /** Commands to the database that carried them; `operations / commands` is the mean batch. */
  readonly commands: number;
  readonly largestBatch: number;
  /** Attempts that found the database away. */
  readonly failures: number;
  /** Writes without an answer at this moment. */
  readonly waiting: number;
}

/** Group commit. */
export interface Writer {
  /** See `Store.write`. */
  write(collection: string, operation: AnyBulkWriteOperation): Promise<WriteOutcome>;
  stats(): WriterStats;
  /** Takes no more; resolves when every write has its answer, at the latest after the write deadline. */
  drain(): Promise<void>;
}

export interface WriterOptions {
  readonly collection: (name: string) => Collection;
  readonly clock: Clock;
  /** How long a write may wait for its answer. */
  readonly deadlineMs: number;
  /** Writes without an answer, over all collections; more are rejected at once. */
  readonly waitingMax: number;
  /** Why nothing may be written now; undefined: it may. */
  readonly refusal: () => string | undefined;
  /** The database answered an attempt, or was away. */
  readonly onAttempt: (away: Error | undefined) => void;
}

const batchOperationsMax = 500;
const batchBytesMax = 8 * 1024 * 1024;
/** Writes looked at for one batch; those whose document is in the batch already are passed over. */
const scanMax = 4 * batchOperationsMax;
const sweepPeriodMs = 250;

interface Lane {
  readonly name: string;
  waiting: WriteEntry[];
  inFlight: readonly WriteEntry[];
  busy: boolean;
}

/**
 * One batch per collection is under way at a time; what arrives meanwhile makes the next one. So batches grow with the
 * load and a lone write leaves at once. Writes to one `_id`, or with the same filter, keep the order they came in.
 */
export function createWriter(options: WriterOptions): Writer {
  const { clock, deadlineMs, waitingMax } = options;
  const lanes = new Map<string, Lane>();
  const idle: (() => void)[] = [];
  let [operations, commands, largestBatch, failures, waiting] = [0, 0, 0, 0, 0];
  let sweeping = false;
  let draining = false;

  const enter = (lane: Lane, operation: AnyBulkWriteOperation) =>
    new Promise<WriteOutcome>((resolve, reject) => {
      const entry: WriteEntry = {
        ...describeWrite(operation),
        deadlineMs: clock.now().getTime() + deadlineMs,
        uncertain: false,
        lostRace: false,
        settled: false,
        settle(result) {
          if (entry.settled) return;
          entry.settled = true;
          waiting--;
          if (result instanceof Error) reject(result);
          else resolve(result);
          if (waiting === 0) for (const tell of idle.splice(0)) tell();
        },
      };
      waiting++;
      lane.waiting.push(entry);
      startSweeping();
      if (lane.busy) return;
      lane.busy = true;
      void run(lane);
    });

  const run = async (lane: Lane) => {
    await endOfTurn(); // whoever is woken by the same packet joins the same batch
    while (lane.waiting.length > 0) {
      lane.inFlight = takeBatch(lane);
      await carryOut(lane);
      await endOfTurn();
    }
    lane.busy = false;
  };

  /** Repeats until every write of the batch has its answer; the sweep answers those whose time is up. */
  const carryOut = async (lane: Lane) => {
    for (let tries = 1; ; tries++) {
      const attempts = await Promise.all(byKind(lane.inFlight).map((entries) => attempt(lane.name, entries)));
      const away = attempts.find((one) => one.away !== undefined)?.away;
      lane.inFlight = attempts.flatMap(({ again }) => again).filter(({ settled }) => !settled);
      options.onAttempt(away);
      if (lane.inFlight.length === 0) return;
      if (away === undefined) continue;
      failures++;
      await pause(clock, pauseMs(tries));
      lane.inFlight = lane.inFlight.filter(({ settled }) => !settled);
      if (lane.inFlight.length === 0) return;
    }
  };

  const attempt = async (name: string, entries: readonly WriteEntry[]): Promise<Attempt> => {
    operations += entries.length;
    commands++;
    largestBatch = Math.max(largestBatch, entries.length);
    try {
      return await attemptWrites(options.collection(name), entries);
    } catch (error) {
      // Nobody may wait for ever because of a mistake in here.
      for (const entry of entries) entry.settle(error instanceof Error ? error : new Error(String(error)));
      return { again: [] };
    }
  };

  const startSweeping = () => {
    if (sweeping) return;
    sweeping = true;
    clock.after(sweepPeriodMs, () => {
      sweeping = false;
      for (const lane of lanes.values()) sweep(lane);
      if (waiting > 0) startSweeping();
    });
  };
  const sweep = (lane: Lane) => {
    const nowMs = clock.now().getTime();
    const isLate = (entry: WriteEntry) => entry.deadlineMs <= nowMs;
    const late = [...lane.inFlight, ...lane.waiting].filter((entry) => !entry.settled && isLate(entry));
    if (late.length === 0) return;
    const error = new DatabaseUnavailable(
      `the database did not confirm a write to ${lane.name} within ${deadlineMs} ms`,
    );
    lane.waiting = lane.waiting.filter((entry) => !isLate(entry));
    options.onAttempt(error);
    for (const entry of late) entry.settle(error);
  };

  return {
    async write(name, operation) {
      const refusal = draining ? 'the hub is closing the database' : options.refusal();
      if (refusal !== undefined) throw new DatabaseUnavailable(refusal);
      if (waiting >= waitingMax) throw new DatabaseUnavailable('too many writes wait for the database');
      const lane = lanes.get(name) ?? { name, waiting: [], inFlight: [], busy: false };
      lanes.set(name, lane);
      return enter(lane, operation);
    },
    stats: () => ({ operations, commands, largestBatch, failures, waiting }),
    async drain() {
      draining = true;
      if (waiting > 0) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}

/** Takes the next batch out of the lane: in order, but passing over writes whose document is in it already. */
function takeBatch(lane: Lane): WriteEntry[] {
  const batch: WriteEntry[] = [];
  const passed: WriteEntry[] = [];
  const keys = new Set<string>();
  let bytes = 0;
  let scanned = 0;
  for (const entry of lane.waiting) {
    const isFull = batch.length >= batchOperationsMax || (batch.length > 0 && bytes + entry.bytes > batchBytesMax);
    if (isFull || scanned >= scanMax) break;
    if (entry.key === undefined) {
      if (scanned > 0) break; // it may touch any document, so it waits for all before it, and all after wait for it
      batch.push(entry);
      scanned = 1;
      break;
    }
    scanned++;
    if (keys.has(entry.key)) passed.push(entry);
    else {
      keys.add(entry.key);
      batch.push(entry);
      bytes += entry.bytes;
    }
  }
  lane.waiting = [...passed, ...lane.waiting.slice(scanned)];
  return batch;
}

const byKind = (entries: readonly WriteEntry[]): WriteEntry[][] =>
  (['insert', 'update', 'delete'] as const)
    .map((kind) => entries.filter((entry) => entry.kind === kind))
    .filter((group) => group.length > 0);

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
