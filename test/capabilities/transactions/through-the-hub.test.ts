import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../../../src/capabilities/transactions/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
  for (const value of ['GOOD', 'OTHER']) {
    await hub.api.data('mutation ($value: String!) { createToken(input: { value: $value }) { __typename } }', {
      value,
    });
  }
});
afterAll(() => hub.close());

const transactions = () => hub.database.store.collection<Transaction>('transactions');
const events = (type: string, transactionId: string) =>
  hub.database.store.collection('events').countDocuments({ type, transactionId });
const newIdentity = () => `TX-${++count}`;
const startOf = (over: object = {}) => ({
  connectorId: 1,
  idTag: 'GOOD',
  meterStart: 1000,
  timestamp: '2026-06-01T10:00:00.000Z',
  ...over,
});

interface StartAnswer {
  readonly transactionId: number;
  readonly idTagInfo: { readonly status: string };
}

async function start(chargePoint: ScriptedChargePoint, over: object = {}): Promise<StartAnswer> {
  const frame = await chargePoint.call('StartTransaction', startOf(over));
  expect(frame[0]).toBe(3);
  return frame[2] as StartAnswer;
}

async function stored(ocppTransactionId: number): Promise<Transaction> {
  const found = await transactions().findOne({ ocppTransactionId });
  if (found === null) throw new Error(`transaction ${ocppTransactionId} is not stored`);
  return found;
}

describe('a start is always answered with an id and a verdict (STA-1)', () => {
  test.each([
    ['unknown token', { idTag: 'NOBODY' }, 'Invalid'],
    ['connector that was never seen', { connectorId: 17 }, 'Accepted'],
    ['old time', { timestamp: '2019-01-01T00:00:00Z' }, 'Accepted'],
    ['time in the future', { timestamp: '2036-01-01T00:00:00Z' }, 'Accepted'],
    ['time without a zone', { timestamp: '2026-06-01T10:00:00' }, 'Accepted'],
    ['time that is none', { timestamp: 'yesterday' }, 'Accepted'],
    ['fraction of a watt-hour', { meterStart: 1000.4 }, 'Accepted'],
    ['token of 40 characters (AUT-3)', { idTag: 'X'.repeat(40) }, 'Invalid'],
    ['unknown reservation (STA-7)', { reservationId: 4711 }, 'Accepted'],
  ])('%s', async (_name, over, status) => {
    const chargePoint = await hub.booted(newIdentity());
    const answer = await start(chargePoint, over);
    expect(answer.transactionId).toBeGreaterThan(0);
    expect(answer.transactionId).toBeLessThan(2 ** 31);
    expect(answer.idTagInfo.status).toBe(status);
    expect((await stored(answer.transactionId)).state).toBe('ACTIVE');
    expect(chargePoint.faults).toEqual([]);
  });
});

