import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';

describe('through the hub', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub();
  });
  afterAll(() => hub.close());

  const create = (input: string) =>
    hub.api.data<{ createToken: { __typename: string } }>(
      `mutation { createToken(input: { ${input} }) { __typename ... on Error { message } } }`,
    );

  test('Authorize answers from the store, in any letter case, with group and expiry (AUT-2, AUT-3, ID-1)', async () => {
    await create('value: "Card-1", groupId: "FLEET", validUntil: "2035-01-01T00:00:00Z"');
    await create('value: "OLD", validUntil: "2020-01-01T00:00:00Z"');
    await create('value: "BAD", status: BLOCKED');
    const chargePoint = await hub.booted('AUTH-1');
    const answers = [];
    for (const idTag of ['CARD-1', 'card-1', 'OLD', 'BAD', 'NOBODY', 'X'.repeat(30)]) {
      answers.push((await chargePoint.call('Authorize', { idTag }))[2]);
    }
    const good = { idTagInfo: { status: 'Accepted', parentIdTag: 'FLEET', expiryDate: '2035-01-01T00:00:00.000Z' } };
    expect(answers).toEqual([
      good,
      good,
      { idTagInfo: { status: 'Expired', expiryDate: '2020-01-01T00:00:00.000Z' } },
      { idTagInfo: { status: 'Blocked' } },
      { idTagInfo: { status: 'Invalid' } },
      { idTagInfo: { status: 'Invalid' } },
    ]);
    expect(chargePoint.faults).toEqual([]);
    expect(await hub.database.store.collection('authorizationAttempts').countDocuments({})).toBe(6);
    expect(await hub.database.store.collection('events').countDocuments({ type: 'TOKEN_AUTHORIZED' })).toBe(6);
  });

  test('values are unique whatever their letter case; versions guard changes; null clears, absent leaves', async () => {
    expect((await create('value: "twin", note: "one"')).createToken.__typename).toBe('CreateTokenPayload');
    expect((await create('value: "TWIN"')).createToken.__typename).toBe('ConflictError');
    const update = (rest: string) =>
      hub.api.data<{ updateToken: Record<string, unknown> }>(
        `mutation { updateToken(input: { token: { value: "Twin" } ${rest} }) { __typename
          ... on UpdateTokenPayload { token { note status version } } ... on VersionConflictError { currentVersion } } }`,
      );
    expect((await update('status: BLOCKED, ifVersion: 1')).updateToken).toMatchObject({
      token: { note: 'one', status: 'BLOCKED', version: 2 },
    });
    expect((await update('note: null, ifVersion: 1')).updateToken).toMatchObject({
      __typename: 'VersionConflictError',
      currentVersion: 2,
    });
    expect((await update('note: null')).updateToken).toMatchObject({ token: { note: null, status: 'BLOCKED' } });
  });

  test('creating, changing and deleting a token is told', async () => {
    await create('value: "Told"');
    await hub.api.data('mutation { updateToken(input: { token: { value: "told" }, status: BLOCKED }) { __typename } }');
    await hub.api.data('mutation { deleteToken(input: { token: { value: "told" } }) { __typename } }');
    const { events } = await hub.api.data<{ events: { nodes: { tokenValue: string }[] } }>(
      `{ events(first: 100, filter: { types: [TOKEN_CHANGED] }) { nodes { type ... on TokenChangedEvent {
        tokenValue change blocked token { id } } } } }`,
    );
    const told = { type: 'TOKEN_CHANGED', tokenValue: 'Told', token: null };
    expect(events.nodes.filter(({ tokenValue }) => tokenValue === 'Told')).toEqual([
      { ...told, change: 'CREATED', blocked: false },
      { ...told, change: 'UPDATED', blocked: true },
      { ...told, change: 'DELETED', blocked: true },
    ]);
  });

  test('another tenant neither sees nor uses the tokens', async () => {
    const foreign = await hub.foreignClient();
    expect(await foreign.data('{ token(by: { value: "Card-1" }) { id } tokens { nodes { id } } }')).toEqual({
      token: null,
      tokens: { nodes: [] },
    });
  });
});
