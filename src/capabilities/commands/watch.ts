import type { Bus } from '../../bus/bus.ts';
import { chargePointEventsSubject, type EventLog, type StoredEvent } from '../../events/event.ts';
import { type AnsweredMessage, answeredSubject } from '../../gateway/adapter.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Command, Signal } from './model.ts';

type Facts = Readonly<Record<string, unknown>>;

interface Watch {
  readonly command: Command;
  readonly seen: (signal: Signal) => Facts | undefined;
  readonly found: (facts: Facts) => void;
  end: () => void;
}

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
  const tenants = new Map<string, { count: number; end: () => void; byChargePoint: Map<string, Set<Watch>> }>();

  const offer = (watch: Watch, signal: Signal) => {
    const facts = watch.seen(signal);
    if (facts === undefined) return;
    watch.end();
    watch.found(facts);
  };

  /** One listener per tenant for answered messages, however many commands wait. */
  const tenantOf = (tenantId: string) => {
    let tenant = tenants.get(tenantId);
    if (tenant === undefined) {
      const byChargePoint = new Map<string, Set<Watch>>();
      const end = bus.subscribe(answeredSubject(tenantId), (heard) => {
        const message = heard as AnsweredMessage; // the gateway's own subject
        for (const watch of [...(byChargePoint.get(message.chargePointId) ?? [])]) {
          offer(watch, { kind: 'answered', message });
        }
      });
      tenant = { count: 0, end, byChargePoint };
      tenants.set(tenantId, tenant);
    }
    tenant.count += 1;
    return tenant;
  };

  return {
    /** Begins to look. `found` is called at most once, with the facts of the follow-up. */
    begin(command: Command, seen: Watch['seen'], found: Watch['found']): void {
      const { tenantId, chargePointId } = command;
      const tenant = tenantOf(tenantId);
      const siblings = tenant.byChargePoint.get(chargePointId) ?? new Set<Watch>();
      tenant.byChargePoint.set(chargePointId, siblings);
      const endEvents = bus.subscribe(chargePointEventsSubject(tenantId, chargePointId), (heard) => {
        offer(watch, { kind: 'event', event: heard as StoredEvent }); // the event log's own subject
      });
      const watch: Watch = {
        command,
        seen,
        found,
        end: () => {
          if (!watches.delete(command._id)) return;
          endEvents();
          siblings.delete(watch);
          if (siblings.size === 0) tenant.byChargePoint.delete(chargePointId);
          tenant.count -= 1;
          if (tenant.count === 0) {
            tenant.end();
            tenants.delete(tenantId);
          }
        },
      };
      siblings.add(watch);
      watches.set(command._id, watch);
    },

    /** Offers what happened since the command was sent, as far as the log tells it. */
    async replay(command: Command): Promise<void> {
      const watch = watches.get(command._id);
      if (watch === undefined || command.sentCursor === undefined) return;
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
            if (watches.has(command._id)) offer(watch, { kind: 'event', event });
          }
          after = page.hasNextPage ? page.endCursor : undefined;
        }
      } catch (error) {
        log.warn({ commandId: command._id, err: error }, 'follow-up of an earlier command cannot be looked up');
      }
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

/** The watch for follow-ups. */
export type EffectWatch = ReturnType<typeof createEffectWatch>;
