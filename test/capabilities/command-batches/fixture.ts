import type { GraphqlClient } from '../../support/graphql-client.ts';
import type { TestHub } from '../../support/hub.ts';
import type { CallHandler, ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

/** What the tests ask of a batch. */
export const batchFields =
  'id state total finishedAt counts { waiting underWay accepted finished refused effectMissing failed offline expired cancelled }';

export interface Batch {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly finishedAt: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

export interface Issued {
  readonly __typename: string;
  readonly code?: string;
  readonly path?: string;
  readonly idempotentReplay?: boolean;
  readonly commandBatch?: Batch;
}

/** Issues a batch for charge points by their identities. */
export async function issue(
  api: GraphqlClient,
  identities: readonly string[],
  input: string,
  key = `key of ${identities[0]} ${input}`.slice(0, 128),
): Promise<Issued> {
  const { issueCommandBatch } = await api.data<{ issueCommandBatch: Issued }>(
    `mutation ($chargePoints: [ChargePointRefInput!], $key: IdempotencyKey!) {
      issueCommandBatch(input: { selector: { chargePoints: $chargePoints }, idempotencyKey: $key, ${input} }) {
        __typename ... on Error { code } ... on ValidationError { path }
        ... on IssueCommandBatchPayload { idempotentReplay commandBatch { ${batchFields} } } } }`,
    { chargePoints: identities.map((identity) => ({ identity })), key },
  );
  return issueCommandBatch;
}

/** The batch when it is final. */
export async function ended(api: GraphqlClient, id: string | undefined): Promise<Batch> {
  const stream = api.subscribe<{ commandBatchUpdates: Batch }>(
    `subscription { commandBatchUpdates(id: "${id}") { ${batchFields} } }`,
  );
  const items = await stream.until(({ commandBatchUpdates }) => commandBatchUpdates.finishedAt !== null, 30_000);
  const last = items.at(-1);
  if (last === undefined) throw new Error('the stream gave nothing');
  return last.commandBatchUpdates;
}

/** Charge points that are there and answer one action; they come a few at a time. */
export async function fleet(
  hub: TestHub,
  prefix: string,
  size: number,
  action: string,
  handler: CallHandler,
): Promise<ScriptedChargePoint[]> {
  const names = Array.from({ length: size }, (_, index) => `${prefix}-${String(index).padStart(3, '0')}`);
  const stations: ScriptedChargePoint[] = [];
  for (let from = 0; from < size; from += 20) {
    const part = names.slice(from, from + 20);
    stations.push(...(await Promise.all(part.map((name) => hub.booted(name, { handlers: { [action]: handler } })))));
  }
  return stations;
}

/** How many CALLs of an action the charge points got. */
export const callsOf = (stations: readonly ScriptedChargePoint[], action: string): number =>
  stations.reduce((sum, { received }) => sum + received.filter((frame) => frame[2] === action).length, 0);
