import { RPCClient } from 'ocpp-rpc';

/** A payload as it is on the wire. */
export type Payload = Record<string, unknown>;

/** A command of the hub, as it came. */
export interface HubCommand {
  readonly action: string;
  readonly request: Payload;
}

/**
 * A charge point made with the independent package `ocpp-rpc`, which checks every payload in both directions against the official
 * schemas of OCPP 1.6. A call rejects with the package's RPCError when the hub answers with a CALLERROR.
 */
export interface OcppRpcChargePoint {
  readonly identity: string;
  /** Commands that the hub has sent, in their order. */
  readonly commands: readonly HubCommand[];
  /** Payloads that broke the schemas, in either direction, in words. */
  readonly violations: readonly string[];
  /** Opens the connection. Rejects when the hub refuses it; the error has the HTTP status as `code`. */
  connect(): Promise<void>;
  /** Any message; the others below are short for this. */
  call(action: string, request: Payload): Promise<Payload>;
  boot(facts?: Payload): Promise<Payload>;
  heartbeat(): Promise<Payload>;
  /** Connector 0 is the charge point itself. */
  status(connectorId: number, status: string, more?: Payload): Promise<Payload>;
  authorize(idTag: string): Promise<Payload>;
  /** Resolves with the whole answer; `transactionId` is a number in it. */
  startTransaction(start: {
    connectorId: number;
    idTag: string;
    meterStartWh: number;
    at?: Date;
  }): Promise<{ transactionId: number; idTagInfo: { status: string } }>;
  meterValues(sample: {
    connectorId: number;
    transactionId?: number;
    registerWh: number;
    powerW?: number;
    at?: Date;
  }): Promise<Payload>;
  stopTransaction(stop: {
    transactionId: number;
    meterStopWh: number;
    reason?: string;
    idTag?: string;
    at?: Date;
    transactionData?: readonly Payload[];
  }): Promise<Payload>;
  /** Answers an action of the hub in another way than by default; may throw an `createRPCError(…)` of the package. */
  answer(action: string, answer: (request: Payload) => Payload | Promise<Payload>): void;
  /** The next command of this kind that has not been awaited yet. Rejects after `limitMs`. */
  nextCommand(action: string, limitMs?: number): Promise<Payload>;
  /** Says goodbye and closes. */
  close(): Promise<void>;
}

/** What it answers when no other answer was set: it agrees. */
const answers: Readonly<Record<string, (request: Payload) => Payload>> = {
  RemoteStartTransaction: () => ({ status: 'Accepted' }),
  RemoteStopTransaction: () => ({ status: 'Accepted' }),
  Reset: () => ({ status: 'Accepted' }),
  UnlockConnector: () => ({ status: 'Unlocked' }),
  ChangeAvailability: () => ({ status: 'Accepted' }),
  ChangeConfiguration: () => ({ status: 'Accepted' }),
  ClearCache: () => ({ status: 'Accepted' }),
  TriggerMessage: () => ({ status: 'Accepted' }),
  DataTransfer: () => ({ status: 'UnknownVendorId' }),
  GetConfiguration: ({ key }) => ({
    configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '1' }],
    ...(Array.isArray(key) ? { unknownKey: key.filter((each) => each !== 'NumberOfConnectors') } : {}),
  }),
};

/** `url` is the endpoint without the identity. It does not reconnect by itself. */
export function createOcppRpcChargePoint(options: {
  readonly url: string;
  readonly identity: string;
  readonly password?: string;
}): OcppRpcChargePoint {
  const { url, identity, password } = options;
  const commands: HubCommand[] = [];
  const awaited = new Set<HubCommand>();
  const violations: string[] = [];
  const own = new Map<string, (request: Payload) => Payload | Promise<Payload>>();
  const client = new RPCClient({
    endpoint: url,
    identity,
    ...(password === undefined ? {} : { password }),
    protocols: ['ocpp1.6'],
    strictMode: true,
    reconnect: false,
    callTimeoutMs: 10_000,
  } as ConstructorParameters<typeof RPCClient>[0]); // the package's types demand what it has defaults for

  client.on('strictValidationFailure', ({ method, error }: { method: string; error: Error }) => {
    violations.push(`${method}: ${error.message}`);
  });
  client.handle(async ({ method: action = '', params: request = {} }) => {
    commands.push({ action, request });
    const answer = own.get(action) ?? answers[action];
    if (answer === undefined) throw new Error(`no answer to ${action}`);
    return answer(request);
  });

  const call = async (action: string, request: Payload): Promise<Payload> =>
    (await client.call(action, request)) as Payload; // checked by the package against the official schema
  const time = (at: Date | undefined) => (at ?? new Date()).toISOString();

  return {
    identity,
    commands,
    violations,
    async connect() {
      await client.connect();
    },
    call,
    boot: (facts = {}) =>
      call('BootNotification', { chargePointVendor: 'Independent', chargePointModel: 'ocpp-rpc', ...facts }),
    heartbeat: () => call('Heartbeat', {}),
    status: (connectorId, status, more = {}) =>
      call('StatusNotification', { connectorId, status, errorCode: 'NoError', timestamp: time(undefined), ...more }),
    authorize: (idTag) => call('Authorize', { idTag }),
    async startTransaction({ connectorId, idTag, meterStartWh, at }) {
      const request = { connectorId, idTag, meterStart: meterStartWh, timestamp: time(at) };
      // checked by the package against the official schema
      return (await call('StartTransaction', request)) as { transactionId: number; idTagInfo: { status: string } };
    },
    meterValues({ connectorId, transactionId, registerWh, powerW, at }) {
      const energy = { value: String(registerWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' };
      const power = { value: String(powerW), measurand: 'Power.Active.Import', unit: 'W' };
      return call('MeterValues', {
        connectorId,
        ...(transactionId === undefined ? {} : { transactionId }),
        meterValue: [{ timestamp: time(at), sampledValue: powerW === undefined ? [energy] : [energy, power] }],
      });
    },
    stopTransaction({ transactionId, meterStopWh, at, ...more }) {
      return call('StopTransaction', { transactionId, meterStop: meterStopWh, timestamp: time(at), ...more });
    },
    answer: (action, answer) => void own.set(action, answer),
    async nextCommand(action, limitMs = 10_000) {
      for (const deadline = Date.now() + limitMs; Date.now() < deadline; ) {
        const found = commands.find((command) => command.action === action && !awaited.has(command));
        if (found !== undefined) {
          awaited.add(found);
          return found.request;
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`the hub did not send ${action} within ${limitMs} ms`);
    },
    async close() {
      await client.close({ awaitPending: true });
    },
  };
}
