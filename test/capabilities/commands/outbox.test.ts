import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../src/capabilities/commands/index.ts';
import { createOutbox } from '../../../src/capabilities/commands/outbox.ts';
import type { Link } from '../../../src/gateway/adapter.ts';
import { createLogger } from '../../../src/kernel/log.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { silence } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from './fixture.ts';

let hub: TestHub;
let count = 0;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

const queued = 'whenOffline: QUEUE, wait: { until: ACCEPTED_BY_HUB, timeoutSeconds: 0 }';
const run = (name: string, input: string, fields = 'status') => runCommand(hub.api, name, input, fields);
/** A charge point that was there once and is not now. */
async function away(): Promise<string> {
  const identity = `BOX-${++count}`;
  const station = await hub.booted(identity);
  await station.close();
  await until(async () => !(await stateOfLink(identity)));
  return identity;
}
const stateOfLink = async (identity: string) =>
  (
    await hub.api.data<{ chargePoint: { link: { connected: boolean } } }>(
      `{ chargePoint(by: { identity: "${identity}" }) { link { connected } } }`,
    )
  ).chargePoint.link.connected;
const stateOf = async (id: string | undefined, api = hub.api) =>
  (
    await api.data<{
      command: { execution: { state: string; failure: { kind: string; outcomeUnknown: boolean } | null } };
    }>(`{ command(id: "${id}") { execution { state failure { kind outcomeUnknown } } } }`)
  ).command.execution;

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 200) throw new Error('it did not come true in time');
    await sleep(25);
  }
}

describe('a command to a charge point that is away', () => {
  test('fails at once unless it may wait, and waits when it may', async () => {
    const identity = await away();
    expect((await run('clearCache', of(identity))).code).toBe('CHARGE_POINT_OFFLINE');
    const { command } = await run('clearCache', `${of(identity)}, ${queued}`);
    expect(command?.execution).toMatchObject({ state: 'QUEUED', request: {} });
    expect(await hub.api.data(`{ chargePoint(by: { identity: "${identity}" }) { queuedCommands } }`)).toEqual({
      chargePoint: { queuedCommands: 1 },
    });

    const station = await hub.connect(identity, { handlers: { ClearCache: () => ({ status: 'Accepted' }) } });
    await station.nextCall('ClearCache');
    await until(async () => (await stateOf(command?.id)).state === 'FINISHED');
    expect(station.faults).toEqual([]);
    await station.close();
  });

  test('goes out in order of urgency, one at a time, when it is back', async () => {
    const identity = await away();
    for (const [name, input] of [
      ['getConfiguration', ''],
      ['clearCache', ''],
      ['unlockConnector', 'connectorId: 1'],
      ['changeConfiguration', 'key: "HeartbeatInterval", value: "60"'],
    ] as const) {
      const { command } = await run(name, `${of(identity)}, ${input}, ${queued}`, 'execution { state }');
      expect(command?.execution.state).toBe('QUEUED');
    }
    let open = 0;
    let most = 0;
    const slowly = (answer: object) => async () => {
      most = Math.max(most, ++open);
      await sleep(20);
      open -= 1;
      return answer;
    };
    const station = await hub.connect(identity, {
      handlers: {
        GetConfiguration: slowly({}),
        ClearCache: slowly({ status: 'Accepted' }),
        UnlockConnector: slowly({ status: 'Unlocked' }),
        ChangeConfiguration: slowly({ status: 'Accepted' }),
      },
    });
    await until(async () => station.received.length === 4);
    expect(station.received.map((frame) => frame[2])).toEqual([
      'UnlockConnector',
      'ClearCache',
      'ChangeConfiguration',
      'GetConfiguration',
    ]);
    expect(most).toBe(1);
    await station.close();
  });

  test('survives a restart of the hub', async () => {
    const first = await startTestHub({ database: hub.database });
    const { chargePoint } = await first.api.data<{ chargePoint: { identity: string } | null }>(
      '{ chargePoint(by: { identity: "never" }) { identity } }',
    );
    expect(chargePoint).toBeNull();
    const identity = `BOX-${++count}`;
    await (await first.booted(identity)).close();
    const { command } = await runCommand(first.api, 'reset', `${of(identity)}, type: SOFT, ${queued}`);
    await first.close();
    const second = await startTestHub({ database: hub.database });
    expect((await stateOf(command?.id, second.api)).state).toBe('QUEUED');
    const station = await second.connect(identity, { handlers: { Reset: () => ({ status: 'Accepted' }) } });
    expect((await station.nextCall('Reset'))[3]).toEqual({ type: 'Soft' });
    await until(async () => (await stateOf(command?.id, second.api)).state === 'RESPONDED');
    await second.close();
  });

  test('is refused when it holds a secret, when it is wrong, and when too many wait', async () => {
    const identity = await away();
    const secret = await run('changeConfiguration', `${of(identity)}, key: "AuthorizationKey", value: "00", ${queued}`);
    expect(secret).toMatchObject({ code: 'VALIDATION', path: 'input.whenOffline' });
    const wrong = await run('unlockConnector', `${of(identity)}, connectorId: 0, ${queued}`);
    expect(wrong.code).toBe('VALIDATION');
    const tooLong = await run('clearCache', `${of(identity)}, ${queued}, expiresInSeconds: 604801`);
    expect(tooLong).toMatchObject({ path: 'input.expiresInSeconds' });
    for (let n = 0; n < 32; n += 1) await run('clearCache', `${of(identity)}, ${queued}`);
    expect((await run('clearCache', `${of(identity)}, ${queued}`)).code).toBe('COMMAND_QUEUE_FULL');
  });
});

