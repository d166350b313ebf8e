import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';
import { runCommand } from '../commands/fixture.ts';
import { chargePointId, logged } from './fixture.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

const until = async (what: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 5_000;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const only = async (chargePoint: ScriptedChargePoint, filter: Record<string, unknown> = {}) =>
  logged(hub, { chargePointIds: [await chargePointId(hub, chargePoint.identity)], ...filter });

test('frames of both directions are kept byte for byte, with what they are', async () => {
  const chargePoint = await hub.booted('WL-BOTH');
  const odd =
    '[2 ,"häß-1",\t"StatusNotification", {"connectorId":1 ,"errorCode":"NoError",\n "status":"Available","info":"\\u00e4ä 🚗 \\/"}]';
  chargePoint.send(odd);
  await until(async () => (await only(chargePoint)).length === 4);
  const [boot, bootAnswer, status, answer] = await only(chargePoint);
  expect(boot).toMatchObject({
    direction: 'FROM_CHARGE_POINT',
    messageType: 'CALL',
    action: 'BootNotification',
    linkEpoch: 1,
    latencyMs: null,
    repairs: [],
    violations: [],
    isCut: false,
    command: null,
    chargePoint: { identity: 'WL-BOTH' },
  });
  expect(bootAnswer?.text).toBe(JSON.stringify(chargePoint.received[0]));
  expect(bootAnswer).toMatchObject({
    direction: 'TO_CHARGE_POINT',
    messageType: 'CALLRESULT',
    action: 'BootNotification',
    messageId: boot?.messageId,
  });
  expect(bootAnswer?.latencyMs).toBeGreaterThanOrEqual(0);
  expect(status).toMatchObject({
    text: odd,
    messageId: 'häß-1',
    action: 'StatusNotification',
    sizeBytes: Buffer.byteLength(odd),
    payload: { connectorId: 1, errorCode: 'NoError', status: 'Available', info: 'ää 🚗 /' },
  });
  expect(answer).toMatchObject({ text: '[3,"häß-1",{}]', messageType: 'CALLRESULT', action: 'StatusNotification' });
});

test('frames that nobody can read are kept too, with the reason', async () => {
  const chargePoint = await hub.booted('WL-BROKEN');
  for (const text of ['', ' \r\n', 'no JSON {', '[9,"x"]', '{"a":1}', '[2,"half","Auth']) chargePoint.send(text);
  chargePoint.send('[2,"id-only",42,{}]');
  chargePoint.send('[3,"nobody-asked",{"status":"Accepted"}]');
  chargePoint.send('[2,"unknown","NoSuchAction",{"a":1}]');
  await until(async () => (await only(chargePoint, { messageId: 'unknown' })).length === 2);
  const frames = (await only(chargePoint)).slice(2);
  const unreadable = frames.filter(({ messageType }) => messageType === 'UNREADABLE');
  expect(unreadable.map(({ text }) => text)).toEqual([
    '',
    ' \r\n',
    'no JSON {',
    '[9,"x"]',
    '{"a":1}',
    '[2,"half","Auth',
    '[2,"id-only",42,{}]',
  ]);
  expect(unreadable.every(({ violations, payload }) => violations.length === 1 && payload === null)).toBe(true);
  expect(frames.filter(({ messageId }) => messageId === 'id-only')).toMatchObject([
    { messageType: 'UNREADABLE', action: null },
    { messageType: 'CALLERROR', direction: 'TO_CHARGE_POINT', errorCode: 'FormationViolation' },
  ]);
  expect(frames.filter(({ messageId }) => messageId === 'nobody-asked')).toMatchObject([
    { messageType: 'CALLRESULT', action: null, latencyMs: null },
  ]);
  expect(frames.filter(({ messageId }) => messageId === 'unknown')).toMatchObject([
    { messageType: 'CALL', action: 'NoSuchAction' },
    { messageType: 'CALLERROR', action: 'NoSuchAction', errorCode: 'NotImplemented' },
  ]);
});

test('a repaired message and a refused one are found by what was wrong', async () => {
  const chargePoint = await hub.booted('WL-ODD');
  await chargePoint.call(
    'StatusNotification',
    { connectorId: 1, errorCode: 'NoError', status: 'AVAILABLE' },
    { id: 'repaired' },
  );
  await chargePoint.call('StatusNotification', { connectorId: 1, errorCode: 'NoError' }, { id: 'refused' });
  const repaired = await only(chargePoint, { withRepairs: true });
  expect(repaired).toMatchObject([{ messageId: 'repaired', direction: 'FROM_CHARGE_POINT', violations: [] }]);
  expect(repaired[0]?.repairs).toContain('wordCase');
  const refused = await only(chargePoint, { withViolations: true });
  expect(refused).toMatchObject([{ messageId: 'refused', direction: 'FROM_CHARGE_POINT', repairs: [] }]);
  expect(refused[0]?.violations[0]).toContain('status');
});

test('a command and its messages lead to each other', async () => {
  const chargePoint = await hub.booted('WL-COMMAND');
  chargePoint.onCall('ClearCache', () => ({ status: 'accepted' })); // in the wrong case
  const { command } = await runCommand(hub.api, 'clearCache', 'chargePoint: { identity: "WL-COMMAND" }');
  const frames = await only(chargePoint, { actions: ['ClearCache'] });
  expect(frames).toMatchObject([
    { direction: 'TO_CHARGE_POINT', messageType: 'CALL', command: { id: command?.id } },
    {
      direction: 'FROM_CHARGE_POINT',
      messageType: 'CALLRESULT',
      action: 'ClearCache',
      command: { id: command?.id, __typename: 'ClearCacheCommand' },
    },
  ]);
  expect(frames[1]?.repairs).toContain('wordCase');
  expect(frames[1]?.latencyMs).toBeGreaterThanOrEqual(0);
  expect(await logged(hub, { commandId: command?.id })).toEqual(frames);
  const { command: shown } = await hub.api.data<{ command: { messages: { nodes: { id: string }[] } } }>(
    'query ($id: ID!) { command(id: $id) { messages { nodes { id } } } }',
    { id: command?.id },
  );
  expect(shown.messages.nodes.map(({ id }) => id)).toEqual(frames.map(({ id }) => id).reverse());
});

test('messages are found by the transaction number in them', async () => {
  const chargePoint = await hub.booted('WL-TX');
  const start = { connectorId: 1, idTag: 'TAG', meterStart: 0, timestamp: new Date().toISOString() };
  const [, , conf] = await chargePoint.call('StartTransaction', start);
  const { transactionId } = conf as { transactionId: number };
  await chargePoint.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: new Date().toISOString(), sampledValue: [{ value: '5' }] }],
  });
  const frames = await only(chargePoint, { transactionId });
  expect(frames.map(({ action, messageType }) => [action, messageType])).toEqual([
    ['StartTransaction', 'CALLRESULT'],
    ['MeterValues', 'CALL'],
  ]);
  expect(frames.every((frame) => frame.transactionId === transactionId)).toBe(true);
});

