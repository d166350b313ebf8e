import type { Bus } from '../../bus/bus.ts';
import type { HubContext } from '../../graphql/context.ts';
import { type Cancel, type Clock, repeat } from '../../kernel/clock.ts';
import { HubError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/log.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations, CommandRequest } from '../commands/index.ts';
import { createCarrier, memberKey } from './carry.ts';
import {
  type BatchMember,
  type CommandBatch,
  isFailure,
  type MemberOutcome,
  processConcurrencyMax,
  type Verdict,
  verdictOf,
} from './model.ts';
import { createSlots } from './slots.ts';
import type { CommandBatchStore } from './store.ts';
import { batchChangedSubject } from './updates.ts';

/** Members that are read at a time. */
const pageSize = 200;
/** How often it is looked for batches that nobody carries on, and for answers that were missed. */
const sweepMs = 60_000;

interface Parts {
  readonly batches: CommandBatchStore;
  readonly commands: CommandOperations;
  readonly chargePoints: ChargePointOperations;
  readonly requests: ReadonlyMap<string, CommandRequest>;
  readonly contextOf: (batch: CommandBatch) => HubContext;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly callTimeoutMs: number;
}

/** A batch that this process carries on. */
interface Active {
  readonly batch: CommandBatch;
  failures: number;
  /** Nothing new is issued. */
  isHalted: boolean;
  /** Everything that is to be issued is: what is left to wait for are answers. */
  isIssued: boolean;
}

