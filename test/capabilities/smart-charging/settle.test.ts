import { expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { createProfileLife } from '../../../src/capabilities/smart-charging/life.ts';
import { createSettling } from '../../../src/capabilities/smart-charging/settle.ts';
import { createSmartChargingStore, smartChargingIndexes } from '../../../src/capabilities/smart-charging/store.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createManualClock } from '../../support/manual-clock.ts';

test('what a lost follow-up left open is settled from the command, and a remote start without a transaction ends', async () => {
  const database = await createTestDatabase();
  await database.store.ensureIndexes(smartChargingIndexes);
  const clock = createManualClock('2026-06-01T12:00:00.000Z');
  const profiles = createSmartChargingStore(database.store);
  const life = createProfileLife({
    profiles,
    clock,
    events: { append: async () => undefined } as never, // told events are tested with the whole hub
    transactions: { find: async () => undefined },
  });
  const about = { tenantId: 't', chargePointId: 'c', requestedAt: clock.now(), finishedAt: clock.now() };
  const noAnswer = { kind: 'NO_ANSWER', description: '', outcomeUnknown: true } as const;
  const neverSent = { kind: 'LINK_LOST', description: '', outcomeUnknown: false } as const;
  const known = [
    { _id: 'accepted', ...about, outcome: { status: 'ACCEPTED' }, response: { status: 'Accepted' } },
    { _id: 'silent', ...about, failure: noAnswer },
    { _id: 'unsent', ...about, failure: neverSent },
    { _id: 'start', ...about, outcome: { status: 'ACCEPTED' }, response: { status: 'Accepted' } },
    { _id: 'running', tenantId: 't', chargePointId: 'c', requestedAt: clock.now() },
  ] as unknown as Command[]; // the fields that settling reads
  for (const [index, command] of known.entries()) {
    const carrier = command._id === 'start' ? 'REMOTE_START' : 'SET_CHARGING_PROFILE';
    const schedule = { unit: 'A', periods: [{ startPeriod: 0, limit: 6 }] } as const;
    const profile = { profileId: index, stackLevel: index, purpose: 'TX_PROFILE', kind: 'RELATIVE', schedule } as const;
    await life.sent({ command, carrier, connectorId: 1, profile });
  }
  const settle = createSettling({ profiles, life, clock, commands: { findMany: async () => known } });
  const states = async () =>
    Object.fromEntries(
      (
        await profiles.findMany(
          't',
          known.map(({ _id }) => _id),
        )
      ).map(({ _id, state }) => [_id, state]),
    );
  await settle();
  expect(new Set(Object.values(await states()))).toEqual(new Set(['SENT'])); // the commands have just ended
  clock.advance(61_000);
  await settle();
  const settled = { accepted: 'INSTALLED', silent: 'UNKNOWN', unsent: 'NOT_SENT', running: 'SENT' };
  expect(await states()).toEqual({ ...settled, start: 'SENT' });
  clock.advance(240_000);
  await settle();
  expect(await states()).toEqual({ ...settled, start: 'ENDED' });
  await database.close();
});
