import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** An event as the subscriber and the full pull see it. */
export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly info?: string;
  readonly ocppTransactionId?: number;
}

/** What is asked of every event. */
export const eventFields = `... on DomainEvent { id type } ... on ConnectorStatusChangedEvent { info }
  ... on TransactionStartedEvent { ocppTransactionId } ... on TransactionEndedEvent { ocppTransactionId }`;

type Item = { readonly cursor: string } & Partial<SeenEvent>;

/** Follows the event log through every outage, with nothing but the last cursor. */
export function createSubscriber({ url, apiKey }: { url: string; apiKey: string }) {
  const seen: SeenEvent[] = [];
  let cursor: string | undefined;
  let isEnding = false;
  let resumptions = -1;
  let stop: () => void = () => undefined;
  const query = `subscription ($after: EventCursor) { events(after: $after) { ... on StreamItem { cursor } ${eventFields} } }`;

  const once = () =>
    new Promise<void>((resolve) => {
      const client = createClient({
        url,
        webSocketImpl: WebSocket,
        connectionParams: { apiKey },
        retryAttempts: 0,
        onNonLazyError: () => undefined,
      });
      const done = () => {
        void client.dispose();
        resolve();
      };
      stop = client.subscribe<{ events: Item }>(
        { query, variables: { after: cursor } },
        {
          next: ({ data }) => {
            if (!data) return;
            const { cursor: position, ...event } = data.events;
            cursor = position;
            if (event.id !== undefined && event.type !== undefined) seen.push(event as SeenEvent);
          },
          error: done,
          complete: done,
        },
      );
    });

  const running = (async () => {
    while (!isEnding) {
      resumptions += 1;
      await once();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();

  return {
    seen,
    /** False until the stream has begun. */
    hasBegun: () => cursor !== undefined,
    resumptions: () => resumptions,
    async end(): Promise<void> {
      isEnding = true;
      stop();
      await running;
    },
  };
}

/** A subscriber that resumes. */
export type Subscriber = ReturnType<typeof createSubscriber>;
