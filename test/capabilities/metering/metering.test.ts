import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalise, parseNumber } from '../../../src/capabilities/metering/model.ts';
import {
  contextWords,
  formatWords,
  locationWords,
  measurandWords,
  phaseWords,
} from '../../../src/capabilities/metering/words.ts';
import * as wire from '../../../src/ocpp/v16/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

describe('values are normalised, the text is kept', () => {
  test.each([
    [
      { value: '12.5', unit: 'kWh' },
      { number: 12_500, unit: 'WH', measurand: 'ENERGY_ACTIVE_IMPORT_REGISTER' },
    ],
    [
      { value: '26008.333' },
      { number: 26_008.333, unit: 'WH', context: 'SAMPLE_PERIODIC', location: 'OUTLET', format: 'RAW' },
    ],
    [
      { value: '7.4', unit: 'kW', measurand: 'Power.Active.Import' },
      { number: 7400, unit: 'W' },
    ],
    [
      { value: '300.15', unit: 'K', measurand: 'Temperature' },
      { number: 27, unit: 'CELSIUS' },
    ],
    [
      { value: '212', unit: 'Fahrenheit', measurand: 'Temperature' },
      { number: 100, unit: 'CELSIUS' },
    ],
    [
      { value: '21', unit: 'Celcius', measurand: 'Temperature' },
      { number: 21, unit: 'CELSIUS' },
    ],
    [
      { value: '49.98', unit: 'Hertz', measurand: 'Frequency' },
      { number: 49.98, unit: 'HZ' },
    ],
    [
      { value: '16,2', unit: 'A', measurand: 'Current.Import', phase: 'L1-N' },
      { number: 16.2, unit: 'A', phase: 'L1_N' },
    ],
    [
      { value: '5', unit: 'A' },
      { number: 5, unitMismatch: true },
    ],
  ])('%j', (sent, expected) => {
    expect(normalise(sent)).toMatchObject({ value: sent.value, ...expected });
  });

  test('text that is no number, and signed data, stay text (MET-4)', () => {
    expect(normalise({ value: 'n/a' })).not.toHaveProperty('number');
    expect(normalise({ value: '123', format: 'SignedData' })).not.toHaveProperty('number');
    for (const text of ['', '1.2.3', '1,2,3', 'NaN', '0x10', '1e9999']) expect(parseNumber(text)).toBeUndefined();
  });

  test('a word that nobody knows is kept as it came', () => {
    expect(normalise({ value: '1', measurand: 'Vendor.Thing', unit: 'bananas' })).toMatchObject({
      value: '1',
      wire: { measurand: 'Vendor.Thing', unit: 'bananas' },
    });
  });
});

test.each([
  ['measurand', measurandWords, wire.measurands],
  ['phase', phaseWords, wire.phases],
  ['context', contextWords, wire.readingContexts],
  ['location', locationWords, wire.locations],
  ['format', formatWords, wire.valueFormats],
])('the %s words are one to one with those of OCPP', (_name, table, words) => {
  expect([...table.words].sort()).toEqual([...words].sort());
});