test('the password of a charge point is stored in no direction', async () => {
  const chargePoint = await hub.booted('WL-SECRET');
  const secret = 'a1b2c3d4e5f60718293a4b5c';
  chargePoint.onCall('GetConfiguration', () => ({
    configurationKey: [
      { key: 'HeartbeatInterval', readonly: false, value: '300' },
      { key: 'AuthorizationKey', readonly: false, value: secret },
    ],
  }));
  chargePoint.onCall('ChangeConfiguration', () => ({ status: 'Rejected' }));
  await runCommand(hub.api, 'getConfiguration', 'chargePoint: { identity: "WL-SECRET" }', '__typename');
  await runCommand(
    hub.api,
    'changeConfiguration',
    `chargePoint: { identity: "WL-SECRET" }, key: "AuthorizationKey", value: "${secret}"`,
  );
  const frames = await only(chargePoint);
  expect(frames.filter(({ text }) => text.includes('"***"'))).toHaveLength(2);
  const stored = await hub.database.store.collection('wireMessages').find({}).toArray();
  expect(JSON.stringify(stored)).not.toContain(secret);
  expect(frames.find(({ text }) => text.includes('HeartbeatInterval'))?.text).toContain('"value":"300"');
});

test('a message is a node, and another tenant sees neither it nor any other', async () => {
  const chargePoint = await hub.booted('WL-FOREIGN');
  const [boot] = await only(chargePoint);
  const node = 'query ($id: ID!) { node(id: $id) { ... on OcppMessage { text } } }';
  expect(await hub.api.data(node, { id: boot?.id })).toEqual({ node: { text: boot?.text } });
  const foreign = await hub.foreignClient();
  expect(await foreign.data(node, { id: boot?.id })).toEqual({ node: null });
  expect(await logged(hub, {}, foreign)).toEqual([]);
  expect(await logged(hub, { messageId: boot?.messageId }, foreign)).toEqual([]);
});

