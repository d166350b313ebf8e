import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { AnswerWithError, silence } from '../../support/scripted-charge-point.ts';
import { cancel, makeTokens, report, reserve, shown, start, stored, until } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub({ settings: { OCPP_CALL_TIMEOUT_SECONDS: '1' } });
  await makeTokens(hub.api);
});
afterAll(() => hub.close());

const station = async (status: string | undefined = 'Accepted') => {
  const identity = `LIFE-${++count}`;
  const chargePoint = await hub.booted(identity);
  const requests: Record<string, unknown>[] = [];
  chargePoint.onCall('ReserveNow', (payload) => {
    requests.push(payload);
    return { status };
  });
  await report(chargePoint, 1, 'Available');
  return { identity, chargePoint, requests };
};
const codesOf = (answer: Awaited<ReturnType<typeof reserve>>) =>
  answer.command?.warnings.warnings.map(({ code }) => code);

describe('what is sent', () => {
  test('every field as it was asked for, the number from the counter, the group of the token as parent (RSV-1, RSV-5)', async () => {
    const { identity, requests } = await station();
    const at = '2031-02-03T04:05:06.789Z';
    const first = await reserve(hub.api, identity, { expiry: `at: "${at}"` });
    const second = await reserve(hub.api, identity, { connectorId: 2, idTag: 'OTHER', expiry: `at: "${at}"` });
    const [one, two] = [first.command?.reservationId ?? 0, second.command?.reservationId ?? 0];
    expect(requests).toEqual([
      { connectorId: 1, expiryDate: at, idTag: 'GOOD', parentIdTag: 'FAMILY', reservationId: one },
      { connectorId: 2, expiryDate: at, idTag: 'OTHER', reservationId: two },
    ]);
    expect(one).toBeGreaterThan(0);
    expect(two).toBeGreaterThan(one);
    expect(first.command?.reservation).toMatchObject({ state: 'ACTIVE', parentIdTag: 'FAMILY', expiresAt: at });
  });

  test('the parent can be left out, or be another one', async () => {
    const { identity, requests } = await station();
    await reserve(hub.api, identity, { more: 'omitParentIdTag: true' });
    const other = await reserve(hub.api, identity, { more: 'parentIdTag: "STRANGERS"' });
    expect(requests.map(({ parentIdTag }) => parentIdTag)).toEqual([undefined, 'STRANGERS']);
    expect(codesOf(other)).toEqual(['PARENT_NOT_OF_TOKEN']);
    const both = await reserve(hub.api, identity, { more: 'parentIdTag: "A", omitParentIdTag: true' });
    expect(both).toMatchObject({ __typename: 'ValidationError', path: 'input.omitParentIdTag' });
  });

  test('an offset is counted from when the hub takes the command on, also into the past', async () => {
    const { identity, requests } = await station('Rejected');
    const before = Date.now();
    const answer = await reserve(hub.api, identity, { expiry: 'inSeconds: -60' });
    const expiryMs = new Date(String(requests[0]?.['expiryDate'])).getTime();
    expect(expiryMs).toBeGreaterThanOrEqual(before - 60_000);
    expect(expiryMs).toBeLessThanOrEqual(Date.now() - 60_000);
    expect(codesOf(answer)).toEqual(['EXPIRY_PASSED']);
    expect(answer.command?.reservation).toMatchObject({ state: 'REJECTED', reason: 'REFUSED' });
  });

  test('nothing is refused because it may fail; it is warned about instead (OUT-1)', async () => {
    const { identity, chargePoint, requests } = await station();
    await report(chargePoint, 1, 'Charging');
    expect(codesOf(await reserve(hub.api, identity))).toEqual(['CONNECTOR_NOT_AVAILABLE']);
    expect(codesOf(await reserve(hub.api, identity, { connectorId: 77 }))).toEqual(['CONNECTOR_UNKNOWN']);
    expect(codesOf(await reserve(hub.api, identity, { connectorId: 0 }))).toEqual(['CONNECTOR_ZERO_UNSUPPORTED']);
    const unknown = await reserve(hub.api, identity, { connectorId: 0, idTag: 'STRANGER' });
    expect(codesOf(unknown)).toEqual(['CONNECTOR_ZERO_UNSUPPORTED', 'TOKEN_UNKNOWN']);
    expect(JSON.stringify(unknown.command?.warnings)).not.toContain('STRANGER');
    expect(codesOf(await reserve(hub.api, identity, { connectorId: 0, idTag: 'BAD' }))).toContain('TOKEN_NOT_ACCEPTED');
    const odd = await reserve(hub.api, identity, { connectorId: 0, more: 'reservationId: -5000000000' });
    expect(codesOf(odd)).toContain('RESERVATION_ID_UNUSUAL');
    expect(requests).toHaveLength(6);
    expect(requests.at(-1)).toMatchObject({ reservationId: -5_000_000_000 });
  });

  test('what the wire cannot carry is refused, and nothing is stored', async () => {
    const { identity, requests } = await station();
    const before = await stored(hub).countDocuments({});
    expect(await reserve(hub.api, identity, { idTag: 'X'.repeat(21) })).toMatchObject({
      __typename: 'ValidationError',
    });
    expect(await reserve(hub.api, identity, { more: `parentIdTag: "${'X'.repeat(21)}"` })).toMatchObject({
      __typename: 'ValidationError',
    });
    expect(await reserve(hub.api, 'nobody')).toMatchObject({ __typename: 'NotFoundError' });
    expect(requests).toEqual([]);
    expect(await stored(hub).countDocuments({})).toBe(before);
  });
});

