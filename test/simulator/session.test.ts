import { NOREPLY } from 'ocpp-rpc';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SimulatedChargePoint } from '../../src/simulator/charge-point.ts';
import type { Connector } from '../../src/simulator/connector.ts';
import {
  type Csms,
  callError,
  createCsms,
  createFastClock,
  createTestChargePoint,
  expectNoViolations,
  requests,
  story,
  until,
} from './csms.ts';

let csms: Csms;
let chargePoints: SimulatedChargePoint[];

beforeEach(async () => {
  csms = await createCsms();
  chargePoints = [];
});

afterEach(async () => {
  await Promise.all(chargePoints.map((chargePoint) => chargePoint.stop()));
  await csms.close();
  expectNoViolations(csms);
});

async function boot(options: Parameters<typeof createTestChargePoint>[1] = {}) {
  const { chargePoint, events } = createTestChargePoint(csms, options);
  chargePoints.push(chargePoint);
  chargePoint.start();
  const [connector] = chargePoint.connectors;
  if (connector === undefined) throw new Error('no connector');
  return { chargePoint, connector, events, booted: () => until(() => story(csms).includes('1:Available')) };
}

const registers = () => {
  const periodic = requests(csms, 'MeterValues').flatMap(({ meterValue }) => readRegisters(meterValue));
  const atTheEnd = requests(csms, 'StopTransaction').map(({ meterStop }) => Number(meterStop));
  return [...periodic, ...atTheEnd];
};

function readRegisters(meterValue: unknown): number[] {
  const values = meterValue as { sampledValue: { measurand: string; value: string }[] }[]; // the server has checked it
  return values
    .flatMap(({ sampledValue }) => sampledValue)
    .filter(({ measurand }) => measurand === 'Energy.Active.Import.Register')
    .map(({ value }) => Number(value));
}

const charged = (connector: Connector) => until(() => connector.status() === 'Charging');

