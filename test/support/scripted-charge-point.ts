import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { answerFaults, callFaults, createOpenCalls, type RawFrame } from './hub-frame-checks.ts';

/** The hub answered the upgrade with plain HTTP. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`upgrade refused with ${status}: ${body.trim()}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** Thrown by a handler of `onCall` to answer CALLERROR. */
export class AnswerWithError extends Error {
  override readonly name = 'AnswerWithError';
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, description = '', details: Record<string, unknown> = {}) {
    super(description);
    this.code = code;
    this.details = details;
  }
}

/** Returned by a handler of `onCall` to leave the hub without an answer. */
export const silence = Symbol('no answer');

/** Answers a CALL of the hub: the payload of the CALLRESULT, or `silence`, or throws `AnswerWithError`. */
export type CallHandler = (payload: Record<string, unknown>, messageId: string) => unknown;

export interface ConnectOptions {
  /** The hub's endpoint without the identity, e.g. `ws://127.0.0.1:9000/ocpp`. */
  readonly url: string;
  readonly identity: string;
  /** Basic password; bytes go out as they are. */
  readonly password?: string | Buffer;
  /** Offered sub-protocols, by default `ocpp1.6`; empty: no header. */
  readonly protocols?: readonly string[];
  readonly headers?: Record<string, string>;
  /** What the charge point can answer from its first moment on. */
  readonly handlers?: Readonly<Record<string, CallHandler>>;
  /** Deadline of every wait, in milliseconds of the wall clock. */
  readonly timeoutMs?: number;
  /** False: a station that ignores WebSocket pings. */
  readonly autoPong?: boolean;
}

/** A charge point that says exactly what a test tells it to, in raw frames over a real WebSocket. */
export interface ScriptedChargePoint {
  readonly identity: string;
  /** The negotiated sub-protocol. */
  readonly protocol: string;
  /** Sends a CALL and resolves with the raw frame that answers it, CALLRESULT or CALLERROR. */
  call(action: string, payload?: unknown, options?: { id?: string | number; timeoutMs?: number }): Promise<RawFrame>;
  /** Sends text (or bytes as a binary frame) as it is. */
  send(raw: string | Buffer): void;
  /** Answers the hub's CALLs of one action from now on. */
  onCall(action: string, handler: CallHandler): void;
  /** Waits for the next hub CALL of the action that was not waited for before; resolves with its raw frame. */
  nextCall(action: string): Promise<RawFrame>;
  /** Every frame from the hub so far, in order. */
  readonly received: readonly RawFrame[];
  /** What the hub did wrong: unsolicited CALLs, answers to nothing, schema errors. Expect it to be empty. */
  readonly faults: readonly string[];
  /** Throws when a frame arrives while everything that is under way in the hub gets `withinMs` to come out. */
  expectNothing(withinMs?: number): Promise<void>;
  /** Resolves with the close code and reason when the socket has gone. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Closing handshake. */
  close(code?: number): Promise<void>;
  /** Drops the TCP connection without a word. */
  terminate(): void;
  /** The socket itself, for what is not foreseen here. */
  readonly socket: WebSocket;
}

const newId = (() => {
  let count = 0;
  return () => `cp-${++count}`;
})();

const basic = (identity: string, password: string | Buffer): string =>
  `Basic ${Buffer.concat([Buffer.from(`${identity}:`), Buffer.from(password)]).toString('base64')}`;

/** Connects; rejects with `UpgradeRefused` when the hub answers with plain HTTP. */
export async function connectChargePoint(options: ConnectOptions): Promise<ScriptedChargePoint> {
  const { identity, timeoutMs = 5_000 } = options;
  const socket = new WebSocket(
    `${options.url}/${encodeURIComponent(identity)}`,
    [...(options.protocols ?? ['ocpp1.6'])],
    {
      headers: {
        ...(options.password === undefined ? {} : { authorization: basic(identity, options.password) }),
        ...options.headers,
      },
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      autoPong: options.autoPong ?? true,
    },
  );
  const chargePoint = script(socket, options, timeoutMs); // listens before the first frame can arrive
  await opened(socket);
  return { ...chargePoint, identity, protocol: socket.protocol, socket };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      const parts: Buffer[] = [];
      const refuse = () =>
        reject(new UpgradeRefused(response.statusCode ?? 0, response.headers, Buffer.concat(parts).toString()));
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', refuse);
      response.once('error', refuse);
    });
  });
}

