import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

let hub: TestHub;
let clock: ManualClock;
let identity: string;
let count = 0;
beforeAll(async () => {
  clock = createManualClock('2026-06-01T12:00:00.000Z');
  hub = await startTestHub({ clock });
  await hub.api.data('mutation { createToken(input: { value: "GOOD" }) { __typename } }');
});
afterAll(() => hub.close());
beforeEach(() => {
  identity = `RC-${++count}`;
});

const nowText = () => clock.now().toISOString();
const stops = () =>
  hub.database.store
    .collection<Command>('commands')
    .find({ name: 'remoteStopTransaction' })
    .sort({ requestedAt: 1 })
    .toArray();
const chargePointId = async () =>
  (await hub.database.store.collection<{ _id: string; identity: string }>('chargePoints').findOne({ identity }))?._id;
const stopsHere = async () => {
  const id = await chargePointId();
  return (await stops()).filter((command) => command.chargePointId === id);
};

async function start(chargePoint: ScriptedChargePoint, idTag: string, timestamp = nowText()): Promise<number> {
  const [, , conf] = await chargePoint.call('StartTransaction', { connectorId: 1, idTag, meterStart: 1000, timestamp });
  return (conf as { transactionId: number }).transactionId;
}

/** Tells the register after so many seconds, as a charge point that has not stopped. */
async function tell(chargePoint: ScriptedChargePoint, transactionId: number, afterSeconds: number, wh: number) {
  clock.advance(afterSeconds * 1000);
  const sampledValue = [{ value: String(wh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' }];
  const meterValue = [{ timestamp: nowText(), sampledValue }];
  return chargePoint.call('MeterValues', { connectorId: 1, transactionId, meterValue });
}

describe('a refused start that still delivers energy after two minutes (§8.6)', () => {
  test('is stopped from remote, once', async () => {
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('RemoteStopTransaction', () => ({ status: 'Rejected' }));
    const transactionId = await start(chargePoint, 'NOBODY');
    await tell(chargePoint, transactionId, 60, 1100);
    await tell(chargePoint, transactionId, 65, 1200);
    expect(await stopsHere()).toEqual([]);
    await tell(chargePoint, transactionId, 65, 1300);
    expect((await chargePoint.nextCall('RemoteStopTransaction'))[3]).toEqual({ transactionId });
    await tell(chargePoint, transactionId, 65, 1400);
    await tell(chargePoint, transactionId, 65, 1500);
    expect(await stopsHere()).toMatchObject([{ requestedBy: { kind: 'SYSTEM' }, request: { transactionId } }]);
    expect(chargePoint.faults).toEqual([]);
  });

  test('is not stopped again by a hub that has restarted', async () => {
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('RemoteStopTransaction', () => ({ status: 'Rejected' }));
    const transactionId = await start(chargePoint, 'NOBODY');
    await tell(chargePoint, transactionId, 125, 1200);
    await tell(chargePoint, transactionId, 65, 1300);
    await chargePoint.nextCall('RemoteStopTransaction');
    const restarted = await startTestHub({ clock, database: hub.database });
    const back = await restarted.booted(identity);
    await tell(back, transactionId, 65, 1400);
    await tell(back, transactionId, 65, 1500);
    expect(await stopsHere()).toHaveLength(1);
    expect(back.faults).toEqual([]);
    await restarted.close();
  });

  test('is left alone when the energy does not rise any more', async () => {
    const chargePoint = await hub.booted(identity);
    const transactionId = await start(chargePoint, 'NOBODY');
    for (const wh of [1100, 1150, 1150, 1150, 1150]) await tell(chargePoint, transactionId, 65, wh);
    expect(await stopsHere()).toEqual([]);
  });

  test('is left alone when it was told late', async () => {
    const chargePoint = await hub.booted(identity);
    const transactionId = await start(chargePoint, 'NOBODY', '2026-06-01T11:00:00Z');
    for (const wh of [1100, 1200, 1300, 1400, 1500]) await tell(chargePoint, transactionId, 65, wh);
    expect(await stopsHere()).toEqual([]);
  });

  test('is left alone in certification mode', async () => {
    await hub.api.data(
      `mutation { createChargePoint(input: { identity: "${identity}", certificationMode: true }) { __typename } }`,
    );
    const chargePoint = await hub.booted(identity);
    const transactionId = await start(chargePoint, 'NOBODY');
    for (const wh of [1100, 1200, 1300, 1400, 1500]) await tell(chargePoint, transactionId, 65, wh);
    expect(await stopsHere()).toEqual([]);
  });

  test('is stopped by the reading that comes when the charge point can be reached again, and each reading is confirmed', async () => {
    const chargePoint = await hub.booted(identity);
    chargePoint.onCall('RemoteStopTransaction', () => ({ status: 'Accepted' }));
    const transactionId = await start(chargePoint, 'NOBODY');
    await tell(chargePoint, transactionId, 125, 1200);
    await hub.database.store
      .collection<{ _id: string; registration: string }>('chargePoints')
      .updateOne({ _id: String(await chargePointId()) }, { $set: { registration: 'PENDING' } });
    expect(await tell(chargePoint, transactionId, 65, 1300)).toMatchObject([3, expect.anything(), {}]);
    expect(await stopsHere()).toEqual([]);
    await hub.database.store
      .collection<{ _id: string; registration: string }>('chargePoints')
      .updateOne({ _id: String(await chargePointId()) }, { $set: { registration: 'ACCEPTED' } });
    await tell(chargePoint, transactionId, 65, 1400);
    expect((await chargePoint.nextCall('RemoteStopTransaction'))[3]).toEqual({ transactionId });
  });
});

test('an accepted transaction is never stopped', async () => {
  const chargePoint = await hub.booted(identity);
  const transactionId = await start(chargePoint, 'GOOD');
  for (const wh of [1100, 1200, 1300, 1400, 1500]) await tell(chargePoint, transactionId, 65, wh);
  expect(await stopsHere()).toEqual([]);
});
