import { execute, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createWireLog } from '../../../src/capabilities/wire-log/index.ts';
import type { WireMessage } from '../../../src/capabilities/wire-log/model.ts';
import { createWireMessageStore, wireMessageIndexes } from '../../../src/capabilities/wire-log/store.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { builder } from '../../../src/graphql/builder.ts';
import { DatabaseUnavailable } from '../../../src/store/store.ts';
import '../../../src/schema.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';
import { wasteful } from '../../support/query-plans.ts';

const chargePoint: LinkedChargePoint = { tenantId: 'T', id: 'cp-1', identity: 'CP-1' };
const link = { chargePoint, epoch: 7 };

let hub: CapabilityHub;
beforeAll(async () => {
  hub = await createCapabilityHub();
  await hub.database.store.ensureIndexes(wireMessageIndexes);
});
afterAll(() => hub.close());
beforeEach(async () => {
  await hub.database.store.collection('wireMessages').deleteMany({});
});

const wireLog = (options: Partial<Parameters<typeof createWireLog>[1]> = {}, store = hub.dependencies.store) =>
  createWireLog(
    { ...hub.dependencies, store },
    {
      commands: { idsByMessageId: async () => new Map() },
      instance: 'instance-of-a-test',
      wireLogDays: 10,
      wireLogBytesMax: 1_000_000_000,
      ...options,
    },
  );
const heard = (text: string, at = hub.clock.now(), direction: 'in' | 'out' = 'in') => ({ text, at, direction });
const stored = () => hub.database.store.collection<WireMessage>('wireMessages').find({}).sort({ _id: 1 }).toArray();
const texts = async () => (await stored()).map(({ text }) => text);
const days = (count: number) => new Date(hub.clock.now().getTime() + count * 86_400_000);

test('frames of one millisecond keep their order', async () => {
  const { operations } = wireLog();
  const sent = Array.from({ length: 700 }, (_, count) => `frame ${count}`);
  for (const text of sent) operations.noteFrame(link, heard(text));
  await operations.flush();
  expect(await texts()).toEqual(sent);
});

test('an answer tells how long after its CALL it came, and a second one does not', async () => {
  const { operations } = wireLog();
  const at = hub.clock.now();
  operations.noteFrame(link, heard('[2,"a","Reset",{}]', at, 'out'));
  operations.noteFrame(link, heard('[2,"a","Heartbeat",{}]', at)); // the other side uses the same id
  operations.noteFrame(link, heard('[3,"a",{"status":"Accepted"}]', new Date(at.getTime() + 40)));
  operations.noteFrame(link, heard('[4,"a","InternalError","",{}]', new Date(at.getTime() + 70)));
  operations.noteFrame(link, heard('[3,"a",{}]', new Date(at.getTime() + 90), 'out'));
  await operations.flush();
  expect((await stored()).map(({ action, latencyMs }) => [action, latencyMs])).toEqual([
    ['Reset', undefined],
    ['Heartbeat', undefined],
    ['Reset', 40],
    ['Reset', undefined],
    ['Heartbeat', 90],
  ]);
});

test('a note that comes when its frame is stored already is added to it', async () => {
  const { operations } = wireLog();
  operations.noteFrame(link, heard('[2,"late","StatusNotification",{}]'));
  await operations.flush();
  operations.noteFrame(link, heard('[4,"late","InternalError","",{}]', hub.clock.now(), 'out'));
  operations.noteMessage(link, { messageId: 'late', direction: 'request', repairs: ['wordCase'], violations: [] });
  operations.noteMessage(link, { messageId: 'nobody', direction: 'request', repairs: ['wordCase'], violations: [] });
  await operations.flush();
  expect(await stored()).toMatchObject([{ deviates: true, repairs: ['wordCase'] }, { messageId: 'late' }]);
});

test('a frame longer than what is kept is cut off and says so', async () => {
  const { operations } = wireLog();
  const text = `[2,"long","DataTransfer",{"vendorId":"v","data":"${'é'.repeat(1 << 20)}"}]`;
  operations.noteFrame(link, heard(text));
  await operations.flush();
  const [message] = await stored();
  expect(message).toMatchObject({ isCut: true, sizeBytes: Buffer.byteLength(text), action: 'DataTransfer' });
  expect(message?.text).toBe(text.slice(0, 1 << 20));
});

