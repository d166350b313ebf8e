import { pino } from 'pino';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import {
  type Adapter,
  type AnsweredMessage,
  adapter,
  answeredSubject,
  type CommandDescriptor,
  type IncomingCall,
  type Link,
  receives,
  sends,
} from '../../src/gateway/adapter.ts';
import type { MessageNote } from '../../src/gateway/notes.ts';
import { createGateway, type GatewayConfig, type GatewayOptions } from '../../src/gateway/websocket-server.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import {
  BootNotification,
  DataTransfer,
  GetConfiguration,
  Heartbeat,
  messages16,
  Reset,
  StatusNotification,
} from '../../src/ocpp/v16/index.ts';
import { createMemoryRegistry } from './memory-registry.ts';

export const reset: CommandDescriptor<{ type: 'Hard' | 'Soft' }, { status: string }> = { name: 'reset' };

/** What a test wants DataTransfer to be answered with. */
export type DataTransferHandler = (data: string, call: IncomingCall, link: Link | undefined) => Promise<string>;

/** A hub that is a gateway and nothing else, on a real port. */
export async function startGateway(
  options: {
    config?: Partial<GatewayConfig>;
    clock?: GatewayOptions['clock'];
    onDataTransfer?: DataTransferHandler;
    knownTenant?: (tenantId: string) => boolean;
  } = {},
) {
  const registry = createMemoryRegistry();
  const clock = options.clock ?? systemClock;
  const bus = createInProcessBus({ clock });
  const logLines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => logLines.push(JSON.parse(line)) });
  const calls: { action: string; call: IncomingCall }[] = [];
  const answered: AnsweredMessage[] = [];
  bus.subscribe(answeredSubject('default'), (message) => answered.push(message as AnsweredMessage));
  const attachedLinks: Link[] = [];
  const detachedLinks: Link[] = [];
  const notes: MessageNote[] = [];
  const note = (action: string, call: IncomingCall) => calls.push({ action, call });

  const tiny: Adapter = adapter(['1.6'], {
    receives: [
      receives(BootNotification, async (_request, call) => {
        note('BootNotification', call);
        if ((await registry.registration(call.chargePoint)) === 'UNKNOWN') {
          registry.setRegistration(call.chargePoint.identity, 'ACCEPTED');
        }
        return { status: 'Accepted', currentTime: clock.now().toISOString(), interval: 300 };
      }),
      receives(Heartbeat, async (_request, call) => {
        note('Heartbeat', call);
        return { currentTime: clock.now().toISOString() };
      }),
      receives(StatusNotification, async (_request, call) => {
        note('StatusNotification', call);
        return {};
      }),
      receives(DataTransfer, async ({ data = '' }, call) => {
        note('DataTransfer', call);
        const answer = await options.onDataTransfer?.(data, call, gateway.links.find(call.chargePoint.id));
        return { status: 'Accepted', data: answer ?? data };
      }),
    ],
    sends: [
      sends(reset, Reset, { toRequest: ({ type }) => ({ type }), toOutcome: ({ status }) => ({ status }) }),
      sends({ name: 'getConfiguration' }, GetConfiguration, {
        toRequest: () => ({}),
        toOutcome: (response) => response,
      }),
    ],
  });

  const gateway = createGateway({
    registry,
    adapters: [tiny],
    messages: { '1.6': messages16 },
    bus,
    clock,
    log,
    node: 'node-1',
    config: {
      host: '127.0.0.1',
      port: 0,
      path: '/ocpp',
      autoRegister: false,
      allowNoPassword: true,
      frameBytesMax: 64 * 1024,
      handshakeTimeoutMs: 2_000,
      openHandshakesMax: 100,
      answersPendingMax: 16,
      callQueueMax: 4,
      outgoingBytesMax: 1 << 20,
      pingIntervalMs: 0,
      answerTimeoutMs: 25_000,
      drainTimeoutMs: 3_000,
      ...options.config,
    },
    onAttached: (link) => attachedLinks.push(link),
    onDetached: (link) => detachedLinks.push(link),
    onNote: (_link, note) => notes.push(note),
    ...(options.knownTenant ? { knownTenant: options.knownTenant } : {}),
  });
  const { port } = await gateway.listen();
  return {
    gateway,
    registry,
    bus,
    logLines,
    calls,
    answered,
    attachedLinks,
    detachedLinks,
    notes,
    port,
    url: `ws://127.0.0.1:${port}/ocpp`,
    /** The link of a charge point; throws when it has none. */
    link(identity: string): Link {
      const link = gateway.links.all().find(({ chargePoint }) => chargePoint.identity === identity);
      if (!link) throw new Error(`${identity} has no link`);
      return link;
    },
    async close() {
      await gateway.close();
      await bus.close();
    },
  };
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>;
