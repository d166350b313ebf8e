import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { silence } from '../../support/scripted-charge-point.ts';
import { cancel, makeTokens, report, reserve, shown, start, stored, until } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub({ settings: { OCPP_CALL_TIMEOUT_SECONDS: '2' } });
  await makeTokens(hub.api);
});
afterAll(() => hub.close());

/** A charge point with an active reservation. */
async function reserved(options: Parameters<typeof reserve>[2] = {}) {
  const identity = `USE-${++count}`;
  const chargePoint = await hub.booted(identity);
  chargePoint.onCall('ReserveNow', () => ({ status: 'Accepted' }));
  const { command } = await reserve(hub.api, identity, options);
  expect(command?.reservation?.state).toBe('ACTIVE');
  const number = command?.reservationId ?? 0;
  return { identity, chargePoint, number, see: () => shown(hub.api, identity, number) };
}

describe('a start that names the reservation', () => {
  test('uses it, whoever starts; both know each other', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    const { transactionId, idTagInfo } = await start(chargePoint, { reservationId: number, idTag: 'OTHER' });
    expect(idTagInfo.status).toBe('Accepted');
    expect(await see()).toMatchObject({
      state: 'USED',
      reason: 'NAMED_BY_START',
      inferred: false,
      transaction: { ocppTransactionId: transactionId },
    });
    const { transaction } = await hub.api.data<{ transaction: unknown }>(
      `{ transaction(by: { ocpp: { chargePoint: { identity: "${identity}" }, transactionId: ${transactionId} } }) {
        reservationId reservation { reservationId state } } }`,
    );
    expect(transaction).toEqual({ reservationId: number, reservation: { reservationId: number, state: 'USED' } });
  });

  test('and is refused leaves it as it was (STA-7)', async () => {
    const { chargePoint, number, see } = await reserved();
    expect((await start(chargePoint, { reservationId: number, idTag: 'BAD' })).idTagInfo.status).toBe('Blocked');
    expect((await start(chargePoint, { reservationId: number, idTag: 'STRANGER' })).idTagInfo.status).toBe('Invalid');
    expect(await see()).toMatchObject({ state: 'ACTIVE', version: 2 });
  });

  test('with an unknown number is answered as ever and changes nothing (STA-7)', async () => {
    const { chargePoint, number, see } = await reserved();
    for (const reservationId of [number + 100_000, 0, -1, 2 ** 40]) {
      const { transactionId, idTagInfo } = await start(chargePoint, { reservationId, idTag: 'OTHER' });
      expect(transactionId).toBeGreaterThan(0);
      expect(idTagInfo.status).toBe('Accepted');
    }
    expect(await see()).toMatchObject({ state: 'ACTIVE', version: 2 });
  });

  test('of another charge point does not use it', async () => {
    const { number, see } = await reserved();
    const other = await hub.booted(`USE-${++count}`);
    await start(other, { reservationId: number });
    expect(await see()).toMatchObject({ state: 'ACTIVE' });
  });

  test('told before the answer to ReserveNow uses it; the answer then changes nothing', async () => {
    const identity = `USE-${++count}`;
    const chargePoint = await hub.booted(identity);
    let transactionId = 0;
    chargePoint.onCall('ReserveNow', async ({ reservationId }) => {
      ({ transactionId } = await start(chargePoint, { reservationId }));
      return { status: 'Accepted' };
    });
    const { command } = await reserve(hub.api, identity, { more: 'wait: { until: FINISHED, timeoutSeconds: 10 }' });
    expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'FINISHED' } });
    expect(await shown(hub.api, identity, command?.reservationId ?? 0)).toMatchObject({
      state: 'USED',
      reason: 'NAMED_BY_START',
      transaction: { ocppTransactionId: transactionId },
    });
  });

  test('repeated by the charge point, also in a race with itself, is one use', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    await reserve(hub.api, identity, { connectorId: 0 });
    const said = { reservationId: number, timestamp: new Date().toISOString() };
    const answers = await Promise.all([1, 2, 3].map(() => start(chargePoint, said)));
    const again = await start(chargePoint, said);
    expect(new Set([...answers, again].map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(await see()).toMatchObject({ state: 'USED', version: 3 });
    // the one for any connector, which fits the token as well, is not used up by the repetition
    expect(await stored(hub).countDocuments({ state: 'ACTIVE', connectorId: 0, tokenKey: 'GOOD' })).toBe(1);
    await stored(hub).deleteMany({ connectorId: 0 });
  });

  test('wins over one that only seemed to use it; a second one that names it does not', async () => {
    const { chargePoint, number, see } = await reserved();
    await start(chargePoint);
    expect(await see()).toMatchObject({ state: 'USED', inferred: true });
    const named = await start(chargePoint, { reservationId: number, meterStart: 5 });
    await start(chargePoint, { reservationId: number, meterStart: 9, connectorId: 2 });
    expect(await see()).toMatchObject({
      state: 'USED',
      inferred: false,
      transaction: { ocppTransactionId: named.transactionId },
    });
  });
});

