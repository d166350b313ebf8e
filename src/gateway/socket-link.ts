import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../kernel/clock.ts';
import { newMessageId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import { createSession, type WireFrame } from '../rpc/session.ts';
import type { Link, OcppVersion, RegisteredChargePoint } from './adapter.ts';
import type { Dispatch } from './dispatch.ts';
import { type Liveness, watchLiveness } from './liveness.ts';
import type { MessageNote } from './notes.ts';
import type { Commands } from './perform.ts';

/** Limits of one link. */
export interface LinkLimits {
  /** Unanswered frames of the charge point before its socket is paused. */
  readonly answersPendingMax: number;
  /** CALLs of the hub that may wait beside the open one. */
  readonly callQueueMax: number;
  /** Bytes that may wait for a charge point that does not read; then its socket goes. */
  readonly outgoingBytesMax: number;
  /** WebSocket ping interval in milliseconds; 0: no pings. CON-10 */
  readonly pingIntervalMs: number;
}

/** Why a link ended. */
export interface LinkEnd {
  /** WebSocket close code; 1006 when the socket broke off. */
  readonly code: number;
  readonly reason: string;
}

/** A link with the reins that only the gateway holds. */
export interface SocketLink {
  readonly link: Link;
  /** Begins to read. */
  start(): void;
  /** Resolves when every CALL received so far has been answered. */
  drained(): Promise<void>;
}

const brokenOff = 1006;

/** How long a closing handshake may take before the socket is dropped, in milliseconds. */
const closingMs = 5_000;

/** Makes a paused socket into a link. `onEnd` is called exactly once, as soon as the link is of no more use. */
export function createSocketLink(options: {
  socket: WebSocket;
  chargePoint: RegisteredChargePoint;
  version: OcppVersion;
  epoch: number;
  openedAt: Date;
  limits: LinkLimits;
  dispatch: Dispatch;
  commands: Commands;
  clock: Clock;
  log: Logger;
  onHeard: (at: Date) => void;
  onEnd: (link: Link, end: LinkEnd) => void;
  onFrame?: ((link: Link, frame: WireFrame) => void) | undefined;
  onNote?: ((link: Link, note: MessageNote) => void) | undefined;
}): SocketLink {
  const { socket, chargePoint, version, epoch, openedAt, limits, clock, log, onFrame, onNote } = options;
  let liveness: Liveness | undefined;
  let hasEnded = false;
  let toldBinary = false;

  const end = (code: number, reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    liveness?.stop();
    session.close();
    options.onEnd(link, { code, reason });
  };

  const breakOff = (code: number, reason: string): void => {
    log.warn({ code, reason }, 'socket broken off');
    end(code, reason);
    socket.terminate();
  };

  const send = (text: string): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(text, () => undefined); // a failed write ends in `close`
    if (socket.bufferedAmount > limits.outgoingBytesMax) breakOff(1008, 'does not read what it is sent');
  };

  const takeNote = onNote && ((note: MessageNote) => onNote(link, note));

  const session = createSession({
    send,
    clock,
    newMessageId,
    answer: options.dispatch.forLink({ chargePoint, version, epoch, log, onNote: takeNote }),
    answersPendingMax: limits.answersPendingMax,
    callQueueMax: limits.callQueueMax,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onFrame: onFrame && ((frame) => onFrame(link, frame)),
    log,
  });

  const link: Link = {
    chargePoint,
    version,
    epoch,
    openedAt,
    queuedCalls: session.queuedCalls,
    ...options.commands.forLink({ version, session, isStrict: chargePoint.isStrict, log, onNote: takeNote }),
    close(code, reason) {
      end(code, reason);
      socket.resume(); // or the closing handshake of a paused socket would never come in
      socket.close(code, reason);
      const cancel = clock.after(closingMs, () => socket.terminate());
      socket.once('close', cancel);
    },
  };

  const heard = (): void => {
    liveness?.heard();
    options.onHeard(clock.now());
  };

  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (hasEnded) return;
    if (isBinary && !toldBinary) {
      toldBinary = true;
      log.warn({}, 'charge point sends binary frames; they are read as UTF-8 text');
    }
    heard();
    session.receive(data.toString()); // one Buffer: `binaryType` is left at its default
  });
  socket.on('ping', heard);
  socket.on('pong', () => {
    liveness?.ponged();
    heard();
  });
  socket.on('close', (code, reason) => end(code, reason.toString()));
  socket.on('error', (error: Error & { code?: string }) => {
    const code = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 1009 : brokenOff;
    log.warn({ code, error: error.code ?? error.message }, 'socket failed');
    end(code, error.code ?? 'socket error'); // the library closes the socket itself
  });

  return {
    link,
    drained: session.drained,
    start() {
      if (socket.readyState !== socket.OPEN) {
        end(brokenOff, 'gone before it was linked');
        return;
      }
      if (limits.pingIntervalMs > 0) {
        liveness = watchLiveness({
          clock,
          intervalMs: limits.pingIntervalMs,
          ping: () => {
            if (socket.readyState === socket.OPEN) socket.ping();
          },
          isPaused: () => socket.isPaused,
          onDead: () => breakOff(brokenOff, 'no sign of life'),
        });
      }
      socket.resume();
    },
  };
}
