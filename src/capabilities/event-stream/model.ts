import type { EventLog, FollowItem, StoredEvent } from '../../events/event.ts';
import type { CapabilityKey } from '../../graphql/context.ts';

/** An event on its way to a reader: what is stored, and the cursor to resume behind it. */
export interface StreamedEvent extends StoredEvent {
  readonly cursor: string;
}

/** Backlog and snapshot are done; what follows is live. */
export interface CaughtUp {
  readonly cursor: string;
  readonly at: Date;
  readonly replayedCount: number;
}

/** Nothing matched lately, the stream is alive. */
export interface Heartbeat {
  readonly cursor: string;
  readonly at: Date;
}

/** What a durable stream gives, in the words of the API. `__typename` tells GraphQL which member of the union it is. */
export type StreamItem = { readonly __typename: string } & (StreamedEvent | CaughtUp | Heartbeat);

/** An event as a stream or a list gives it. */
export const streamedEvent = (typeName: string, cursor: string, event: StoredEvent): StreamItem => ({
  ...event,
  cursor,
  __typename: typeName,
});

/** What a follower of the log gives, as a stream item; undefined for an event that the API has no type for. */
export function streamItem(item: FollowItem, typeNameOf: (eventType: string) => string | undefined) {
  switch (item.kind) {
    case 'event': {
      const typeName = typeNameOf(item.event.type);
      return typeName === undefined ? undefined : streamedEvent(typeName, item.cursor, item.event);
    }
    case 'caughtUp':
      return caughtUp(item.cursor, item.at, item.replayedCount);
    case 'heartbeat':
      return { __typename: 'StreamHeartbeat', cursor: item.cursor, at: item.at } satisfies StreamItem;
  }
}

/** The item that tells a reader that it is level with the log. */
const caughtUp = (cursor: string, at: Date, replayedCount: number): StreamItem => ({
  __typename: 'StreamCaughtUp',
  cursor,
  at,
  replayedCount,
});

/** Names the event log, for resolvers. */
export const eventStreamKey: CapabilityKey<EventLog> = { name: 'event-stream' };
