import { expect } from 'vitest';
import { deviation } from '../support/deviations.ts';
import { result, start, stop, timestamp, useHub, valuesOf } from './deviations-hub.ts';

const { hub, newIdentity, station, shownOf, transactionsOf, readingsOf, counted, checkCounts } = useHub('TX');

deviation('4.4-1', async () => {
  const one = await station();
  const first = await start(one, {}, { id: 'same' });
  one.terminate();
  const again = await hub().connect(one.identity);
  expect(await start(again, {}, { id: 'same' })).toEqual(first);
  expect(await transactionsOf(one)).toHaveLength(1);
});

deviation('4.4-2', async () => {
  const one = await station();
  const first = await start(one);
  expect(await start(one)).toEqual(first);
  expect(await transactionsOf(one)).toHaveLength(1);
});

deviation('4.4-3', async () => {
  const value = newIdentity();
  await hub().api.data(`mutation { createToken(input: { value: "${value}", allowConcurrent: 1 }) { __typename } }`);
  const one = await station();
  for (let time = 0; time < 3; time++) {
    const now = new Date(Date.now() - 1000)
      .toISOString()
      .replace(/\d\dZ$/, '00Z')
      .slice(0, 17);
    const answer = await start(one, { idTag: value, timestamp: `${now}00.000Z` });
    expect(answer.idTagInfo.status).toBe('Accepted');
  }
});

deviation('4.4-4', async () => {
  const [one, other] = [await station(), await station()];
  const foreign = await start(other);
  const own = await start(one);
  const numbers = [0, -1, Number('9223372036854775807'), 2 ** 53, 2_147_483_647, foreign.transactionId];
  for (const transactionId of numbers) {
    await stop(one, transactionId, { timestamp: '2026-06-01T10:30:00Z' });
    await result(one, 'MeterValues', valuesOf([{ value: '1234' }], { transactionId, connectorId: 3 }));
  }
  expect(await transactionsOf(other)).toMatchObject([{ state: 'ACTIVE', energyWh: 0 }]);
  expect(await transactionsOf(one)).toMatchObject([
    { ocppTransactionId: own.transactionId, state: 'ACTIVE', energyWh: 0 },
  ]);
  const stops = (await shownOf(one)).orphanedStops.nodes.map(({ ocppTransactionId }) => ocppTransactionId);
  expect(stops).toHaveLength(numbers.length);
});

deviation('4.4-5', async () => {
  const one = await station();
  const ids = [];
  for (const connectorId of [1, 2, 3]) ids.push((await start(one, { connectorId })).transactionId);
  expect(ids.every((id) => Number.isInteger(id) && id > 0 && id < 2 ** 31)).toBe(true);
  expect(new Set(ids).size).toBe(3);
  expect(Math.max(...ids)).toBeLessThan(1_000_000_000); // counted, not made of the time
});

deviation('4.4-6', async () => {
  const one = await station();
  await start(one);
  await stop(one, 77_777_777);
  expect(await transactionsOf(one)).toMatchObject([{ state: 'ACTIVE' }]);
});

deviation('4.4-7', async () => {
  const one = await station();
  for (const over of [
    {},
    { idTag: 'NOBODY' },
    { idTag: '' },
    { idTag: undefined },
    { connectorId: 99 },
    { reservationId: 5 },
  ]) {
    const answer = await start(one, over);
    expect(answer.transactionId).toBeGreaterThan(0);
    expect(answer.idTagInfo.status).toMatch(/Accepted|Invalid/);
  }
});

deviation('4.4-8', async () => {
  const one = await station();
  const { transactionId } = await start(one);
  await stop(one, transactionId, { idTag: 'GOOD' });
  expect(await transactionsOf(one)).toMatchObject([{ stopReason: 'LOCAL', wireStopReason: null }]);
});

