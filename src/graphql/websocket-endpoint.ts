import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { newMessageId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';
import { keyFromConnectionParams, keyFromHeaders } from './credentials.ts';
import type { ServerContext } from './execution.ts';
import type { LiveCredentials } from './live-credentials.ts';
import type { Outlet } from './live-groups.ts';
import { errorOrigin, nextPayload, presentPlainError, requestError } from './presented-errors.ts';
import { createCorks, createSharedFrames } from './shared-frames.ts';
import type { createSlowReaderWatch } from './slow-readers.ts';

/** Limits of the WebSocket side. */
export interface WebSocketLimits {
  /** Largest message taken, in bytes. */
  readonly wsPayloadBytesMax: number;
  readonly connectionInitTimeoutMs: number;
  readonly subscriptionsPerConnectionMax: number;
  readonly websocketsMax: number;
  /** Between pings; a client that has not answered one when the next is due is cut off. Milliseconds. */
  readonly keepAliveMs: number;
  /** Bytes that may wait for one client. */
  readonly readerBytesMax: number;
  /** Whether live subscriptions that select the same share their executions and payloads. */
  readonly shareLiveStreams: boolean;
}

/** Close codes of RFC 6455 that we send; those of graphql-transport-ws are in `CloseCode`. */
const closeCode = { serviceRestart: 1012, tryAgainLater: 1013 } as const;

/** How long clients have to answer the closing handshake. */
const closeTimeoutMs = 2000;

interface Extra {
  readonly request: IncomingMessage;
  readonly gone: AbortSignal;
  /** Closes the socket because the credential is of no use any more. */
  readonly forbid: () => void;
  /** Where the shared payloads of an operation go. */
  readonly outlet: ((operationId: string) => Outlet) | undefined;
  principal?: Principal;
  unwatch?: () => void;
}

/** graphql-transport-ws on sockets that are handed over by `upgrade`. */
export function createWebSocketEndpoint(options: {
  yoga: YogaServerInstance<ServerContext, Record<never, never>>;
  authenticate: (key: string) => Promise<Principal | undefined>;
  credentials: LiveCredentials;
  clock: Clock;
  log: Logger;
  limits: WebSocketLimits;
  slowReaders: ReturnType<typeof createSlowReaderWatch>;
}): { upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void; close(): Promise<void> } {
  const { yoga, authenticate, credentials, clock, log, limits, slowReaders } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.wsPayloadBytesMax,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });

  const corks = createCorks();
  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: limits.connectionInitTimeoutMs,
    async onConnect({ connectionParams, extra }) {
      const key = keyFromConnectionParams(connectionParams) ?? keyFromHeaders(extra.request.headers);
      const principal = key === undefined ? undefined : await authenticate(key);
      if (principal === undefined) return false; // the library closes with 4403
      extra.principal = principal;
      extra.unwatch = credentials.watch(key ?? '', principal, extra.forbid);
      if (extra.gone.aborted) extra.unwatch();
      return { maxSubscriptions: limits.subscriptionsPerConnectionMax, resumable: true };
    },
    async onSubscribe({ extra, subscriptions }, id, params) {
      const requestId = newMessageId();
      const origin = errorOrigin(log, requestId);
      if (Object.keys(subscriptions).length > limits.subscriptionsPerConnectionMax) {
        const most = limits.subscriptionsPerConnectionMax;
        return [requestError('SUBSCRIPTION_LIMIT', `a connection has at most ${most} operations at once`)];
      }
      if (extra.principal === undefined) return [requestError('UNAUTHENTICATED', 'a credential is needed')];
      const { remoteAddress } = extra.request.socket;
      const { principal, gone } = extra;
      const context: ServerContext = { principal, requestId, gone, remoteAddress, outlet: extra.outlet?.(id) };
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({ ...context, params });
      try {
        const document = parse(params.query);
        const errors = validate(schema, document);
        if (errors.length > 0) return errors.map((error: unknown) => presentPlainError(error, origin));
        const { operationName, variables: variableValues } = params;
        const contextValue = await contextFactory();
        // the library hands these arguments to `execute` and `subscribe` below, which find theirs in `rootValue`
        return { schema, document, operationName, variableValues, contextValue, rootValue: { execute, subscribe } };
      } catch (error) {
        return [presentPlainError(error, origin)];
      }
    },
    execute: ({ rootValue, ...args }) => (rootValue as Enveloped).execute(args),
    subscribe: ({ rootValue, ...args }) => (rootValue as Enveloped).subscribe(args),
    onNext(_ctx, _id, _params, args, result) {
      if (result.errors === undefined) return undefined;
      const { requestId } = args.contextValue as ServerContext;
      return nextPayload(result, errorOrigin(log, requestId));
    },
    onError: (_ctx, _id, _params, errors) =>
      errors.map((error) => presentPlainError(error, errorOrigin(log, newMessageId())).toJSON()),
  });

  function opened(socket: WebSocket, request: IncomingMessage, stream: Duplex): void {
    const gone = new AbortController();
    let answered = true;
    let cancelPing = clock.after(limits.keepAliveMs, ping);
    function ping(): void {
      if (!answered) {
        socket.terminate();
        return;
      }
      answered = false;
      if (socket.readyState === socket.OPEN) socket.ping();
      cancelPing = clock.after(limits.keepAliveMs, ping);
    }
    const unwatch = slowReaders.watch({
      buffered: () => socket.bufferedAmount,
      cut: () => {
        log.warn({ bufferedBytes: socket.bufferedAmount }, 'a WebSocket client that does not read was cut off');
        socket.terminate();
      },
    });
    const frames = limits.shareLiveStreams ? createSharedFrames({ socket, stream, corks }) : undefined;
    const extra: Extra = {
      request,
      gone: gone.signal,
      forbid: () => socket.close(CloseCode.Forbidden, 'Forbidden'),
      outlet: frames?.outlet,
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // settles when the bytes have left: what waits for a slow client is one message a subscription
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            if (socket.bufferedAmount > limits.readerBytesMax) {
              socket.terminate();
              return resolve();
            }
            socket.send(text, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (hear) => {
          socket.on('message', (data) => {
            hear(String(data)).catch((error: unknown) => {
              log.error({ err: error }, 'a GraphQL WebSocket message could not be handled');
              socket.close(closeCode.tryAgainLater, 'Try again later');
            });
          });
        },
      },
      extra,
    );
    socket.on('pong', () => {
      answered = true;
    });
    socket.on('error', (error) => log.debug({ err: error }, 'a GraphQL WebSocket failed')); // ws closes it by itself
    socket.once('close', (code, reason) => {
      cancelPing();
      unwatch();
      extra.unwatch?.();
      gone.abort();
      closed(code, String(reason)).catch((error: unknown) => log.error({ err: error }, 'closing a WebSocket failed'));
    });
  }

  return {
    upgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        if (sockets.clients.size > limits.websocketsMax)
          webSocket.close(closeCode.tryAgainLater, 'Too many connections');
        else opened(webSocket, request, socket);
      });
    },
    async close() {
      const all = [...sockets.clients];
      for (const socket of all) socket.close(closeCode.serviceRestart, 'Service restart');
      const cancel = clock.after(closeTimeoutMs, () => {
        for (const socket of sockets.clients) socket.terminate();
      });
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      cancel();
    },
  };
}

/** What Yoga makes of `execute` and `subscribe` for one operation. */
interface Enveloped {
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
}