/** Carries batches on: issues their commands, a bounded number at a time, and notes what becomes of them. */
export function createRunner(parts: Parts) {
  const { batches, commands, requests, bus, clock, log } = parts;
  const carrier = createCarrier(parts);
  const active = new Map<string, Active>();
  const work = new Set<Promise<void>>();
  const shared = createSlots(processConcurrencyMax);
  let isStopping = false;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let stopSweep: Cancel = () => undefined;

  const tell = (batchId: string) => bus.publish(batchChangedSubject(batchId), undefined);

  /** Does something beside whatever asks for it; the sweep takes up what fails. */
  function beside(batchId: string, run: () => Promise<void>): void {
    const promise = run()
      .catch((error: unknown) =>
        log.error({ batchId, err: error }, 'a batch could not be carried on; it is tried again'),
      )
      .finally(() => work.delete(promise));
    work.add(promise);
  }

  /** Ends the batch when nothing of it waits or is under way. */
  async function endIfDone(running: Active): Promise<void> {
    const { batch } = running;
    if (!running.isIssued || (await batches.hasPending(batch))) return;
    const present = await batches.find(batch.tenantId, batch._id);
    if (present !== null && present.finishedAt === undefined) await batches.end(batch, present.state, clock.now());
    active.delete(batch._id);
    tell(batch._id);
  }

  async function settle(tenantId: string, batchId: string, memberId: string, verdict: Verdict): Promise<void> {
    const before = await batches.settle(tenantId, memberId, verdict, clock.now());
    if (before === undefined) return;
    tell(batchId);
    const running = active.get(batchId);
    if (running === undefined) return;
    count(running, before, verdict.outcome);
    if (running.isIssued) await endIfDone(running);
  }

  function count(running: Active, before: MemberOutcome, after: MemberOutcome): void {
    running.failures += Number(isFailure(after)) - Number(isFailure(before));
    const { stopAfterFailures } = running.batch;
    if (running.isHalted || stopAfterFailures === undefined || running.failures < stopAfterFailures) return;
    running.isHalted = true; // at once, so that no free place is taken any more
    beside(running.batch._id, async () => {
      await batches.move(running.batch, ['RUNNING'], { state: 'STOPPED', updatedAt: clock.now() });
      await windDown(running);
    });
  }

  /** Pages through the members that are under way. */
  async function* underWay(batch: CommandBatch): AsyncGenerator<readonly BatchMember[]> {
    for (let after = -1; ; ) {
      const page = await batches.membersWith(batch, 'UNDER_WAY', after, pageSize);
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize || isStopping) return;
      after = last.position;
    }
  }

  /** Takes back what was not sent yet. What was sent is waited for. */
  async function windDown(running: Active): Promise<void> {
    const { batch } = running;
    await batches.cancelWaiting(batch, clock.now());
    tell(batch._id);
    for await (const page of underWay(batch)) {
      for (const { commandId } of page) {
        if (commandId === undefined) continue;
        await commands.cancel(batch.tenantId, commandId).catch((error: unknown) => {
          if (!(error instanceof HubError)) throw error; // it was sent already, or has ended
        });
      }
    }
    await endIfDone(running);
  }

  /** What an earlier life, or a lost message, left: commands without a verdict, and claims without a command. */
  async function reconcile(batch: CommandBatch, isFirst: boolean): Promise<void> {
    const { principal } = parts.contextOf(batch);
    for await (const page of underWay(batch)) {
      for (const member of page) {
        const command = await commands.findByKey(principal, batch.name, memberKey(member));
        if (command !== undefined) {
          if (member.commandId === undefined) await batches.nameCommand(member, command._id);
          const verdict = verdictOf(command);
          if (verdict !== undefined) await settle(batch.tenantId, batch._id, member._id, verdict);
        } else if (isFirst) {
          await batches.release(member, clock.now()); // nothing was stored, so nothing was sent
        }
      }
    }
  }

  /** Issues what waits, as fast as places become free. */
  async function issueAll(running: Active): Promise<void> {
    const { batch } = running;
    const request = requests.get(batch.name);
    if (request === undefined) throw new Error(`no operation ${batch.name}`);
    const own = createSlots(batch.concurrency);
    const open = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    const isOver = () => running.isHalted || isStopping || failure !== undefined;

    const one = async (member: BatchMember): Promise<void> => {
      if (!(await batches.claim(member, clock.now()))) return;
      tell(batch._id);
      const verdict = await carrier.carry(batch, request, member, ended);
      if (verdict !== undefined) await settle(batch.tenantId, batch._id, member._id, verdict);
    };

    for (let after = -1; !isOver(); ) {
      const page = await batches.membersWith(batch, 'WAITING', after, pageSize);
      for (const member of page) {
        const giveBack = [await own.take(), await shared.take()];
        const done = () => {
          for (const give of giveBack) give();
        };
        if (isOver()) {
          done();
          break;
        }
        const promise = one(member)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => {
            done();
            open.delete(promise);
          });
        open.add(promise);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      after = last.position;
    }
    await Promise.all(open);
    if (failure !== undefined) throw failure.error;
  }

  async function run(running: Active): Promise<void> {
    const { batch } = running;
    try {
      await reconcile(batch, true);
      const counts = await batches.counts(batch);
      running.failures = counts.REFUSED + counts.FAILED + counts.EFFECT_MISSING;
      if (batch.state !== 'RUNNING') running.isHalted = true;
      count(running, 'WAITING', 'WAITING'); // the limit may have been reached before a restart
      if (!running.isHalted) await issueAll(running);
      if (isStopping) return;
      running.isIssued = true;
      await (running.isHalted ? windDown(running) : endIfDone(running));
    } catch (error) {
      active.delete(batch._id); // the sweep begins it anew
      throw error;
    }
  }

  function begin(batch: CommandBatch): void {
    if (isStopping || active.has(batch._id)) return;
    const running: Active = { batch, failures: 0, isHalted: false, isIssued: false };
    active.set(batch._id, running);
    beside(batch._id, () => run(running));
  }

  /** `isFirst`: nobody prepares anything in this process yet. */
  async function takeUp(isFirst: boolean): Promise<void> {
    for (const batch of await batches.open()) {
      const running = active.get(batch._id);
      if (batch.state === 'PREPARING') {
        if (isFirst) await batches.discard(batch); // its caller never got an answer, and may ask again with the same key
      } else if (running === undefined) {
        // just started, the hub has no links yet: what goes to connected ones only begins with the next sweep
        if (!isFirst || batch.state !== 'RUNNING' || batch.whenOffline === 'QUEUE') begin(batch);
      } else if (running.isIssued) {
        await reconcile(batch, false);
        await endIfDone(running);
      }
    }
  }

  return {
    begin,

    /** A command of a batch has changed. */
    async changed(tenantId: string, batchId: string, memberId: string, commandId: string): Promise<void> {
      const command = await commands.find(tenantId, commandId);
      const verdict = command === null ? undefined : verdictOf(command);
      if (verdict !== undefined) await settle(tenantId, batchId, memberId, verdict);
    },

    /** The batch was moved to CANCELLED: issues nothing more of it and takes back what was not sent. */
    async halt(batch: CommandBatch): Promise<void> {
      const running = active.get(batch._id);
      if (running === undefined) return begin(batch);
      running.isHalted = true;
      await windDown(running);
    },

    async start(): Promise<void> {
      await takeUp(true);
      stopSweep = repeat(
        clock,
        sweepMs,
        () => takeUp(false),
        (error) => log.warn({ err: error }, 'batches could not be swept'),
      );
    },

    /** Begins nothing new and waits for nothing; what is under way goes on in the database. */
    async drain(): Promise<void> {
      isStopping = true;
      stopSweep();
      end();
      await Promise.all(work);
    },
  };
}