test('when the database is away frames wait, the oldest are dropped, and health tells', async () => {
  let isAway = true;
  const { store } = hub.dependencies;
  const shaky = new Proxy(store, {
    get(target, property) {
      if (property === 'collection' && isAway) {
        return () => ({ bulkWrite: () => Promise.reject(new DatabaseUnavailable('away')) });
      }
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { operations } = wireLog({ limits: { framesMax: 5, charactersMax: 1_000 } }, shaky);
  expect(operations.health()).toEqual({ name: 'wireLog', status: 'OK' });
  operations.noteFrame(link, heard('in hand'));
  await expect(operations.flush()).rejects.toThrow(DatabaseUnavailable);
  for (let count = 0; count < 9; count++) operations.noteFrame(link, heard(`frame ${count}`));
  await expect(operations.flush()).rejects.toThrow(DatabaseUnavailable);
  expect(operations.health()).toMatchObject({ status: 'DEGRADED', detail: expect.stringContaining('4 frames') });
  isAway = false;
  await operations.flush();
  expect(await texts()).toEqual(['in hand', 'frame 4', 'frame 5', 'frame 6', 'frame 7', 'frame 8']);
  operations.noteFrame(link, heard('x'.repeat(600)));
  operations.noteFrame(link, heard('y'.repeat(600)));
  await operations.flush();
  expect((await texts()).slice(6)).toEqual(['y'.repeat(600)]);
  hub.clock.advance(3_600_000);
  expect(operations.health()).toMatchObject({ status: 'OK', detail: expect.stringContaining('5 frames') });
});

test('a write that is carried out twice stores every frame once', async () => {
  const messages = createWireMessageStore(hub.dependencies.store);
  const { operations } = wireLog();
  for (const text of ['one', 'two']) operations.noteFrame(link, heard(text));
  await operations.flush();
  expect(await messages.put(await stored(), [])).toBe(0);
  expect(await texts()).toEqual(['one', 'two']);
});

test('what is older than the days that are kept goes, and only that', async () => {
  const { operations } = wireLog();
  for (const [text, at] of [
    ['old', -11] as const,
    ['older', -30] as const,
    ['young', -9] as const,
    ['now', 0] as const,
  ]) {
    operations.noteFrame(link, heard(text, days(at)));
  }
  await operations.flush();
  await operations.sweep();
  expect((await texts()).sort()).toEqual(['now', 'young']);
});

test('more than the size budget goes too, the oldest first, counted also after a restart', async () => {
  const frame = (count: number) => heard(`${count}`.padEnd(1_000), days(-5 + count / 10_000));
  const first = wireLog();
  for (let count = 0; count < 3_000; count++) first.operations.noteFrame(link, frame(count));
  await first.operations.flush();
  const restarted = wireLog({ wireLogBytesMax: 2_000_000 }); // room for 1,250
  await restarted.operations.sweep();
  const kept = await texts();
  expect(kept.length).toBeLessThanOrEqual(1_250);
  expect(kept.length).toBeGreaterThan(200);
  expect(kept.at(-1)?.trim()).toBe('2999');
  expect(kept[0]?.trim()).toBe(`${3_000 - kept.length}`);
  for (let count = 3_000; count < 4_500; count++) restarted.operations.noteFrame(link, frame(count));
  await restarted.operations.flush();
  await restarted.operations.sweep();
  expect((await texts()).length).toBeLessThanOrEqual(1_250);
});

test('every query is served by an index', async () => {
  const { operations } = wireLog();
  const page = { limit: 20, fromEnd: false, after: [hub.clock.now(), 'x'] as const };
  const from = days(-1);
  for (const filter of [
    {},
    { from, to: days(0) },
    { chargePointIds: ['a'] },
    { chargePointIds: ['a', 'b'], from },
    { actions: ['Heartbeat'], from },
    { actions: ['Reset', 'Authorize'], chargePointIds: ['a'], types: ['CALL' as const] },
    { messageId: 'm' },
    { messageId: 'm', chargePointIds: ['a'] },
    { ocppTransactionId: 4 },
    { commandId: 'c' },
    { withRepairs: true },
    { withViolations: true, withRepairs: true, chargePointIds: ['a'] },
    { types: ['UNREADABLE' as const], directions: ['FROM_CHARGE_POINT' as const], chargePointIds: ['a'] },
  ]) {
    await operations.list('T', filter, page);
    await operations.list('T', filter, { limit: 20, fromEnd: true });
  }
  await operations.find('T', 'id');
  await operations.sweep();
  await createWireMessageStore(hub.dependencies.store).removeOldest();
  const plans = await hub.plans();
  expect(plans.length).toBeGreaterThan(20);
  expect(plans.filter(wasteful)).toEqual([]);
});

test.each([
  ['ID_TAGS_READ', 'TAG-1'],
  ['OCPP_MESSAGES_READ', '***'],
] as const)('a reader with %s reads %s', async (scope, shown) => {
  const log = wireLog();
  log.operations.noteFrame(link, heard('[2,"1","Authorize",{"idTag":"TAG-1"}]'));
  log.operations.noteFrame(
    link,
    heard('[4,"1","InternalError","idTag TAG-1",{"idTag":"TAG-1"}]', hub.clock.now(), 'out'),
  );
  await log.operations.flush();
  const { data, errors } = await execute({
    schema: builder.toSchema(),
    document: parse('{ ocppMessages { nodes { text payload errorDetails } } }'),
    contextValue: {
      principal: {
        tenantId: 'T',
        actor: { kind: 'API_KEY', id: 'k', name: 'k' },
        scopes: new Set([scope]),
      },
      use: () => log.operations,
    },
  });
  expect(errors).toBeUndefined();
  const [error, call] = (data as { ocppMessages: { nodes: Record<string, unknown>[] } }).ocppMessages.nodes;
  expect(call).toEqual({
    text: `[2,"1","Authorize",{"idTag":"${shown}"}]`,
    payload: { idTag: shown },
    errorDetails: null,
  });
  expect(error?.['errorDetails']).toEqual({ idTag: shown });
});
