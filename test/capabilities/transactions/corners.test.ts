import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { type ChargingHub, createChargingHub, dyingBefore, say } from './fixture.ts';

let hub: ChargingHub;
beforeAll(async () => {
  hub = await createChargingHub();
  const { operations } = hub.authorization;
  await operations.create('default', { value: 'GOOD' });
  await operations.create('default', { value: 'ONCE', allowConcurrent: 1 });
});
afterAll(() => hub.hub.close());

interface StartAnswer {
  readonly transactionId: number;
  readonly idTagInfo: { readonly status: string };
}

/** 90 minutes before the present of the hub. */
const begin = '2026-06-01T10:30:00.000Z';
const later = (minutes: number) => new Date(Date.parse(begin) + minutes * 60_000);
const startRequest = (over: object = {}) => ({
  connectorId: 1,
  idTag: 'GOOD',
  meterStart: 1_000,
  timestamp: begin,
  ...over,
});

/** Sends a message that arrives in the minute in which it was made, unless said otherwise. */
const send = (chargePoint: LinkedChargePoint, action: string, request: object, receivedAt = later(0)) =>
  hub.hub.receive(chargePoint, action, request, { receivedAt });
const start = async (chargePoint: LinkedChargePoint, over: object = {}, receivedAt = later(0)) =>
  (await send(chargePoint, 'StartTransaction', startRequest(over), receivedAt)) as StartAnswer;
const stop = (chargePoint: LinkedChargePoint, transactionId: number, over: object = {}, receivedAt = later(30)) =>
  send(
    chargePoint,
    'StopTransaction',
    { transactionId, meterStop: 5_000, timestamp: later(30).toISOString(), ...over },
    receivedAt,
  );
const meter = (chargePoint: LinkedChargePoint, minutes: number, samples: object[], over: object = {}) =>
  send(
    chargePoint,
    'MeterValues',
    { connectorId: 1, meterValue: [{ timestamp: later(minutes).toISOString(), sampledValue: samples }], ...over },
    later(minutes),
  );
const only = async (chargePoint: LinkedChargePoint) => {
  const [transaction, ...others] = await hub.transactionsOf(chargePoint);
  if (transaction === undefined || others.length > 0) throw new Error('not exactly one transaction');
  return transaction;
};

describe('what a crash leaves undone, the repeat does (RETRY-1)', () => {
  test('a start that is stored but not told', async () => {
    const chargePoint = await hub.station();
    const dying = hub.newProcess({ events: dyingBefore(hub.hub.events, 'TRANSACTION_STARTED') });
    await expect(say(dying, chargePoint, 'StartTransaction', startRequest(), later(0))).rejects.toThrow('died');
    expect(await hub.toldOf(chargePoint)).toEqual([]);
    const { transactionId } = await start(chargePoint);
    expect((await only(chargePoint)).ocppTransactionId).toBe(transactionId);
    expect((await hub.toldOf(chargePoint)).map(({ type }) => type)).toEqual(['TRANSACTION_STARTED']);
  });

  test('the end of the transaction that a start replaces', async () => {
    const chargePoint = await hub.station();
    await start(chargePoint);
    const next = startRequest({ timestamp: later(20).toISOString(), meterStart: 3_000 });
    const dying = hub.newProcess({ events: dyingBefore(hub.hub.events, 'TRANSACTION_ENDED') });
    await expect(say(dying, chargePoint, 'StartTransaction', next, later(20))).rejects.toThrow('died');
    await send(chargePoint, 'StartTransaction', next, later(21));
    const [old, young] = await hub.transactionsOf(chargePoint);
    expect([old?.state, young?.state]).toEqual(['ENDED_ADMINISTRATIVELY', 'ACTIVE']);
    const told = await hub.toldOf(chargePoint);
    expect(told.map(({ type, transactionId }) => [type, transactionId])).toEqual([
      ['TRANSACTION_STARTED', old?._id],
      ['TRANSACTION_ENDED', old?._id],
      ['TRANSACTION_STARTED', young?._id],
    ]);
  });

  test('a stop that is stored but not told', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint);
    const request = { transactionId, meterStop: 5_000, timestamp: later(30).toISOString() };
    const dying = hub.newProcess({ events: dyingBefore(hub.hub.events, 'TRANSACTION_ENDED') });
    await expect(say(dying, chargePoint, 'StopTransaction', request, later(30))).rejects.toThrow('died');
    await send(chargePoint, 'StopTransaction', request, later(31));
    const ends = (await hub.toldOf(chargePoint)).filter(({ type }) => type === 'TRANSACTION_ENDED');
    expect(ends.map(({ data }) => data['energyWh'])).toEqual([4_000]);
    expect((await only(chargePoint)).stop?.receivedAt).toEqual(later(30));
  });

  test('a reading that is stored but not told', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint);
    const dying = hub.newProcess({ events: dyingBefore(hub.hub.events, 'TRANSACTION_UPDATED') });
    const request = {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: later(5).toISOString(), sampledValue: [{ value: '1700' }] }],
    };
    for (const fails of [true, false]) {
      const answer = say(dying, chargePoint, 'MeterValues', request, later(5));
      if (fails) await expect(answer).rejects.toThrow('died');
      else await answer;
    }
    const updates = (await hub.toldOf(chargePoint)).filter(({ type }) => type === 'TRANSACTION_UPDATED');
    expect(updates.map(({ data }) => data['energyWh'])).toEqual([700]);
    expect(await hub.valuesOf(chargePoint)).toHaveLength(1);
  });
});

