import { accessKey } from '../../src/capabilities/access/index.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type Hub, startHub } from '../../src/hub.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { defaultTenantId, systemPrincipal } from '../../src/kernel/principal.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createGraphqlClient, type GraphqlClient } from './graphql-client.ts';
import { type ConnectOptions, connectChargePoint, type ScriptedChargePoint } from './scripted-charge-point.ts';

/** A whole hub on a database of its own, with a client and charge points. */
export interface TestHub {
  readonly hub: Hub;
  readonly database: TestDatabase;
  readonly api: GraphqlClient;
  readonly ocppUrl: string;
  /** A charge point over a real WebSocket; `booted` ones have had their BootNotification accepted. */
  connect(identity: string, options?: Partial<ConnectOptions>): Promise<ScriptedChargePoint>;
  booted(identity: string, options?: Partial<ConnectOptions>): Promise<ScriptedChargePoint>;
  /** A client with another tenant's key. */
  foreignClient(): Promise<GraphqlClient>;
  close(): Promise<void>;
}

/** Starts a hub on free ports. Settings are those of the environment variables of the same names. */
export async function startTestHub(
  options: { settings?: Readonly<Record<string, string>>; clock?: Clock; database?: TestDatabase } = {},
): Promise<TestHub> {
  const { clock = systemClock } = options;
  const database = options.database ?? (await createTestDatabase());
  const config: Config = readConfig({
    OCPP_HOST: '127.0.0.1',
    OCPP_PORT: '0',
    API_HOST: '127.0.0.1',
    API_PORT: '0',
    OCPP_AUTO_REGISTER: 'on',
    MONGODB_URI: database.uri,
    ...options.settings,
  });
  const log = createLogger('silent');
  const { store } = database;
  const hub = await startHub({
    config,
    database: { store },
    version: 'test',
    clock,
    log,
  });
  const ocppUrl = `ws://127.0.0.1:${hub.ocppPort}/ocpp`;
  const clients: GraphqlClient[] = [];
  const chargePoints: ScriptedChargePoint[] = [];
  const clientOf = async (tenantId: string) => {
    const { secret } = await hub.use(accessKey).create(systemPrincipal(tenantId), { name: 'test' });
    const client = createGraphqlClient({ port: hub.apiPort, apiKey: secret });
    clients.push(client);
    return client;
  };
  const connect = async (identity: string, extra: Partial<ConnectOptions> = {}) => {
    const chargePoint = await connectChargePoint({ url: ocppUrl, identity, ...extra });
    chargePoints.push(chargePoint);
    return chargePoint;
  };
  return {
    hub,
    database,
    api: await clientOf(defaultTenantId),
    ocppUrl,
    connect,
    async booted(identity, extra) {
      const chargePoint = await connect(identity, extra);
      await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'Scripted' });
      return chargePoint;
    },
    foreignClient: () => clientOf('other'),
    async close() {
      for (const chargePoint of chargePoints) chargePoint.terminate();
      for (const client of clients) await client.close();
      await hub.stop();
      if (options.database === undefined) await database.close();
    },
  };
}