describe('a repeated start is the same transaction (STA-4)', () => {
  test('with another message id, with the same one, and over a new connection', async () => {
    const identity = newIdentity();
    const first = await hub.booted(identity);
    const { transactionId } = await start(first);
    expect((await start(first)).transactionId).toBe(transactionId);
    const again = await first.call('StartTransaction', startOf(), { id: 'same' });
    expect((again[2] as StartAnswer).transactionId).toBe(transactionId);
    const second = await hub.connect(identity);
    expect((await start(second)).transactionId).toBe(transactionId);
    const transaction = await stored(transactionId);
    expect(await transactions().countDocuments({ chargePointId: transaction.chargePointId })).toBe(1);
    expect(await events('TRANSACTION_STARTED', transaction._id)).toBe(1);
  });

  test('in parallel through two hubs on one database, and after a restart', async () => {
    const identity = newIdentity();
    const one = await hub.booted(identity);
    const otherHub = await startTestHub({ database: hub.database });
    const there = await otherHub.connect(identity);
    const [a, b] = await Promise.all([start(one), start(there)]);
    await otherHub.close();
    expect(b.transactionId).toBe(a.transactionId);
    const restarted = await startTestHub({ database: hub.database });
    expect((await start(await restarted.connect(identity))).transactionId).toBe(a.transactionId);
    await restarted.close();
    const transaction = await stored(a.transactionId);
    expect(await transactions().countDocuments({ chargePointId: transaction.chargePointId })).toBe(1);
    expect(await events('TRANSACTION_STARTED', transaction._id)).toBe(1);
  });

  test('another meterStart, time or token is another transaction', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const ids = [
      await start(chargePoint),
      await start(chargePoint, { meterStart: 1001, timestamp: '2026-06-01T10:00:01Z' }),
      await start(chargePoint, { idTag: 'OTHER', timestamp: '2026-06-01T10:00:02Z' }),
    ].map(({ transactionId }) => transactionId);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('a start on a busy connector', () => {
  test('ends the open transaction administratively when it is accepted (G7)', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const first = await start(chargePoint);
    await chargePoint.call('MeterValues', {
      connectorId: 1,
      transactionId: first.transactionId,
      meterValue: [{ timestamp: '2026-06-01T10:05:00Z', sampledValue: [{ value: '1500' }] }],
    });
    await start(chargePoint, { meterStart: 2000, timestamp: '2026-06-01T11:00:00Z' });
    const ended = await stored(first.transactionId);
    expect(ended).toMatchObject({ state: 'ENDED_ADMINISTRATIVELY', energyWh: 500 });
    expect(ended.anomalies.map(({ code }) => code)).toContain('NO_STOP');
    expect(await events('TRANSACTION_ENDED', ended._id)).toBe(1);
  });

  test('closes nothing when it is refused (STA-6)', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const first = await start(chargePoint);
    const refused = await start(chargePoint, { idTag: 'NOBODY', timestamp: '2026-06-01T11:00:00Z' });
    expect(refused.idTagInfo.status).toBe('Invalid');
    expect((await stored(first.transactionId)).state).toBe('ACTIVE');
  });

  test('a late stop after an administrative end closes it properly (STO-8)', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const first = await start(chargePoint);
    await start(chargePoint, { meterStart: 3000, timestamp: '2026-06-01T12:00:00Z' });
    await chargePoint.call('StopTransaction', {
      transactionId: first.transactionId,
      meterStop: 2500,
      timestamp: '2026-06-01T11:30:00Z',
    });
    expect(await stored(first.transactionId)).toMatchObject({ state: 'ENDED', energyWh: 1500 });
  });
});