describe('a command that waits can be taken back', () => {
  const cancel = async (id: string | undefined, api = hub.api) =>
    (
      await api.data<{ cancelCommand: { __typename: string; command?: { execution: { state: string } } } }>(
        `mutation { cancelCommand(input: { id: "${id}" }) { __typename
          ... on CancelCommandPayload { command { execution { state } } } } }`,
      )
    ).cancelCommand;

  test('and never goes out then', async () => {
    const identity = await away();
    const { command } = await run('clearCache', `${of(identity)}, ${queued}`);
    expect(await cancel(command?.id)).toMatchObject({ command: { execution: { state: 'CANCELLED' } } });
    expect((await cancel(command?.id)).__typename).toBe('ConflictError');
    const station = await hub.connect(identity);
    await station.expectNothing(100);
    expect(station.faults).toEqual([]);
    await station.close();
  });

  test('but not when it was sent, not by another tenant, and not without the scope of its operation', async () => {
    const identity = await away();
    const { command } = await run('clearCache', `${of(identity)}, ${queued}`);
    expect((await cancel(command?.id, await hub.foreignClient())).__typename).toBe('NotFoundError');
    const made = await hub.api.data<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(input: { name: "r", scopes: [REMOTE_CONTROL] }) { ... on CreateApiKeyPayload { secret } } }',
    );
    const { createGraphqlClient } = await import('../../support/graphql-client.ts');
    const limited = createGraphqlClient({ port: hub.hub.apiPort, apiKey: made.createApiKey.secret });
    const refused = await limited.query(`mutation { cancelCommand(input: { id: "${command?.id}" }) { __typename } }`);
    expect(refused.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    await limited.close();
    const station = await hub.connect(identity, { handlers: { ClearCache: () => silence } });
    await station.nextCall('ClearCache');
    expect((await cancel(command?.id)).__typename).toBe('ConflictError');
    await station.close();
  });
});

describe('a link that is lost before the answer', () => {
  const broken = async (name: string, action: string, input: string) => {
    const identity = await away();
    const { command } = await run(name, `${of(identity)}, ${input}, ${queued}`, 'execution { state }');
    const station = await hub.connect(identity, { handlers: { [action]: () => silence } });
    await station.nextCall(action);
    station.terminate();
    return { identity, id: command?.id };
  };

  test('ends a queued command that may have acted: it is not sent twice', async () => {
    const { identity, id } = await broken('reset', 'Reset', 'type: HARD');
    await until(async () => (await stateOf(id)).state === 'FAILED');
    expect((await stateOf(id)).failure).toEqual({ kind: 'LINK_LOST', outcomeUnknown: true });
    const back = await hub.connect(identity);
    await back.expectNothing(100);
    expect(back.faults).toEqual([]);
    await back.close();
  });

  test('lets a queued command go out again that does no harm twice', async () => {
    const { identity, id } = await broken('clearCache', 'ClearCache', '');
    await until(async () => (await stateOf(id)).state === 'QUEUED');
    const back = await hub.connect(identity, { handlers: { ClearCache: () => ({ status: 'Rejected' }) } });
    await back.nextCall('ClearCache');
    await until(async () => (await stateOf(id)).state === 'FINISHED');
    await back.close();
  });
});

test('the outbox delivers a command that it is told of twice once, and goes on when one cannot be delivered', async () => {
  const delivered: string[] = [];
  const outbox = createOutbox({
    link: {} as Link, // only handed on
    log: createLogger('silent'),
    deliver: async (_link, { _id }) => {
      delivered.push(_id);
      if (_id === 'bad') throw new Error('no');
    },
  });
  const command = (id: string) => ({ _id: id, requestedAt: new Date(0) }) as Command; // what the outbox looks at
  for (const id of ['bad', 'one', 'one', 'two']) outbox.add(command(id));
  await expect.poll(() => delivered).toEqual(['bad', 'one', 'two']);
  outbox.add(command('one'));
  expect(outbox.close()).toEqual([]);
  outbox.add(command('late'));
  expect(delivered).toEqual(['bad', 'one', 'two']);
});
