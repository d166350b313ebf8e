import { connect, createServer, type Socket } from 'node:net';

/** A line to a database that can be cut or held at the worst moment. */
export interface UnreliableLine {
  /** Address of the line, for `createStore`. */
  readonly uri: string;
  /** The next command that contains `text` reaches the database, but its answer is lost with the connection. */
  loseAnswerTo(text: string): void;
  /** Nothing passes any more, in either direction, on connections old and new. */
  hold(): void;
  /** What was held passes, and all else again. */
  release(): void;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

/** Listens on `socketPath` and passes everything on to the Unix socket that `targetUri` names. */
export async function openUnreliableLine(targetUri: string, socketPath: string): Promise<UnreliableLine> {
  const target = decodeURIComponent(/^mongodb:\/\/([^/]+)/.exec(targetUri)?.[1] ?? '');
  const open = new Set<Socket>();
  const marks: string[] = [];
  let lost = 0;
  let held: (() => void)[] | undefined;
  const pass = (run: () => void) => {
    if (held === undefined) run();
    else held.push(run);
  };
  const server = createServer((client) => {
    const database = connect(target);
    let losesNext = false;
    for (const socket of [client, database]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.on('data', (bytes) => {
      const mark = marks.findIndex((text) => bytes.includes(text));
      if (mark >= 0) {
        marks.splice(mark, 1);
        losesNext = true;
      }
      pass(() => database.write(bytes));
    });
    database.on('data', (bytes) => {
      if (losesNext) {
        lost++;
        client.destroy();
      } else pass(() => client.write(bytes));
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    uri: `mongodb://${encodeURIComponent(socketPath)}/?directConnection=true&w=1&journal=true`,
    loseAnswerTo: (text) => void marks.push(text),
    hold() {
      held = [];
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const run of waiting) run();
    },
    lost: () => lost,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
