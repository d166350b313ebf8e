import type { Bus } from '../../bus/bus.ts';
import { subjectWord } from '../../bus/bus.ts';
import type { EventLog } from '../../events/event.ts';
import type { Link, LinkReply } from '../../gateway/adapter.ts';
import type { Clock } from '../../kernel/clock.ts';
import { maskLocationsIn } from '../../kernel/locations.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Command, CommandDefinition, CommandHooks, CommandState } from './model.ts';
import type { CommandStore } from './store.ts';
import type { EffectWatch, FollowUp } from './watch.ts';

/** An operation that the engine knows, its types forgotten; what a command stored is typed by the definition of the same name. */
export interface KnownOperation extends CommandDefinition<Record<string, unknown>, Record<string, unknown>> {
  readonly hooks: CommandHooks<Record<string, unknown>>;
}

/** Bus subject on which every change of one command is told; the message is a `Command`. */
export const commandChangedSubject = (commandId: string): string => `command.${subjectWord(commandId)}`;

/** How long after its time a command is left to whoever should end it. */
const sweepMarginMs = 30_000;

interface Parts {
  readonly commands: CommandStore;
  readonly events: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly watch: EffectWatch;
  readonly definitions: ReadonlyMap<string, KnownOperation>;
  readonly callTimeoutMs: number;
}