describe('a start that names none', () => {
  test.each([
    ['the token itself, in any letter case', { idTag: 'good' }],
    ['another token of the group', { idTag: 'SISTER' }],
    ['the token that is the group', { idTag: 'FAMILY' }],
    ['the token, with a number that means nothing', { idTag: 'GOOD', reservationId: 0 }],
  ])('uses it by inference: %s', async (_name, more) => {
    const { chargePoint, see } = await reserved();
    const { transactionId } = await start(chargePoint, more);
    expect(await see()).toMatchObject({
      state: 'USED',
      reason: 'INFERRED_FROM_START',
      inferred: true,
      transaction: { ocppTransactionId: transactionId },
    });
  });

  test.each([
    ['another token', { idTag: 'OTHER' }],
    ['another connector', { connectorId: 2 }],
    ['a start before the reservation, told late', { timestamp: '2026-01-01T00:00:00Z' }],
    ['a refused token of the connector', { idTag: 'BAD' }],
  ])('does not use it: %s', async (_name, more) => {
    const { chargePoint, see } = await reserved();
    await start(chargePoint, more);
    expect(await see()).toMatchObject({ state: 'ACTIVE', transaction: null });
  });

  test('the group does not count when no parent was sent', async () => {
    const { chargePoint, see } = await reserved({ more: 'omitParentIdTag: true' });
    await start(chargePoint, { idTag: 'SISTER' });
    expect(await see()).toMatchObject({ state: 'ACTIVE', parentIdTag: null });
  });

  test('uses the one for its connector before the one for any', async () => {
    const { identity, chargePoint, see } = await reserved({ connectorId: 0 });
    const exact = (await reserve(hub.api, identity, { connectorId: 2 })).command?.reservationId ?? 0;
    await start(chargePoint, { connectorId: 2 });
    expect(await shown(hub.api, identity, exact)).toMatchObject({ state: 'USED' });
    expect(await see()).toMatchObject({ state: 'ACTIVE' });
    await start(chargePoint, { connectorId: 1 });
    expect(await see()).toMatchObject({ state: 'USED', connectorId: 0 });
  });

  test('two at the same moment: one of them uses it', async () => {
    const { chargePoint, see } = await reserved();
    const answers = await Promise.all([start(chargePoint), start(chargePoint, { idTag: 'SISTER', meterStart: 7 })]);
    expect(answers.map(({ idTagInfo }) => idTagInfo.status)).toEqual(['Accepted', 'Accepted']);
    const seen = await see();
    expect(seen).toMatchObject({ state: 'USED', version: 3 });
    expect(answers.map(({ transactionId }) => transactionId)).toContain(seen?.transaction?.ocppTransactionId);
  });

  test('told before the answer counts once the answer is Accepted, and not when it is another one', async () => {
    const identity = `USE-${++count}`;
    const chargePoint = await hub.booted(identity);
    for (const [connectorId, status, state] of [
      [1, 'Accepted', 'USED'],
      [2, 'Occupied', 'OCCUPIED'],
    ] as const) {
      chargePoint.onCall('ReserveNow', async () => {
        await start(chargePoint, { connectorId });
        return { status };
      });
      const { command } = await reserve(hub.api, identity, { connectorId });
      expect(command?.reservation).toMatchObject({ state });
    }
  });
});

