import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startTestHub } from '../support/hub.ts';
import { answerable, conversation } from './frames.ts';
import { fuzz } from './run.ts';

test('whatever a charge point says, each call is answered once and in order, and the next good frame is served', async () => {
  const { frames } = await fuzz(4_000, 20_261_125);
  expect(frames).toBeGreaterThanOrEqual(4_000);
}, 60_000);

test('a whole hub answers garbage in order over one socket', async () => {
  const hub = await startTestHub();
  const station = await hub.booted('FUZZ');
  const texts = fc
    .sample(conversation(50), { numRuns: 20, seed: 7 })
    .flat()
    .flatMap((step) => (step.kind === 'frame' ? [step.text] : []));
  const before = station.received.length;
  for (const text of texts) station.socket.send(text);
  expect((await station.call('Heartbeat', {}, { id: 'the good one', timeoutMs: 30_000 }))[0]).toBe(3);
  const expected = texts.map(answerable).filter((id) => id !== undefined);
  expect(station.received.slice(before).map(([, id]) => id)).toEqual([...expected, 'the good one']);
  await hub.close();
}, 60_000);