describe('what the answer makes of it (RSV-3)', () => {
  test.each(['Faulted', 'Occupied', 'Rejected', 'Unavailable'])('%s: verbatim, and nothing is held', async (status) => {
    const { identity } = await station(status);
    const { command } = await reserve(hub.api, identity);
    const word = status.toUpperCase();
    expect(command).toMatchObject({ status: word, execution: { state: 'FINISHED', response: { status } } });
    expect(command?.reservation).toMatchObject({ state: word, reason: 'REFUSED', uncertain: false });
    const { chargePoint } = await hub.api.data<{ chargePoint: { connector: { reservation: unknown } } }>(
      `{ chargePoint(by: { identity: "${identity}" }) { connector(connectorId: 1) { reservation { id } } } }`,
    );
    expect(chargePoint.connector.reservation).toBeNull();
  });

  test('a CALLERROR is FAILED', async () => {
    const { identity, chargePoint } = await station();
    chargePoint.onCall('ReserveNow', () => {
      throw new AnswerWithError('NotSupported', 'no reservations here');
    });
    const { command } = await reserve(hub.api, identity);
    expect(command?.execution).toMatchObject({ state: 'FAILED', failure: { ocppErrorCode: 'NotSupported' } });
    const seen = await until(hub.api, identity, command?.reservationId ?? 0, ({ state }) => state === 'FAILED');
    expect(seen).toMatchObject({
      state: 'FAILED',
      reason: 'CALL_ERROR',
      uncertain: false,
    });
  });

  test('an answer outside its schema is FAILED and uncertain', async () => {
    const { identity } = await station('Perhaps');
    const { command } = await reserve(hub.api, identity);
    const seen = await until(hub.api, identity, command?.reservationId ?? 0, ({ state }) => state === 'FAILED');
    expect(seen).toMatchObject({
      state: 'FAILED',
      reason: 'UNUSABLE_ANSWER',
      uncertain: true,
    });
  });

  test('silence is uncertain; a late answer moves it on', async () => {
    const { identity, chargePoint } = await station();
    const messageIds: string[] = [];
    chargePoint.onCall('ReserveNow', (_payload, id) => {
      messageIds.push(id);
      return silence;
    });
    const numbers: number[] = [];
    for (const connectorId of [1, 2, 3]) {
      const { command } = await reserve(hub.api, identity, { connectorId });
      expect(command?.execution.state).toBe('TIMED_OUT');
      numbers.push(command?.reservationId ?? 0);
    }
    for (const number of numbers) {
      const seen = await until(hub.api, identity, number, ({ uncertain }) => uncertain);
      expect(seen).toMatchObject({ state: 'REQUESTED', reason: 'NO_ANSWER', uncertain: true, endedAt: null });
    }
    chargePoint.send(JSON.stringify([3, messageIds[0], { status: 'Accepted' }]));
    chargePoint.send(JSON.stringify([3, messageIds[1], { status: 'Occupied' }]));
    chargePoint.send(JSON.stringify([4, messageIds[2], 'InternalError', '', {}]));
    const after = await Promise.all(
      numbers.map((number) => until(hub.api, identity, number, ({ state }) => state !== 'REQUESTED')),
    );
    expect(after).toMatchObject([
      { state: 'ACTIVE', reason: null, uncertain: false },
      { state: 'OCCUPIED', reason: 'REFUSED', uncertain: false },
      { state: 'FAILED', reason: 'CALL_ERROR', uncertain: false },
    ]);
  });

  test('a link that goes after sending leaves it uncertain; a start that names it tells that it was accepted', async () => {
    const { identity, chargePoint } = await station();
    chargePoint.onCall('ReserveNow', () => {
      chargePoint.terminate();
      return silence;
    });
    const { command } = await reserve(hub.api, identity);
    const number = command?.reservationId ?? 0;
    const seen = await until(hub.api, identity, number, ({ uncertain }) => uncertain);
    expect(seen).toMatchObject({ state: 'REQUESTED', reason: 'LINK_LOST', uncertain: true });
    const again = await hub.booted(identity);
    const { transactionId } = await start(again, { reservationId: number });
    expect(await shown(hub.api, identity, number)).toMatchObject({
      state: 'USED',
      uncertain: false,
      transaction: { ocppTransactionId: transactionId },
    });
  });

  test('one that never left the hub is FAILED, and surely so', async () => {
    const { identity, chargePoint } = await station();
    chargePoint.onCall('UnlockConnector', () => silence);
    const blocking = hub.api.data(
      `mutation { unlockConnector(input: { chargePoint: { identity: "${identity}" }, connectorId: 1 }) { __typename } }`,
    );
    await chargePoint.nextCall('UnlockConnector');
    const { command } = await reserve(hub.api, identity, {
      more: 'wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }',
    });
    chargePoint.terminate();
    await blocking;
    const seen = await until(hub.api, identity, command?.reservationId ?? 0, ({ state }) => state === 'FAILED');
    expect(seen).toMatchObject({ state: 'FAILED', reason: 'NOT_SENT', uncertain: false });
  });
});

