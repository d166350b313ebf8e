import { type Cancel, type Clock, repeat } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { ChargePoint, ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import { type Ask, type BringLevel, checkEveryMs, type Ending } from './bring-level.ts';
import type { ListStore } from './list-store.ts';
import { backOff, type ListState, type SyncError } from './model.ts';
import type { ListRecord } from './record.ts';
import type { StateStore, Unset } from './store.ts';

/** How often the hub looks for what is due. */
const tickMs = 1_000;
/** Charge points that are brought level of the hub's own accord at once; the others wait their turn. */
const atOnceMax = 8;
/** What one look takes up at most. */
const dueMax = 100;
/** Between the beginnings of two synchronisations of one charge point. */
const restMs = 30_000;
/** When to look again at what could not be sent for a passing reason. */
const laterMs = 60_000;
/** When to look again at a charge point that is in certification mode or not accepted. */
const quietMs = 600_000;
/** How long a stop waits for what is under way. */
const stopWithinMs = 5_000;

/** Decides when each charge point is brought level, and writes down how it ended. */
export function createSynchroniser({
  states,
  lists,
  record,
  bringLevel,
  chargePoints,
  commands,
  clock,
  log,
  running,
}: {
  states: StateStore;
  lists: ListStore;
  record: ListRecord;
  bringLevel: BringLevel;
  chargePoints: Pick<ChargePointOperations, 'find'>;
  commands: Pick<CommandOperations, 'issue' | 'issueAutomatic'>;
  clock: Clock;
  log: Logger;
  /** Charge points that are being brought level; one at a time each. */
  running: Map<string, Promise<void>>;
}) {
  let stopTicking: Cancel = () => undefined;
  let isStopped = false;
  const after = (milliseconds: number) => new Date(clock.now().getTime() + milliseconds);
  const options = { wait: { until: 'RESPONDED', timeoutSeconds: 60 } } as const;

  /** On behalf of the hub: looks at every step whether it still may. */
  const automatically =
    ({ tenantId, _id }: ChargePoint): Ask =>
    async (definition, input) => {
      const target = await chargePoints.find(tenantId, _id);
      return target === undefined ? undefined : commands.issueAutomatic(definition, target, input, options);
    };
  const onBehalfOf =
    (principal: Principal, target: ChargePoint): Ask =>
    async (definition, input) =>
      (await commands.issue(principal, definition, target, input, options)).command;

  /** Writes down how it ended; a reason that came meanwhile is looked at when the rest is over. */
  async function settle(before: ListState, ending: Ending): Promise<void> {
    const set = async (fields: Partial<ListState>, dueAt: Date, unset: Unset = []): Promise<void> => {
      if (await states.changeAt(before, { ...fields, dueAt }, { unset: [...unset, 'urgent'] })) return;
      await states.change(
        before.tenantId,
        before._id,
        { ...fields, dueAt: fields.notBefore ?? after(restMs) },
        { unset },
      );
    };
    const now = clock.now();
    switch (ending.kind) {
      case 'level': {
        const { state, wantedCount, leftOut, nextChangeAt, isConfirmed } = ending;
        const lookMs = Math.min(
          isConfirmed ? checkEveryMs : quietMs,
          (nextChangeAt?.getTime() ?? Infinity) - now.getTime(),
        );
        await set(
          {
            ...(state.wish !== undefined && { metWish: state.wish }),
            wantedCount,
            leftOutCount: leftOut,
            ...(!isConfirmed && { mustCheck: true }),
          },
          after(Math.max(0, lookMs)),
          ['trouble', 'lastError', 'failures', ...(state.listId === undefined ? (['clearing'] as const) : [])],
        );
        break;
      }
      case 'failed': {
        const failures = (before.failures ?? 0) + 1;
        const notBefore = after(backOff(failures));
        await set({ trouble: 'FAILED', lastError: errorOf(ending, now), failures, notBefore }, notBefore);
        break;
      }
      case 'unsupported':
        await set(
          { trouble: 'UNSUPPORTED', lastError: errorOf(ending, now), mustCheck: true, notBefore: after(checkEveryMs) },
          after(checkEveryMs),
        );
        break;
      case 'later':
        await set({ lastError: errorOf(ending, now) }, after(laterMs));
        break;
      case 'offline':
        await set({ lastError: errorOf(ending, now), mustCheck: true }, after(laterMs));
        break;
      case 'quiet':
        await set({}, after(quietMs));
        break;
    }
    await record.tell(before.tenantId, before._id);
  }

  async function synchronise(chargePoint: ChargePoint, ask: Ask): Promise<void> {
    const { tenantId, _id } = chargePoint;
    const before = await states.change(tenantId, _id, { notBefore: after(restMs) });
    await record.tell(tenantId, _id);
    const ending = await bringLevel(chargePoint, ask);
    const present = ending.kind === 'level' ? ending.state : before;
    await settle({ ...present, ...(before.failures !== undefined && { failures: before.failures }) }, ending);
  }

  /** One charge point at a time each; rejections are the caller's. */
  function run(chargePointId: string, work: () => Promise<void>): Promise<void> {
    const turn = (running.get(chargePointId) ?? Promise.resolve()).then(work);
    const settled = turn
      .catch(() => undefined) // the next one hears nothing of it
      .finally(() => {
        if (running.get(chargePointId) === settled) running.delete(chargePointId);
      });
    running.set(chargePointId, settled);
    return turn;
  }

  /** What the hub does of its own accord with one charge point that is due. */
  async function attend(state: ListState): Promise<void> {
    const chargePoint = await chargePoints.find(state.tenantId, state._id);
    if (chargePoint === undefined) return states.removeOf(state.tenantId, state._id);
    if (!chargePoint.link.connected) {
      await states.changeAt(state, {}, { unset: ['dueAt'] }); // its next connection makes it due
    } else if (chargePoint.certificationMode === true || chargePoint.registration !== 'ACCEPTED') {
      await states.changeAt(state, { dueAt: after(quietMs) });
    } else if (state.notBefore !== undefined && state.notBefore > clock.now()) {
      await states.changeAt(state, { dueAt: state.notBefore });
    } else await synchronise(chargePoint, automatically(chargePoint));
  }

  /** Passes on what changed in lists to their charge points. */
  async function passOn(): Promise<void> {
    for (const news of await lists.dueNews(clock.now(), dueMax)) {
      const { _id, tenantId, mark, at, urgent } = news;
      await states.markLists(tenantId, [_id], {
        dueAt: at,
        mark,
        isNew: true,
        ...(urgent === true && { set: { urgent } }),
      });
      await lists.forgetNews(news);
    }
  }

  async function tick(): Promise<void> {
    await passOn();
    for (const state of await states.due(clock.now(), dueMax)) {
      if (isStopped || running.size >= atOnceMax) return;
      if (running.has(state._id)) continue;
      run(state._id, () => attend(state)).catch(async (error: unknown) => {
        log.warn({ chargePointId: state._id, err: error }, 'local list not synchronised');
        await states
          .changeAt(state, { dueAt: after(laterMs) })
          .catch((reason: unknown) => log.warn({ err: reason }, 'state of a local list not stored'));
      });
    }
  }

  return {
    /** Brings a charge point level at once because a client asks for it, also in certification mode. */
    now: (principal: Principal, chargePoint: ChargePoint): Promise<void> =>
      run(chargePoint._id, () => synchronise(chargePoint, onBehalfOf(principal, chargePoint))),

    start(): void {
      stopTicking = repeat(clock, tickMs, tick, (error) => log.warn({ err: error }, 'local lists not looked at'));
    },

    /** Waits for what is under way, but not long: the links are closed by then, and what is left is taken up at the next start. */
    async stop(): Promise<void> {
      isStopped = true;
      stopTicking();
      if (running.size === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(stopWithinMs, resolve);
        void Promise.allSettled(running.values()).then(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}

/** Decides when each charge point is brought level. */
export type Synchroniser = ReturnType<typeof createSynchroniser>;

const errorOf = ({ code, message }: { code: string; message: string }, at: Date): SyncError => ({ code, message, at });
