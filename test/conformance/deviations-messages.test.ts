import { expect } from 'vitest';
import { deviation } from '../support/deviations.ts';
import { result, start, statusOf, useHub } from './deviations-hub.ts';

const { hub, newIdentity, create, station, shownOf, transactionsOf, readingsOf, counted, checkCounts } = useHub('MSG');

deviation('4.2-1', async () => {
  const one = await station('timeZone: "Europe/Berlin"');
  await start(one, { timestamp: '2026-06-01T10:00:00' });
  expect(await transactionsOf(one)).toMatchObject([{ startedAt: '2026-06-01T08:00:00.000Z' }]);
  const other = await station();
  await start(other, { timestamp: '2026-06-01T10:00:00' });
  expect(await transactionsOf(other)).toMatchObject([{ startedAt: '2026-06-01T10:00:00.000Z' }]);
  counted(one, 'zoneAssumed', 'oddTimestamp');
});

deviation('4.2-2', async () => {
  const one = await station();
  await start(one, { timestamp: '2026-06-01T10:00:00+03' });
  await start(one, { timestamp: '2026-06-01 10:00:00 +0300', connectorId: 2 });
  expect(await transactionsOf(one)).toMatchObject([
    { startedAt: '2026-06-01T07:00:00.000Z' },
    { startedAt: '2026-06-01T07:00:00.000Z' },
  ]);
});

deviation('4.2-3', async () => {
  const one = await station('timeZone: "+02:00", marksLocalTimeAsUtc: true');
  await start(one);
  expect(await transactionsOf(one)).toMatchObject([{ startedAt: '2026-06-01T08:00:00.000Z' }]);
  counted(one, 'utcMarkIgnored');
  const unknown = await station(); // nobody has switched it: it is shown, and kept as told
  for (const status of ['Preparing', 'Charging', 'Finishing']) {
    await result(unknown, 'StatusNotification', statusOf({ status, timestamp: new Date(Date.now() + 7_200_000) }));
  }
  counted(unknown, 'wholeHourSkew', 'timestampInFuture');
});

deviation('4.2-4', async () => {
  const one = await station();
  const before = Date.now();
  for (const [connectorId, text] of [
    [1, '1970-01-01T00:00:07Z'],
    [2, '0001-01-01T00:00:00Z'],
    [3, undefined],
  ]) {
    await start(one, { connectorId, timestamp: text });
  }
  for (const { startedAt, anomalies } of await transactionsOf(one)) {
    expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(before);
    expect(anomalies).toMatchObject([{ code: 'CLOCK_UNUSABLE' }]);
  }
  counted(one, 'timestampUnusable', 'timestampMissing');
});

deviation('4.2-5', async () => {
  const one = await station();
  for (let digits = 0; digits <= 9; digits++) {
    const fraction = digits === 0 ? '' : `.${'123456789'.slice(0, digits)}`;
    await result(one, 'MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp: `2026-06-01T10:00:0${digits}${fraction}Z`, sampledValue: [{ value: '1' }] }],
    });
  }
  const times = (await readingsOf(one)).map(({ timestamp: at }) => at.slice(17));
  expect(times.slice(0, 4)).toEqual(['00.000Z', '01.100Z', '02.120Z', '03.123Z']);
  expect(times.at(-1)).toBe('09.123Z');
});

deviation('4.2-6', async () => {
  const one = await station();
  expect((await start(one, { timestamp: '2036-01-01T00:00:00Z' })).idTagInfo.status).toBe('Accepted');
  expect(await transactionsOf(one)).toMatchObject([
    { startedAt: '2036-01-01T00:00:00.000Z', anomalies: [{ code: 'CLOCK_IN_FUTURE' }] },
  ]);
  counted(one, 'timestampInFuture');
});

deviation('4.3-1', async () => {
  const one = await hub().connect(newIdentity());
  const model = 'M'.repeat(255);
  const boot = { chargePointVendor: 'V'.repeat(21), chargePointModel: model, firmwareVersion: 'f'.repeat(60) };
  expect(await result(one, 'BootNotification', boot)).toMatchObject({ status: 'Accepted' });
  expect(await shownOf(one)).toMatchObject({ vendor: 'V'.repeat(21), model });
  counted(one, 'chargePointVendorTooLong', 'chargePointModelTooLong', 'firmwareVersionTooLong');
});