describe('MeterValues through the hub', () => {
  let hub: TestHub;
  let chargePoint: ScriptedChargePoint;
  let transactionId: number;
  beforeAll(async () => {
    hub = await startTestHub();
    await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
    chargePoint = await hub.booted('METER-1');
    const start = { connectorId: 1, idTag: 'GOOD', meterStart: 0, timestamp: '2026-06-01T10:00:00Z' };
    ({ transactionId } = (await chargePoint.call('StartTransaction', start))[2] as { transactionId: number });
  });
  afterAll(() => hub.close());

  const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 10, minute)).toISOString();
  const reading = (minute: number, value = String(minute * 100)) => ({
    timestamp: at(minute),
    sampledValue: [{ value }],
  });
  const stored = () => hub.database.store.collection('meterValues').countDocuments({});

  test.each([
    ['connector 0', { connectorId: 0, meterValue: [reading(1)] }],
    ['an unknown transaction', { connectorId: 1, transactionId: 4711, meterValue: [reading(2)] }],
    ['transaction −1', { connectorId: 1, transactionId: -1, meterValue: [reading(3)] }],
    ['transaction 0', { connectorId: 1, transactionId: 0, meterValue: [reading(4)] }],
    ['a huge number', { connectorId: 1, transactionId: 2 ** 63, meterValue: [reading(5)] }],
    ['no transaction', { connectorId: 1, meterValue: [reading(6)] }],
    ['no samples', { connectorId: 1, meterValue: [{ timestamp: at(7), sampledValue: [] }] }],
    ['an object instead of a list', { connectorId: 1, meterValue: reading(8) }],
    [
      'a number instead of text',
      { connectorId: 1, meterValue: [{ timestamp: at(9), sampledValue: [{ value: 900 }] }] },
    ],
    ['a connector that was never seen', { connectorId: 9, meterValue: [reading(10)] }],
  ])('%s is answered {} (MET-1)', async (_name, payload) => {
    expect(
      (await chargePoint.call('MeterValues', payload))
        .slice(0, 1)
        .concat((await chargePoint.call('MeterValues', payload))[2]),
    ).toEqual([3, {}]);
  });

  test('the same report twice is stored once, with any message id (RETRY-1)', async () => {
    const report = { connectorId: 1, transactionId, meterValue: [reading(20), reading(21)] };
    const before = await stored();
    await chargePoint.call('MeterValues', report);
    await chargePoint.call('MeterValues', report);
    expect(await stored()).toBe(before + 2);
  });

  test('without a number a reading belongs to the transaction of its time (MET-2), and series reduce it', async () => {
    await chargePoint.call('MeterValues', { connectorId: 1, meterValue: [reading(30, '3000'), reading(31, '3100')] });
    const data = await hub.api.data<{
      transactions: { nodes: { meterValues: { nodes: unknown[] }; meterSeries: unknown[] }[] };
    }>(
      `query ($from: DateTime!, $to: DateTime!) { transactions { nodes {
        meterValues(range: { from: $from, to: $to }) { nodes { timestamp sampledValues { value numericValue unit measurand } } }
        meterSeries(input: { bucketSeconds: 300, from: $from, to: $to }) { at min max average last } } } }`,
      { from: at(30), to: at(35) },
    );
    expect(data.transactions.nodes[0]?.meterValues.nodes).toHaveLength(2);
    expect(data.transactions.nodes[0]?.meterSeries).toEqual([
      { at: at(30), min: 3000, max: 3100, average: 3050, last: 3100 },
    ]);
  });

  test('a series of too many points is refused', async () => {
    const { errors } = await hub.api.query(
      `{ transactions { nodes { meterSeries(input: { bucketSeconds: 1, from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }) { at } } } }`,
    );
    expect(errors?.length).toBeGreaterThan(0);
  });

  test('the live stream tells of each new reading, counted per connector', async () => {
    const live = hub.api.subscribe<{
      meterValues: { sequence: number; meterValue: { sampledValues: { value: string }[] } };
    }>('subscription { meterValues { sequence meterValue { sampledValues { value } } } }');
    const first = live.next(10_000);
    for (let minute = 40; minute < 45; minute += 1) {
      await chargePoint.call('MeterValues', { connectorId: 1, transactionId, meterValue: [reading(minute)] });
      await new Promise((resolve) => setTimeout(resolve, 50)); // the subscription is on its way
    }
    const one = (await first).data?.meterValues;
    const two = (await live.next()).data?.meterValues;
    expect(two?.sequence).toBe((one?.sequence ?? 0) + 1);
    await live.close();
  });

  test('another tenant sees none of it', async () => {
    const foreign = await hub.foreignClient();
    expect(
      await foreign.data('{ chargePoint(by: { identity: "METER-1" }) { meterValues { nodes { timestamp } } } }'),
    ).toEqual({ chargePoint: null });
  });
});
