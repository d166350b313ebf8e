import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { followAll, numbered, numberOf, openLog, range, tenantId, turn, until } from './support.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heapBytes = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

test('20,000 events: stuck readers cost nothing, a slow and a fast one hear all once, in order', async () => {
  const database = await createTestDatabase();
  const log = await openLog(database.store);
  const [total, eventBytes] = [20_000, 2_000];
  const after = await log.endCursor();
  const data = (n: number) => ({ n, text: `${n}`.padEnd(eventBytes, '·') });

  const stuck = range(0, 20).map(() =>
    log.follow({ tenantId, filter: {}, signal: new AbortController().signal })[Symbol.asyncIterator](),
  );
  for (const reader of stuck) expect(await reader.next()).toMatchObject({ value: { kind: 'caughtUp' } });

  /** How many events were heard; stops counting at the first one that is not the next. */
  const heard = { fast: 0, slow: 0 };
  const fast = followAll(log, { after }, (item) => {
    fast.items.length = 0;
    if (item.kind === 'event' && numberOf(item.event) === heard.fast) heard.fast += 1;
  });
  const slow = followAll(log, { after }, async (item) => {
    slow.items.length = 0;
    if (item.kind === 'event' && numberOf(item.event) === heard.slow) heard.slow += 1;
    if (heard.slow % 20 === 0) await turn();
  });

  const heapBefore = heapBytes();
  let lagMax = 0;
  for (let from = 0; from < total; from += 500) {
    await Promise.all(range(from, from + 500).map((n) => log.append(numbered(n, { data: data(n) }))));
    lagMax = Math.max(lagMax, from + 500 - heard.slow);
  }
  await until(() => heard.fast === total && heard.slow === total, 'both have heard all', 60_000);
  const heapGrowth = heapBytes() - heapBefore;
  await Promise.all([fast.stop(), slow.stop()]);

  // Slow indeed: it fell behind by far more than its buffer holds, and was served from the log.
  expect(lagMax).toBeGreaterThan(1_000);
  expect(heapGrowth).toBeLessThan((total * eventBytes) / 8);

  // A stuck reader finds everything when it wakes up.
  const [woken] = stuck;
  for (let seen = 0; seen < total; ) {
    const { value } = (await woken?.next()) ?? {};
    if (value?.kind === 'event') {
      expect(numberOf(value.event)).toBe(seen);
      seen += 1;
    }
  }
  await log.close();
  await database.close();
}, 120_000);