describe('a stop', () => {
  test('for a number that is no transaction of this station is kept and changes nothing (STO-1, STO-2)', async () => {
    const other = await hub.booted(newIdentity());
    const foreign = await start(other);
    const identity = newIdentity();
    const chargePoint = await hub.booted(identity);
    const numbers = [0, -1, 123_456, 2 ** 63, foreign.transactionId];
    for (const transactionId of numbers) {
      const frame = await chargePoint.call('StopTransaction', {
        transactionId,
        meterStop: 5,
        timestamp: '2026-06-01T10:00:00Z',
      });
      expect([transactionId, frame[0], frame[2]]).toEqual([transactionId, 3, {}]);
    }
    expect((await stored(foreign.transactionId)).state).toBe('ACTIVE');
    const { chargePoint: found } = await hub.api.data<{
      chargePoint: { orphanedStops: { nodes: { ocppTransactionId: number; stopReason: string }[] } };
    }>(
      'query ($identity: String!) { chargePoint(by: { identity: $identity }) { orphanedStops { nodes { ocppTransactionId stopReason } } } }',
      { identity },
    );
    expect(found.orphanedStops.nodes.map(({ ocppTransactionId }) => ocppTransactionId).sort()).toEqual(
      [...numbers].sort(),
    );
  });

  test('gives energy and reason, answers a repeat alike, and the first data win (STO-3, STO-4, STO-5, STO-7)', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const { transactionId } = await start(chargePoint);
    const stop = { transactionId, meterStop: 8000, timestamp: '2026-06-01T11:00:00Z', idTag: 'OTHER' };
    const answers = [
      await chargePoint.call('StopTransaction', stop),
      await chargePoint.call('StopTransaction', stop),
      await chargePoint.call('StopTransaction', { ...stop, meterStop: 9000 }),
    ];
    for (const frame of answers) expect(frame[2]).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    const ended = await stored(transactionId);
    expect(ended).toMatchObject({ state: 'ENDED', energyWh: 7000, stop: { reason: 'LOCAL', meterWh: 8000 } });
    expect(ended.anomalies.map(({ code }) => code)).toEqual(['STOP_CONFLICT']);
    expect(await events('TRANSACTION_ENDED', ended._id)).toBe(1);
  });

  test('below the start is stored and flagged, never negative energy (STO-7)', async () => {
    const chargePoint = await hub.booted(newIdentity());
    const { transactionId } = await start(chargePoint);
    await chargePoint.call('StopTransaction', { transactionId, meterStop: 10, timestamp: '2026-06-01T11:00:00Z' });
    const ended = await stored(transactionId);
    expect(ended.energyWh).toBeGreaterThanOrEqual(0);
    expect(ended.anomalies.map(({ code }) => code)).toContain('METER_STOP_LT_START');
  });
});

test('one station cannot see or stop another tenant’s transaction through the API', async () => {
  const chargePoint = await hub.booted(newIdentity());
  const { transactionId } = await start(chargePoint);
  const own = await hub.api.data<{ transactions: { nodes: { id: string; ocppTransactionId: number }[] } }>(
    '{ transactions(first: 100) { nodes { id ocppTransactionId } } }',
  );
  const id = own.transactions.nodes.find(({ ocppTransactionId }) => ocppTransactionId === transactionId)?.id;
  const foreign = await hub.foreignClient();
  const seen = await foreign.data<Record<string, unknown>>(
    `query ($id: ID!) { node(id: $id) { id } transaction(by: { id: $id }) { id } transactions { nodes { id } } }`,
    { id },
  );
  expect(seen).toEqual({ node: null, transaction: null, transactions: { nodes: [] } });
});

test('transactionEvents tells of start and end, and resumes behind a cursor', async () => {
  const chargePoint = await hub.booted(newIdentity());
  const query = `subscription ($after: EventCursor) { transactionEvents(after: $after) { __typename
    ... on StreamItem { cursor } ... on TransactionStartedEvent { ocppTransactionId } ... on TransactionEndedEvent { ocppTransactionId energyWh } } }`;
  interface Item {
    readonly transactionEvents: { __typename: string; cursor: string; ocppTransactionId?: number; energyWh?: number };
  }
  const live = hub.api.subscribe<Item>(query);
  await live.until(({ transactionEvents }) => transactionEvents.__typename === 'StreamCaughtUp');
  const { transactionId } = await start(chargePoint);
  const [first] = (
    await live.until(({ transactionEvents }) => transactionEvents.ocppTransactionId === transactionId)
  ).slice(-1);
  await live.close();
  await chargePoint.call('StopTransaction', { transactionId, meterStop: 4000, timestamp: '2026-06-01T11:00:00Z' });
  const resumed = hub.api.subscribe<Item>(query, { after: first?.transactionEvents.cursor });
  const items = await resumed.until(
    ({ transactionEvents }) => transactionEvents.__typename === 'TransactionEndedEvent',
  );
  expect(items.map(({ transactionEvents }) => transactionEvents.__typename)).not.toContain('TransactionStartedEvent');
  expect(items.at(-1)?.transactionEvents).toMatchObject({ ocppTransactionId: transactionId, energyWh: 3000 });
  await resumed.close();
});
