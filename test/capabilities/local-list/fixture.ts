import { expect } from 'vitest';
import type { TestDatabase } from '../../support/database.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { AnswerWithError, type ScriptedChargePoint, silence } from '../../support/scripted-charge-point.ts';
import { createModelList, type ModelList, type SentList } from './model-list.ts';

/** How a station answers one SendLocalList, when not by the letter. */
export type Whim = 'Failed' | 'VersionMismatch' | 'NotSupported' | 'silent after taking it' | 'silent' | 'CALLERROR';

/** A station that keeps a real list. */
export interface ListStation {
  readonly chargePoint: ScriptedChargePoint;
  readonly list: ModelList;
  /** What came, in order. */
  readonly sent: readonly SentList[];
  /** How often its version was read. */
  readonly reads: () => number;
  /** Called for every SendLocalList; undefined: by the letter. */
  whim: (update: SentList, count: number) => Whim | undefined;
  /** The most updates that were unanswered at once. */
  readonly mostAtOnce: () => number;
}

export interface ListFixture {
  readonly hub: TestHub;
  readonly clock: ManualClock;
  /** A mutation that must succeed; gives its payload. */
  mutate(name: string, input: object, fields: string): Promise<Record<string, unknown>>;
  /** Makes tokens known. */
  tokens(values: readonly string[], more?: object): Promise<void>;
  /** Makes a list, gives its id. */
  list(input: object): Promise<string>;
  assign(id: string, ...identities: string[]): Promise<void>;
  /** A booted charge point with a list of its own; `list` keeps what it held before it was connected. */
  station(identity: string, options?: { list?: ModelList }): Promise<ListStation>;
  /** The stored settings of a charge point, as it would report them. */
  limits(station: ListStation, limits: { perMessage?: number; inAll?: number }): Promise<void>;
  state(identity: string): Promise<Record<string, unknown>>;
  /** Lets time go by until it holds, and fails when it does not within some seconds. */
  eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Lets time go by until the hub says so, then checks that both know the same. */
  untilInSync(station: ListStation, keys: readonly string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const stateFields =
  'state ackedVersion reportedVersion entryCount wantedCount truncated leftOutCount nextTryAt lastError { code message } extra excluded list { name } entries(first: 100) { edges { node { idTag status groupId } } }';

let count = 0;
/** An identity that no other test uses. */
export const newIdentity = (): string => `LIST-${++count}`;

/** A whole hub whose time the tests move, in steps of half a second. */
export async function startListHub(
  options: { database?: TestDatabase; start?: Date; settings?: Readonly<Record<string, string>> } = {},
): Promise<ListFixture> {
  const clock = createManualClock(options.start ?? '2026-06-01T12:00:00.000Z');
  const hub = await startTestHub({
    clock,
    settings: { OCPP_CALL_TIMEOUT_SECONDS: '20', OCPP_PING_SECONDS: '0', ...options.settings },
    ...(options.database && { database: options.database }),
  });

  const fixture: ListFixture = {
    hub,
    clock,

    async mutate(name, input, fields) {
      const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
      const data = await hub.api.data<Record<string, Record<string, unknown>>>(
        `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on Error { code message } ... on ${type}Payload { ${fields} } } }`,
        { input },
      );
      const payload = data[name] ?? {};
      expect(payload['__typename'], JSON.stringify(payload)).toBe(`${type}Payload`);
      return payload;
    },

    async tokens(values, more = {}) {
      for (const value of values) await fixture.mutate('createToken', { value, ...more }, 'token { id }');
    },

    async list(input) {
      const payload = await fixture.mutate('createLocalList', input, 'localList { id }');
      return (payload['localList'] as { id: string }).id;
    },

    async assign(localList, ...identities) {
      const chargePoints = identities.map((identity) => ({ identity }));
      await fixture.mutate('assignLocalList', { localList, chargePoints }, 'localLists { state }');
    },

    async station(identity, { list = createModelList() } = {}) {
      const sent: SentList[] = [];
      let reads = 0;
      let open = 0;
      let most = 0;
      const chargePoint = await hub.connect(identity, {
        handlers: {
          GetLocalListVersion: () => {
            reads += 1;
            return { listVersion: list.version() };
          },
          SendLocalList: async (payload) => {
            const update = payload as unknown as SentList; // its schema was checked on arrival
            sent.push(update);
            open += 1;
            most = Math.max(most, open);
            await new Promise((resolve) => setImmediate(resolve)); // room for a second one, were there any
            open -= 1;
            const whim = station.whim(update, sent.length);
            if (whim === 'silent') return silence;
            if (whim === 'CALLERROR') throw new AnswerWithError('InternalError');
            if (whim === undefined || whim === 'silent after taking it') {
              const status = list.take(update);
              return whim === undefined ? { status } : silence;
            }
            return { status: whim };
          },
        },
      });
      const station: ListStation = {
        chargePoint,
        list,
        sent,
        reads: () => reads,
        mostAtOnce: () => most,
        whim: () => undefined,
      };
      await chargePoint.call('BootNotification', { chargePointVendor: 'Test', chargePointModel: 'List' });
      return station;
    },

    async limits({ chargePoint }, { perMessage, inAll }) {
      const key = (name: string, value: number | undefined) =>
        value === undefined ? [] : [{ key: name, readonly: true, value: String(value) }];
      chargePoint.onCall('GetConfiguration', () => ({
        configurationKey: [...key('SendLocalListMaxLength', perMessage), ...key('LocalAuthListMaxLength', inAll)],
      }));
      const target = { chargePoint: { identity: chargePoint.identity } };
      await fixture.mutate('getConfiguration', target, 'command { id }');
    },

    async state(identity) {
      const data = await hub.api.data<{ chargePoint: { localList: Record<string, unknown> } }>(
        `query ($identity: String!) { chargePoint(by: { identity: $identity }) { localList { ${stateFields} } } }`,
        { identity },
      );
      return data.chargePoint.localList;
    },

    async eventually(what, holds) {
      const deadline = performance.now() + 20_000;
      while (!(await holds())) {
        if (performance.now() > deadline) throw new Error(`it did not happen: ${what}`);
        await clock.advanceSettled(500);
        await new Promise((resolve) => setTimeout(resolve, 10)); // what is on its way over sockets has no clock of ours
      }
    },

    async untilInSync({ chargePoint: { identity }, list }, keys) {
      let state: Record<string, unknown> = {};
      await fixture
        .eventually('in sync', async () => {
          state = await fixture.state(identity);
          return state['state'] === 'IN_SYNC' && String(list.keys()) === String([...keys].sort());
        })
        .catch((error: unknown) => {
          throw new Error(`${String(error)}: ${JSON.stringify(state)}, it holds ${list.keys().join()}`);
        });
      expect(state['ackedVersion']).toBe(list.version());
      const { edges } = state['entries'] as { edges: { node: { idTag: string } }[] };
      if (keys.length <= 100) expect(edges.map(({ node }) => node.idTag.toUpperCase())).toEqual([...keys].sort());
      return state;
    },

    close: () => hub.close(),
  };
  return fixture;
}
