import { describe, expect, test } from 'vitest';
import {
  type Reservation,
  type ReservationTerms,
  reservationDocumentId,
} from '../../../src/capabilities/reservation/model.ts';
import {
  accepted,
  cancelled,
  expired,
  fits,
  refused,
  removed,
  requested,
  type StartFacts,
  unanswered,
  usedByInference,
  usedByName,
} from '../../../src/capabilities/reservation/rules.ts';

const minute = (minutes: number) => new Date(Date.UTC(2026, 5, 1, 12, minutes));
const key = { tenantId: 'default', chargePointId: 'cp', reservationId: 7 };
const wish = (name: string, at: number, over: Partial<ReservationTerms> = {}): ReservationTerms => ({
  wishId: name,
  connectorId: 1,
  tokenValue: 'Good',
  tokenKey: 'GOOD',
  expiresAt: minute(at + 30),
  requestedAt: minute(at),
  requestedBy: { kind: 'API_KEY', id: 'key', name: 'key' },
  reserveCommandId: `command ${name}`,
  ...over,
});
const begun = (over: Partial<StartFacts> = {}): StartFacts => ({
  transactionId: 'transaction',
  connectorId: 1,
  tokenKey: 'GOOD',
  startedAt: minute(10),
  receivedAt: minute(10),
  ...over,
});
const is = (reservation: Reservation | undefined): Reservation => {
  if (reservation === undefined) throw new Error('nothing was decided');
  return reservation;
};
const asked = (name = 'a', at = 0) => is(requested(undefined, key, wish(name, at)));
const held = (name = 'a', at = 0) => is(accepted(asked(name, at), wish(name, at), minute(at + 1)));

describe('a number that is used again', () => {
  test('keeps the place of the reservation, and the old terms hold until the new ones are accepted', () => {
    const waiting = is(requested(held(), key, wish('b', 5, { connectorId: 2 })));
    expect(waiting).toMatchObject({ _id: reservationDocumentId(key), state: 'ACTIVE', connectorId: 1 });
    expect(waiting.untold).toBeUndefined();
    const after = is(accepted(waiting, wish('b', 5, { connectorId: 2 }), minute(6)));
    expect(after).toMatchObject({ state: 'ACTIVE', connectorId: 2, wishId: 'b', replacedWishId: 'a', untold: true });
    expect(after.replacement).toBeUndefined();
  });

  test('new terms without an answer keep waiting for a late one; those that cannot come any more are dropped', () => {
    const waiting = is(requested(held(), key, wish('b', 5)));
    expect(unanswered(waiting, 'command b', { reason: 'NO_ANSWER', outcomeUnknown: true }, minute(6))).toBeUndefined();
    const dropped = is(unanswered(waiting, 'command b', { reason: 'CALL_ERROR', outcomeUnknown: false }, minute(6)));
    expect(dropped).toMatchObject({ state: 'ACTIVE', wishId: 'a' });
    expect(dropped.replacement).toBeUndefined();
    const late = is(accepted(is(expired(waiting, minute(31))), wish('b', 5), minute(32)));
    expect(late).toMatchObject({ state: 'ACTIVE', wishId: 'b' });
    expect(late.endedAt).toBeUndefined();
  });

  test('an earlier wish that is accepted late holds until the newer one is answered', () => {
    const uncertain = is(unanswered(asked(), 'command a', { reason: 'NO_ANSWER', outcomeUnknown: true }, minute(1)));
    const newer = is(requested(uncertain, key, wish('b', 2)));
    const both = is(accepted(newer, wish('a', 0), minute(3)));
    expect(both).toMatchObject({ state: 'ACTIVE', wishId: 'a', replacement: { wishId: 'b' } });
    expect(is(refused(both, wish('b', 2), 'OCCUPIED', minute(4)))).toMatchObject({ state: 'ACTIVE', wishId: 'a' });
    expect(is(accepted(both, wish('b', 2), minute(4)))).toMatchObject({ state: 'ACTIVE', wishId: 'b' });
  });

  test('a use that is told before the new terms are accepted is a use of these', () => {
    const used = is(usedByName(is(requested(held(), key, wish('b', 5))), begun()));
    expect(used).toMatchObject({ state: 'USED', replacement: { wishId: 'b' } });
    expect(is(accepted(used, wish('b', 5), minute(11)))).toMatchObject({
      state: 'USED',
      wishId: 'b',
      transactionId: 'transaction',
    });
  });

  test('a late start from before it was asked for means an earlier one', () => {
    const late = begun({ startedAt: minute(-60), receivedAt: minute(10) });
    expect(usedByName(held(), late)).toBeUndefined();
  });
});

