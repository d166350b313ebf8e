import { createServer, type Socket } from 'node:net';

/** The part of the engine that the relay needs: one wire message in, one reply out. */
export interface WireEngine {
  roundTrip(message: Buffer): Promise<{ requestId: number; moreToCome: boolean; legacy: boolean; response: Buffer }>;
}

/** A listening relay. */
export interface Relay {
  /** Takes no more connections and drops the open ones; removes the socket file. */
  close(): Promise<void>;
}

const headerBytes = 16;
/** Largest wire message, as the engine announces it (`maxMessageSizeBytes`), with room for the header. */
const messageBytesMax = 48_000_000 + headerBytes;
const opReply = 1;
const opMsg = 2013;

/** Commands on which the engine ends the whole process. The driver sends none of them to it; tools might. */
const deadly: ReadonlySet<string> = new Set([
  'startSession',
  'endSessions',
  'refreshSessions',
  'killSessions',
  'killAllSessions',
  'killAllSessionsByPattern',
]);

/**
 * Serves the MongoDB wire protocol on a Unix socket that only this user can open. A connection is read no further while
 * its command runs (the driver never sends two at once), so memory is bounded by one message per connection.
 */
export function serveWire(engine: WireEngine, socketPath: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // the client went away; 'close' follows
    void converse(engine, socket).catch((error: unknown) =>
      socket.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const others = process.umask(0o177); // the socket file is made inside listen()
    server.listen(socketPath, () => {
      server.off('error', reject);
      resolve({
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
    process.umask(others);
  });
}

async function converse(engine: WireEngine, socket: Socket): Promise<void> {
  let replyId = 0;
  for await (const message of messagesOf(socket)) {
    const command = commandOf(message);
    if (deadly.has(command)) throw new Error(`the embedded database does not take ${command}`);
    const { requestId, moreToCome, legacy, response } = await engine.roundTrip(message);
    if (moreToCome) continue; // the client wants no reply
    if (socket.destroyed) return;
    replyId = (replyId + 1) | 0;
    const head = legacy ? replyHead() : messageHead();
    head.writeInt32LE(head.length + response.length, 0);
    head.writeInt32LE(replyId, 4);
    head.writeInt32LE(requestId, 8);
    socket.cork();
    socket.write(head);
    socket.write(response);
    socket.uncork();
  }
}

/** Cuts the byte stream into wire messages. Pieces are joined once per message, however many they are. */
async function* messagesOf(socket: Socket): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of socket as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    while (bytes >= 4) {
      if ((pieces[0]?.length ?? 0) < 4) pieces = [Buffer.concat(pieces)];
      const length = pieces[0]?.readInt32LE(0) ?? 0;
      if (length < headerBytes || length > messageBytesMax) throw new Error(`a wire message of ${length} bytes`);
      if (bytes < length) break;
      const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
      pieces = whole.length > length ? [whole.subarray(length)] : [];
      bytes -= length;
      yield whole.subarray(0, length);
    }
  }
}

/** The command's name: the first field of the first document of an OP_MSG; empty for anything else. */
function commandOf(message: Buffer): string {
  const nameAt = headerBytes + 4 + 1 + 4 + 1; // flags, kind of section, length of document, type of field
  if (message.readInt32LE(12) !== opMsg || message[headerBytes + 4] !== 0) return '';
  return message.toString('latin1', nameAt, message.indexOf(0, nameAt));
}

/** Header, flags and section kind of an OP_MSG with one body. */
function messageHead(): Buffer {
  const head = Buffer.alloc(headerBytes + 5);
  head.writeInt32LE(opMsg, 12);
  return head;
}

/** Header, flags, cursor, start and count of an OP_REPLY with one document: the answer to an old-style handshake. */
function replyHead(): Buffer {
  const head = Buffer.alloc(headerBytes + 20);
  head.writeInt32LE(opReply, 12);
  head.writeInt32LE(1, 32);
  return head;
}
