import type { EventLog, NewEvent } from './event.ts';

/**
 * What a higher capability does when a lower one tells that something happened. It runs after the event is durable and
 * before whoever told it goes on, so a message is confirmed only when its consequences are stored as well. Told twice, it
 * runs twice: it must be idempotent by content. It must not append events that lead back to itself.
 */
export type Reaction = (event: NewEvent) => Promise<void>;

/** Event type → reactions, as one capability declares them. */
export type Reactions = Readonly<Record<string, Reaction>>;

/**
 * The event log, with reactions. They run beside each other; when one fails, `append` rejects with its error: then the
 * message is not confirmed, and its repeat runs them all again. Reactions are added while the hub is put together.
 */
export function withReactions(events: EventLog): EventLog & { react(reactions: Reactions): void } {
  const byType = new Map<string, Reaction[]>();
  return {
    ...events,
    react(reactions) {
      for (const [type, reaction] of Object.entries(reactions)) {
        byType.set(type, [...(byType.get(type) ?? []), reaction]);
      }
    },
    async append(event) {
      await events.append(event);
      const reactions = byType.get(event.type);
      if (reactions !== undefined) await Promise.all(reactions.map((reaction) => reaction(event)));
    },
  };
}
