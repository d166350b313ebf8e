import type { Clock } from '../../kernel/clock.ts';
import { ChargePointOfflineError, CommandQueueFullError, UnsupportedOperationError } from '../../kernel/errors.ts';
import type { ChargePoint } from '../charge-points/index.ts';
import type { Command, CommandDefinition, CommandOperations } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import { getLocalListVersion, sendLocalList, type UpdateStatus } from './commands.ts';
import { kept, limitsOf } from './limits.ts';
import type { ListState } from './model.ts';
import { type Chunk, planChunks } from './plan.ts';
import type { StateStore } from './store.ts';
import type { WantedLists } from './wanted.ts';

/** Asks the charge point on somebody's behalf; undefined: the hub may not ask of its own accord. */
export type Ask = <Input extends object, Outcome extends object>(
  definition: CommandDefinition<Input, Outcome>,
  input: Input,
) => Promise<Command | undefined>;

/** How a synchronisation ended. */
export type Ending =
  | {
      readonly kind: 'level';
      /** The state that what was wanted was made of. */
      readonly state: ListState;
      readonly wantedCount: number;
      readonly leftOut: number;
      readonly nextChangeAt?: Date | undefined;
      /** Its version was read after the last message. */
      readonly isConfirmed: boolean;
    }
  | { readonly kind: 'failed' | 'unsupported' | 'later' | 'offline'; readonly code: string; readonly message: string }
  /** In certification mode nothing happens of the hub's own accord. */
  | { readonly kind: 'quiet' };

type Trouble = Exclude<Ending, { kind: 'level' }>;

/** How often the whole list is sent again after a refusal, before giving up. LAL-4. */
const fullAgainMax = 2;
/** Rounds of comparing and sending in one synchronisation; each but the first is for news that came meanwhile. */
const roundsMax = 100;
/** The version of a charge point is read again after this long. */
export const checkEveryMs = 86_400_000;

const failed = (code: string, message: string): Trouble => ({ kind: 'failed', code, message });

