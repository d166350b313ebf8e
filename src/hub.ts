import { createInProcessBus } from './bus/in-process-bus.ts';
import type { TokenSettings } from './capabilities/access/index.ts';
import { auditKey } from './capabilities/audit/index.ts';
import { healthKey } from './capabilities/health/index.ts';
import { mountCapabilities } from './capabilities/index.ts';
import { type Config, ConfigError } from './config.ts';
import type { OpenDatabase } from './database.ts';
import { createEventLog } from './events/log.ts';
import type { Link } from './gateway/adapter.ts';
import { describeRequest } from './gateway/perform.ts';
import { createGateway } from './gateway/websocket-server.ts';
import type { CapabilityKey } from './graphql/context.ts';
import { createGraphqlServer, graphqlDefaults } from './graphql/server.ts';
import type { Clock } from './kernel/clock.ts';
import { newId } from './kernel/ids.ts';
import type { Logger } from './kernel/log.ts';
import { messages16 } from './ocpp/v16/index.ts';
import { buildSchema } from './schema.ts';

/** A hub that serves charge points and the API. */
export interface Hub {
  readonly ocppPort: number;
  readonly apiPort: number;
  /** The operations of a mounted capability. */
  use<Operations>(key: CapabilityKey<Operations>): Operations;
  /** Takes nothing new, answers what is under way, closes the sockets, writes what waits. The database stays open. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
/** Path of the charge point endpoint. */
export const ocppPath = '/ocpp';
/** A station waits for an answer about this long; a later one is of no use to it. */
const answerTimeoutMs = 25_000;
/** What may wait for a charge point that does not read. */
const outgoingBytesMax = 4 << 20;
const drainTimeoutMs = 5_000;

function tokenSettings(config: Config): TokenSettings | undefined {
  const { API_JWT_KEY_SET: keySet, API_JWT_ISSUER: issuer, API_JWT_AUDIENCE: audience } = config;
  if (keySet === undefined) return undefined;
  if (issuer === undefined || audience === undefined) {
    throw new ConfigError('API_JWT_KEY_SET needs API_JWT_ISSUER and API_JWT_AUDIENCE beside it');
  }
  const { API_JWT_TENANT_CLAIM: tenantClaim, API_JWT_SCOPE_CLAIM: scopeClaim } = config;
  return { keySet, issuer, audience, tenantClaim, scopeClaim };
}

/** Puts all parts together and starts them. Rejects when a port is taken or the database is away. */
export async function startHub({
  config,
  database,
  version,
  clock,
  log,
}: {
  config: Config;
  database: Pick<OpenDatabase, 'store'>;
  /** Of this program. */
  version: string;
  clock: Clock;
  log: Logger;
}): Promise<Hub> {
  const { store } = database;
  const isEmbedded = config.MONGODB_URI === undefined;
  const retentionMs = config.HUB_EVENT_RETENTION_DAYS * dayMs;
  const attached = new Map<Link, () => void>();
  const bus = createInProcessBus({ clock, log });
  const events = await createEventLog({
    store,
    bus,
    clock,
    log,
    retentionMs,
    exclusive: isEmbedded,
    appendTimeoutMs: config.HUB_WRITE_TIMEOUT_SECONDS * 1000,
  });
  const instance = newId(clock.now());
  const callTimeoutMs = config.OCPP_CALL_TIMEOUT_SECONDS * 1000;
  let describe: ReturnType<typeof describeRequest> = () => undefined; // known when the capabilities are mounted
  const { capabilities, registry, commands, access, wireLog } = mountCapabilities(
    { store, events, bus, clock, log },
    {
      version,
      instance,
      eventRetentionSeconds: retentionMs / 1000,
      connectedChargePoints: () => attached.size,
      heartbeatIntervalSeconds: config.OCPP_HEARTBEAT_SECONDS,
      dataTransferVendors: config.OCPP_DATA_TRANSFER_VENDORS,
      callTimeoutMs,
      callQueueMax: config.OCPP_CALL_QUEUE_MAX,
      attemptRetentionDays: config.HUB_AUTHORIZATION_ATTEMPT_RETENTION_DAYS,
      wireLogDays: config.HUB_WIRE_LOG_DAYS,
      wireLogBytesMax: config.HUB_WIRE_LOG_MEGABYTES * 1_000_000,
      describeOffline: (name, input) => describe('1.6', name, input),
      tokens: tokenSettings(config),
      auditRetentionMs: config.HUB_AUDIT_RETENTION_DAYS * dayMs,
    },
  );
  const adapters = capabilities.flatMap((capability) => capability.adapters);
  describe = describeRequest(adapters);
  for (const { indexes } of capabilities) await store.ensureIndexes(indexes);
  for (const capability of capabilities) await capability.start?.();

  const operations = new Map(capabilities.map((capability) => [capability.key.name, capability.operations]));
  function use<Operations>(key: CapabilityKey<Operations>): Operations {
    if (!operations.has(key.name)) throw new Error(`capability ${key.name} is not mounted`);
    return operations.get(key.name) as Operations; // the key of a capability types its operations
  }

  const gateway = createGateway({
    registry,
    adapters,
    bus,
    clock,
    log,
    messages: { '1.6': messages16 },
    node: instance,
    ...(config.HUB_WIRE_LOG === 'on' && { onFrame: wireLog.noteFrame, onNote: wireLog.noteMessage }),
    onAttached: (link) => attached.set(link, commands.attach(link)),
    onDetached: (link) => {
      attached.get(link)?.();
      attached.delete(link);
    },
    config: {
      path: ocppPath,
      host: config.OCPP_HOST,
      port: config.OCPP_PORT,
      autoRegister: config.OCPP_AUTO_REGISTER === 'on' || (config.OCPP_AUTO_REGISTER === 'auto' && isEmbedded),
      frameBytesMax: config.OCPP_FRAME_BYTES_MAX,
      handshakeTimeoutMs: config.OCPP_HANDSHAKE_TIMEOUT_SECONDS * 1000,
      openHandshakesMax: config.OCPP_OPEN_HANDSHAKES_MAX,
      answersPendingMax: config.OCPP_FRAMES_IN_FLIGHT_MAX,
      callQueueMax: config.OCPP_CALL_QUEUE_MAX,
      allowNoPassword: config.OCPP_ALLOW_NO_PASSWORD === 'on',
      outgoingBytesMax,
      answerTimeoutMs,
      drainTimeoutMs,
      pingIntervalMs: config.OCPP_PING_SECONDS * 1000,
    },
  });
  const api = createGraphqlServer({
    schema: buildSchema(),
    authenticate: access.authenticate,
    onCredentialChanged: access.onEnded,
    audit: use(auditKey).record,
    use,
    healthy: async () => (await use(healthKey).health()).status !== 'DOWN',
    clock,
    log,
    config: {
      ...graphqlDefaults,
      host: config.API_HOST,
      port: config.API_PORT,
      bodyBytesMax: config.API_BODY_BYTES_MAX,
      operationTimeoutMs: config.API_OPERATION_TIMEOUT_SECONDS * 1000,
      subscriptionsMax: config.API_SUBSCRIPTIONS_MAX,
      allowedOrigins: config.API_ALLOWED_ORIGINS,
    },
  });

  const stop = async () => {
    for (const capability of capabilities) await capability.drain?.();
    await gateway.close();
    await api.close();
    for (const capability of [...capabilities].reverse()) await capability.stop?.();
    await events.close();
    await bus.close();
  };
  try {
    const { port: apiPort } = await api.listen();
    const { port: ocppPort } = await gateway.listen();
    return { ocppPort, apiPort, use, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
