import { WebSocket } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { newMessageId } from '../kernel/ids.ts';
import { createLogger } from '../kernel/log.ts';
import type { IncomingFrame, Session } from '../rpc/call.ts';
import { type Answer, createSession } from '../rpc/session.ts';

/** Why no connection came about. */
export interface ConnectFailure {
  readonly kind: 'unreachable' | 'unauthorized' | 'unknownIdentity' | 'refused';
  /** In words, for the user. */
  readonly detail: string;
}

/** One open WebSocket and the conversation on it. */
export interface Link {
  readonly session: Session;
  /** Whether a frame can leave now. */
  isOpen(): boolean;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Says goodbye; the socket is cut when the hub does not answer that in time. */
  close(reason: string): void;
}

export interface LinkOptions {
  /** Endpoint without identity. */
  readonly url: string;
  readonly identity: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  /** Seconds between WebSocket pings; 0: none. */
  readonly pingIntervalSeconds: number;
  readonly answer: (call: IncomingFrame) => Promise<Answer>;
}

const handshakeTimeoutMs = 20_000;
const closeTimeoutMs = 2_000;
/** Largest frame from the hub. */
const frameBytesMax = 1 << 20;
/** CALLs that wait in the session: status reports and heartbeats; transaction messages wait in the outbox. */
const callQueueMax = 200;
const answersPendingMax = 32;
const silent = createLogger('silent');

/** Connects once. Never rejects. OCPP-J 1.6 §3. */
export function openLink(options: LinkOptions): Promise<Link | ConnectFailure> {
  const { url, identity, password } = options;
  const credentials = Buffer.from(`${identity}:${password}`).toString('base64');
  const socket = new WebSocket(`${url}/${encodeURIComponent(identity)}`, ['ocpp1.6'], {
    headers: password === undefined ? {} : { authorization: `Basic ${credentials}` },
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
  });
  return new Promise((resolve) => {
    socket.once('open', () => resolve(talk(socket, options)));
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(refusal(response.statusCode ?? 0));
    });
    // after the handshake every error is followed by a close, which is what counts then
    socket.on('error', (error) => resolve({ kind: 'unreachable', detail: networkProblem(error) }));
  });
}

function talk(socket: WebSocket, { clock, answer, pingIntervalSeconds }: LinkOptions): Link {
  const session = createSession({
    send: (text) => socket.send(text, () => undefined), // a failed send is followed by a close
    clock,
    newMessageId,
    answer,
    answersPendingMax,
    callQueueMax,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    log: silent,
  });
  socket.on('message', (data) => session.receive(String(data)));
  const stopPinging = keepAlive(socket, clock, pingIntervalSeconds * 1_000);
  let cancelCut = () => {};
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      stopPinging();
      cancelCut();
      session.close();
      resolve({ code, reason: reason.toString() });
    });
  });
  return {
    session,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    closed,
    close(reason) {
      socket.close(1000, reason);
      cancelCut = clock.after(closeTimeoutMs, () => socket.terminate());
    },
  };
}

/** Pings; a ping that was not answered when the next is due means that the line is dead. */
function keepAlive(socket: WebSocket, clock: Clock, intervalMs: number): () => void {
  if (intervalMs === 0) return () => undefined;
  let isAnswered = true;
  let cancel = () => {};
  const round = () => {
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
    cancel = clock.after(intervalMs, round);
  };
  socket.on('pong', () => {
    isAnswered = true;
  });
  cancel = clock.after(intervalMs, round);
  return () => cancel();
}

function refusal(status: number): ConnectFailure {
  if (status === 401) return { kind: 'unauthorized', detail: 'the hub wants another password' };
  if (status === 404) return { kind: 'unknownIdentity', detail: 'the hub does not know this identity' };
  return { kind: 'refused', detail: `the hub refused the connection with HTTP ${status}` };
}

function networkProblem(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return error.message === '' ? (code ?? 'unknown') : error.message; // a failed attempt over IPv4 and IPv6 has no message
}
