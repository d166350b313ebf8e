import { afterAll, beforeAll, test } from 'vitest';
import type { GraphqlClient } from '../support/graphql-client.ts';
import { startTestHub, type TestHub } from '../support/hub.ts';
import { createOperator, type Operator } from './operator.ts';
import { type CertificationStation, connectStation, stationPassword } from './station.ts';

/** Tokens that every hub of the suite holds, except `unknown`. A and B share the parent, which is a token itself. */
export const tags = {
  a: 'CERT-A',
  b: 'CERT-B',
  parent: 'CERT-PARENT',
  expired: 'CERT-EXPIRED',
  blocked: 'CERT-BLOCKED',
  unknown: 'CERT-UNKNOWN',
} as const;

/** What a case is played with. */
export interface CertificationParts {
  /** A fresh charge point in certification mode, connected and not yet booted. */
  readonly station: CertificationStation;
  /** Whoever calls the API. */
  readonly operator: Operator;
  readonly api: GraphqlClient;
  readonly hub: TestHub;
  readonly identity: string;
}

/** What a case needs beside the usual. */
export interface CaseOptions {
  /** Fields of the charge point to be made, beside `identity` and `certificationMode`. */
  readonly chargePoint?: Readonly<Record<string, unknown>>;
}

let hub: TestHub | undefined;
let isPrepared = false;

/** One hub per test file, with the test data; made when the file registers its first case. */
function prepareHub(): void {
  if (isPrepared) return;
  isPrepared = true;
  beforeAll(async () => {
    hub = await startTestHub({ settings: { OCPP_AUTO_REGISTER: 'off' } });
    const tokens = [
      { value: tags.parent, groupId: tags.parent },
      { value: tags.a, groupId: tags.parent },
      { value: tags.b, groupId: tags.parent },
      { value: tags.expired, validUntil: '2020-01-01T00:00:00.000Z' },
      { value: tags.blocked, status: 'BLOCKED' },
    ];
    for (const input of tokens) await made(hub.api, 'createToken', 'CreateTokenInput', input);
  });
  afterAll(async () => {
    await hub?.close();
  });
}

/** A mutation that must succeed. */
async function made(api: GraphqlClient, name: string, inputType: string, input: object): Promise<void> {
  const data = await api.data<Record<string, { __typename: string }>>(
    `mutation ($input: ${inputType}!) { ${name}(input: $input) { __typename ... on Error { message } } }`,
    { input },
  );
  if (data[name]?.__typename.endsWith('Payload') !== true) throw new Error(`${name}: ${JSON.stringify(data)}`);
}

/**
 * Registers a certification case under its id. It gets a charge point of its own. After it the rules for every case are
 * checked: only CALLRESULTs, each within a second, nothing that the scenario does not ask for, nothing outside the official
 * schemas, every date-time with milliseconds and Z. G1–G4
 */
export function certificationCase(
  id: string,
  name: string,
  play: (parts: CertificationParts) => Promise<void>,
  { chargePoint = {} }: CaseOptions = {},
): void {
  prepareHub();
  test(`${id} ${name}`, async ({ annotate }) => {
    if (hub === undefined) throw new Error('the hub did not start');
    const { api } = hub;
    const identity = id.replaceAll('_', '-');
    await made(api, 'createChargePoint', 'CreateChargePointInput', {
      identity,
      certificationMode: true,
      password: stationPassword,
      heartbeatIntervalSeconds: 60,
      ...chargePoint,
    });
    const station = await connectStation(hub, identity);
    await play({ station, operator: createOperator(api, identity), api, hub, identity });
    await station.finish();
    const { action, milliseconds } = station.slowest();
    await annotate(`slowest answer: ${action}, ${milliseconds} ms`);
  });
}