type Scripted = Omit<ScriptedChargePoint, 'identity' | 'protocol' | 'socket'>;

function script(socket: WebSocket, options: ConnectOptions, timeoutMs: number): Scripted {
  const received: RawFrame[] = [];
  const faults: string[] = [];
  const handlers = new Map<string, CallHandler>(Object.entries(options.handlers ?? {}));
  const openCalls = createOpenCalls();
  const callsToTake: RawFrame[] = [];
  const wanted = new Map<string, (() => void)[]>();

  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  socket.on('error', () => undefined); // every error ends in `close`, which is what tests wait for

  const answerHub = async ([, id, action, payload]: RawFrame): Promise<void> => {
    const handler = handlers.get(String(action));
    if (!handler) {
      faults.push(`unsolicited ${String(action)} from the hub`);
      socket.send(JSON.stringify([4, id, 'NotImplemented', 'no handler in this test', {}]));
      return;
    }
    try {
      const result = await handler(payload as Record<string, unknown>, String(id));
      if (result !== silence) socket.send(JSON.stringify([3, id, result ?? {}]));
    } catch (error) {
      if (!(error instanceof AnswerWithError)) {
        faults.push(`the handler of ${String(action)} threw: ${String(error)}`);
        return;
      }
      socket.send(JSON.stringify([4, id, error.code, error.message, error.details]));
    }
  };

  socket.on('message', (data, isBinary) => {
    if (isBinary) faults.push('the hub sent a binary frame');
    const frame = parse(String(data));
    if (!frame) {
      faults.push(`the hub sent what is no OCPP-J frame: ${String(data)}`);
      return;
    }
    received.push(frame);
    if (frame[0] === 2) {
      faults.push(...callFaults(frame));
      callsToTake.push(frame);
      wanted.get(String(frame[2]))?.shift()?.();
      void answerHub(frame); // never rejects
      return;
    }
    faults.push(...answerFaults(frame, openCalls.take(frame)));
  });

  const deadline = <T>(what: string, milliseconds: number, start: (settle: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${options.identity}: ${what}: ${why}`));
      const timer = setTimeout(() => fail(`nothing came within ${milliseconds} ms`), milliseconds);
      void closed.then(({ code }) => {
        clearTimeout(timer);
        fail(`the socket closed with ${code}`); // without effect when it came
      });
      start((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });

  const takeCall = (action: string): RawFrame | undefined => {
    const index = callsToTake.findIndex((frame) => frame[2] === action);
    return index < 0 ? undefined : callsToTake.splice(index, 1)[0];
  };

  return {
    received,
    faults,
    closed,
    call(action, payload = {}, { id = newId(), timeoutMs: callTimeoutMs = timeoutMs } = {}) {
      return deadline<RawFrame>(`answer to ${action} ${id}`, callTimeoutMs, (settle) => {
        openCalls.add(id, action, settle);
        socket.send(JSON.stringify([2, id, action, payload]));
      });
    },
    send(raw) {
      const frame = typeof raw === 'string' ? parse(raw) : parse(raw.toString());
      if (frame?.[0] === 2 && frame.length === 4) openCalls.add(frame[1] as string | number, String(frame[2]));
      else openCalls.addUnreadable();
      socket.send(raw);
    },
    onCall(action, handler) {
      handlers.set(action, handler);
    },
    async nextCall(action) {
      const already = takeCall(action);
      if (already) return already;
      await deadline<void>(`a ${action} from the hub`, timeoutMs, (settle) => {
        wanted.set(action, [...(wanted.get(action) ?? []), settle]);
      });
      return takeCall(action) ?? [];
    },
    async expectNothing(withinMs = 60) {
      const before = received.length;
      await sleep(withinMs); // "nothing came" has no condition to wait for
      const unexpected = received.slice(before);
      if (unexpected.length > 0) throw new Error(`${options.identity}: unexpected ${JSON.stringify(unexpected)}`);
    },
    async close(code = 1000) {
      socket.close(code);
      await closed;
    },
    terminate: () => socket.terminate(),
  };
}

function parse(text: string): RawFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}