describe('the number', () => {
  test('one idempotency key makes one reservation with one number, also of calls at the same time', async () => {
    const { identity, requests } = await station();
    const answers = await Promise.all([1, 2, 3, 4].map(() => reserve(hub.api, identity, { key: `same ${identity}` })));
    expect(requests).toHaveLength(1);
    expect(new Set(answers.map(({ command }) => command?.reservationId))).toHaveProperty('size', 1);
    expect(answers.filter(({ idempotentReplay }) => idempotentReplay === false)).toHaveLength(1);
    const later = await reserve(hub.api, identity, { key: `same ${identity}` });
    expect(later).toMatchObject({ idempotentReplay: true, command: { id: answers[0]?.command?.id } });
    expect(await stored(hub).countDocuments({ reservationId: answers[0]?.command?.reservationId ?? 0 })).toBe(1);
    const other = await reserve(hub.api, identity, { key: `same ${identity}`, connectorId: 2 });
    expect(other.__typename).toBe('IdempotencyKeyReusedError');
  });

  test('one that is named again replaces the reservation in place, once it is accepted (RSV-1)', async () => {
    const { identity, chargePoint, requests } = await station();
    const first = await reserve(hub.api, identity, { more: 'reservationId: 4711' });
    const second = await reserve(hub.api, identity, { connectorId: 2, idTag: 'OTHER', more: 'reservationId: 4711' });
    expect(codesOf(second)).toEqual(['CONNECTOR_UNKNOWN', 'RESERVATION_REPLACED']);
    expect(requests.map(({ reservationId }) => reservationId)).toEqual([4711, 4711]);
    expect(second.command?.reservation).toMatchObject({
      id: first.command?.reservation?.id,
      state: 'ACTIVE',
      connectorId: 2,
      tokenValue: 'OTHER',
      parentIdTag: null,
    });
    const commands = hub.database.store.collection<Command>('commands');
    const replaced = await commands.findOne({ 'input.reservationId': 4711, 'input.connectorId': 1 });
    expect(replaced).toMatchObject({ state: 'FINISHED', effect: { reservationState: 'REPLACED' } });

    chargePoint.onCall('ReserveNow', () => ({ status: 'Occupied' }));
    const third = await reserve(hub.api, identity, { connectorId: 1, more: 'reservationId: 4711' });
    expect(third.command).toMatchObject({ status: 'OCCUPIED', reservation: { state: 'ACTIVE', connectorId: 2 } });

    await start(chargePoint, { connectorId: 2, idTag: 'OTHER', reservationId: 4711 });
    expect(await shown(hub.api, identity, 4711)).toMatchObject({ state: 'USED' });
    chargePoint.onCall('ReserveNow', () => ({ status: 'Accepted' }));
    const anew = await reserve(hub.api, identity, { more: 'reservationId: 4711' });
    expect(anew.command?.reservation).toMatchObject({ state: 'ACTIVE', connectorId: 1, transaction: null });
  });

  test('the counter passes over numbers that callers have named at the charge point', async () => {
    const { identity } = await station();
    const first = (await reserve(hub.api, identity)).command?.reservationId ?? 0;
    await reserve(hub.api, identity, { idTag: 'OTHER', more: `reservationId: ${first + 1}` });
    const next = await reserve(hub.api, identity);
    expect(next.command?.reservationId).toBe(first + 2);
    expect(await shown(hub.api, identity, first + 1)).toMatchObject({ tokenValue: 'OTHER' });
  });
});