test('lists are paged from the newest on, by charge point too', async () => {
  const chargePoint = await hub.booted('WL-PAGES');
  for (let count = 0; count < 5; count++) await chargePoint.call('Heartbeat', {}, { id: `page-${count}` });
  const all = (await only(chargePoint)).reverse();
  expect(all).toHaveLength(12);
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { chargePoint: shown }: Paged = await hub.api.data(
      `query ($after: String) { chargePoint(by: { identity: "WL-PAGES" }) {
        ocppMessages(first: 5, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
      { after },
    );
    ids.push(...shown.ocppMessages.nodes.map(({ id }) => id));
    after = shown.ocppMessages.pageInfo.endCursor;
    if (!shown.ocppMessages.pageInfo.hasNextPage) break;
  }
  expect(ids).toEqual(all.map(({ id }) => id));
  const calls = await only(chargePoint, { actions: ['Heartbeat'], types: ['CALL'], directions: ['FROM_CHARGE_POINT'] });
  expect(calls.map(({ messageId }) => messageId)).toEqual([0, 1, 2, 3, 4].map((count) => `page-${count}`));
  expect(await only(chargePoint, { at: { to: '2020-01-01T00:00:00Z' } })).toEqual([]);
  expect(await only(chargePoint, { at: { from: '2020-01-01T00:00:00Z' } })).toHaveLength(12);
});

interface Paged {
  chargePoint: {
    ocppMessages: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  };
}

test('a filter with too much in it is refused', async () => {
  const ask = async (filter: Record<string, unknown>) =>
    (
      await hub.api.query('query ($f: OcppMessageFilterInput) { ocppMessages(filter: $f) { nodes { id } } }', {
        f: filter,
      })
    ).errors?.[0]?.extensions?.['code'];
  expect(await ask({ actions: Array.from({ length: 101 }, (_, i) => `A${i}`) })).toBe('BAD_REQUEST');
  expect(await ask({ messageId: 'x'.repeat(256) })).toBe('BAD_REQUEST');
});

test('a subscriber hears frames when they are stored, only those it asked for', async () => {
  const quiet = await hub.booted('WL-QUIET');
  const chargePoint = await hub.booted('WL-LIVE');
  await logged(hub); // or the boots would be heard too
  const id = await chargePointId(hub, 'WL-LIVE');
  const stream = hub.api.subscribe<{ ocppMessages: { sequence: number; message: { text: string } } }>(
    'subscription ($filter: OcppMessageFilterInput) { ocppMessages(filter: $filter) { sequence message { text } } }',
    { filter: { chargePointIds: [id], types: ['CALL'], actions: ['Heartbeat'] } },
  );
  const first = stream.next();
  await until(async () => {
    await quiet.call('Heartbeat');
    await chargePoint.call('Heartbeat', {}, { id: 'live' });
    return Promise.race([first.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 600, false))]);
  });
  expect((await first).data?.ocppMessages.message.text).toBe('[2,"live","Heartbeat",{}]');
  await stream.close();
});

test('after a restart the log is still there, and goes on', async () => {
  const { database } = hub;
  const before = await logged(hub, { actions: ['BootNotification'], types: ['CALL'] });
  const second = await startTestHub({ database });
  try {
    const chargePoint = await second.booted('WL-RESTART');
    await chargePoint.call('Heartbeat');
    const after = await logged(second, { actions: ['BootNotification'], types: ['CALL'] });
    expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
    expect(after.at(-1)?.chargePoint?.identity).toBe('WL-RESTART');
  } finally {
    await second.close();
  }
  // what was under way when it stopped was written
  const kept = await logged(hub, { chargePointIds: [await chargePointId(hub, 'WL-RESTART')] });
  expect(kept).toHaveLength(4);
});

test('switched off, nothing is stored', async () => {
  const off = await startTestHub({ settings: { HUB_WIRE_LOG: 'off' } });
  try {
    await (await off.booted('WL-OFF')).call('Heartbeat');
    expect(await logged(off)).toEqual([]);
  } finally {
    await off.close();
  }
});
