import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Outlet } from './live-groups.ts';

/** Payloads of one subscription that wait for a reader that is behind; the oldest make room. */
const payloadsMax = 256;
/** The same in characters; one payload may be longer. */
const charactersMax = 256 << 10;
/** When more bytes wait in the socket, nothing is handed to it until it has taken them. */
const bufferedBytesMax = 64 << 10;

interface Waiting {
  readonly prefix: string;
  readonly payloads: string[];
  characters: number;
}

/** Collects the frames of one turn, so that those of one socket leave in one write. Rule S7. */
export function createCorks(): { cork(stream: Duplex): void } {
  const corked = new Set<Duplex>();
  const release = (): void => {
    for (const stream of corked) stream.uncork();
    corked.clear();
  };
  return {
    cork(stream) {
      if (corked.has(stream)) return;
      if (corked.size === 0) process.nextTick(release);
      corked.add(stream);
      stream.cork();
    },
  };
}

/** Writes the `next` messages of shared subscriptions to one socket, past the protocol library, with what the library would write. */
export function createSharedFrames(options: {
  readonly socket: Pick<WebSocket, 'send' | 'readyState' | 'OPEN' | 'bufferedAmount'>;
  readonly stream: Duplex;
  readonly corks: ReturnType<typeof createCorks>;
}): { outlet(operationId: string): Outlet } {
  const { socket, stream, corks } = options;
  const behind = new Set<Waiting>();
  let full = false;

  function write(frame: string): void {
    if (socket.readyState !== socket.OPEN) return;
    corks.cork(stream);
    if (socket.bufferedAmount + frame.length <= bufferedBytesMax) {
      socket.send(frame, ignore);
      return;
    }
    full = true;
    socket.send(frame, () => {
      full = false;
      catchUp();
    });
  }

  /** One of each in turn, so that a busy subscription does not keep the others waiting. */
  function catchUp(): void {
    while (!full && behind.size > 0) {
      for (const waiting of [...behind]) {
        if (full) return;
        const payload = waiting.payloads.shift() ?? '';
        waiting.characters -= payload.length;
        behind.delete(waiting);
        if (waiting.payloads.length > 0) behind.add(waiting);
        write(`${waiting.prefix}${payload}}`);
      }
    }
  }

  return {
    outlet(operationId) {
      const prefix = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
      const waiting: Waiting = { prefix, payloads: [], characters: 0 };
      return {
        deliver(payload) {
          if (!full && waiting.payloads.length === 0) {
            write(`${prefix}${payload}}`);
            return;
          }
          waiting.payloads.push(payload);
          waiting.characters += payload.length;
          while (
            waiting.payloads.length > 1 &&
            (waiting.payloads.length > payloadsMax || waiting.characters > charactersMax)
          ) {
            waiting.characters -= waiting.payloads.shift()?.length ?? 0;
          }
          behind.add(waiting);
        },
        end() {
          waiting.payloads.length = 0;
          waiting.characters = 0;
          behind.delete(waiting);
        },
      };
    },
  };
}

/** A socket that fails closes, and that is heard elsewhere. */
const ignore = (): void => undefined;
