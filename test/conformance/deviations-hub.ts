import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestHub, type TestHub } from '../support/hub.ts';
import type { ScriptedChargePoint } from '../support/scripted-charge-point.ts';

/** What GraphQL shows of a charge point, as far as deviations change it. */
interface Shown {
  readonly id: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly iccid: string | null;
  readonly registrationStatus: string;
  readonly deviations: readonly { readonly name: string; readonly count: number; readonly description: string }[];
  readonly connectors: readonly {
    readonly connectorId: number;
    readonly status: string;
    readonly errorCode: string;
    readonly info: string | null;
    readonly vendorErrorCode: string | null;
  }[];
  readonly orphanedStops: { readonly nodes: readonly { readonly ocppTransactionId: number }[] };
  readonly transactions: { readonly nodes: readonly ShownTransaction[] };
  readonly meterValues: { readonly nodes: readonly ShownReading[] };
}

interface ShownTransaction {
  readonly ocppTransactionId: number;
  readonly connectorId: number;
  readonly state: string;
  readonly tokenValue: string;
  readonly startedAt: string;
  readonly meterStartWh: number;
  readonly meterStopWh: number | null;
  readonly energyWh: number;
  readonly stopReason: string | null;
  readonly wireStopReason: string | null;
  readonly reservationId: number | null;
  readonly authorizationStatus: string;
  readonly anomalies: readonly { readonly code: string }[];
}

interface ShownReading {
  readonly timestamp: string;
  readonly connectorId: number;
  readonly transaction: { readonly ocppTransactionId: number } | null;
  readonly sampledValues: readonly {
    readonly value: string;
    readonly numericValue: number | null;
    readonly unit: string | null;
    readonly wireUnit: string | null;
    readonly measurand: string | null;
    readonly context: string | null;
    readonly phase: string | null;
    readonly unitMismatch: boolean;
  }[];
}

const query = `query ($by: ChargePointRefInput!) { chargePoint(by: $by) {
  id vendor model iccid registrationStatus deviations { name count description }
  connectors { connectorId status errorCode info vendorErrorCode }
  orphanedStops { nodes { ocppTransactionId } }
  transactions(orderBy: STARTED_AT_ASC) { nodes { ocppTransactionId connectorId state tokenValue startedAt meterStartWh meterStopWh
    energyWh stopReason wireStopReason reservationId authorizationStatus anomalies { code } } }
  meterValues { nodes { timestamp connectorId transaction { ocppTransactionId }
    sampledValues { value numericValue unit wireUnit measurand context phase unitMismatch } } } } }`;

/** What GraphQL shows of the charge point now. */
async function shown(hub: TestHub, identity: string): Promise<Shown> {
  const { chargePoint } = await hub.api.data<{ chargePoint: Shown }>(query, { by: { identity } });
  return chargePoint;
}

/** The payload of the CALLRESULT; fails when it was a CALLERROR. */
export async function result<Payload = Record<string, unknown>>(
  station: ScriptedChargePoint,
  action: string,
  payload: unknown,
  options?: { id?: string | number },
): Promise<Payload> {
  const frame = await station.call(action, payload, options);
  expect(frame[0], JSON.stringify(frame)).toBe(3);
  return frame[2] as Payload; // the station checks it against the official schema
}

/** When a start and a reading happened, unless a test says otherwise. */
export const timestamp = '2026-06-01T10:00:00.000Z';

export const statusOf = (over: object = {}) => ({ connectorId: 1, status: 'Available', errorCode: 'NoError', ...over });

export const valuesOf = (sampledValue: unknown, over: object = {}) => ({
  connectorId: 1,
  meterValue: [{ timestamp, sampledValue }],
  ...over,
});

const startOf = (over: object) => ({ connectorId: 1, idTag: 'GOOD', meterStart: 1000, timestamp, ...over });

/** The answer to a start. */
export interface Started {
  readonly transactionId: number;
  readonly idTagInfo: { readonly status: string };
}

export const start = (station: ScriptedChargePoint, over: object = {}, options?: { id?: string }): Promise<Started> =>
  result<Started>(station, 'StartTransaction', startOf(over), options);

export const stop = (station: ScriptedChargePoint, transactionId: number, over: object = {}) =>
  result(station, 'StopTransaction', { transactionId, meterStop: 3000, timestamp: '2026-06-01T11:00:00Z', ...over });

/** A hub for the tests of a file, with the tokens GOOD and OTHER. */
export function useHub(prefix: string, settings: Readonly<Record<string, string>> = {}) {
  let hub: TestHub;
  let count = 0;
  const expectedCounts: { readonly identity: string; readonly names: readonly string[] }[] = [];
  beforeAll(async () => {
    hub = await startTestHub({ settings });
    for (const value of ['GOOD', 'OTHER']) {
      await hub.api.data('mutation ($value: String!) { createToken(input: { value: $value }) { __typename } }', {
        value,
      });
    }
  });
  afterAll(() => hub.close());
  const newIdentity = () => `${prefix}-${++count}`;
  const create = async (input: string): Promise<string> => {
    const identity = newIdentity();
    const { createChargePoint } = await hub.api.data<{ createChargePoint: { __typename: string } }>(
      `mutation { createChargePoint(input: { identity: "${identity}", ${input} }) { __typename } }`,
    );
    expect(createChargePoint.__typename).toBe('CreateChargePointPayload');
    return identity;
  };
  return {
    hub: () => hub,
    newIdentity,
    /** Makes a charge point known; `input` are fields of its creation. */
    create,
    /** A new booted charge point, with switches when they are given. */
    async station(tolerance?: string): Promise<ScriptedChargePoint> {
      if (tolerance === undefined) return await hub.booted(newIdentity());
      return await hub.booted(await create(`tolerance: { ${tolerance} }`));
    },
    shownOf: ({ identity }: ScriptedChargePoint) => shown(hub, identity),
    transactionsOf: async ({ identity }: ScriptedChargePoint) => (await shown(hub, identity)).transactions.nodes,
    readingsOf: async ({ identity }: ScriptedChargePoint) => (await shown(hub, identity)).meterValues.nodes,
    /** Expects the names among the deviations of the charge point, once all tests have run: they are counted in bulk. */
    counted({ identity }: ScriptedChargePoint, ...names: readonly string[]): void {
      expectedCounts.push({ identity, names });
    },
    /** To be called last in the file. */
    checkCounts(): void {
      test('every deviation is counted and shown on its charge point', async () => {
        expect(expectedCounts.length).toBeGreaterThan(0);
        for (const { identity, names } of expectedCounts) {
          await vi.waitFor(
            async () => {
              const { deviations } = await shown(hub, identity);
              expect(deviations.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
              expect(deviations.every(({ description }) => description !== '')).toBe(true);
            },
            { timeout: 10_000, interval: 200 },
          );
        }
      });
    },
  };
}
