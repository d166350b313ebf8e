import { expect, test } from 'vitest';
import type { BatchMember, CommandBatch } from '../../../src/capabilities/command-batches/model.ts';
import { commandBatchIndexes, createCommandBatchStore } from '../../../src/capabilities/command-batches/store.ts';
import { createTestDatabase } from '../../support/database.ts';
import { wasteful, watchQueries } from '../../support/query-plans.ts';

const at = new Date('2026-06-01T12:00:00.000Z');
const batch: CommandBatch = {
  _id: 'B',
  tenantId: 't',
  name: 'clearCache',
  request: {},
  concurrency: 1,
  whenOffline: 'FAIL',
  state: 'RUNNING',
  isOpen: true,
  total: 3,
  requestedBy: { kind: 'SYSTEM', id: 'x', name: 'x' },
  scopes: [],
  requestedAt: at,
  updatedAt: at,
  idempotencyKey: 'k',
  idempotencyScope: 's',
  fingerprint: 'f',
};

test('every query of the batches is served by an index', async () => {
  const database = await createTestDatabase();
  const watched = watchQueries(database.store);
  await watched.store.ensureIndexes(commandBatchIndexes);
  const batches = createCommandBatchStore(watched.store);
  expect(await batches.insert(batch)).toBe(true);
  expect(await batches.insert({ ...batch, _id: 'B2' })).toBe(false);
  const members = [0, 1, 2].map(
    (position): BatchMember => ({
      _id: `M${position}`,
      tenantId: 't',
      batchId: 'B',
      position,
      chargePointId: `C${position}`,
      outcome: 'WAITING',
      updatedAt: at,
    }),
  );
  await batches.insertMembers(members);
  const page = { limit: 2, fromEnd: false };
  expect((await batches.memberPage(batch, undefined, page)).hasNextPage).toBe(true);
  expect((await batches.memberPage(batch, ['WAITING', 'FAILED'], { ...page, after: [0, 'M0'] })).items).toHaveLength(2);
  expect(await batches.membersWith(batch, 'WAITING', 0, 10)).toHaveLength(2);
  expect((await batches.counts(batch)).WAITING).toBe(3);
  expect(await batches.hasPending(batch)).toBe(true);
  expect((await batches.page('t', page)).items).toHaveLength(1);
  expect(await batches.open()).toHaveLength(1);
  expect(await batches.countOpen('t', 10)).toBe(1);
  expect(await batches.countOpen('other', 10)).toBe(0);
  expect(await batches.findMany('t', ['B'])).toHaveLength(1);
  expect(await batches.findByIdempotencyScope('s')).toMatchObject({ _id: 'B' });
  const plans = await watched.plans();
  expect(plans.length).toBeGreaterThan(10);
  expect(plans.filter(wasteful)).toEqual([]);
  await database.close();
});
