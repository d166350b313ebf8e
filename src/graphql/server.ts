import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import type { Clock } from '../kernel/clock.ts';
import { newMessageId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';
import type { AuditedMutation, HubContext } from './context.ts';
import { keyFromHeaders } from './credentials.ts';
import { createExecution, type ServerContext } from './execution.ts';
import { createExplorer, explorerContentSecurityPolicy } from './explorer.ts';
import { type DocumentLimits, documentLimits } from './limits.ts';
import { createLiveCredentials } from './live-credentials.ts';
import { createOrigins } from './origins.ts';
import { errorOrigin, presentError } from './presented-errors.ts';
import { createSlowReaderWatch } from './slow-readers.ts';
import { smallTextCache } from './small-text-cache.ts';
import { createWebSocketEndpoint, type WebSocketLimits } from './websocket-endpoint.ts';

/** Where the API listens and what it allows. Limits that are not given have the defaults of `graphqlDefaults`. */
export interface GraphqlConfig extends DocumentLimits, WebSocketLimits {
  readonly host: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  readonly operationTimeoutMs: number;
  /** Mutations wait for charge points: up to a minute, and a little. */
  readonly mutationTimeoutMs: number;
  readonly subscriptionsMax: number;
  /** A reader that takes nothing for this long is cut off; milliseconds. */
  readonly readerStallMs: number;
  /** Origins of web pages that may use the API; the hub's own always may. */
  readonly allowedOrigins: readonly string[];
}

/** The limits of rule L1 and L4. */
export const graphqlDefaults = {
  bodyBytesMax: 1 << 20,
  wsPayloadBytesMax: 64 << 10,
  queryTokensMax: 2000,
  depthMax: 12,
  aliasesMax: 30,
  directivesMax: 50,
  rootFieldsMax: 20,
  operationTimeoutMs: 10_000,
  mutationTimeoutMs: 65_000,
  connectionInitTimeoutMs: 3000,
  keepAliveMs: 12_000,
  subscriptionsPerConnectionMax: 50,
  subscriptionsMax: 10_000,
  websocketsMax: 5000,
  readerBytesMax: 1 << 20,
  readerStallMs: 20_000,
  shareLiveStreams: true,
  allowedOrigins: [],
} as const satisfies Partial<GraphqlConfig>;

/** What the GraphQL server is made of. */
export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  /** Who an API key stands for; undefined: nobody. */
  readonly authenticate: (key: string) => Promise<Principal | undefined>;
  /** Tells of every credential that was ended or changed, by id. */
  readonly onCredentialChanged?: (listener: (credentialId: string) => void) => () => void;
  /** Writes a mutation down. */
  readonly audit: (
    principal: Principal,
    mutation: AuditedMutation & { readonly requestId: string; readonly remoteAddress?: string | undefined },
  ) => Promise<void>;
  /** The operations of the mounted capabilities. */
  readonly use: HubContext['use'];
  /** Whether the process is fit to serve, for `/health`. */
  readonly healthy: () => boolean | Promise<boolean>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: GraphqlConfig;
  /** What the explorer shows at first. */
  readonly explorerQuery?: string;
}

const graphqlPath = '/graphql';
const healthTimeoutMs = 2000;

/**
 * The API: GraphQL over HTTP (POST, GET for queries, SSE) and graphql-transport-ws, both at `/graphql`, an explorer page for
 * browsers there, and `/health` (200 or 503). Everything but the page and `/health` needs an API key or a token.
 */
