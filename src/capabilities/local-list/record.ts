import type { Clock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { Command, CommandHooks, CommandOperations } from '../commands/index.ts';
import type { ListUpdate, UpdateStatus } from './commands.ts';
import { factsOf, type ListState, localListChanged, noState, type SyncError } from './model.ts';
import type { StateStore, Unset } from './store.ts';

/** How long after a message by others, or of unknown end, the hub looks whether it has to put its list back. */
const lookAgainMs = 30_000;

/** Writes down what the answers about local lists mean, whoever asked: a client or the hub itself. */
export function createRecord({
  states,
  commands,
  events,
  clock,
  isSynchronising,
}: Pick<CapabilityDependencies, 'events'> & {
  states: StateStore;
  commands: Pick<CommandOperations, 'find'>;
  clock: Clock;
  /** Whether the hub is bringing this charge point level just now, and will see for itself. */
  isSynchronising: (chargePointId: string) => boolean;
}) {
  const stateOf = async ({ tenantId, chargePointId }: Pick<Command, 'tenantId' | 'chargePointId'>) =>
    (await states.find(tenantId, chargePointId)) ?? noState(tenantId, chargePointId);

  /** Tells of the present state unless the last event told the same. */
  async function tell(tenantId: string, chargePointId: string): Promise<void> {
    const state = await states.find(tenantId, chargePointId);
    if (state === null || factsOf(state) === (state.toldFacts ?? factsOf(noState(tenantId, chargePointId)))) return;
    const count = (state.told ?? 0) + 1;
    await events.append(localListChanged(state, count, clock.now()));
    await states.change(tenantId, chargePointId, { told: count, toldFacts: factsOf(state) });
  }

  const lookAgain = async ({ tenantId, chargePointId }: Command, set: Partial<ListState> = {}): Promise<void> => {
    if (isSynchronising(chargePointId)) return;
    const now = clock.now();
    const dueAt = new Date(now.getTime() + lookAgainMs);
    await states.mark(tenantId, chargePointId, { dueAt, mark: newId(now), isNew: true, set });
  };

  /** The charge point took the message: the hub's view of its list moves on. */
  async function accepted(state: ListState, command: Pick<Command, '_id' | 'input' | 'requestedAt'>): Promise<void> {
    const update = command.input as unknown as ListUpdate; // stored by `sendLocalList` itself
    const ownFlight: Unset = state.inFlight?.commandId === command._id ? ['inFlight'] : [];
    if (state.ackedRequestAt !== undefined && state.ackedRequestAt > command.requestedAt) {
      await states.change(state.tenantId, state._id, {}, { unset: ownFlight }); // a late answer to what is long superseded
      return;
    }
    const entryCount = await states.apply(state.tenantId, state._id, command._id, update);
    const isCountable = update.listVersion > 0;
    const isWhole = update.updateType === 'FULL' && isCountable;
    await states.change(
      state.tenantId,
      state._id,
      {
        ackedVersion: isCountable ? update.listVersion : 0,
        ackedAt: clock.now(),
        ackedRequestAt: command.requestedAt,
        entryCount,
        ...(!isCountable && { mustFull: true }),
      },
      {
        unset: [
          ...ownFlight,
          ...(isWhole ? (['mustFull'] as const) : []),
          ...(state.trouble === 'UNSUPPORTED' ? (['trouble', 'lastError'] as const) : []),
        ],
      },
    );
  }

  async function refused(state: ListState, command: Command, status: Exclude<UpdateStatus, 'ACCEPTED'>): Promise<void> {
    const lastError: SyncError = { code: status, message: refusals[status], at: clock.now() };
    await states.change(
      state.tenantId,
      state._id,
      { lastError, ...(status === 'NOT_SUPPORTED' && { trouble: 'UNSUPPORTED' }) },
      { unset: state.inFlight?.commandId === command._id ? ['inFlight'] : [] },
    );
  }

  /** The message whose end was unknown: the version tells whether it arrived. */
  async function resolveFlight(state: ListState, reported: number): Promise<boolean> {
    const { inFlight, tenantId, _id } = state;
    if (inFlight === undefined) return false;
    const command = await commands.find(tenantId, inFlight.commandId);
    const isOver = command === null || command.state === 'TIMED_OUT' || command.state === 'FAILED';
    if (!isOver) return true; // it has not been sent yet, so this version says nothing about it
    const before = state.ackedVersion ?? 0;
    if (command !== null && reported > 0 && reported === inFlight.listVersion && reported !== before) {
      await accepted(state, command);
      return true;
    }
    await states.change(tenantId, _id, {}, { unset: ['inFlight'] });
    return false;
  }

  const sendHooks: CommandHooks<{ readonly status: UpdateStatus }> = {
    issued: async (command) => {
      const { listVersion } = command.input as unknown as ListUpdate; // stored by `sendLocalList` itself
      const { inFlight } = await stateOf(command);
      const isDoubtful = inFlight !== undefined && inFlight.commandId !== command._id;
      await states.change(
        command.tenantId,
        command.chargePointId,
        { inFlight: { commandId: command._id, listVersion }, ...(isDoubtful && { mustFull: true }) },
        { known: listVersion },
      );
    },
    answered: async ({ status }, command) => {
      const state = await stateOf(command);
      if (status === 'ACCEPTED') await accepted(state, command);
      else await refused(state, command, status);
      if (status === 'ACCEPTED') await lookAgain(command);
      await tell(command.tenantId, command.chargePointId);
    },
    failed: async (command) => {
      const { tenantId, chargePointId, failure } = command;
      if (failure?.outcomeUnknown === true) {
        await states.change(tenantId, chargePointId, { mustCheck: true });
        await lookAgain(command);
        return;
      }
      const { inFlight } = await stateOf(command);
      if (inFlight?.commandId === command._id)
        await states.change(tenantId, chargePointId, {}, { unset: ['inFlight'] });
    },
  };

  const versionHooks: CommandHooks<{ readonly listVersion: number }> = {
    answered: async ({ listVersion: reportedVersion }, command) => {
      const { tenantId, chargePointId } = command;
      const now = clock.now();
      const told = { reportedVersion, reportedAt: now, checkedAt: now };
      if (reportedVersion < 0) {
        const lastError = { code: 'NOT_SUPPORTED', message: 'it reports list version −1', at: now };
        await states.change(
          tenantId,
          chargePointId,
          { ...told, trouble: 'UNSUPPORTED', lastError },
          { unset: ['inFlight'] },
        );
        return tell(tenantId, chargePointId);
      }
      const state = await stateOf(command);
      const arrived = await resolveFlight(state, reportedVersion);
      const hasEntries = (state.entryCount ?? 0) > 0;
      const isTrusted =
        arrived || (reportedVersion === (state.ackedVersion ?? 0) && !(reportedVersion === 0 && hasEntries));
      await states.change(
        tenantId,
        chargePointId,
        { ...told, ...(!isTrusted && { mustFull: true }) },
        {
          known: reportedVersion,
          unset: ['mustCheck', ...(state.trouble === 'UNSUPPORTED' ? (['trouble', 'lastError'] as const) : [])],
        },
      );
      if (!isTrusted) await lookAgain(command);
      await tell(tenantId, chargePointId);
    },
  };

  return { tell, sendHooks, versionHooks };
}

/** Writes down what answers mean. */
export type ListRecord = ReturnType<typeof createRecord>;

const refusals = {
  FAILED: 'it could not take the list',
  NOT_SUPPORTED: 'it has no local list',
  VERSION_MISMATCH: 'it has another version than these changes build on',
} as const satisfies { [Status in Exclude<UpdateStatus, 'ACCEPTED'>]: string };