describe('ConcurrentTx only where the operator limits a token (STA-5)', () => {
  test('a second connector is refused, the same one and the repeat are not, and a late start is only recorded', async () => {
    const [first, second] = [await hub.station(), await hub.station()];
    const once = { idTag: 'once' };
    expect((await start(first, once)).idTagInfo.status).toBe('Accepted');
    expect((await start(second, once)).idTagInfo.status).toBe('ConcurrentTx');
    expect((await start(first, { ...once, connectorId: 2 })).idTagInfo.status).toBe('ConcurrentTx');
    expect((await start(first, once)).idTagInfo.status).toBe('Accepted');
    const onTheSame = { ...once, timestamp: later(1).toISOString() };
    expect((await start(first, onTheSame, later(1))).idTagInfo.status).toBe('Accepted');
    const longAgo = { ...once, connectorId: 3, timestamp: later(-60).toISOString() };
    expect((await start(second, longAgo)).idTagInfo.status).toBe('Accepted');
    expect(await send(second, 'Authorize', { idTag: 'ONCE' })).toEqual({ idTagInfo: { status: 'Accepted' } });
  });

  test('a stopped transaction frees the token', async () => {
    await hub.authorization.operations.create('default', { value: 'FREED', allowConcurrent: 1 });
    const [first, second] = [await hub.station(), await hub.station()];
    const { transactionId } = await start(first, { idTag: 'FREED' });
    await stop(first, transactionId);
    const next = { idTag: 'FREED', timestamp: later(31).toISOString() };
    expect((await start(second, next, later(31))).idTagInfo.status).toBe('Accepted');
  });
});

describe('a charge point without a clock (TIME-1)', () => {
  const clockless = { timestamp: '1970-01-01T00:00:00Z' };

  test('repeats its start while it runs, and begins a new one with equal content when it is over', async () => {
    const chargePoint = await hub.station();
    const first = await start(chargePoint, clockless);
    expect((await start(chargePoint, clockless, later(1))).transactionId).toBe(first.transactionId);
    await stop(chargePoint, first.transactionId, { meterStop: 1_000, timestamp: '1970-01-01T00:00:00Z' });
    const second = await start(chargePoint, clockless, later(40));
    expect(second.transactionId).not.toBe(first.transactionId);
    expect((await start(chargePoint, clockless, later(41))).transactionId).toBe(second.transactionId);
    const [ended, running] = await hub.transactionsOf(chargePoint);
    expect([ended?.startedAt, ended?.endedAt, running?.startedAt]).toEqual([later(0), later(30), later(40)]);
    expect(ended?.anomalies.map(({ code }) => code)).toEqual(['CLOCK_UNUSABLE', 'CLOCK_UNUSABLE']);
  });

  test('two copies at once through two processes are one', async () => {
    const chargePoint = await hub.station();
    const [one, other] = [hub.newProcess(), hub.newProcess()];
    for (const minutes of [0, 40]) {
      const answers = await Promise.all(
        [one, other, one].map((process) =>
          say(process, chargePoint, 'StartTransaction', startRequest({ timestamp: '' }), later(minutes)),
        ),
      );
      const [answer, ...rest] = answers as StartAnswer[];
      expect(rest).toEqual([answer, answer]);
      await stop(chargePoint, Number(answer?.transactionId), { timestamp: '' }, later(minutes + 10));
    }
    expect(await hub.transactionsOf(chargePoint)).toHaveLength(2);
  });
});

