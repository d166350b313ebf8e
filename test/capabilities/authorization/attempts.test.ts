import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorizationAttempt } from '../../../src/capabilities/authorization/model.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { wasteful } from '../../support/query-plans.ts';
import { type ChargingHub, createChargingHub } from '../transactions/fixture.ts';

let fixture: ChargingHub;
beforeAll(async () => {
  fixture = await createChargingHub();
});
afterAll(() => fixture.hub.close());

const create = (tenantId: string, input: string) =>
  fixture.hub.data(tenantId, `mutation { createToken(input: { ${input} }) { __typename ... on Error { message } } }`);
const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 11, minute));
const send = (chargePoint: LinkedChargePoint, action: string, payload: object, minute: number) =>
  fixture.hub.receive(chargePoint, action, payload, { receivedAt: at(minute) });
const started = (idTag: string, minute: number) => ({
  connectorId: 1,
  idTag,
  meterStart: 0,
  timestamp: at(minute).toISOString(),
});
const stored = (tenantId: string) =>
  fixture.hub.database.store
    .collection<AuthorizationAttempt>('authorizationAttempts')
    .find({ tenantId })
    .sort({ at: 1 })
    .toArray();

interface Listed {
  readonly nodes: readonly { readonly tokenValue: string; readonly purpose: string }[];
  readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
}
const list = async (tenantId: string, args: string) => {
  const text = `{ authorizationAttempts${args && `(${args})`} { nodes { tokenValue purpose } pageInfo { endCursor hasNextPage } } }`;
  const { authorizationAttempts } = await fixture.hub.data<{ authorizationAttempts: Listed }>(tenantId, text);
  return authorizationAttempts;
};
const shown = ({ nodes }: Listed) => nodes.map(({ tokenValue, purpose }) => `${purpose} ${tokenValue}`);

describe('every question about a token is logged with its answer', () => {
  test('Authorize, start and stop, each with what was decided, where and how fast', async () => {
    await create('kinds', 'value: "Card"');
    await create('kinds', 'value: "Other", status: BLOCKED');
    const chargePoint = await fixture.station('kinds');
    await send(chargePoint, 'Authorize', { idTag: 'card' }, 1);
    const start = await send(chargePoint, 'StartTransaction', started('Card', 2), 2);
    const { transactionId } = start as { transactionId: number };
    const stop = { transactionId, meterStop: 1, timestamp: at(3).toISOString(), idTag: 'Other' };
    expect(await send(chargePoint, 'StopTransaction', stop, 3)).toEqual({ idTagInfo: { status: 'Blocked' } });
    const text = `{ authorizationAttempts { nodes { chargePoint { identity } connectorId tokenValue token { value } purpose
      decision { status reason } latencyMs at } } }`;
    const chargePointShown = { identity: chargePoint.identity };
    const accepted = { status: 'ACCEPTED', reason: 'TOKEN_ACCEPTED' };
    const hour = 3_600_000; // the clock stands at 12:00
    expect(await fixture.hub.data('kinds', text)).toEqual({
      authorizationAttempts: {
        nodes: [
          {
            chargePoint: chargePointShown,
            connectorId: 1,
            tokenValue: 'Other',
            token: { value: 'Other' },
            purpose: 'STOP',
            decision: { status: 'BLOCKED', reason: 'TOKEN_BLOCKED' },
            latencyMs: hour - 3 * 60_000,
            at: at(3).toISOString(),
          },
          {
            chargePoint: chargePointShown,
            connectorId: 1,
            tokenValue: 'Card',
            token: { value: 'Card' },
            purpose: 'START',
            decision: accepted,
            latencyMs: hour - 2 * 60_000,
            at: at(2).toISOString(),
          },
          {
            chargePoint: chargePointShown,
            connectorId: null,
            tokenValue: 'card',
            token: { value: 'Card' },
            purpose: 'AUTHORIZE',
            decision: accepted,
            latencyMs: hour - 60_000,
            at: at(1).toISOString(),
          },
        ],
      },
    });
    const [transaction] = await fixture.transactionsOf(chargePoint);
    expect((await stored('kinds')).map((attempt) => attempt.transactionId)).toEqual([
      undefined,
      transaction?._id,
      transaction?._id,
    ]);
  });

  test('a start or stop that is repeated is one attempt, with the answer that was given', async () => {
    await create('repeats', 'value: "Card"');
    const chargePoint = await fixture.station('repeats');
    const start = await send(chargePoint, 'StartTransaction', started('Card', 1), 1);
    await fixture.hub.data(
      'repeats',
      'mutation { updateToken(input: { token: { value: "Card" }, status: BLOCKED }) { __typename } }',
    );
    expect(await send(chargePoint, 'StartTransaction', started('Card', 1), 2)).toEqual(start);
    const { transactionId } = start as { transactionId: number };
    const stop = { transactionId, meterStop: 1, timestamp: at(3).toISOString(), idTag: 'Card' };
    await send(chargePoint, 'StopTransaction', stop, 3);
    await send(chargePoint, 'StopTransaction', stop, 4);
    expect((await stored('repeats')).map(({ purpose, decision }) => `${purpose} ${decision.status}`)).toEqual([
      'START ACCEPTED',
      'STOP BLOCKED',
    ]);
  });

  test('a stop without a token is none, one of an unknown transaction is', async () => {
    const chargePoint = await fixture.station('orphans');
    const stop = { transactionId: 77, meterStop: 1, timestamp: at(3).toISOString() };
    await send(chargePoint, 'StopTransaction', stop, 1);
    await send(chargePoint, 'StopTransaction', { ...stop, idTag: 'Card' }, 2);
    expect(await stored('orphans')).toMatchObject([{ purpose: 'STOP', decision: { reason: 'TOKEN_UNKNOWN' } }]);
  });

  test('a token longer than any that is stored is unknown without a look, and cut off in the log', async () => {
    const chargePoint = await fixture.station('long');
    await fixture.hub.plans();
    const decision = await fixture.authorization.operations.authorize({
      tenantId: 'long',
      chargePointId: chargePoint.id,
      tokenValue: 'x'.repeat(100_000),
      purpose: 'AUTHORIZE',
      receivedAt: at(1),
    });
    expect(decision).toEqual({ status: 'INVALID', reason: 'TOKEN_UNKNOWN' });
    expect((await fixture.hub.plans()).map(({ collection }) => collection)).not.toContain('tokens');
    expect(await stored('long')).toMatchObject([{ tokenValue: 'x'.repeat(255), tokenKey: 'X'.repeat(255) }]);
  });
});