describe('what has ended', () => {
  test('is not revived by the answer to the same wish', () => {
    const cancel = { commandId: 'cancel', requestedAt: minute(2) };
    const uncertain = is(unanswered(asked(), 'command a', { reason: 'NO_ANSWER', outcomeUnknown: true }, minute(1)));
    for (const ended of [is(cancelled(uncertain, cancel, minute(3))), is(usedByName(uncertain, begun()))]) {
      expect(is(accepted(ended, wish('a', 0), minute(12))).state).toBe(ended.state);
      expect(refused(ended, wish('a', 0), 'REJECTED', minute(12))).toBeUndefined();
    }
    const over = is(expired(uncertain, minute(31)));
    expect(over).toMatchObject({ state: 'EXPIRED', reason: 'NEVER_ANSWERED', uncertain: true });
    const known = is(accepted(over, wish('a', 0), minute(32)));
    expect(known).toMatchObject({ state: 'EXPIRED', reason: 'TIME_PASSED' });
    expect(known.uncertain).toBeUndefined();
    expect(is(refused(over, wish('a', 0), 'OCCUPIED', minute(32)))).toMatchObject({ state: 'OCCUPIED' });
  });

  test('and was refused is not used by a start that names it', () => {
    const no = is(refused(asked(), wish('a', 0), 'REJECTED', minute(1)));
    expect(usedByName(no, begun())).toBeUndefined();
    expect(usedByInference(no, begun())).toBeUndefined();
    const never = is(unanswered(asked(), 'command a', { reason: 'NOT_SENT', outcomeUnknown: false }, minute(1)));
    expect(usedByName(never, begun())).toBeUndefined();
  });

  test('is told by a state that is newer than the reservation only', () => {
    expect(removed(held('a', 0), 'CONNECTOR_FAULTED', minute(-5))).toBeUndefined();
    expect(removed(asked(), 'CONNECTOR_FAULTED', minute(5))).toBeUndefined();
    expect(is(removed(held(), 'CONNECTOR_FAULTED', minute(5)))).toMatchObject({ state: 'REMOVED', endedAt: minute(5) });
    expect(is(removed(asked(), 'CHARGE_POINT_DELETED', minute(5))).state).toBe('REMOVED');
  });
});

test('a start fits from the wish until half a minute after the expiry, by its arrival unless it is told late', () => {
  const terms = wish('a', 0);
  const at = (ms: number) => begun({ startedAt: new Date(ms), receivedAt: new Date(ms) });
  expect(fits(terms, at(minute(0).getTime() - 1))).toBe(false);
  expect(fits(terms, at(minute(0).getTime()))).toBe(true);
  expect(fits(terms, at(minute(30).getTime() + 30_000))).toBe(true);
  expect(fits(terms, at(minute(30).getTime() + 30_001))).toBe(false);
  // a clock that is a minute behind does not matter; a start told an hour later is dated by the charge point
  expect(fits(terms, begun({ startedAt: minute(-1), receivedAt: minute(1) }))).toBe(true);
  expect(fits(terms, begun({ startedAt: minute(20), receivedAt: minute(90) }))).toBe(true);
});

test('a wish on its way gets the time for its answer, also when its expiry has passed; then the clock ends it', () => {
  const past = is(requested(undefined, key, wish('a', 0, { expiresAt: minute(-10) })));
  expect(past.sweepAt).toEqual(minute(120));
  expect(held().sweepAt).toEqual(new Date(minute(30).getTime() + 30_000));
  expect(is(expired(held(), minute(31))).sweepAt).toBeUndefined();
});