describe('energy', () => {
  test('of a running transaction comes from its newest register, told once a minute', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint);
    for (const [minutes, value] of [
      [1, '1.5'],
      [1.5, '1.6'],
      [3, '2.25'],
      [2, '1.9'],
    ] as const) {
      await meter(chargePoint, minutes, [{ value, unit: 'kWh' }], { transactionId });
    }
    expect(await only(chargePoint)).toMatchObject({
      energyWh: 1_250,
      energySource: 'LAST_SAMPLE',
      lastMeterAt: later(3),
    });
    const updates = (await hub.toldOf(chargePoint)).filter(({ type }) => type === 'TRANSACTION_UPDATED');
    expect(updates.map(({ data }) => data['energyWh'])).toEqual([500, 1_250]);
  });

  test('is summed over three phases when there is no overall register, and taken from no other place', async () => {
    const chargePoint = await hub.station();
    await start(chargePoint, { meterStart: 300 });
    const phases = (values: readonly number[]) =>
      values.map((value, index) => ({ value: String(value), phase: `L${index + 1}` }));
    await meter(chargePoint, 1, phases([140, 150, 130]));
    expect((await only(chargePoint)).energyWh).toBe(120);
    await meter(chargePoint, 2, phases([200, 210]));
    await meter(chargePoint, 3, [{ value: '9000', location: 'EV' }]);
    await meter(chargePoint, 4, [{ value: '9000', measurand: 'Energy.Active.Export.Register' }]);
    await meter(chargePoint, 5, [{ value: '9000', unit: 'A' }]);
    expect((await only(chargePoint)).energyWh).toBe(120);
  });

  test('a stop below the start takes the samples instead (STO-7)', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint, { meterStart: 5_000 });
    await meter(chargePoint, 5, [{ value: '6200' }], { transactionId });
    await stop(chargePoint, transactionId, { meterStop: 4_000 });
    const transaction = await only(chargePoint);
    expect(transaction).toMatchObject({ state: 'ENDED', energyWh: 1_200, energySource: 'LAST_SAMPLE' });
    expect(transaction.anomalies.map(({ code }) => code)).toEqual(['METER_STOP_LT_START']);
  });

  test('after the stop, readings are kept and change nothing (MET-1)', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint);
    await stop(chargePoint, transactionId);
    const before = await only(chargePoint);
    await meter(chargePoint, 45, [{ value: '99999' }], { transactionId });
    expect(await only(chargePoint)).toEqual(before);
    expect(await hub.valuesOf(chargePoint)).toMatchObject([{ transactionId: before._id, at: later(45) }]);
    expect((await hub.toldOf(chargePoint)).map(({ type }) => type)).toEqual([
      'TRANSACTION_STARTED',
      'TRANSACTION_ENDED',
    ]);
  });

  test.each([
    ['the newest sample', 2_200, 9_000, { energyWh: 1_200, energySource: 'LAST_SAMPLE' }],
    ['the newest sample, but not beyond the next start', 2_200, 1_800, { energyWh: 800, energySource: 'LAST_SAMPLE' }],
    ['the next start when there is no sample', undefined, 3_000, { energyWh: 2_000, energySource: 'NEXT_START' }],
    ['nothing when the meter was replaced', undefined, 10, { energyWh: 0, energySource: 'NONE' }],
  ])('of a charge whose stop never came: %s (G7)', async (_name, sample, nextStart, expected) => {
    const chargePoint = await hub.station();
    await start(chargePoint);
    if (sample !== undefined) await meter(chargePoint, 5, [{ value: String(sample) }]);
    await start(chargePoint, { timestamp: later(20).toISOString(), meterStart: nextStart }, later(20));
    const [old] = await hub.transactionsOf(chargePoint);
    expect(old).toMatchObject({ state: 'ENDED_ADMINISTRATIVELY', endedAt: later(20), complete: false, ...expected });
    expect(old?.anomalies.map(({ code }) => code)).toEqual(['NO_STOP']);
  });
});

describe('what a stop carries', () => {
  test('transactionData is stored once, marked, and beside what came before (STO-6)', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint);
    const meterValue = [
      { timestamp: begin, sampledValue: [{ value: '1000', context: 'Transaction.Begin' }] },
      { timestamp: later(30).toISOString(), sampledValue: [{ value: '5000', context: 'Transaction.End' }] },
    ];
    await stop(chargePoint, transactionId, { transactionData: meterValue });
    await stop(chargePoint, transactionId, { transactionData: meterValue }, later(33));
    const { _id } = await only(chargePoint);
    expect(await hub.valuesOf(chargePoint)).toMatchObject([
      {
        source: 'STOP',
        connectorId: 1,
        transactionId: _id,
        samples: [{ context: 'TRANSACTION_BEGIN', number: 1_000 }],
      },
      { source: 'STOP', connectorId: 1, transactionId: _id, samples: [{ context: 'TRANSACTION_END', number: 5_000 }] },
    ]);
  });

  test('an offline charge told in one burst is late, and complete (RETRY-2, STO-8)', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint, {}, later(80));
    await stop(chargePoint, transactionId, {}, later(80));
    expect(await only(chargePoint)).toMatchObject({
      late: true,
      complete: true,
      startedAt: later(0),
      startReceivedAt: later(80),
      endedAt: later(30),
      energyWh: 4_000,
    });
  });

  test('registers that no number holds are answered and flagged, never a failure', async () => {
    const chargePoint = await hub.station();
    const { transactionId } = await start(chargePoint, { meterStart: 1e300, connectorId: 5_000_000_000 });
    expect(await stop(chargePoint, transactionId, { meterStop: -7 })).toEqual({});
    const transaction = await only(chargePoint);
    expect(transaction).toMatchObject({ connectorId: 2_147_483_647, meterStartWh: 0, energyWh: 0 });
    expect(transaction.anomalies.map(({ code }) => code)).toContain('METER_IMPLAUSIBLE');
    const { transactions } = await hub.hub.data<{ transactions: { nodes: unknown[] } }>(
      'default',
      `{ transactions(filter: { connectorIds: [2147483647] }) { nodes { connectorId meterStartWh meterStopWh energyWh
         anomalies { code } } } }`,
    );
    expect(transactions.nodes).toMatchObject([{ connectorId: 2_147_483_647, meterStopWh: -7 }]);
  });
});
