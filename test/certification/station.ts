import { expect } from 'vitest';
import type { TestHub } from '../support/hub.ts';
import type { ScriptedChargePoint } from '../support/scripted-charge-point.ts';

/** Any answer of the hub must be there by then, in milliseconds of the wall clock. G1 */
const answerWithinMs = 1_000;

/** Basic password of every charge point of the suite. */
export const stationPassword = 'certification-pass';

/** What the tool says in the reusable states. */
interface ChargeOptions {
  readonly connectorId?: number;
  readonly idTag: string;
  readonly meterStart?: number;
  readonly reservationId?: number;
  /** ISO 8601; by default now. */
  readonly timestamp?: string;
}

/** The part of an answer that says whether a token may charge. */
interface IdTagInfo {
  readonly status: string;
  readonly expiryDate?: string;
  readonly parentIdTag?: string;
}

/** A charge point that plays a certification case: every CALL must be answered by one CALLRESULT within a second. */
export interface CertificationStation {
  readonly identity: string;
  /** Says a CALL and gives the payload of its CALLRESULT; throws for anything else, and when it came too late. */
  say(action: string, payload?: object): Promise<Record<string, unknown>>;
  /** BootNotification alone; gives the answer. */
  boot(facts?: object): Promise<Record<string, unknown>>;
  /** StatusNotification with `NoError`, now. */
  status(connectorId: number, status: string, more?: object): Promise<void>;
  /** Authorize; gives `idTagInfo`. */
  authorize(idTag: string): Promise<IdTagInfo>;
  /** StartTransaction; gives the answer. */
  start(options: ChargeOptions): Promise<{ readonly transactionId: number; readonly idTagInfo: IdTagInfo }>;
  /** StopTransaction, by default reason `Local` at 1,000 Wh; gives the answer. */
  stop(transactionId: number, more?: object): Promise<Record<string, unknown>>;
  /** State Booted: accepted, and `Available` told for connector 0 and each connector (1 and 2). */
  booted(): Promise<void>;
  /** State Authorized: the token is accepted. */
  authorized(idTag: string): Promise<void>;
  /** State Charging from Booted on: authorized, plugged in, started; gives the transactionId. */
  charging(options: ChargeOptions): Promise<number>;
  /**
   * The scenario asks the hub for one CALL of the action; it is answered with `response`. Say it before the operator acts.
   * Resolves with the payload that came. A CALL that was not foreseen, or does not come, fails the case.
   */
  foresee(action: string, response: object): Promise<Record<string, unknown>>;
  /** The connection is lost without a word and made anew; nothing is said on it yet. */
  reconnect(): Promise<void>;
  /** The connection is lost and stays so. */
  disconnect(): Promise<void>;
  /** The charge point of the present connection, for what is not foreseen here. */
  readonly raw: () => ScriptedChargePoint;
  /** Throws when the hub broke one of the general rules, or something foreseen did not come. */
  finish(): Promise<void>;
  /** The slowest answer so far. */
  readonly slowest: () => { readonly action: string; readonly milliseconds: number };
}

interface Foreseen {
  readonly response: object;
  readonly came: (payload: Record<string, unknown>) => void;
}

/** Connects a charge point of that identity, which the hub must already know with the password above. */
export async function connectStation(hub: TestHub, identity: string): Promise<CertificationStation> {
  const foreseen = new Map<string, Foreseen[]>();
  const links: ScriptedChargePoint[] = [];
  let slowest = { action: 'none', milliseconds: 0 };
  const now = () => new Date().toISOString();

  const answerOf = (link: ScriptedChargePoint, action: string) => {
    link.onCall(action, (payload) => {
      const next = foreseen.get(action)?.shift();
      if (next === undefined) throw new Error('the scenario does not ask for it'); // becomes a fault of the link
      next.came(payload);
      return next.response;
    });
  };
  const connect = async () => {
    const link = await hub.connect(identity, { password: stationPassword });
    for (const action of foreseen.keys()) answerOf(link, action);
    links.push(link);
  };
  const raw = (): ScriptedChargePoint => {
    const link = links.at(-1);
    if (link === undefined) throw new Error(`${identity} never connected`);
    return link;
  };
  await connect();

  const station: CertificationStation = {
    identity,
    raw,
    slowest: () => slowest,

    async say(action, payload = {}) {
      const begin = performance.now();
      const frame = await raw().call(action, payload);
      const milliseconds = Math.round(performance.now() - begin);
      if (milliseconds > slowest.milliseconds) slowest = { action, milliseconds };
      expect(frame[0], `${action} is answered with a CALLRESULT, not ${JSON.stringify(frame)}`).toBe(3);
      expect(milliseconds, `milliseconds until ${action} is answered`).toBeLessThanOrEqual(answerWithinMs);
      return frame[2] as Record<string, unknown>;
    },

    boot: (facts = {}) =>
      station.say('BootNotification', { chargePointVendor: 'Tool', chargePointModel: 'Scripted', ...facts }),

    async status(connectorId, status, more = {}) {
      const said = { connectorId, status, errorCode: 'NoError', timestamp: now(), ...more };
      expect(await station.say('StatusNotification', said)).toEqual({});
    },

    async authorize(idTag) {
      return (await station.say('Authorize', { idTag }))['idTagInfo'] as IdTagInfo; // the schema was checked on arrival
    },

    async start({ connectorId = 1, idTag, meterStart = 0, reservationId, timestamp = now() }) {
      const said = { connectorId, idTag, meterStart, timestamp, ...(reservationId !== undefined && { reservationId }) };
      const answer = await station.say('StartTransaction', said);
      return answer as unknown as { transactionId: number; idTagInfo: IdTagInfo }; // the schema was checked on arrival
    },

    stop: (transactionId, more = {}) =>
      station.say('StopTransaction', { transactionId, meterStop: 1_000, timestamp: now(), reason: 'Local', ...more }),

    async booted() {
      const answer = await station.boot();
      expect(answer['status']).toBe('Accepted');
      for (const connectorId of [0, 1, 2]) await station.status(connectorId, 'Available');
    },

    async authorized(idTag) {
      expect((await station.authorize(idTag)).status).toBe('Accepted');
    },

    async charging(options) {
      const { connectorId = 1, idTag } = options;
      await station.authorized(idTag);
      await station.status(connectorId, 'Preparing');
      const { transactionId, idTagInfo } = await station.start(options);
      expect(idTagInfo.status).toBe('Accepted');
      await station.status(connectorId, 'Charging');
      return transactionId;
    },

    foresee(action, response) {
      return new Promise((came) => {
        foreseen.set(action, [...(foreseen.get(action) ?? []), { response, came }]);
        answerOf(raw(), action);
      });
    },

    async reconnect() {
      await station.disconnect();
      await connect();
    },

    async disconnect() {
      const link = raw();
      link.terminate();
      await link.closed;
    },

    async finish() {
      const { socket, expectNothing } = raw();
      if (socket.readyState === socket.OPEN) await expectNothing();
      expect(links.flatMap(({ faults }) => faults)).toEqual([]);
      const missing = [...foreseen].filter(([, waiting]) => waiting.length > 0).map(([action]) => action);
      expect(missing, 'what the hub was asked to send').toEqual([]);
    },
  };
  return station;
}
