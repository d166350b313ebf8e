import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createRPCError, RPCServer } from 'ocpp-rpc';
import { expect } from 'vitest';
import type { Clock } from '../../src/kernel/clock.ts';
import {
  type ChargePointOptions,
  createChargePoint,
  type SimulatedChargePoint,
} from '../../src/simulator/charge-point.ts';
import type { SimulatorEvent } from '../../src/simulator/event.ts';

/** A CALL that the CSMS got, beside where it came from. */
interface Heard {
  readonly identity: string;
  readonly action: string;
  readonly request: Record<string, unknown>;
  readonly at: number;
}

/** What the simulator needs of a hub, made with the independent package `ocpp-rpc`, which checks every payload both ways. */
export interface Csms {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** Payloads that broke the official schemas. */
  readonly violations: readonly string[];
  /** Answers an action in another way than by default; a thrown error becomes a CALLERROR. */
  on(action: string, answer: (request: Record<string, unknown>, times: number) => unknown): void;
  /** Sends a command to a charge point. */
  command(identity: string, action: string, request: object): Promise<Record<string, unknown>>;
  /** Cuts the socket. */
  cut(identity: string): Promise<void>;
  /** The HTTP status with which connections are refused; undefined: none is. */
  refuseWith(status: number | undefined): void;
  connections(): number;
  close(): Promise<void>;
}

type Handler = (call: { method?: string; params?: Record<string, unknown> }) => Promise<Record<string, unknown>>;
interface Client {
  readonly identity: string;
  handle(handler: Handler): void;
  on(event: string, listen: (fact: { method: string; error: Error }) => void): void;
  once(event: 'close', listen: () => void): void;
  call(action: string, request: object): Promise<Record<string, unknown>>;
  close(options: { code: number; force: boolean }): Promise<void>;
}

export async function createCsms({ password }: { password?: string } = {}): Promise<Csms> {
  const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
  const heard: Heard[] = [];
  const violations: string[] = [];
  const answers = new Map<string, (request: Record<string, unknown>, times: number) => unknown>();
  const clients = new Map<string, Client>();
  let refusal: number | undefined;
  let connections = 0;
  let transactions = 0;

  const standard: Record<string, () => object> = {
    BootNotification: () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 }),
    Heartbeat: () => ({ currentTime: new Date().toISOString() }),
    Authorize: () => ({ idTagInfo: { status: 'Accepted' } }),
    StartTransaction: () => ({ transactionId: ++transactions, idTagInfo: { status: 'Accepted' } }),
    StopTransaction: () => ({ idTagInfo: { status: 'Accepted' } }),
  };

  server.auth((accept, reject, handshake) => {
    if (refusal !== undefined) reject(refusal, '');
    else if (password !== undefined && handshake.password?.toString() !== password) reject(401, '');
    else accept({});
  });
  server.on('client', (client: Client) => {
    connections += 1;
    clients.set(client.identity, client);
    client.on('strictValidationFailure', ({ method, error }) => violations.push(`${method}: ${error.message}`));
    client.handle(async ({ method: action = '', params: request = {} }) => {
      heard.push({ identity: client.identity, action, request, at: Date.now() });
      const times = heard.filter((call) => call.action === action).length;
      const answer = answers.get(action)?.(request, times) ?? standard[action]?.() ?? {};
      return answer as Record<string, unknown>; // may be NOREPLY, for which the package has no type
    });
  });
  const http = await server.listen(0, '127.0.0.1');
  if (!http.listening) await once(http, 'listening');
  const { port } = http.address() as AddressInfo;

  const clientOf = (identity: string): Client => {
    const client = clients.get(identity);
    if (client === undefined) throw new Error(`${identity} has never connected`);
    return client;
  };

  return {
    url: `ws://127.0.0.1:${port}/ocpp`,
    heard,
    violations,
    on: (action, answer) => answers.set(action, answer),
    command: (identity, action, request) => clientOf(identity).call(action, request),
    cut: (identity) => clientOf(identity).close({ code: 1001, force: true }),
    refuseWith(status) {
      refusal = status;
    },
    connections: () => connections,
    close: () => server.close({ force: true }),
  };
}

/** A CALLERROR to throw from an answer. */
export const callError = (code: string): unknown => createRPCError(code, 'on purpose');

/** Time that passes `factor` times as fast as on the machine. */
export function createFastClock(factor: number): Clock {
  const start = Date.now();
  return {
    now: () => new Date(start + (Date.now() - start) * factor),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / factor);
      return () => clearTimeout(timer);
    },
  };
}

/** Waits for a condition, by default for five seconds at most. */
export async function until<T>(condition: () => T | undefined | false, limitMs = 5_000): Promise<T> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline; ) {
    const found = condition();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`in ${limitMs} ms this did not come true: ${condition.toString()}`);
}

/** A charge point under test: minutes pass in milliseconds; 1 kWh takes a third of a second. */
export function createTestChargePoint(
  csms: Csms,
  options: Partial<ChargePointOptions> = {},
): { chargePoint: SimulatedChargePoint; events: SimulatorEvent[] } {
  const events: SimulatorEvent[] = [];
  const chargePoint = createChargePoint({
    url: csms.url,
    identity: 'CP-1',
    password: undefined,
    connectors: 1,
    powerW: 11_000,
    energyWh: 1_000,
    speed: 20,
    clock: createFastClock(50),
    random: () => 0.5,
    callTimeoutMs: 250_000, // five seconds of real time
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { chargePoint, events };
}

/** The actions of the charge point in their order; statuses as `connector:status`. Without the meter values on the way. */
export const story = (csms: Csms): string[] =>
  csms.heard
    .filter(({ action }) => action !== 'MeterValues' && action !== 'Heartbeat')
    .map(({ action, request }) =>
      action === 'StatusNotification' ? `${request['connectorId']}:${request['status']}` : action,
    );

/** Requests of one action. */
export const requests = (csms: Csms, action: string): Record<string, unknown>[] =>
  csms.heard.filter((call) => call.action === action).map(({ request }) => request);

/** No payload broke a schema, in neither direction. */
export function expectNoViolations(csms: Csms): void {
  expect(csms.violations).toEqual([]);
}
