import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What came of an operation. */
interface GraphqlResult<Data = Record<string, unknown>> {
  readonly data?: Data | null | undefined;
  readonly errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions?: Record<string, unknown>;
  }[];
}

/** A subscription under way. */
interface Subscription<Data> extends AsyncIterable<GraphqlResult<Data>> {
  /** The next item. Rejects when none comes in time, or when the stream ends. */
  next(timeoutMs?: number): Promise<GraphqlResult<Data>>;
  /** Items until one satisfies `wanted`, which is the last of them. */
  until(wanted: (data: Data) => boolean, timeoutMs?: number): Promise<Data[]>;
  /** Ends it. */
  close(): Promise<void>;
}

/** A client of the hub's API, with one API key. */
export interface GraphqlClient {
  /** A query or a mutation over HTTP. Rejects for an answer that is not GraphQL. */
  query<Data = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<GraphqlResult<Data>>;
  /** As `query`, but gives the data alone and throws when there are errors. */
  data<Data = Record<string, unknown>>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** A subscription over graphql-transport-ws. All of one client share a socket. */
  subscribe<Data = Record<string, unknown>>(query: string, variables?: Record<string, unknown>): Subscription<Data>;
  /** A subscription over SSE. */
  sse<Data = Record<string, unknown>>(query: string, variables?: Record<string, unknown>): Subscription<Data>;
  close(): Promise<void>;
}

const defaultTimeoutMs = 10_000;

/** Connects to the API on 127.0.0.1. */
export function createGraphqlClient({ port, apiKey }: { port: number; apiKey: string }): GraphqlClient {
  const url = `http://127.0.0.1:${port}/graphql`;
  const headers = { authorization: `Bearer ${apiKey}` };
  const ws = createWsClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { apiKey },
    retryAttempts: 0,
    lazy: true,
    onNonLazyError: () => undefined,
  });
  const sse = createSseClient({ url, headers, retryAttempts: 0 });

  async function query<Data>(text: string, variables?: Record<string, unknown>): Promise<GraphqlResult<Data>> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as GraphqlResult<Data>;
  }

  return {
    query,
    async data<Data>(text: string, variables?: Record<string, unknown>) {
      const result = await query<Data>(text, variables);
      if (result.errors !== undefined || result.data === null || result.data === undefined) {
        throw new Error(`the operation failed: ${JSON.stringify(result.errors)}`);
      }
      return result.data;
    },
    subscribe: <Data>(text: string, variables?: Record<string, unknown>) =>
      subscription<Data>(ws.iterate({ query: text, ...(variables && { variables }) })),
    sse: <Data>(text: string, variables?: Record<string, unknown>) =>
      subscription<Data>(sse.iterate({ query: text, ...(variables && { variables }) })),
    async close() {
      sse.dispose();
      await ws.dispose();
    },
  };
}

function subscription<Data>(source: AsyncIterableIterator<unknown>): Subscription<Data> {
  const stream = source as AsyncIterableIterator<GraphqlResult<Data>>; // both libraries give execution results
  async function next(timeoutMs = defaultTimeoutMs): Promise<GraphqlResult<Data>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no item within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const item = await Promise.race([stream.next(), late]);
      if (item.done === true) throw new Error('the stream has ended');
      return item.value;
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    [Symbol.asyncIterator]: () => stream,
    next,
    async until(wanted, timeoutMs = defaultTimeoutMs) {
      const items: Data[] = [];
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const { data, errors } = await next(Math.max(1, deadline - Date.now()));
        if (errors !== undefined || data === null || data === undefined) {
          throw new Error(`the stream failed: ${JSON.stringify(errors)}`);
        }
        items.push(data);
        if (wanted(data)) return items;
      }
    },
    async close() {
      await stream.return?.();
    },
  };
}
