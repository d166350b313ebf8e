import { expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/engine.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { silence } from '../../support/scripted-charge-point.ts';
import { makeTokens, report, reserve, shown, start } from './fixture.ts';

async function onDatabase(play: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  try {
    await play(database);
  } finally {
    await database.close();
  }
}

const commandOf = (database: TestDatabase, reservationId: number) =>
  database.store.collection<Command>('commands').findOne({ name: 'reserveNow', 'input.reservationId': reservationId });

/** Lets time pass in steps of the sweep until the reservation has expired, two minutes at most. */
async function passing(clock: ManualClock, hub: TestHub, identity: string, number: number) {
  const untilMs = clock.now().getTime() + 120_000;
  await eventually('it has expired', async () => {
    if (clock.now().getTime() < untilMs) clock.advance(1_000);
    return (await shown(hub.api, identity, number))?.state === 'EXPIRED';
  });
  return shown(hub.api, identity, number);
}

async function reserved(hub: TestHub, identity: string, options: Parameters<typeof reserve>[2] = {}) {
  const chargePoint = await hub.booted(identity);
  chargePoint.onCall('ReserveNow', () => ({ status: 'Accepted' }));
  const { command } = await reserve(hub.api, identity, options);
  return { chargePoint, number: command?.reservationId ?? 0 };
}

test('the clock of the hub ends it, half a minute after its expiry, in certification mode too; then its command has ended', async () => {
  await onDatabase(async (database) => {
    const clock = createManualClock('2026-06-01T12:00:00.000Z');
    const hub = await startTestHub({ database, clock });
    await makeTokens(hub.api);
    await hub.api.data(
      'mutation { createChargePoint(input: { identity: "END-1", certificationMode: true }) { __typename } }',
    );
    const { chargePoint, number } = await reserved(hub, 'END-1', { expiry: 'at: "2026-06-01T12:10:00Z"' });
    clock.advance(10 * 60_000 + 20_000);
    expect(await shown(hub.api, 'END-1', number)).toMatchObject({ state: 'ACTIVE' });
    const seen = await passing(clock, hub, 'END-1', number);
    expect(seen).toMatchObject({ state: 'EXPIRED', reason: 'TIME_PASSED', endedAt: '2026-06-01T12:10:00.000Z' });
    await eventually(
      'the command has ended',
      async () => (await commandOf(database, number))?.effect?.['reservationState'] === 'EXPIRED',
    );
    expect(chargePoint.faults).toEqual([]);
    // told late: it began in time
    const { transactionId } = await start(chargePoint, { reservationId: number, timestamp: '2026-06-01T12:05:00Z' });
    expect(await shown(hub.api, 'END-1', number)).toMatchObject({
      state: 'USED',
      endedAt: '2026-06-01T12:05:00.000Z',
      transaction: { ocppTransactionId: transactionId },
    });
    await hub.close();
  });
});

test('Available after the expiry confirms it at once (RSV-4)', async () => {
  await onDatabase(async (database) => {
    const clock = createManualClock('2026-06-01T12:00:00.000Z');
    const hub = await startTestHub({ database, clock });
    const { chargePoint, number } = await reserved(hub, 'END-2', { expiry: 'inSeconds: 60' });
    await report(chargePoint, 1, 'Reserved');
    clock.advance(61_000);
    await report(chargePoint, 1, 'Available');
    expect(await shown(hub.api, 'END-2', number)).toMatchObject({ state: 'EXPIRED', reason: 'TIME_PASSED' });
    await hub.close();
  });
});

test('what expires while no hub runs has expired when the next one is up, and is told', async () => {
  await onDatabase(async (database) => {
    const first = await startTestHub({ database, clock: createManualClock('2026-06-01T12:00:00.000Z') });
    const { number } = await reserved(first, 'END-3', { expiry: 'inSeconds: 60' });
    const endCursor = await first.api.data<{ events: { pageInfo: { endCursor: string } } }>(
      '{ events(first: 100) { pageInfo { endCursor } } }',
    );
    await first.close();
    const next = await startTestHub({ database, clock: createManualClock('2026-06-01T13:00:00.000Z') });
    expect(await shown(next.api, 'END-3', number)).toMatchObject({ state: 'EXPIRED', reason: 'TIME_PASSED' });
    const stream = next.api.subscribe<{ reservationEvents: { reservationState?: string } }>(
      'subscription ($after: EventCursor) { reservationEvents(after: $after) { __typename ... on ReservationChangedEvent { reservationState } } }',
      { after: endCursor.events.pageInfo.endCursor },
    );
    expect((await stream.next()).data).toMatchObject({ reservationEvents: { reservationState: 'EXPIRED' } });
    await stream.close();
    await eventually('the command has ended', async () => (await commandOf(database, number))?.state === 'FINISHED');
    await next.close();
  });
});

test('a hub that stops between sending and the answer leaves it uncertain; its time ends it', async () => {
  await onDatabase(async (database) => {
    const first = await startTestHub({ database, clock: createManualClock('2026-06-01T12:00:00.000Z') });
    const chargePoint = await first.booted('END-4');
    chargePoint.onCall('ReserveNow', () => silence);
    const { command } = await reserve(first.api, 'END-4', {
      expiry: 'inSeconds: 600',
      more: 'wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }',
    });
    const number = command?.reservationId ?? 0;
    await chargePoint.nextCall('ReserveNow');
    // a crash: what the hub would still write down at an orderly stop is undone
    const before = await database.store.collection<Command>('commands').findOne({ 'input.reservationId': number });
    const row = await database.store.collection('reservations').findOne({ reservationId: number });
    await first.close();
    if (before === null || row === null) throw new Error('nothing was stored');
    await database.store.collection<Command>('commands').replaceOne({ _id: before._id }, before);
    await database.store.collection('reservations').replaceOne({ reservationId: number }, row);

    const clock = createManualClock('2026-06-01T12:01:00.000Z');
    const next = await startTestHub({ database, clock });
    expect(await commandOf(database, number)).toMatchObject({ state: 'FAILED', failure: { kind: 'HUB_RESTARTED' } });
    expect(await shown(next.api, 'END-4', number)).toMatchObject({
      state: 'REQUESTED',
      reason: 'HUB_RESTARTED',
      uncertain: true,
    });
    clock.advance(10 * 60_000);
    const seen = await passing(clock, next, 'END-4', number);
    expect(seen).toMatchObject({ state: 'EXPIRED', reason: 'NEVER_ANSWERED', uncertain: true });
    await next.close();
  });
});

test('an event that a crash left untold is told by the next hub', async () => {
  await onDatabase(async (database) => {
    const first = await startTestHub({ database });
    const { number } = await reserved(first, 'END-5');
    await first.close();
    const rows = database.store.collection('reservations');
    const { modifiedCount } = await rows.updateOne(
      { reservationId: number },
      { $set: { state: 'CANCELLED', reason: 'CANCEL_ACCEPTED', untold: true, version: 3 }, $unset: { sweepAt: '' } },
    );
    expect(modifiedCount).toBe(1);
    const next = await startTestHub({ database });
    const { events } = await next.api.data<{ events: { nodes: { reservationState?: string }[] } }>(
      '{ events(first: 100, filter: { types: [RESERVATION_CHANGED] }) { nodes { ... on ReservationChangedEvent { reservationState } } } }',
    );
    expect(events.nodes.map(({ reservationState }) => reservationState)).toEqual(['REQUESTED', 'ACTIVE', 'CANCELLED']);
    expect(await rows.countDocuments({ untold: true })).toBe(0);
    await next.close();
  });
});

test('one for longer than a week is FINISHED with its answer, and stands all the same', async () => {
  await onDatabase(async (database) => {
    const hub = await startTestHub({ database });
    const { number } = await reserved(hub, 'END-6', { expiry: 'at: "2099-12-31T23:59:59.999Z"' });
    expect(await commandOf(database, number)).toMatchObject({ state: 'FINISHED' });
    expect(await shown(hub.api, 'END-6', number)).toMatchObject({ state: 'ACTIVE' });
    await hub.close();
  });
});
