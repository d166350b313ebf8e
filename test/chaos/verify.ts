import type { Station } from './station.ts';
import { eventFields, type SeenEvent, type Subscriber } from './subscriber.ts';

type Ask = <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>;

interface Paged<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function all<Node>(page: (after: string | null) => Promise<Paged<Node>>): Promise<Node[]> {
  const found: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const { nodes, pageInfo }: Paged<Node> = await page(after);
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}

interface StoredTransaction {
  readonly ocppTransactionId: number;
  readonly state: string;
  readonly startedAt: string;
  readonly meterStopWh: number | null;
}

const repeated = (values: readonly unknown[]): unknown[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

/** Everything that is wrong, one line each; empty when the promises were kept. */
export async function violations(ask: Ask, stations: readonly Station[], subscriber: Subscriber): Promise<string[]> {
  const wrong: string[] = stations.flatMap(({ contradictions }) => contradictions);
  for (const { identity, confirmed } of stations) {
    const transactions = await all<StoredTransaction>(async (after) => {
      const { chargePoint } = await ask<{ chargePoint: { transactions: Paged<StoredTransaction> } }>(
        `query ($identity: String!, $after: String) { chargePoint(by: { identity: $identity }) { transactions(first: 100, after: $after) {
          nodes { ocppTransactionId state startedAt meterStopWh } pageInfo { hasNextPage endCursor } } } }`,
        { identity, after },
      );
      return chargePoint.transactions;
    });
    for (const time of repeated(transactions.map(({ startedAt }) => startedAt)))
      wrong.push(`${identity}: two transactions begun at ${time}`);
    const byId = new Map(transactions.map((transaction) => [transaction.ocppTransactionId, transaction]));
    for (const [time, id] of confirmed.starts) {
      if (byId.get(id)?.startedAt !== time) wrong.push(`${identity}: confirmed start ${id} of ${time} is not stored`);
    }
    for (const [id, meterStop] of confirmed.stops) {
      const stored = byId.get(id);
      if (stored?.state !== 'ENDED' || stored.meterStopWh !== meterStop)
        wrong.push(`${identity}: confirmed stop of ${id} is not stored`);
    }
    const readings = await all<{ timestamp: string }>(async (after) => {
      const { chargePoint } = await ask<{ chargePoint: { meterValues: Paged<{ timestamp: string }> } }>(
        `query ($identity: String!, $after: String) { chargePoint(by: { identity: $identity }) { meterValues(first: 100, after: $after) {
          nodes { timestamp } pageInfo { hasNextPage endCursor } } } }`,
        { identity, after },
      );
      return chargePoint.meterValues;
    });
    const times = new Map<string, number>();
    for (const { timestamp } of readings) times.set(timestamp, (times.get(timestamp) ?? 0) + 1);
    for (const time of confirmed.samples) {
      if (times.get(time) !== 1)
        wrong.push(`${identity}: confirmed sample of ${time} is stored ${times.get(time) ?? 0} times`);
    }
  }
  wrong.push(...(await eventViolations(ask, stations, subscriber)));
  return wrong;
}

async function eventViolations(ask: Ask, stations: readonly Station[], { seen }: Subscriber): Promise<string[]> {
  const wrong: string[] = [];
  const log = await all<SeenEvent>(async (after) => {
    const { events } = await ask<{ events: Paged<SeenEvent> }>(
      `query ($after: EventCursor) { events(first: 100, after: $after) { nodes { ${eventFields} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    return events;
  });
  const ids = log.map(({ id }) => id);
  for (const id of repeated(ids)) wrong.push(`event ${id} is twice in the log`);
  const firstSeen = ids.indexOf(seen[0]?.id ?? '');
  const expected = ids.slice(firstSeen);
  const got = seen.map(({ id }) => id);
  if (firstSeen < 0) wrong.push('the subscriber saw an event that is not in the log');
  else if (JSON.stringify(got) !== JSON.stringify(expected)) {
    const lost = expected.filter((id) => !got.includes(id)).length;
    wrong.push(
      `the subscriber saw ${got.length} events of ${expected.length}: ${lost} lost, ${repeated(got).length} repeated, or another order`,
    );
  }
  const started = log
    .filter(({ type }) => type === 'TRANSACTION_STARTED')
    .map(({ ocppTransactionId }) => ocppTransactionId);
  const ended = log
    .filter(({ type }) => type === 'TRANSACTION_ENDED')
    .map(({ ocppTransactionId }) => ocppTransactionId);
  const infos = new Set(log.map(({ info }) => info));
  for (const { confirmed } of stations) {
    for (const id of confirmed.starts.values()) {
      if (started.filter((one) => one === id).length !== 1) wrong.push(`transaction ${id} has no single STARTED event`);
    }
    for (const id of confirmed.stops.keys()) {
      if (ended.filter((one) => one === id).length !== 1) wrong.push(`transaction ${id} has no single ENDED event`);
    }
    for (const info of confirmed.statuses) if (!infos.has(info)) wrong.push(`confirmed status ${info} has no event`);
  }
  return wrong;
}