describe('cancelling', () => {
  test('accepted it is CANCELLED, and the command that asked for it has ended', async () => {
    const { identity, chargePoint } = await station();
    const { command } = await reserve(hub.api, identity);
    const number = command?.reservationId ?? 0;
    let request: unknown;
    chargePoint.onCall('CancelReservation', (payload) => {
      request = payload;
      return { status: 'Accepted' };
    });
    const answer = await cancel(hub.api, identity, number);
    expect(request).toEqual({ reservationId: number });
    expect(answer.command).toMatchObject({
      status: 'ACCEPTED',
      reservation: { state: 'CANCELLED' },
      execution: { state: 'FINISHED' },
    });
    const ended = await hub.database.store
      .collection<Command>('commands')
      .findOne({ 'input.wishId': { $exists: true }, 'input.reservationId': number });
    expect(ended).toMatchObject({ state: 'FINISHED', effect: { reservationState: 'CANCELLED' } });
  });

  test('rejected it stays as it was, flagged; by id, and told once (RSV-6)', async () => {
    const { identity, chargePoint } = await station();
    const { command } = await reserve(hub.api, identity);
    chargePoint.onCall('CancelReservation', () => ({ status: 'Rejected' }));
    const answer = await hub.api.data<{ cancelReservation: unknown }>(
      `mutation ($id: ID!) { cancelReservation(input: { reservation: { id: $id } }) {
        ... on CancelReservationPayload { command { status reservation { state mismatch cancelCommand { id } } } } } }`,
      { id: command?.reservation?.id },
    );
    expect(answer.cancelReservation).toMatchObject({
      command: { status: 'REJECTED', reservation: { state: 'ACTIVE', mismatch: true, cancelCommand: {} } },
    });
    await cancel(hub.api, identity, command?.reservationId ?? 0);
    expect(await shown(hub.api, identity, command?.reservationId ?? 0)).toMatchObject({ state: 'ACTIVE', version: 3 });
  });

  test('any integer is sent, also one that the hub does not know or that has ended', async () => {
    const { identity, chargePoint } = await station();
    const requests: unknown[] = [];
    chargePoint.onCall('CancelReservation', ({ reservationId }) => {
      requests.push(reservationId);
      return { status: 'Rejected' };
    });
    for (const number of [0, -1, 987_654_321, 9_007_199_254_740_991]) {
      const { command } = await cancel(hub.api, identity, number);
      expect(command).toMatchObject({
        status: 'REJECTED',
        reservation: null,
        warnings: { warnings: [{ code: 'RESERVATION_UNKNOWN' }] },
      });
    }
    expect(requests).toEqual([0, -1, 987_654_321, 9_007_199_254_740_991]);
  });

  test('silence changes nothing', async () => {
    const { identity, chargePoint } = await station();
    const number = (await reserve(hub.api, identity)).command?.reservationId ?? 0;
    chargePoint.onCall('CancelReservation', () => silence);
    expect((await cancel(hub.api, identity, number)).command?.execution.state).toBe('TIMED_OUT');
    expect(await shown(hub.api, identity, number)).toMatchObject({ state: 'ACTIVE', mismatch: false, version: 2 });
  });
});

test('another tenant neither sees nor cancels it', async () => {
  const { identity } = await station();
  const { command } = await reserve(hub.api, identity);
  const foreign = await hub.foreignClient();
  const id = command?.reservation?.id;
  expect(
    await foreign.data(
      'query ($id: ID!) { node(id: $id) { id } reservation(by: { id: $id }) { id } reservations { nodes { id } } }',
      { id },
    ),
  ).toEqual({ node: null, reservation: null, reservations: { nodes: [] } });
  expect((await reserve(foreign, identity)).__typename).toBe('NotFoundError');
  const taken = await foreign.data<{ cancelReservation: { __typename: string } }>(
    'mutation ($id: ID!) { cancelReservation(input: { reservation: { id: $id } }) { __typename } }',
    { id },
  );
  expect(taken.cancelReservation.__typename).toBe('NotFoundError');
});