deviation('4.3-2', async () => {
  const one = await hub().connect(newIdentity());
  const boot = { chargePointVendor: '', chargePointModel: 'M', iccid: '', imsi: '' };
  expect(await result(one, 'BootNotification', boot)).toMatchObject({ status: 'Accepted' });
  expect(await shownOf(one)).toMatchObject({ vendor: null, model: 'M', iccid: null });
});

deviation('4.3-3', async () => {
  const fresh = await hub().connect(newIdentity());
  expect((await fresh.call('StatusNotification', statusOf())).slice(0, 3)).toMatchObject([4, {}, 'SecurityError']);
  const known = await station();
  known.terminate();
  const again = await hub().connect(known.identity); // no boot after its restart
  await result(again, 'StatusNotification', statusOf({ status: 'Charging' }));
  expect((await shownOf(again)).connectors).toMatchObject([{ status: 'CHARGING' }]);
});

deviation('4.3-4', async () => {
  const identity = await create('admission: HOLD');
  const one = await hub().connect(identity);
  const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
  for (let time = 0; time < 3; time++) {
    expect(await result(one, 'BootNotification', boot)).toMatchObject({ status: 'Pending' });
  }
  await hub().api.data(
    `mutation { updateChargePoint(input: { chargePoint: { identity: "${identity}" }, admission: ACCEPT }) { __typename } }`,
  );
  expect(await result(one, 'BootNotification', boot)).toMatchObject({ status: 'Accepted' });
  await start(one);
  expect(await result(one, 'BootNotification', boot)).toMatchObject({ status: 'Accepted' });
  expect(await transactionsOf(one)).toMatchObject([{ state: 'ACTIVE' }]);
});

deviation('4.3-5', async () => {
  for (const admission of ['ACCEPT', 'HOLD', 'REFUSE']) {
    const identity = await create(`admission: ${admission}`);
    const one = await hub().connect(identity);
    const answer = await result(one, 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(answer['interval']).toBeGreaterThan(0);
  }
});

deviation('4.3-6', async () => {
  const one = await station();
  await result(one, 'StatusNotification', { ...statusOf(), uptime: 5, constructor: 1 });
  await result(one, 'Heartbeat', { uptime: 5 });
  expect((await shownOf(one)).connectors).toMatchObject([{ status: 'AVAILABLE' }]);
  counted(one, 'unknownProperty');
});

deviation('4.3-7', async () => {
  const one = await station();
  await result(one, 'StatusNotification', statusOf({ errorCode: 'Error', status: 'Faulted' }));
  expect((await shownOf(one)).connectors).toMatchObject([
    { status: 'FAULTED', errorCode: 'OTHER_ERROR', vendorErrorCode: 'Error' },
  ]);
  counted(one, 'unknownWord');
});

deviation('4.3-8', async () => {
  const one = await station();
  await result(one, 'StatusNotification', statusOf({ info: 'null', vendorErrorCode: 'null', vendorId: null }));
  expect((await shownOf(one)).connectors).toMatchObject([{ info: 'null', vendorErrorCode: 'null' }]);
});

deviation('4.3-9', async () => {
  const one = await station();
  await result(one, 'StatusNotification', statusOf({ status: 'Finishing', errorCode: 'GroundFailure' }));
  expect((await shownOf(one)).connectors).toMatchObject([{ status: 'FINISHING', errorCode: 'GROUND_FAILURE' }]);
});

deviation('4.3-10', async () => {
  const one = await station();
  await result(one, 'StatusNotification', statusOf({ status: 'Occupied' }));
  expect((await shownOf(one)).connectors).toMatchObject([{ status: 'PREPARING' }]);
  await start(one);
  await result(one, 'StatusNotification', statusOf({ status: 'available' }));
  await result(one, 'StatusNotification', statusOf({ status: 'OCCUPIED', errorCode: 'noerror' }));
  expect((await shownOf(one)).connectors).toMatchObject([{ status: 'CHARGING', errorCode: 'NO_ERROR' }]);
  counted(one, 'oldWord', 'wordCase');
});

deviation('4.3-11', async () => {
  const one = await station();
  const at = (second: number) => `2026-06-01T10:00:${String(second).padStart(2, '0')}Z`;
  for (const [status, second] of [
    ['Unavailable', 1],
    ['Available', 3],
    ['Unavailable', 2], // sent late: older than what is known
  ] as const) {
    await result(one, 'StatusNotification', statusOf({ status, timestamp: at(second) }));
  }
  expect((await shownOf(one)).connectors).toMatchObject([{ status: 'AVAILABLE' }]);
});

checkCounts();
