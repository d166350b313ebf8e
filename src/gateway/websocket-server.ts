import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { ValidationError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { Message } from '../ocpp/message.ts';
import type { WireFrame } from '../rpc/session.ts';
import type { Adapter, ChargePointRegistry, Link, Links, OcppVersion } from './adapter.ts';
import { type Admission, type AdmissionRules, createAuthenticate } from './authenticate.ts';
import { withinDeadline } from './deadline.ts';
import { createDispatch } from './dispatch.ts';
import type { Refusal } from './handshake.ts';
import { createHttpEndpoint, refuse, unavailable } from './http-endpoint.ts';
import { createLinks, replacedCloseCode } from './links.ts';
import type { MessageNote } from './notes.ts';
import { createCommands } from './perform.ts';
import { createSocketLink, type LinkEnd, type LinkLimits, type SocketLink } from './socket-link.ts';

/** Where the gateway listens, whom it lets in, and all of its limits. */
export interface GatewayConfig extends AdmissionRules, LinkLimits {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Largest frame that is taken; a larger one closes the socket with 1009. */
  readonly frameBytesMax: number;
  /** From the TCP connection to the request, and again from the request to the link. */
  readonly handshakeTimeoutMs: number;
  readonly openHandshakesMax: number;
  /** Ceiling of every answer to a charge point. */
  readonly answerTimeoutMs: number;
  /** How long `close` waits for answers in the making, and again for the sockets to go. */
  readonly drainTimeoutMs: number;
}

export interface GatewayOptions {
  readonly registry: ChargePointRegistry;
  readonly adapters: readonly Adapter[];
  /** All messages that a version knows, served or not. */
  readonly messages: Readonly<Record<OcppVersion, readonly Message[]>>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this process among the nodes. */
  readonly node: string;
  readonly config: GatewayConfig;
  /** Whether a tenant segment in the URL names a tenant; by default only the default tenant is known. */
  readonly knownTenant?: (tenantId: string) => boolean;
  /** A link is up; no frame of it has been handled yet. */
  readonly onAttached?: (link: Link) => void;
  /** A link is of no more use; for a replaced one, before the newer one's `onAttached`. */
  readonly onDetached?: (link: Link) => void;
  /** Every frame in both directions. */
  readonly onFrame?: (link: Link, frame: WireFrame) => void;
  /** What was repaired, tolerated or refused in a message; told after its `onFrame`, before its answer. Must not throw. */
  readonly onNote?: (link: Link, note: MessageNote) => void;
}

/** The charge points' way in. */
export interface Gateway {
  /** Opens the port. Rejects when it is taken. */
  listen(): Promise<{ port: number }>;
  readonly links: Links;
  /** Refuses newcomers, lets answers in the making leave, closes every socket with 1001, then the port. CON-13. */
  close(): Promise<void>;
}

/** The database may be away when a link ends: the end is told again, this many times at most, this far apart. */
const detachAttemptsMax = 120;
const detachRetryMs = 5_000;

/** Takes charge points in over WebSocket and keeps their links. CON-1 to CON-13. */
export function createGateway(options: GatewayOptions): Gateway {
  const { registry, adapters, messages, bus, clock, log, node, config } = options;
  const { answerTimeoutMs, handshakeTimeoutMs } = config;
  const authenticate = createAuthenticate({ registry, rules: config, knownTenant: options.knownTenant, log });
  const dispatch = createDispatch({ adapters, messages, registry, bus, clock, answerTimeoutMs });
  const commands = createCommands(adapters);
  const links = createLinks({ bus, node });
  const socketLinks = new Set<SocketLink>();
  const endsToTell = new Set<Promise<void>>();
  const endpoint = createHttpEndpoint({ ...config, log });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.frameBytesMax,
    perMessageDeflate: false, // CON-11
    // Stations send Latin-1 now and then; a wrong letter in a vendor text is better than a link that never holds.
    skipUTF8Validation: true,
  });
  let isStopping = false;
  let stopped: Promise<void> | undefined;

  const tellEnd = async ({ chargePoint, epoch }: Pick<Link, 'chargePoint' | 'epoch'>, end: LinkEnd): Promise<void> => {
    const disconnectedAt = clock.now();
    for (let attempt = 1; ; attempt++) {
      try {
        await registry.detached(chargePoint, { epoch, disconnectedAt, ...end });
        return;
      } catch (error) {
        log.error({ chargePointId: chargePoint.id, epoch, attempt, err: error }, 'end of a link not stored');
        if (isStopping || attempt >= detachAttemptsMax) return;
      }
      await new Promise<void>((resolve) => clock.after(detachRetryMs, resolve));
    }
  };

  const told = (telling: Promise<void>): void => {
    endsToTell.add(telling);
    void telling.finally(() => endsToTell.delete(telling));
  };

  /** Takes the epoch and starts the link. The socket is not read before: its frames wait in the kernel's buffers. */
  const attach = async (socket: WebSocket, admission: Admission, remoteAddress: string): Promise<void> => {
    const { chargePoint, version } = admission;
    const pingSeconds = chargePoint.tolerance?.pingIntervalSeconds;
    const openedAt = clock.now();
    const linkLog = log.child({ chargePointId: chargePoint.id, identity: chargePoint.identity });
    socket.pause();
    socket.on('error', () => undefined); // until the link listens; `close` follows
    const attaching = registry.attached(chargePoint, { version, remoteAddress, connectedAt: openedAt });
    let epoch: number;
    try {
      ({ epoch } = await withinDeadline(clock, handshakeTimeoutMs, 'taking the epoch', attaching));
    } catch (error) {
      linkLog.error({ err: error }, 'charge point could not be linked');
      socket.resume();
      socket.close(1013, 'try again later');
      attaching.then(
        ({ epoch: late }) => told(tellEnd({ chargePoint, epoch: late }, { code: 1013, reason: 'linked too late' })),
        () => undefined, // told above
      );
      return;
    }
    let wasAttached = false;
    const socketLink: SocketLink = createSocketLink({
      ...options,
      socket,
      chargePoint,
      version,
      epoch,
      openedAt,
      limits: pingSeconds === undefined ? config : { ...config, pingIntervalMs: pingSeconds * 1000 },
      dispatch,
      commands,
      log: linkLog.child({ epoch }),
      onNote: (link, note) => {
        if (note.repairs.length > 0) registry.tolerated(chargePoint, note.repairs);
        options.onNote?.(link, note);
      },
      onHeard: (at) => registry.seen(chargePoint, at),
      onEnd: (link, end) => {
        socketLinks.delete(socketLink);
        links.remove(link);
        linkLog.info({ epoch, ...end }, 'charge point disconnected');
        if (wasAttached) options.onDetached?.(link);
        told(tellEnd(link, end));
      },
    });
    const { link } = socketLink;
    socketLinks.add(socketLink);
    if (isStopping) link.close(1001, 'the hub is stopping');
    else if (!links.add(link)) link.close(replacedCloseCode, 'replaced by a newer connection');
    else {
      linkLog.info({ epoch, version, remoteAddress }, 'charge point connected');
      wasAttached = true;
      options.onAttached?.(link);
      socketLink.start();
    }
  };

  const decide = async (request: IncomingMessage, socket: Duplex): Promise<Admission | Refusal> => {
    if (isStopping) return unavailable('the hub is stopping');
    if (!endpoint.hasPlace(socket)) return unavailable('too many handshakes are under way');
    try {
      return await withinDeadline(clock, handshakeTimeoutMs, 'the handshake', authenticate(request));
    } catch (error) {
      if (error instanceof ValidationError) return { status: 400, text: 'the identity cannot be used' };
      log.error({ err: error }, 'handshake failed');
      return unavailable('the hub cannot look up charge points at present');
    }
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on('error', () => undefined); // it went away meanwhile; nothing is held yet
    const decision = await decide(request, socket);
    if ('status' in decision || isStopping) {
      refuse(socket, 'status' in decision ? decision : unavailable('the hub is stopping'));
      return;
    }
    const remoteAddress = request.socket.remoteAddress ?? '';
    // The library refuses a header with empty or double offers; what is chosen is all it needs to see. CON-6
    if (decision.subprotocol === undefined) delete request.headers['sec-websocket-protocol'];
    else request.headers['sec-websocket-protocol'] = decision.subprotocol;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      attach(webSocket, decision, remoteAddress)
        .catch((error: unknown) => {
          log.error({ err: error }, 'linking a charge point failed');
          webSocket.terminate();
        })
        .finally(() => endpoint.release(socket));
    });
  };
  endpoint.server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, 'upgrade failed');
      socket.destroy();
    });
  });

  /** Waits for `work`, but not for ever; what is left over is cut off by the caller. */
  const atMost = (what: string, work: Promise<unknown>): Promise<unknown> =>
    withinDeadline(clock, config.drainTimeoutMs, what, work).catch((error: unknown) =>
      log.warn({ err: error }, 'the gateway does not wait any longer'),
    );

  const shutDown = async (): Promise<void> => {
    await atMost('answering open calls', Promise.all([...socketLinks].map(({ drained }) => drained())));
    for (const { link } of [...socketLinks]) link.close(1001, 'the hub is stopping');
    const gone = [...sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await atMost('closing sockets', Promise.all(gone));
    for (const socket of sockets.clients) socket.terminate();
    await atMost('storing the ends of links', Promise.all(endsToTell));
    sockets.close();
    if (!endpoint.server.listening) return;
    const closed = new Promise((resolve) => endpoint.server.close(resolve));
    endpoint.server.closeAllConnections();
    await atMost('closing the port', closed);
  };

  return {
    links,
    listen() {
      return new Promise((resolve, reject) => {
        endpoint.server.once('error', reject);
        endpoint.server.listen(config.port, config.host, () => {
          endpoint.server.off('error', reject);
          endpoint.server.on('error', (error) => log.error({ err: error }, 'the charge point port failed'));
          const address = endpoint.server.address();
          resolve({ port: typeof address === 'object' && address ? address.port : config.port });
        });
      });
    },
    close() {
      isStopping = true;
      stopped ??= shutDown();
      return stopped;
    },
  };
}