describe('the log is a list', () => {
  let first: LinkedChargePoint;
  let second: LinkedChargePoint;
  const globalId = async ({ identity }: LinkedChargePoint) => {
    const text = `{ chargePoint(by: { identity: "${identity}" }) { id } }`;
    return (await fixture.hub.data<{ chargePoint: { id: string } }>('listed', text)).chargePoint.id;
  };
  beforeAll(async () => {
    await create('listed', 'value: "Good"');
    await create('listed', 'value: "Bad", status: BLOCKED');
    [first, second] = [await fixture.station('listed'), await fixture.station('listed')];
    for (const [minute, idTag] of ['Good', 'bad', 'Nobody', 'GOOD'].entries()) {
      await send(minute % 2 === 0 ? first : second, 'Authorize', { idTag }, minute);
    }
    await send(first, 'StartTransaction', started('Bad', 10), 10);
  });

  test('in pages, newest first', async () => {
    const begin = await list('listed', 'first: 2');
    expect(shown(begin)).toEqual(['START Bad', 'AUTHORIZE GOOD']);
    const next = await list('listed', `first: 3, after: "${begin.pageInfo.endCursor}"`);
    expect(shown(next)).toEqual(['AUTHORIZE Nobody', 'AUTHORIZE bad', 'AUTHORIZE Good']);
    expect(next.pageInfo.hasNextPage).toBe(false);
  });

  test('by charge point, token, purpose, answer and time, always from an index', async () => {
    await fixture.hub.plans();
    const filtered = async (filter: string) => shown(await list('listed', `filter: { ${filter} }`));
    const id = await globalId(second);
    expect(await filtered(`chargePointIds: ["${id}"]`)).toEqual(['AUTHORIZE GOOD', 'AUTHORIZE bad']);
    expect(await filtered('tokenValues: ["BAD"]')).toEqual(['START Bad', 'AUTHORIZE bad']);
    expect(await filtered('tokenValues: ["BAD", "nobody"]')).toEqual([
      'START Bad',
      'AUTHORIZE Nobody',
      'AUTHORIZE bad',
    ]);
    expect(await filtered('purposes: [START, STOP]')).toEqual(['START Bad']);
    expect(await filtered('statuses: [ACCEPTED]')).toEqual(['AUTHORIZE GOOD', 'AUTHORIZE Good']);
    expect(await filtered('statuses: [BLOCKED, EXPIRED]')).toEqual(['START Bad', 'AUTHORIZE bad']);
    expect(await filtered(`chargePointIds: ["${id}"], statuses: [BLOCKED]`)).toEqual(['AUTHORIZE bad']);
    expect(await filtered('at: { from: "2026-06-01T11:02:00Z", to: "2026-06-01T11:03:00Z" }')).toEqual([
      'AUTHORIZE Nobody',
    ]);
    const plans = await fixture.hub.plans();
    const attempts = plans.filter(({ collection }) => collection === 'authorizationAttempts');
    expect(attempts).toHaveLength(8);
    expect(plans.filter(wasteful)).toEqual([]);
  });

  test('of a token and of a charge point', async () => {
    const nodes = '{ nodes { tokenValue purpose } }';
    const text = `{ token(by: { value: "bad" }) { authorizationAttempts ${nodes} }
      chargePoint(by: { identity: "${second.identity}" }) { authorizationAttempts(first: 1) ${nodes} } }`;
    expect(await fixture.hub.data('listed', text)).toEqual({
      token: {
        authorizationAttempts: {
          nodes: [
            { tokenValue: 'Bad', purpose: 'START' },
            { tokenValue: 'bad', purpose: 'AUTHORIZE' },
          ],
        },
      },
      chargePoint: { authorizationAttempts: { nodes: [{ tokenValue: 'GOOD', purpose: 'AUTHORIZE' }] } },
    });
  });

  test('that no other tenant sees, whatever it asks for', async () => {
    const id = await globalId(first);
    expect((await list('foreign', '')).nodes).toEqual([]);
    expect((await list('foreign', `filter: { chargePointIds: ["${id}"], tokenValues: ["Good"] }`)).nodes).toEqual([]);
  });

  test('whose filters have a limit', async () => {
    const values = JSON.stringify(Array.from({ length: 501 }, (_, index) => `T${index}`));
    const { errors } = await fixture.hub.query(
      'listed',
      `{ authorizationAttempts(filter: { tokenValues: ${values} }) { nodes { tokenValue } } }`,
    );
    expect(errors).toMatchObject([{ message: 'a list in a filter has at most 500 values' }]);
  });
});