test('a session goes from boot to stop in the order of the standard, and its energy fits its registers', async () => {
  const { chargePoint, connector, booted, events } = await boot();
  await booted();
  // a meter value that waits for its answer may let the state Finishing pass the stop
  await csms.command('CP-1', 'ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '0' });

  expect(await chargePoint.charge(connector, 'DEMO')).toBe('completed');
  await until(() => story(csms).filter((step) => step === '1:Available').length === 2);

  expect(story(csms)).toEqual([
    'BootNotification',
    '0:Available',
    '1:Available',
    'Authorize',
    '1:Preparing',
    'StartTransaction',
    '1:Charging',
    'StopTransaction',
    '1:Finishing',
    '1:Available',
  ]);
  const [start] = requests(csms, 'StartTransaction');
  const [stop] = requests(csms, 'StopTransaction');
  expect(Number(stop?.['meterStop']) - Number(start?.['meterStart'])).toBe(1_000);
  expect(stop).toMatchObject({ transactionId: 1, reason: 'Local', idTag: 'DEMO' });
  expect(stop?.['transactionData']).toMatchObject([
    { sampledValue: [{ context: 'Transaction.Begin', value: String(start?.['meterStart']) }] },
    { sampledValue: [{ context: 'Transaction.End', value: String(stop?.['meterStop']) }] },
  ]);
  expect(events).toContainEqual(expect.objectContaining({ kind: 'stopped', transactionId: 1, energyWh: 1_000 }));
});

test('meter values rise, carry every measurand, and power, duration and energy fit together', async () => {
  const { chargePoint, connector, booted } = await boot();
  await booted();
  await chargePoint.charge(connector, 'DEMO');

  const values = registers();
  expect(values.length).toBeGreaterThan(5);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  const samples = requests(csms, 'MeterValues');
  expect(new Set(samples.map(({ transactionId }) => transactionId))).toEqual(new Set([1]));
  const last = samples.at(-1)?.['meterValue'] as { sampledValue: { measurand: string; value: string }[] }[];
  const sampled = last.flatMap(({ sampledValue }) => sampledValue);
  expect(sampled.map(({ measurand }) => measurand)).toEqual([
    'Energy.Active.Import.Register',
    'Power.Active.Import',
    ...Array.from({ length: 3 }, () => 'Current.Import'),
    ...Array.from({ length: 3 }, () => 'Voltage'),
    'SoC',
  ]);
  // twenty times as fast, so twenty times the power, and the timestamps are true: the mean power explains the energy
  const [start] = requests(csms, 'StartTransaction');
  const [stop] = requests(csms, 'StopTransaction');
  const hours = (Date.parse(String(stop?.['timestamp'])) - Date.parse(String(start?.['timestamp']))) / 3_600_000;
  expect(1_000 / hours).toBeGreaterThan(150_000);
  expect(1_000 / hours).toBeLessThan(220_000);
});

test('the register goes on where it was in the next session', async () => {
  const { chargePoint, connector, booted } = await boot();
  await booted();
  await chargePoint.charge(connector, 'DEMO');
  await chargePoint.charge(connector, 'DEMO');

  const [, second] = requests(csms, 'StartTransaction');
  const [first] = requests(csms, 'StopTransaction');
  expect(second?.['meterStart']).toBe(first?.['meterStop']);
});

test('a tag that the hub refuses does not charge', async () => {
  csms.on('Authorize', () => ({ idTagInfo: { status: 'Blocked' } }));
  const { chargePoint, connector, booted, events } = await boot();
  await booted();

  expect(await chargePoint.charge(connector, 'DEMO')).toBe('refused');
  expect(requests(csms, 'StartTransaction')).toEqual([]);
  expect(connector.status()).toBe('Available');
  expect(events).toContainEqual({ kind: 'refused', connectorId: 1, idTag: 'DEMO', status: 'Blocked' });
});

test('a transaction that the hub does not accept is stopped without energy', async () => {
  csms.on('StartTransaction', () => ({ transactionId: 77, idTagInfo: { status: 'ConcurrentTx' } }));
  const { chargePoint, connector, booted } = await boot();
  await booted();

  expect(await chargePoint.charge(connector, 'DEMO')).toBe('refused');
  await until(() => requests(csms, 'StopTransaction').length > 0); // the outbox says it in its turn
  const [start] = requests(csms, 'StartTransaction');
  const [stop] = requests(csms, 'StopTransaction');
  expect(stop).toMatchObject({ transactionId: 77, reason: 'DeAuthorized', meterStop: start?.['meterStart'] });
  expect(story(csms)).not.toContain('1:Charging');
});

test('a hub that is not ready is asked again after its interval, and hears nothing else until then', async () => {
  csms.on('BootNotification', (_, times) => ({
    status: times === 1 ? 'Rejected' : times === 2 ? 'Pending' : 'Accepted',
    currentTime: new Date().toISOString(),
    interval: 10,
  }));
  const { booted } = await boot();
  await booted();

  expect(story(csms).slice(0, 4)).toEqual(['BootNotification', 'BootNotification', 'BootNotification', '0:Available']);
  const [first, second] = csms.heard;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(195); // ten seconds, fifty times as fast
});

test('heartbeats come at the interval of the hub', async () => {
  csms.on('BootNotification', () => ({ status: 'Accepted', currentTime: new Date().toISOString(), interval: 5 }));
  await boot();
  await until(() => requests(csms, 'Heartbeat').length >= 3);

  const beats = csms.heard.filter(({ action }) => action === 'Heartbeat').map(({ at }) => at);
  expect((beats[2] ?? 0) - (beats[0] ?? 0)).toBeGreaterThanOrEqual(190);
});

test('a start whose answer is lost is repeated with the same content, and what follows waits for it', async () => {
  csms.on('StartTransaction', (_, times) =>
    times < 3 ? NOREPLY : { transactionId: 5, idTagInfo: { status: 'Accepted' } },
  );
  const { chargePoint, connector, booted } = await boot({ callTimeoutMs: 5_000 });
  await booted();
  expect(await chargePoint.charge(connector, 'DEMO')).toBe('completed');
  await until(() => requests(csms, 'StopTransaction').length === 1);

  const starts = requests(csms, 'StartTransaction');
  expect(starts).toHaveLength(3);
  expect(starts[1]).toEqual(starts[0]);
  expect(starts[2]).toEqual(starts[0]);
  const actions = csms.heard.map(({ action }) => action);
  expect(actions.indexOf('MeterValues')).toBeGreaterThan(actions.lastIndexOf('StartTransaction'));
  expect(requests(csms, 'StopTransaction')[0]).toMatchObject({ transactionId: 5 });
});

test('a start that always fails is given up after its attempts, and the stop says transaction -1', async () => {
  csms.on('StartTransaction', () => {
    throw callError('InternalError');
  });
  const { chargePoint, connector, booted, events } = await boot();
  await booted();
  await csms.command('CP-1', 'ChangeConfiguration', { key: 'TransactionMessageAttempts', value: '3' });
  await csms.command('CP-1', 'ChangeConfiguration', { key: 'TransactionMessageRetryInterval', value: '1' });
  await chargePoint.charge(connector, 'DEMO');
  await until(() => requests(csms, 'StopTransaction').length === 1);

  expect(requests(csms, 'StartTransaction')).toHaveLength(3);
  expect(requests(csms, 'StopTransaction')[0]).toMatchObject({ transactionId: -1 });
  expect(events).toContainEqual({ kind: 'gaveUp', action: 'StartTransaction' });
});

test('while the hub is away the session goes on, and its messages follow in order without another boot', async () => {
  const { chargePoint, connector, booted } = await boot();
  await booted();
  const session = chargePoint.charge(connector, 'DEMO');
  await charged(connector);
  csms.refuseWith(503);
  await csms.cut('CP-1');
  expect(await session).toBe('completed');
  const before = csms.heard.length;
  csms.refuseWith(undefined);
  await until(() => requests(csms, 'StopTransaction').length === 1);

  const later = csms.heard.slice(before).map(({ action }) => action);
  expect(later).not.toContain('BootNotification');
  expect(later).toContain('MeterValues');
  const values = registers();
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test('a known tag charges offline from start to stop, and the hub hears of it later with the true times', async () => {
  const { chargePoint, connector, booted } = await boot();
  await booted();
  await chargePoint.charge(connector, 'DEMO');
  csms.refuseWith(503);
  await csms.cut('CP-1');
  expect(await chargePoint.charge(connector, 'UNKNOWN')).toBe('refused');
  expect(await chargePoint.charge(connector, 'DEMO')).toBe('completed');
  const before = csms.heard.length;
  csms.refuseWith(undefined);
  await until(() => requests(csms, 'StopTransaction').length === 2);

  const [, start] = requests(csms, 'StartTransaction');
  const [, stop] = requests(csms, 'StopTransaction');
  expect(Date.parse(String(start?.['timestamp']))).toBeLessThan(Date.parse(String(stop?.['timestamp'])));
  expect(stop).toMatchObject({ transactionId: 2 });
  const actions = csms.heard.slice(before).map(({ action }) => action);
  expect(actions.indexOf('StartTransaction')).toBeLessThan(actions.indexOf('StopTransaction'));
});

test('a hub that forgot the charge point is told of it again', async () => {
  const { chargePoint, connector, booted } = await boot();
  await booted();
  csms.on('Authorize', (_, times) => {
    if (times === 1) throw callError('SecurityError');
    return { idTagInfo: { status: 'Accepted' } };
  });
  expect(await chargePoint.charge(connector, 'DEMO')).toBe('refused');
  await until(() => requests(csms, 'BootNotification').length === 2);
  await until(() => story(csms).at(-1) === '1:Available');
  expect(await chargePoint.charge(connector, 'DEMO')).toBe('completed');
});

test('a charge point with a password proves it', async () => {
  const guarded = await createCsms({ password: 'open sesame' });
  const { chargePoint, events } = createTestChargePoint(guarded, {
    password: 'open sesame',
    clock: createFastClock(50),
  });
  chargePoint.start();
  await until(() => events.some(({ kind }) => kind === 'booted'));
  await chargePoint.stop();
  await guarded.close();
  expectNoViolations(guarded);
});

test('stopping in the middle of a charge ends the transaction first', async () => {
  const { chargePoint, connector, booted } = await boot({ energyWh: 50_000 });
  await booted();
  const session = chargePoint.charge(connector, 'DEMO');
  await charged(connector);
  await chargePoint.stop();

  await session;
  expect(requests(csms, 'StopTransaction')[0]).toMatchObject({ transactionId: 1, reason: 'Local' });
});

test('a charge point that leaves is heard to the last status', async () => {
  csms.on('StatusNotification', async ({ status }) => {
    if (status === 'Finishing') await new Promise((resolve) => setTimeout(resolve, 80)); // a hub that has much to do
    return {};
  });
  const { chargePoint, connector, booted } = await boot();
  await booted();
  await chargePoint.charge(connector, 'DEMO');
  await chargePoint.stop();
  expect(story(csms).at(-1)).toBe('1:Available');
});
