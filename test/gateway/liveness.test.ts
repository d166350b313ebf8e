import { describe, expect, test } from 'vitest';
import { watchLiveness } from '../../src/gateway/liveness.ts';
import { createManualClock } from '../support/manual-clock.ts';

function watch() {
  const clock = createManualClock();
  const seen = { pings: 0, dead: 0, isPaused: false };
  const liveness = watchLiveness({
    clock,
    intervalMs: 60_000,
    ping: () => seen.pings++,
    isPaused: () => seen.isPaused,
    onDead: () => seen.dead++,
  });
  return { clock, seen, liveness };
}

describe('CON-10: liveness', () => {
  test('a station that once answered a ping and then falls silent is dead two intervals after an unanswered one', () => {
    const { clock, seen, liveness } = watch();
    clock.advance(60_000);
    liveness.ponged();
    clock.advance(120_000);
    expect(seen).toMatchObject({ pings: 3, dead: 0 });
    clock.advance(60_000);
    expect(seen).toMatchObject({ pings: 3, dead: 1 });
    expect(clock.waiting()).toBe(0);
  });

  test('a station that stops answering pings but sends messages lives', () => {
    const { clock, seen, liveness } = watch();
    liveness.ponged();
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      liveness.heard();
    }
    expect(seen).toMatchObject({ pings: 60, dead: 0 });
  });

  test('a station that never answers pings is judged by its Heartbeats every five minutes', () => {
    const { clock, seen, liveness } = watch();
    for (let round = 0; round < 10; round++) {
      clock.advance(300_000);
      liveness.heard();
    }
    expect(seen.dead).toBe(0);
    clock.advance(11 * 60_000);
    expect(seen.dead).toBe(1);
  });

  test('while the hub does not read, silence says nothing', () => {
    const { clock, seen, liveness } = watch();
    liveness.ponged();
    seen.isPaused = true;
    clock.advance(20 * 60_000);
    expect(seen.dead).toBe(0);
  });

  test('a stopped watch neither pings nor kills', () => {
    const { clock, seen, liveness } = watch();
    liveness.stop();
    clock.advance(3_600_000);
    expect(seen).toMatchObject({ pings: 0, dead: 0 });
  });
});
