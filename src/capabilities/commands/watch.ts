import type { Bus } from '../../bus/bus.ts';
import { chargePointEventsSubject, type EventLog, type StoredEvent } from '../../events/event.ts';
import { type AnsweredMessage, answeredSubject } from '../../gateway/adapter.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Command, Effect, Signal } from './model.ts';

/** What became of a promised follow-up: facts about it, or that it will not come. */
export type FollowUp = Readonly<Record<string, unknown>> | 'missed';

type AnyEffect = Effect<Record<string, unknown>, Record<string, unknown>>;

interface Watch {
  readonly command: Command;
  readonly effect: AnyEffect;
  /** The charge point has answered; only from then on a signal can say that nothing follows. */
  answered: boolean;
  readonly found: (followUp: FollowUp) => void;
  end: () => void;
}

/** The watches of one charge point, oldest first. */
interface Watched {
  readonly watches: Set<Watch>;
  /** Operations and facts of events that are the follow-up of one command and of no other. */
  readonly taken: Set<string>;
  readonly end: () => void;
}

/** How many taken events are remembered for a charge point while commands of it wait. */
const takenMax = 1_000;

/**
 * Looks for the follow-up that a command promises. It begins before the command leaves, because a station may act
 * before its answer arrives, and may be told of what an earlier process missed by reading the event log.
 */
export function createEffectWatch({
  bus,
  events,
  clock,
  log,
}: {
  bus: Bus;
  events: EventLog;
  clock: Clock;
  log: Logger;
}) {
  const watches = new Map<string, Watch>();
  const tenants = new Map<string, { end: () => void; byChargePoint: Map<string, Watched> }>();

  const conclude = (watch: Watch, followUp: FollowUp) => {
    watch.end();
    watch.found(followUp);
  };

  /** Gives the signal to those of `candidates` whose follow-up it is; of an exclusive kind, to the one it fits best. */
  const offer = ({ taken }: Watched, candidates: Iterable<Watch>, signal: Signal) => {
    const served = new Set<string>(); // names of exclusive operations that have got this signal
    for (const watch of inOrder(candidates)) {
      const { command, effect } = watch;
      const facts = effect.seen(signal, command.input);
      if (facts === undefined) {
        if (isAnswered(watch, signal) && effect.missed?.(signal, command.input)) conclude(watch, 'missed');
        continue;
      }
      if (effect.rank !== undefined) {
        const key = factsKey(command, facts);
        if (served.has(command.name) || (signal.kind === 'event' && taken.has(key))) continue;
        served.add(command.name);
        if (signal.kind === 'event' && taken.size < takenMax) taken.add(key);
      }
      conclude(watch, facts);
    }
  };

  /** One listener per tenant for answered messages, however many commands wait. */
  const tenantOf = (tenantId: string) => {
    let tenant = tenants.get(tenantId);
    if (tenant === undefined) {
      const byChargePoint = new Map<string, Watched>();
      const end = bus.subscribe(answeredSubject(tenantId), (heard) => {
        const message = heard as AnsweredMessage; // the gateway's own subject
        const watched = byChargePoint.get(message.chargePointId);
        if (watched !== undefined) offer(watched, watched.watches, { kind: 'answered', message });
      });
      tenant = { end, byChargePoint };
      tenants.set(tenantId, tenant);
    }
    return tenant;
  };

  const watchedOf = (tenantId: string, chargePointId: string): Watched => {
    const tenant = tenantOf(tenantId);
    const present = tenant.byChargePoint.get(chargePointId);
    if (present !== undefined) return present;
    const endEvents = bus.subscribe(chargePointEventsSubject(tenantId, chargePointId), (heard) => {
      const event = heard as StoredEvent; // the event log's own subject
      offer(watched, watched.watches, { kind: 'event', event });
    });
    const watched: Watched = {
      watches: new Set(),
      taken: new Set(),
      end: () => {
        endEvents();
        tenant.byChargePoint.delete(chargePointId);
        if (tenant.byChargePoint.size > 0) return;
        tenant.end();
        tenants.delete(tenantId);
      },
    };
    tenant.byChargePoint.set(chargePointId, watched);
    return watched;
  };

  return {
    /** Begins to look. `found` is called at most once. */
    begin(command: Command, effect: AnyEffect, found: Watch['found']): void {
      const watched = watchedOf(command.tenantId, command.chargePointId);
      const watch: Watch = {
        command,
        effect,
        answered: command.state === 'RESPONDED',
        found,
        end: () => {
          if (!watches.delete(command._id)) return;
          watched.watches.delete(watch);
          if (watched.watches.size === 0) watched.end();
        },
      };
      watched.watches.add(watch);
      watches.set(command._id, watch);
    },

    /** The charge point has answered. */
    answered(commandId: string): void {
      const watch = watches.get(commandId);
      if (watch !== undefined) watch.answered = true;
    },

    /** Offers what happened since the command was sent, as far as the log tells it, to it and to those that wait with it. */
    async replay(command: Command): Promise<void> {
      const watch = watches.get(command._id);
      if (watch === undefined || command.sentCursor === undefined) return;
      const watched = watchedOf(command.tenantId, command.chargePointId);
      try {
        let after: string | undefined = command.sentCursor;
        for (let pages = 0; after !== undefined && pages < 20 && watches.has(command._id); pages += 1) {
          const page: Awaited<ReturnType<EventLog['read']>> = await events.read({
            tenantId: command.tenantId,
            filter: { chargePointIds: [command.chargePointId] },
            after,
            limit: 500,
          });
          for (const { event } of page.items) {
            const sent = [...watched.watches].filter(
              (one) => (one.command.sentAt ?? event.receivedAt) <= event.receivedAt,
            );
            offer(watched, sent, { kind: 'event', event });
          }
          after = page.hasNextPage ? page.endCursor : undefined;
        }
      } catch (error) {
        log.warn({ commandId: command._id, err: error }, 'follow-up of an earlier command cannot be looked up');
      }
    },

    /** What followed this command, in an earlier process, is no follow-up of those that wait now. */
    taken(command: Command): void {
      const watched = tenants.get(command.tenantId)?.byChargePoint.get(command.chargePointId);
      if (command.effect !== undefined) watched?.taken.add(factsKey(command, command.effect));
    },

    /** Stops looking for it. */
    end: (commandId: string): void => watches.get(commandId)?.end(),

    /** Runs `expired` when the time for the follow-up is over, unless it was seen before. */
    deadline(commandId: string, at: Date, expired: () => void): Cancel {
      return clock.after(Math.max(0, at.getTime() - clock.now().getTime()), () => {
        const watch = watches.get(commandId);
        if (watch === undefined) return;
        watch.end();
        expired();
      });
    },

    /** Ends all watches. */
    close(): void {
      for (const watch of [...watches.values()]) watch.end();
    },
  };
}

const factsKey = ({ name }: Command, facts: Readonly<Record<string, unknown>>): string => JSON.stringify([name, facts]);

/** Whether the signal came after the answer. */
const isAnswered = ({ answered, command: { respondedAt } }: Watch, signal: Signal): boolean =>
  answered && (signal.kind !== 'event' || respondedAt === undefined || signal.event.receivedAt >= respondedAt);

/** The best fit first, then the oldest. */
const inOrder = (candidates: Iterable<Watch>): Watch[] =>
  [...candidates].sort((a, b) => (b.effect.rank?.(b.command.input) ?? 0) - (a.effect.rank?.(a.command.input) ?? 0));

/** The watch for follow-ups. */
export type EffectWatch = ReturnType<typeof createEffectWatch>;