deviation('4.4-9', async () => {
  const one = await station();
  for (const [connectorId, reason, shownReason, text] of [
    [1, 'Bored', 'OTHER', 'Bored'],
    [2, '', 'OTHER', 'Other'],
    [3, 'evdisconnected', 'EV_DISCONNECTED', 'evdisconnected'],
  ]) {
    const { transactionId } = await start(one, { connectorId });
    await stop(one, transactionId, { reason });
    const stopped = (await transactionsOf(one)).find(({ ocppTransactionId }) => ocppTransactionId === transactionId);
    expect(stopped).toMatchObject({ state: 'ENDED', stopReason: shownReason, wireStopReason: text });
  }
});

deviation('4.4-10', async () => {
  const one = await station();
  const first = await start(one);
  expect(await stop(one, first.transactionId)).toEqual({});
  const second = await start(one, { connectorId: 2 });
  const answer = await stop(one, second.transactionId, { idTag: 'OTHER' });
  expect(answer).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  expect(await transactionsOf(one)).toMatchObject([{ state: 'ENDED' }, { state: 'ENDED', tokenValue: 'GOOD' }]);
});

deviation('4.4-11', async () => {
  const one = await station();
  const { transactionId } = await start(one, { meterStart: 999.6 });
  await stop(one, transactionId, { meterStop: '26008.333' });
  expect(await transactionsOf(one)).toMatchObject([{ meterStartWh: 1000, meterStopWh: 26_008, energyWh: 25_008 }]);
  counted(one, 'fractionRounded', 'textAsNumber');
});

deviation('4.4-12', async () => {
  const one = await station();
  const idTag = 'X'.repeat(40);
  expect(await result(one, 'Authorize', { idTag })).toEqual({ idTagInfo: { status: 'Invalid' } });
  expect((await start(one, { idTag })).idTagInfo.status).toBe('Invalid');
  expect(await transactionsOf(one)).toMatchObject([{ tokenValue: idTag, authorizationStatus: 'INVALID' }]);
  counted(one, 'idTagTooLong');
});

deviation('4.4-13', async () => {
  const one = await station();
  for (const [connectorId, idTag] of [
    [1, 'VISA;4242;01'],
    [2, '{"free":true}'],
    [3, '$where'],
  ]) {
    expect(await result(one, 'Authorize', { idTag })).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    await start(one, { connectorId, idTag });
  }
  const tags = (await transactionsOf(one)).map(({ tokenValue }) => tokenValue);
  expect(tags).toEqual(expect.arrayContaining(['VISA;4242;01', '{"free":true}', '$where']));
});

deviation('4.4-14', async () => {
  const one = await station();
  const { idTagInfo } = await start(one, { idTag: 'NOBODY', reservationId: 4711 });
  expect(idTagInfo.status).toBe('Invalid');
  expect(await transactionsOf(one)).toMatchObject([{ reservationId: 4711, authorizationStatus: 'INVALID' }]);
});

deviation('4.4-15', async () => {
  const one = await station();
  const { transactionId } = await start(one);
  const stopped = { transactionId, meterStop: 3000, timestamp: '2026-06-01T11:00:00Z', reason: 'HardReset' };
  one.send(JSON.stringify([2, 'lost', 'StopTransaction', stopped]));
  one.terminate();
  const again = await hub().booted(one.identity);
  expect(await result(again, 'StopTransaction', stopped)).toEqual({});
  expect(await transactionsOf(one)).toMatchObject([{ state: 'ENDED', stopReason: 'HARD_RESET', anomalies: [] }]);
});

deviation('4.5-1', async () => {
  const one = await station();
  await result(one, 'MeterValues', valuesOf([{ value: 230.5 }]));
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([{ value: '230.5', numericValue: 230.5 }]);
  counted(one, 'numberAsText');
});

deviation('4.5-2', async () => {
  const one = await station();
  await result(one, 'MeterValues', valuesOf([{ value: '1234,5' }, { value: '1.234,5' }]));
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([
    { value: '1234,5', numericValue: 1234.5 },
    { value: '1.234,5', numericValue: null },
  ]);
});

deviation('4.5-3', async () => {
  const one = await station();
  await result(one, 'MeterValues', { connectorId: 1, meterValue: { timestamp, sampledValue: { value: '7' } } });
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([{ value: '7' }]);
  counted(one, 'notAList');
});