/** Makes the list of a charge point the one it is assigned: compares, sends in pieces, reads back. Domain model §8.4. */
export function createBringLevel({
  states,
  wanted,
  provisioning,
  commands,
  clock,
}: {
  states: StateStore;
  wanted: WantedLists;
  provisioning: Pick<ProvisioningOperations, 'configuration'>;
  commands: Pick<CommandOperations, 'updates'>;
  clock: Clock;
}) {
  /** Asks and waits until the command is over: nothing else is sent before. */
  async function finalOf<Input extends object, Outcome extends object>(
    ask: Ask,
    definition: CommandDefinition<Input, Outcome>,
    input: Input,
  ): Promise<Command | Trouble> {
    let command: Command | undefined;
    try {
      command = await ask(definition, input);
    } catch (error) {
      if (error instanceof ChargePointOfflineError) {
        return { kind: 'offline', code: 'NOT_SENT', message: 'it is not connected' };
      }
      if (error instanceof UnsupportedOperationError) {
        return { kind: 'unsupported', code: 'NOT_SUPPORTED', message: 'its OCPP version has no local list' };
      }
      if (error instanceof CommandQueueFullError) {
        return { kind: 'later', code: 'NOT_SENT', message: 'too many commands wait for it' };
      }
      throw error;
    }
    if (command === undefined) return { kind: 'quiet' };
    if (command.state === 'QUEUED' || command.state === 'SENT') {
      for await (const update of commands.updates(command.tenantId, command._id)) command = update;
    }
    return command;
  }

  /** What a command without an answer means. */
  function troubleOf({ state, failure }: Command): Trouble {
    if (state === 'EXPIRED') return { kind: 'later', code: 'NOT_SENT', message: 'its turn came too late' };
    switch (failure?.kind) {
      case 'CALL_ERROR':
        return failure.ocppErrorCode === 'NotImplemented' || failure.ocppErrorCode === 'NotSupported'
          ? { kind: 'unsupported', code: 'NOT_SUPPORTED', message: `it answered ${failure.ocppErrorCode}` }
          : failed('CALL_ERROR', `it answered ${failure.ocppErrorCode ?? 'an error'}`);
      case 'LINK_LOST':
        return { kind: 'offline', code: 'LINK_LOST', message: 'its connection was lost' };
      case 'INVALID_ANSWER':
        return failed('INVALID_ANSWER', 'its answer does not match the schema');
      case 'NO_ANSWER':
        return failed('NO_ANSWER', 'it did not answer in time');
      default:
        return { kind: 'later', code: 'NOT_SENT', message: failure?.description ?? 'not sent' };
    }
  }

  /** Reads the version; what it means is written down with the answer. Undefined: all is well. */
  async function check(ask: Ask): Promise<Trouble | undefined> {
    const asked = await finalOf(ask, getLocalListVersion, {});
    if ('kind' in asked) return asked;
    const version = asked.outcome?.['listVersion'];
    if (typeof version !== 'number') return troubleOf(asked);
    return version < 0
      ? { kind: 'unsupported', code: 'NOT_SUPPORTED', message: 'it reports list version −1' }
      : undefined;
  }

  /** Sends the pieces one after the other, until all are taken, there is something more urgent, or one is not taken. */
  async function send(
    ask: Ask,
    { _id, tenantId, wish }: ListState,
    chunks: readonly Chunk[],
  ): Promise<
    | { kind: 'sent' }
    | { kind: 'news' }
    | { kind: 'refused'; status: UpdateStatus; chunk: Chunk }
    | { kind: 'unknown' }
    | Trouble
  > {
    for (const chunk of chunks) {
      const listVersion = await states.takeVersion(tenantId, _id);
      const command = await finalOf(ask, sendLocalList, { ...chunk, listVersion });
      if ('kind' in command) return command;
      const status = command.outcome?.['status'] as UpdateStatus | undefined; // made by our own adapter
      if (status === undefined) {
        const isUnknown = command.failure?.kind === 'NO_ANSWER' || command.failure?.kind === 'INVALID_ANSWER';
        if (isUnknown) return { kind: 'unknown' };
        const trouble = troubleOf(command);
        return trouble.kind === 'failed' ? { kind: 'refused', status: 'FAILED', chunk } : trouble;
      }
      if (status === 'NOT_SUPPORTED') {
        return { kind: 'unsupported', code: 'NOT_SUPPORTED', message: 'it has no local list' };
      }
      if (status !== 'ACCEPTED') return { kind: 'refused', status, chunk };
      const after = await states.find(tenantId, _id);
      // a client sent a list meanwhile, or somebody must not charge any more: compare anew
      if (after?.ackedVersion !== listVersion) return { kind: 'news' };
      if (after.urgent === true && after.wish !== wish) return { kind: 'news' };
    }
    return { kind: 'sent' };
  }

  /** Brings one charge point level. Rejects only when the database is away. */
  return async function bringLevel(chargePoint: ChargePoint, ask: Ask): Promise<Ending> {
    const { _id: chargePointId, tenantId } = chargePoint;
    let fullAgain = 0;
    let isConfirmed = true;
    const present = await states.find(tenantId, chargePointId);
    if (present === null) return { kind: 'quiet' };
    const checkedMs = present.checkedAt?.getTime() ?? 0;
    const isDoubtful = present.mustCheck === true || present.inFlight !== undefined;
    if (isDoubtful || clock.now().getTime() - checkedMs >= checkEveryMs) {
      const trouble = await check(ask);
      if (trouble !== undefined) return trouble;
    }
    for (let round = 0; round < roundsMax; round += 1) {
      const state = await states.find(tenantId, chargePointId);
      if (state === null) return { kind: 'quiet' };
      const limits = kept(await limitsOf(provisioning, { tenantId, chargePointId }));
      const { entries, leftOut, nextChangeAt } = await wanted.of(state, clock.now(), limits.inAll);
      const held = state.mustFull === true ? undefined : await states.held(tenantId, chargePointId);
      const chunks = planChunks(entries, held, limits.perMessage);
      if (chunks.length === 0) {
        return { kind: 'level', state, wantedCount: entries.size, leftOut, nextChangeAt, isConfirmed };
      }
      const sent = await send(ask, state, chunks);
      switch (sent.kind) {
        case 'news':
          continue;
        case 'sent': {
          const trouble = await check(ask);
          isConfirmed = trouble === undefined;
          if (trouble !== undefined) {
            if (trouble.kind === 'unsupported') return trouble;
            break; // what was accepted counts; it is looked at again later
          }
          const after = await states.find(tenantId, chargePointId);
          if (after?.mustFull !== true) break;
          fullAgain += 1;
          if (fullAgain > fullAgainMax) {
            return failed(
              'VERSION_MISMATCH',
              `it accepts lists and then reports version ${after.reportedVersion ?? 0}`,
            );
          }
          break;
        }
        case 'refused': {
          const { status, chunk } = sent;
          const message = status === 'FAILED' ? 'it could not take the list' : 'it has another version of the list';
          fullAgain += 1;
          if (fullAgain > fullAgainMax || (chunk.updateType === 'FULL' && status === 'FAILED')) {
            return failed(status, message);
          }
          if (status === 'VERSION_MISMATCH') {
            const trouble = await check(ask); // so that the next version is greater than its own
            if (trouble !== undefined) return trouble;
          }
          await states.change(tenantId, chargePointId, { mustFull: true });
          break;
        }
        case 'unknown': {
          const trouble = await check(ask); // tells whether it arrived
          if (trouble !== undefined) return trouble;
          fullAgain += 1;
          if (fullAgain > fullAgainMax) return failed('NO_ANSWER', 'it did not answer in time');
          break;
        }
        default:
          return sent;
      }
    }
    return { kind: 'later', code: 'NOT_SENT', message: 'its list changes faster than it can be sent' };
  };
}

/** Brings one charge point level. */
export type BringLevel = ReturnType<typeof createBringLevel>;