/** Carries commands over the links of this node and writes down what becomes of them. */
export function createDelivery({ commands, events, bus, clock, log, watch, definitions, callTimeoutMs }: Parts) {
  /** What became of the follow-up before the answer was written down. */
  const early = new Map<string, FollowUp>();

  async function move(
    id: string,
    from: readonly CommandState[],
    change: Partial<Omit<Command, '_id'>>,
  ): Promise<Command | undefined> {
    const now = clock.now();
    const moved = await commands.move(id, from, { ...change, updatedAt: now });
    if (moved === null) return undefined;
    await events.append({
      tenantId: moved.tenantId,
      type: 'COMMAND_CHANGED',
      // a command that was queued again goes through its states anew
      key: [moved._id, moved.state, moved.answeredLate === true ? 1 : 0, ...(moved.whenOffline ? [now.getTime()] : [])],
      occurredAt: now,
      receivedAt: now,
      chargePointId: moved.chargePointId,
      commandId: moved._id,
      data: {
        name: moved.name,
        state: moved.state,
        status: moved.outcome?.['status'] ?? null,
        ...(moved.batchId !== undefined && { batchId: moved.batchId }),
      },
    });
    bus.publish(commandChangedSubject(moved._id), moved);
    return moved;
  }

  const finish = async (
    command: Command,
    from: readonly CommandState[],
    change: Partial<Omit<Command, '_id'>>,
  ): Promise<Command | undefined> => {
    watch.end(command._id);
    early.delete(command._id);
    const moved = await move(command._id, from, { ...change, finishedAt: clock.now() });
    if (moved?.failure !== undefined) await definitions.get(moved.name)?.hooks.failed?.(moved);
    return moved;
  };

  /** Ends in the log what nobody waits for any more. */
  const settle = (work: Promise<unknown>, command: Command) => {
    work.catch((error: unknown) => log.error({ commandId: command._id, err: error }, 'command state not stored'));
  };

  function look(command: Command, definition: KnownOperation): void {
    const { effect } = definition;
    if (effect === undefined) return;
    watch.begin(command, effect, (followUp) => {
      early.set(command._id, followUp);
      settle(finishWith(command, followUp), command);
    });
  }

  /** The follow-up came, or never will: final, if the answer is already written down; else `answered` picks it up. */
  async function finishWith({ _id, tenantId, name }: Command, followUp: FollowUp): Promise<void> {
    const followed = definitions.get(name)?.hooks.followed;
    if (followed !== undefined && followUp !== 'missed') {
      const stored = await commands.find(tenantId, _id);
      if (stored?.state === 'RESPONDED') await followed({ ...stored, effect: followUp });
    }
    const moved = await move(_id, ['RESPONDED'], {
      ...(followUp === 'missed' ? { state: 'EFFECT_MISSING' } : { state: 'FINISHED', effect: followUp }),
      finishedAt: clock.now(),
    });
    if (moved !== undefined) early.delete(_id);
  }

  /** Waits for the promised follow-up until its deadline. */
  function awaitEffect(command: Command): void {
    if (command.effectDeadlineAt === undefined) return;
    watch.deadline(command._id, command.effectDeadlineAt, () => {
      settle(finish(command, ['RESPONDED'], { state: 'EFFECT_MISSING' }), command);
    });
  }

  async function answered(
    command: Command,
    definition: KnownOperation,
    reply: Extract<LinkReply, { kind: 'answered' }>,
    late: boolean,
  ): Promise<void> {
    watch.answered(command._id);
    const now = clock.now();
    const from: CommandState[] = late ? ['TIMED_OUT'] : ['SENT'];
    const facts = {
      respondedAt: now,
      response: definition.redactResponse ? definition.redactResponse(reply.response) : reply.response,
      ...(late && { answeredLate: true }),
      ...(reply.violations.length > 0 && { violations: reply.violations }),
    };
    if (reply.outcome === undefined) {
      const description = `the answer does not match its schema: ${reply.violations.join('; ')}`.slice(0, 1000);
      const failure = { kind: 'INVALID_ANSWER', description, outcomeUnknown: true } as const;
      await finish(command, from, { ...facts, state: 'FAILED', failure });
      return;
    }
    const outcome = reply.outcome as Record<string, unknown>; // made by the definition's own adapter
    await definition.hooks.answered?.(outcome, command);
    const { effect } = definition;
    if (late || effect === undefined || !effect.promised(outcome, command.input)) {
      await finish(command, from, { ...facts, state: 'FINISHED', outcome });
      return;
    }
    const effectDeadlineAt = new Date(now.getTime() + effect.withinMs(outcome, command.input));
    const moved = await move(command._id, from, { ...facts, state: 'RESPONDED', outcome, effectDeadlineAt });
    if (moved === undefined) return;
    const seen = early.get(command._id);
    if (seen !== undefined) await finishWith(command, seen);
    else awaitEffect(moved);
  }

  async function ended(command: Command, definition: KnownOperation, reply: LinkReply, late = false): Promise<void> {
    switch (reply.kind) {
      case 'answered':
        return answered(command, definition, reply, late);
      case 'error': {
        const failure = {
          kind: 'CALL_ERROR' as const,
          ocppErrorCode: reply.code,
          // a station may repeat the URL that it was sent
          description: maskLocationsIn(reply.description),
          details: maskedDetails(reply.details),
          outcomeUnknown: false,
        };
        await finish(command, late ? ['TIMED_OUT'] : ['SENT'], {
          state: 'FAILED',
          respondedAt: clock.now(),
          failure,
          ...(late && { answeredLate: true }),
        });
        return;
      }
      case 'timeout': {
        const failure = { kind: 'NO_ANSWER', description: 'no answer in time', outcomeUnknown: true } as const;
        await finish(command, ['SENT'], { state: 'TIMED_OUT', failure });
        return;
      }
      case 'lost': {
        if (command.whenOffline === 'QUEUE' && (!reply.sent || definition.repeatable === true)) {
          await requeue(command);
          return;
        }
        const description = reply.sent ? 'the link was lost before the answer' : 'the link was lost before sending';
        const failure = { kind: 'LINK_LOST', description, outcomeUnknown: reply.sent } as const;
        await finish(command, ['QUEUED', 'SENT'], { state: 'FAILED', failure });
        return;
      }
      case 'queueFull':
      case 'unsupported': {
        const failure = { kind: 'QUEUE_FULL', description: 'the queue was full', outcomeUnknown: false } as const;
        await finish(command, ['QUEUED'], { state: 'FAILED', failure });
        return;
      }
    }
  }

  /** It goes out again when the charge point is back, if that is before its deadline. */
  async function requeue(command: Command): Promise<void> {
    watch.end(command._id);
    early.delete(command._id);
    await move(command._id, ['SENT'], { state: 'QUEUED' });
  }

  /** Ends what nobody ended: the database was away when it should have been written down. */
  async function sweep(): Promise<void> {
    const now = clock.now().getTime();
    const overdue = (at: Date | undefined, extraMs: number) =>
      at !== undefined && now > at.getTime() + extraMs + sweepMarginMs;
    // read apart: a command may wait days for its follow-up, and thousands of them must not hide one without an answer
    const [onTheirWay, followed] = await Promise.all([
      commands.unfinished(1000, ['QUEUED', 'SENT']),
      commands.unfinished(1000, ['RESPONDED']),
    ]);
    for (const command of [...onTheirWay, ...followed]) {
      if (command.state === 'QUEUED' && overdue(command.deadlineAt, 0)) {
        const failure = { kind: 'DEADLINE_PASSED', description: 'never sent', outcomeUnknown: false } as const;
        await finish(command, ['QUEUED'], { state: 'EXPIRED', failure });
      } else if (command.state === 'SENT' && overdue(command.sentAt, callTimeoutMs)) {
        const failure = { kind: 'NO_ANSWER', description: 'no answer on record', outcomeUnknown: true } as const;
        await finish(command, ['SENT'], { state: 'TIMED_OUT', failure });
      } else if (command.state === 'RESPONDED' && overdue(command.effectDeadlineAt, 0)) {
        await finish(command, ['RESPONDED'], { state: 'EFFECT_MISSING' });
      }
    }
  }

  return {
    sweep,

    /** Says the stored command over the link, in its turn, and sees it to its answer. */
    async deliver(link: Link, command: Command): Promise<void> {
      const definition = definitions.get(command.name);
      if (definition === undefined) return;
      let isDropped = false; // somebody else ended or took it: what becomes of it is not ours to say
      const reply = await link.perform(command.name, command.input, {
        timeoutMs: callTimeoutMs,
        beforeSend: async (messageId) => {
          const now = clock.now();
          if (now > command.deadlineAt) {
            const failure = {
              kind: 'DEADLINE_PASSED',
              description: 'its turn came too late',
              outcomeUnknown: false,
            } as const;
            await finish(command, ['QUEUED'], { state: 'EXPIRED', failure });
            isDropped = true;
            return false;
          }
          const sentCursor = await events.endCursor();
          look(command, definition);
          const moved = await move(command._id, ['QUEUED'], { state: 'SENT', sentAt: now, messageId, sentCursor });
          if (moved === undefined) watch.end(command._id);
          isDropped = moved === undefined;
          return moved !== undefined;
        },
        onLate: (lateReply) => settle(ended(command, definition, lateReply, true), command),
      });
      if (!isDropped) await ended(command, definition, reply);
    },

    /** Ends a command that was not sent yet; undefined when it was, or has ended. */
    cancel: (command: Command): Promise<Command | undefined> =>
      finish(command, ['QUEUED'], {
        state: 'CANCELLED',
        failure: { kind: 'CANCELLED', description: 'cancelled before it was sent', outcomeUnknown: false },
      }),

    /** A command whose request nobody could take, or that was not to be sent after all. */
    fail: (
      command: Command,
      description: string,
      kind: 'LINK_LOST' | 'NOT_ISSUED' = 'LINK_LOST',
    ): Promise<Command | undefined> =>
      finish(command, ['QUEUED'], { state: 'FAILED', failure: { kind, description, outcomeUnknown: false } }),

    /** Takes up what a former process left: what was under way has an unknown end; promised follow-ups are looked for. */
    async resume(instance: string): Promise<void> {
      const promised: Command[] = [];
      for (const command of await commands.unfinished(10_000)) {
        const definition = definitions.get(command.name);
        const isWhole = command.isPartial !== true;
        if (command.state === 'QUEUED' && isWhole) continue; // goes out when its charge point is back, or expires
        if (command.state === 'SENT' && isWhole && command.whenOffline === 'QUEUE' && definition?.repeatable === true) {
          await requeue(command);
        } else if (command.state === 'RESPONDED' && definition !== undefined) {
          look(command, definition);
          promised.push(command);
        } else if (command.instance !== instance) {
          const failure = {
            kind: 'HUB_RESTARTED',
            description: 'the hub stopped before the answer came',
            outcomeUnknown: command.state === 'SENT',
          } as const;
          await finish(command, ['QUEUED', 'SENT'], { state: 'FAILED', failure });
        }
      }
      for (const command of promised) {
        if (definitions.get(command.name)?.effect?.rank !== undefined) {
          for (const finished of await commands.finishedLike(command)) watch.taken(finished);
        }
      }
      for (const command of promised) {
        await watch.replay(command); // all watch by now: an event goes to the command that it is meant for
        awaitEffect(command);
      }
    },
  };
}

function maskedDetails(details: unknown): unknown {
  const text = JSON.stringify(details);
  return text?.includes('://') ? JSON.parse(maskLocationsIn(text)) : details;
}