deviation('4.5-4', async () => {
  const one = await station();
  expect(await result(one, 'MeterValues', valuesOf([]))).toEqual({});
  expect(await readingsOf(one)).toEqual([]);
});

deviation('4.5-5', async () => {
  const one = await station();
  await result(
    one,
    'MeterValues',
    valuesOf([
      { value: '50', measurand: 'Frequency', unit: 'Hz' },
      { value: '50', measurand: 'Frequency', unit: 'Hertz' },
      { value: '21', measurand: 'Temperature', unit: 'Celcius' },
      { value: '11', measurand: 'Power.Active.Import', unit: 'kW' },
      { value: '11000', measurand: 'Power.Active.Import', unit: 'W' },
      { value: '11', measurand: 'Energy.Active.Import.Register', unit: 'kW' },
      { value: '1', measurand: 'Voltage', unit: 'furlong' },
    ]),
  );
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([
    { numericValue: 50, unit: 'HZ', wireUnit: 'Hz' },
    { numericValue: 50, unit: 'HZ', wireUnit: 'Hertz' },
    { numericValue: 21, unit: 'CELSIUS', wireUnit: 'Celcius' },
    { numericValue: 11_000, unit: 'W', wireUnit: 'kW' },
    { numericValue: 11_000, unit: 'W', wireUnit: 'W' },
    { value: '11', wireUnit: 'kW', unitMismatch: true },
    { value: '1', unit: null, wireUnit: 'furlong', unitMismatch: true },
  ]);
});

deviation('4.5-6', async () => {
  const one = await station();
  const both = [
    { value: '100', context: 'Transaction.Begin' },
    { value: '200', context: 'Sample.Periodic' },
  ];
  await result(one, 'MeterValues', valuesOf(both));
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([
    { value: '100', context: 'TRANSACTION_BEGIN' },
    { value: '200', context: 'SAMPLE_PERIODIC' },
  ]);
});

deviation('4.5-7', async () => {
  const one = await station();
  const { transactionId } = await start(one);
  const phases = ['L1', 'L2', 'L3'].map((phase, index) => ({ value: String(1000 + index), phase }));
  await result(one, 'MeterValues', valuesOf(phases, { transactionId }));
  expect((await readingsOf(one))[0]?.sampledValues).toMatchObject([{ phase: 'L1' }, { phase: 'L2' }, { phase: 'L3' }]);
  expect(await transactionsOf(one)).toMatchObject([{ energyWh: 2003 }]); // 3003 in all phases, from 1000
});

deviation('4.5-8', async () => {
  const one = await station('zeroConnectorIsOne: true');
  const { transactionId } = await start(one, { connectorId: 0 });
  await result(one, 'MeterValues', valuesOf([{ value: '1500' }], { connectorId: 0, transactionId: 0 }));
  await result(one, 'MeterValues', valuesOf([{ value: '1600' }], { connectorId: 0 }));
  expect(await transactionsOf(one)).toMatchObject([{ connectorId: 1, energyWh: 600 }]);
  expect(
    (await readingsOf(one)).map(({ connectorId, transaction }) => [connectorId, transaction?.ocppTransactionId]),
  ).toEqual([
    [1, transactionId],
    [1, transactionId],
  ]);
  counted(one, 'zeroConnectorIsOne');
  const other = await station(); // without the switch connector 0 is the charge point's own meter
  await start(other);
  await result(other, 'MeterValues', valuesOf([{ value: '1500' }], { connectorId: 0 }));
  expect(await readingsOf(other)).toMatchObject([{ connectorId: 0, transaction: null }]);
});

deviation('4.5-9', async () => {
  const one = await station();
  const { transactionId } = await start(one);
  const transactionData = [
    { timestamp, sampledValue: [{ value: '1000', context: 'Transaction.Begin' }] },
    { timestamp: '2026-06-01T11:00:00Z', sampledValue: [{ value: '3000', context: 'Transaction.End' }] },
  ];
  await stop(one, transactionId, { transactionData });
  expect(await transactionsOf(one)).toMatchObject([{ state: 'ENDED', energyWh: 2000 }]);
  expect(await readingsOf(one)).toHaveLength(2);
});

checkCounts();