export function createGraphqlServer(options: GraphqlServerOptions): {
  /** Resolves when connections are taken. Rejects when the port is not to be had. */
  listen(): Promise<{ port: number }>;
  /** Closes streams so that clients come back (1012), answers what is under way, ends. */
  close(): Promise<void>;
  /** Open subscriptions of a tenant. */
  openSubscriptions(tenantId: string): number;
  /** Groups of live subscriptions that share their executions. */
  liveGroups(): number;
} {
  const { schema, authenticate, use, healthy, clock, log, config } = options;
  const explorer = createExplorer(options.explorerQuery ?? '{ __typename }');
  const execution = createExecution({ clock, log, limits: config });
  const slowReaders = createSlowReaderWatch({ clock, bytesMax: config.readerBytesMax, stallMs: config.readerStallMs });
  const streams = new Set<ServerResponse>();

  const yoga = createYoga<ServerContext, Record<never, never>>({
    schema,
    graphqlEndpoint: graphqlPath,
    context: ({ principal, requestId, gone, remoteAddress, outlet }): HubContext & ServerContext => ({
      principal,
      requestId,
      gone,
      remoteAddress,
      outlet,
      audit: (mutation) => options.audit(principal, { ...mutation, requestId, remoteAddress }),
      log: log.child({ requestId }),
      use,
    }),
    plugins: [...documentLimits(config), execution.plugin],
    maskedErrors: { maskError: (error) => presentError(error, errorOrigin(log, newMessageId())) },
    parserAndValidationCache: { documentCache: smallTextCache(), errorCache: smallTextCache() },
    maxRequestBodySize: config.bodyBytesMax,
    logging: false, // `presentError` logs, with the request id
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    cors: false,
  });
  const credentials = createLiveCredentials({ authenticate, clock, log });
  const endListening = options.onCredentialChanged?.(credentials.changed);
  const origins = createOrigins(config.allowedOrigins);
  const webSockets = createWebSocketEndpoint({
    yoga,
    authenticate,
    credentials,
    clock,
    log,
    limits: config,
    slowReaders,
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newMessageId();
    response.setHeader('x-request-id', requestId);
    response.setHeader('x-content-type-options', 'nosniff');
    const path = request.url?.split('?', 1)[0];
    if (path === '/health') return answerHealth(response);
    if (origins.answer(request, response)) return;
    if (path !== graphqlPath) return sendError(response, 404, 'NOT_FOUND', 'GraphQL is at /graphql');
    if (wantsPage(request)) return answerPage(request, response);
    const key = keyFromHeaders(request.headers);
    const principal = key === undefined ? undefined : await authenticate(key);
    if (principal === undefined) {
      response.setHeader('www-authenticate', 'Bearer');
      response.setHeader('connection', 'close'); // nobody reads the body of a stranger
      return sendError(
        response,
        401,
        'UNAUTHENTICATED',
        'a credential is needed: Authorization: Bearer <API key or token>',
      );
    }
    const gone = new AbortController();
    streams.add(response);
    const unwatch = credentials.watch(key ?? '', principal, () => {
      if (isEventStream(response)) response.destroy();
    });
    response.once('close', () => {
      unwatch();
      streams.delete(response);
      gone.abort();
    });
    await yoga.handle(request, response, {
      principal,
      requestId,
      gone: gone.signal,
      remoteAddress: request.socket.remoteAddress,
    });
  }

  async function answerPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { html, gzipped, etag } = await explorer();
    response.setHeader('content-security-policy', explorerContentSecurityPolicy);
    response.setHeader('etag', etag);
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('vary', 'accept, accept-encoding');
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
    const zip = request.headers['accept-encoding']?.includes('gzip') ?? false;
    if (zip) response.setHeader('content-encoding', 'gzip');
    send(response, 200, 'text/html; charset=utf-8', zip ? gzipped : html);
  }

  async function answerHealth(response: ServerResponse): Promise<void> {
    let cancel: () => void = () => undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      cancel = clock.after(healthTimeoutMs, () => resolve(false));
    });
    const ok = await Promise.race([Promise.resolve(healthy()).catch(() => false), tooLate]);
    cancel();
    send(response, ok ? 200 : 503, 'application/json', JSON.stringify({ status: ok ? 'ok' : 'down' }));
  }

  const server = createServer((request, response) => {
    const unwatch = slowReaders.watch({
      buffered: () => response.writableLength,
      cut: () => {
        log.warn({ bufferedBytes: response.writableLength }, 'an HTTP client that does not read was cut off');
        response.destroy();
      },
    });
    response.once('close', unwatch);
    answer(request, response).catch((error: unknown) => {
      const { message, extensions } = presentError(error, errorOrigin(log, newMessageId()));
      if (response.headersSent) response.destroy();
      else sendError(response, 503, String(extensions['code']), message);
    });
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?', 1)[0] !== graphqlPath) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    } else if (!origins.isAllowed(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    } else webSockets.upgrade(request, socket, head);
  });

  return {
    openSubscriptions: execution.openSubscriptions,
    liveGroups: execution.liveGroups,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.port, config.host, () => {
          server.off('error', reject);
          resolve({ port: (server.address() as AddressInfo).port }); // it listens on a port, not on a pipe
        });
      }),
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      await webSockets.close();
      for (const response of streams) {
        if (isEventStream(response)) response.destroy(); // not a proper end: the client shall come back
      }
      server.closeIdleConnections();
      const cancel = clock.after(config.operationTimeoutMs, () => server.closeAllConnections());
      await ended;
      cancel();
      slowReaders.close();
      endListening?.();
      credentials.close();
      await yoga.dispose();
    },
  };
}

const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && (headers.accept?.includes('text/html') ?? false);

const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type') ?? '').startsWith('text/event-stream');

function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const sendError = (response: ServerResponse, status: number, code: string, message: string): void =>
  send(
    response,
    status,
    'application/json; charset=utf-8',
    JSON.stringify({ errors: [{ message, extensions: { code } }] }),
  );
