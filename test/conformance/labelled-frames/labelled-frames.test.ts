import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';
import { strictFields, tolerantFields } from './fields.ts';
import { brokenFrames, repeatedFrames, sizedFrames, strictFrames } from './frames.ts';
import { id, type LabelledFrame } from './label.ts';

let hub: TestHub;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
beforeAll(async () => {
  process.on('unhandledRejection', onRejection);
  hub = await startTestHub({ settings: { OCPP_FRAME_BYTES_MAX: '65536' } });
});
afterAll(async () => {
  await hub.close();
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
});

type Raw = readonly unknown[];

/** A known action that this hub does not serve is told NotSupported, whatever its payload. RPC error table. */
async function asServed(station: ScriptedChargePoint, frames: readonly LabelledFrame[]): Promise<LabelledFrame[]> {
  const unserved: string[] = [];
  for (const action of ['FirmwareStatusNotification', 'DiagnosticsStatusNotification']) {
    const [, , code] = await station.call(action, { status: 'Idle' });
    if (code === 'NotSupported') unserved.push(`[2,"${id}","${action}"`);
  }
  return frames.map((frame) =>
    unserved.some((start) => frame.text.startsWith(start)) ? { ...frame, expected: 'NotSupported' } : frame,
  );
}

/** What came between two good calls. */
function outcomeOf(answers: readonly Raw[], wanted: string | number): string {
  if (answers.length === 0) return 'ignored';
  if (answers.length > 1) return `${answers.length} answers`;
  const [[kind, answered, code] = []] = answers;
  if (answered !== wanted) return `an answer to ${JSON.stringify(answered)}`;
  return kind === 3 ? 'result' : String(code);
}

/** Says every frame, a Heartbeat after each, and gives what is not as labelled. */
async function mislabelled(station: ScriptedChargePoint, labelled: readonly LabelledFrame[]): Promise<string[]> {
  const frames = await asServed(station, labelled);
  const { socket } = station;
  const answers: Raw[] = [];
  const lastId = `good-${frames.length - 1}`;
  const done = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const frame: Raw = JSON.parse(String(data));
      answers.push(frame);
      if (frame[1] === lastId) resolve();
    });
    void station.closed.then(({ code }) => reject(new Error(`the socket closed with ${code}`)));
  });
  frames.forEach(({ text }, index) => {
    socket.send(text);
    socket.send(`[2,"good-${index}","Heartbeat",{}]`);
  });
  await done;
  let from = 0;
  return frames.flatMap(({ name, expected, id: wanted = id }, index) => {
    const to = answers.findIndex(([kind, answered]) => kind === 3 && answered === `good-${index}`);
    const outcome = outcomeOf(answers.slice(from, to), wanted);
    from = to + 1;
    return outcome === expected ? [] : [`${name}: ${outcome} instead of ${expected}`];
  });
}

async function strictStation(): Promise<ScriptedChargePoint> {
  await hub.api.data(
    'mutation { createChargePoint(input: { identity: "STRICT", validationMode: STRICT }) { __typename } }',
  );
  return await hub.booted('STRICT');
}

describe('every labelled frame has the answer that the rules give it, and the next good one is served', () => {
  test('there are many of them', () => {
    const all = [tolerantFields, strictFields, brokenFrames, repeatedFrames, strictFrames, sizedFrames].flat();
    expect(all.length).toBeGreaterThan(600);
  });

  test('frames that are wrong in themselves', async () => {
    expect(await mislabelled(await hub.booted('BROKEN'), brokenFrames)).toEqual([]);
  });

  test('payloads with one thing wrong, repaired', async () => {
    expect(await mislabelled(await hub.booted('FIELDS'), tolerantFields)).toEqual([]);
  });

  test('repeated frames', async () => {
    expect(await mislabelled(await hub.booted('REPEATED'), repeatedFrames)).toEqual([]);
  });

  test('payloads with one thing wrong, and odd frames, of a strict charge point', async () => {
    expect(await mislabelled(await strictStation(), [...strictFields, ...strictFrames])).toEqual([]);
  });

  test('frames around the largest one that is taken', async () => {
    for (const { name, text, expected } of sizedFrames) {
      const station = await hub.booted('SIZED');
      station.socket.send(text);
      if (expected === 'closed 1009') expect((await station.closed).code, name).toBe(1009);
      else expect((await station.call('Heartbeat'))[0], name).toBe(3);
    }
    expect((await (await hub.booted('SIZED')).call('Heartbeat'))[0]).toBe(3);
  });
});
