import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../kernel/log.ts';
import type { Refusal } from './handshake.ts';

/** Largest head of an upgrade request, in bytes; more gets 431. */
const headBytesMax = 16_384;
/** How often Node looks for connections that are too slow with their request, in milliseconds. */
const slowCheckMs = 1_000;
/** TCP probes a silent peer after this time, so that one that never answers pings is found, too. */
const tcpKeepAliveMs = 60_000;

/** Answers an upgrade request with plain HTTP and ends the connection. CON-7. */
export function refuse(socket: Duplex, { status, text, headers = {} }: Refusal): void {
  const body = `${text}\n`;
  const head = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}

/** The hub is too busy or about to stop: come back in a moment. */
export const unavailable = (text: string): Refusal => ({ status: 503, text, headers: { 'Retry-After': '5' } });

/** The port of the charge points. */
export interface HttpEndpoint {
  readonly server: Server;
  /** Whether the connection has a handshake place; without one it is to be refused. */
  hasPlace(socket: Duplex): boolean;
  /** The handshake is over. */
  release(socket: Duplex): void;
}

/**
 * An HTTP server for upgrades. Connections that have not finished their handshake count: more than `openHandshakesMax`
 * are refused when they ask, more than twice as many are cut at once, and each has `handshakeTimeoutMs` to ask.
 */
export function createHttpEndpoint(options: {
  path: string;
  openHandshakesMax: number;
  handshakeTimeoutMs: number;
  log: Logger;
}): HttpEndpoint {
  const { path, openHandshakesMax, handshakeTimeoutMs, log } = options;
  const places = new Set<Duplex>();
  let turnedAway = 0;

  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.min(slowCheckMs, handshakeTimeoutMs),
      keepAlive: true,
      keepAliveInitialDelay: tcpKeepAliveMs,
      noDelay: true,
    },
    (request, response) => answerPlainly(request, response),
  );

  const answerPlainly = (request: IncomingMessage, response: ServerResponse): void => {
    const how = `charge points connect by WebSocket to ${path}/<identity> with the sub-protocol ocpp1.6`;
    const [route = ''] = (request.url ?? '').split('?', 1);
    const isEndpoint = route.startsWith(path);
    if (isEndpoint) {
      const { remoteAddress } = request.socket;
      log.warn({ remoteAddress }, 'request without "Connection: Upgrade"; a proxy may have taken it out');
    }
    const status = route === '/' ? 200 : isEndpoint ? 426 : 404;
    response.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      Connection: status === 426 ? 'close, Upgrade' : 'close',
      ...(status === 426 ? { Upgrade: 'websocket' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : `${how}\n`);
  };

  server.on('connection', (socket: Socket) => {
    if (places.size < openHandshakesMax) {
      places.add(socket);
      socket.once('close', () => places.delete(socket));
      return;
    }
    if (turnedAway >= openHandshakesMax) {
      socket.destroy();
      return;
    }
    turnedAway++;
    socket.once('close', () => turnedAway--);
  });

  return {
    server,
    hasPlace: (socket) => places.has(socket),
    release: (socket) => void places.delete(socket),
  };
}