describe('races', () => {
  test('a cancel that is accepted after the use does not undo it', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    chargePoint.onCall('CancelReservation', async () => {
      await start(chargePoint, { reservationId: number });
      return { status: 'Accepted' };
    });
    const answer = await cancel(hub.api, identity, number);
    expect(answer.command).toMatchObject({ status: 'ACCEPTED', reservation: { state: 'USED' } });
    expect(await see()).toMatchObject({ state: 'USED', version: 3 });
  });

  test('a cancel and a start at the same moment end in USED, told in either order', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    chargePoint.onCall('CancelReservation', () => ({ status: 'Rejected' }));
    await Promise.all([cancel(hub.api, identity, number), start(chargePoint, { reservationId: number })]);
    expect(await until(hub.api, identity, number, ({ state }) => state === 'USED')).toMatchObject({ mismatch: false });
    expect(await see()).toMatchObject({ state: 'USED' });
  });

  test('a start that was told late corrects what the hub thought meanwhile', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    chargePoint.onCall('CancelReservation', () => ({ status: 'Accepted' }));
    await cancel(hub.api, identity, number);
    expect(await see()).toMatchObject({ state: 'CANCELLED' });
    await start(chargePoint, { reservationId: number });
    expect(await see()).toMatchObject({ state: 'USED', reason: 'NAMED_BY_START' });
  });

  test('a cancel that was asked for before the number was reserved anew does not touch the new one', async () => {
    const { identity, chargePoint, number } = await reserved();
    chargePoint.onCall('CancelReservation', async () => {
      // stored while the cancel is under way; it leaves after the answer
      const wait = 'wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }';
      await reserve(hub.api, identity, { connectorId: 2, more: `reservationId: ${number} ${wait}` });
      return { status: 'Accepted' };
    });
    await cancel(hub.api, identity, number);
    const seen = await until(hub.api, identity, number, ({ connectorId }) => connectorId === 2);
    expect(seen).toMatchObject({ state: 'ACTIVE', connectorId: 2, mismatch: false });
  });

  test('a link that goes in the middle of a cancel changes nothing', async () => {
    const { identity, chargePoint, number, see } = await reserved();
    chargePoint.onCall('CancelReservation', () => {
      chargePoint.terminate();
      return silence;
    });
    const { command } = await cancel(hub.api, identity, number);
    expect(command?.execution).toMatchObject({ state: 'FAILED', failure: { kind: 'LINK_LOST', outcomeUnknown: true } });
    expect(await see()).toMatchObject({ state: 'ACTIVE', mismatch: false });
  });
});

describe('a connector out of service holds nothing (RSV-4)', () => {
  test.each([
    ['Faulted', 'CONNECTOR_FAULTED'],
    ['Unavailable', 'CONNECTOR_UNAVAILABLE'],
  ])('%s', async (status, reason) => {
    const { identity, chargePoint, see } = await reserved();
    const any = (await reserve(hub.api, identity, { connectorId: 0 })).command?.reservationId ?? 0;
    await report(chargePoint, 2, status);
    expect(await see()).toMatchObject({ state: 'ACTIVE' });
    await report(chargePoint, 1, status);
    expect(await see()).toMatchObject({ state: 'REMOVED', reason });
    expect(await shown(hub.api, identity, any)).toMatchObject({ state: 'ACTIVE' });
    await report(chargePoint, 0, status);
    expect(await shown(hub.api, identity, any)).toMatchObject({ state: 'REMOVED', reason });
  });

  test('Available before the expiry ends nothing', async () => {
    const { chargePoint, see } = await reserved();
    await report(chargePoint, 1, 'Reserved');
    await report(chargePoint, 1, 'Available');
    expect(await see()).toMatchObject({ state: 'ACTIVE' });
  });
});

test('a deleted charge point ends its reservations and keeps their record', async () => {
  const { identity, number } = await reserved();
  const { id } = (await shown(hub.api, identity, number)) ?? {};
  await hub.api.data(
    `mutation { deleteChargePoint(input: { chargePoint: { identity: "${identity}" } }) { __typename } }`,
  );
  const { reservation } = await hub.api.data<{ reservation: unknown }>(
    'query ($id: ID!) { reservation(by: { id: $id }) { state reason chargePoint { id } } }',
    { id },
  );
  expect(reservation).toEqual({ state: 'REMOVED', reason: 'CHARGE_POINT_DELETED', chargePoint: null });
});
