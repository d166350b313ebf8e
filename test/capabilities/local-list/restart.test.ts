import { expect, test } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { startListHub } from './fixture.ts';

const tokens = Array.from({ length: 9 }, (_, index) => `T${index + 1}`);

test.each([
  ['the station had taken the piece', 'silent after taking it' as const],
  ['the station had not', 'silent' as const],
])(
  'a hub that dies while a piece is unanswered goes on where it was: %s',
  async (_name, whim) => {
    const database = await createTestDatabase();
    const dead = await startListHub({ database });
    await dead.tokens(tokens);
    const before = await dead.station('CP');
    await dead.limits(before, { perMessage: 3 });
    before.whim = (_update, nth) => (nth === 2 ? whim : undefined);
    await dead.assign(await dead.list({ name: 'list', tokens }), 'CP');
    await dead.eventually('the second piece', () => before.sent.length === 2);

    // the first process does nothing any more: its clock stands still, and another one takes over its database
    const hub = await startListHub({ database, start: new Date(dead.clock.now().getTime() + 60_000) });
    const after = await hub.station('CP', { list: before.list });
    await hub.untilInSync(after, tokens);
    expect(after.sent.every(({ updateType }) => updateType === 'Differential')).toBe(true);
    const pieces = before.sent.length + after.sent.length;
    expect(pieces).toBe(whim === 'silent' ? 4 : 3); // no piece twice that had arrived
    const versions = [...before.sent, ...after.sent].map(({ listVersion }) => listVersion);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    await hub.close();
    let isClosed = false;
    void dead.close().then(() => {
      isClosed = true;
    });
    await dead.eventually('the first process ended', () => isClosed);
    await database.close();
  },
  60_000,
);

test('a change that comes while the hub is down is made up for when the charge point connects', async () => {
  const database = await createTestDatabase();
  const first = await startListHub({ database });
  await first.tokens(tokens);
  const before = await first.station('CP');
  const listId = await first.list({ name: 'list', tokens });
  await first.assign(listId, 'CP');
  await first.untilInSync(before, tokens);
  await first.mutate('changeLocalListTokens', { localList: listId, remove: ['T9'] }, 'localList { id }');
  await first.close(); // the change is written down, nothing was sent

  const hub = await startListHub({ database, start: new Date(first.clock.now().getTime() + 1_000) });
  const after = await hub.station('CP', { list: before.list });
  await hub.untilInSync(after, tokens.slice(0, 8));
  expect(after.sent).toMatchObject([{ updateType: 'Differential', localAuthorizationList: [{ idTag: 'T9' }] }]);
  await hub.close();
  await database.close();
}, 60_000);