test('a decision reads by index only, however many tokens there are', async () => {
  await create('plans', 'value: "Member", groupId: "Fleet", allowConcurrent: 1');
  await create('plans', 'value: "Fleet", groupId: "Fleet"');
  const chargePoint = await fixture.station('plans');
  await fixture.hub.plans();
  await send(chargePoint, 'Authorize', { idTag: 'Member' }, 1);
  const asked = await fixture.hub.plans();
  expect(asked.map(({ collection }) => collection).sort()).toEqual(['chargePointAccess', 'tokens', 'tokens']);
  expect(asked.filter(wasteful)).toEqual([]);
  await send(chargePoint, 'StartTransaction', started('Member', 2), 2);
  expect((await fixture.hub.plans()).filter(wasteful)).toEqual([]);
});

test('attempts are deleted when they are old, piece by piece', async () => {
  const chargePoint = await fixture.station('old');
  for (const [index, day] of ['2026-01-01', '2026-03-03T12:30:00Z', '2026-03-04'].entries()) {
    await fixture.hub.receive(chargePoint, 'Authorize', { idTag: `D${index}` }, { receivedAt: new Date(day) });
  }
  await fixture.authorization.start?.();
  await fixture.hub.clock.advanceSettled(3_600_000); // 2026-06-01T13:00, 90 days after the second
  const deadline = Date.now() + 5_000;
  while ((await stored('old')).length > 1 && Date.now() < deadline);
  expect((await stored('old')).map(({ tokenValue }) => tokenValue)).toEqual(['D2']);
  await fixture.authorization.stop?.();
});
