import type { HubContext } from '../../graphql/context.ts';
import type { Clock } from '../../kernel/clock.ts';
import { HubError } from '../../kernel/errors.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import { type Command, type CommandOperations, type CommandRequest, isAnswered } from '../commands/index.ts';
import { type BatchMember, type CommandBatch, type Verdict, verdictOf } from './model.ts';
import type { CommandBatchStore } from './store.ts';

/** How long a batch that may queue waits for one command before it goes on with the next. */
const queuedWaitMs = 60_000;
/** How much longer than its own time a command may take to end in the database. */
const marginMs = 90_000;

interface Parts {
  readonly batches: CommandBatchStore;
  readonly commands: CommandOperations;
  readonly chargePoints: ChargePointOperations;
  readonly clock: Clock;
  readonly callTimeoutMs: number;
  /** What a resolver would get if the caller of the batch asked now. */
  readonly contextOf: (batch: CommandBatch) => HubContext;
}

/** The idempotency key of a member's command: however often it is tried, there is one. */
export const memberKey = ({ batchId, chargePointId }: BatchMember): string => `batch ${batchId} ${chargePointId}`;

/** Carries out the wish of a batch for one member. */
export function createCarrier({ batches, commands, chargePoints, clock, callTimeoutMs, contextOf }: Parts) {
  /** Resolves with the newest state known, when it is answered, when `waitMs` are over, or when `ended` resolves. */
  async function answerOf(command: Command, waitMs: number, ended: Promise<void>): Promise<Command> {
    let latest = command;
    if (isAnswered(latest) || waitMs <= 0) return latest;
    const updates = commands.updates(command.tenantId, command._id);
    const giveUp = () => void updates.return?.(); // ends the loop below
    const cancel = clock.after(waitMs, giveUp);
    void ended.then(giveUp);
    for await (latest of updates) if (isAnswered(latest)) break;
    cancel();
    return latest;
  }

  async function waitMsFor(command: Command): Promise<number> {
    if (command.whenOffline !== 'QUEUE') {
      return command.deadlineAt.getTime() - clock.now().getTime() + callTimeoutMs + marginMs;
    }
    const chargePoint = await chargePoints.find(command.tenantId, command.chargePointId);
    return chargePoint?.link.connected === true ? queuedWaitMs : 0;
  }

  return {
    /**
     * Issues the command of a member that was claimed, and waits for its answer. Undefined: it goes on without us (it waits
     * for a charge point that is away, or the hub stops). Rejects when the hub itself fails; then the member stays claimed.
     */
    async carry(
      batch: CommandBatch,
      request: CommandRequest,
      member: BatchMember,
      ended: Promise<void>,
    ): Promise<Verdict | undefined> {
      let issued: Command;
      try {
        const { command } = await request.issue(contextOf(batch), member.chargePointId, batch.request, {
          idempotencyKey: memberKey(member),
          batchId: batch._id,
          whenOffline: batch.whenOffline,
          wait: { until: 'ACCEPTED_BY_HUB', timeoutSeconds: 0 },
          ...(batch.expiresInSeconds !== undefined && { expiresInSeconds: batch.expiresInSeconds }),
        });
        issued = command;
      } catch (error) {
        if (error instanceof HubError && error.code !== 'UNAVAILABLE') return refusal(error);
        throw error;
      }
      await batches.nameCommand(member, issued._id);
      return verdictOf(await answerOf(issued, await waitMsFor(issued), ended));
    },
  };
}

/** The hub took no command on. */
const refusal = ({ code, message }: HubError): Verdict => ({
  outcome: code === 'CHARGE_POINT_OFFLINE' ? 'OFFLINE' : 'FAILED',
  error: { code, message },
});
