import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait of more than 24.8 days, the longest timer of the platform, does not end at once', () => {
  const days = 86_400_000;
  let ran = 0;
  systemClock.after(60 * days, () => {
    ran += 1;
  });
  vi.advanceTimersByTime(60 * days - 1);
  expect(ran).toBe(0);
  vi.advanceTimersByTime(1);
  expect(ran).toBe(1);
});

test('a long wait can be cancelled in any part of it', () => {
  let ran = 0;
  const cancel = systemClock.after(2 ** 32, () => {
    ran += 1;
  });
  vi.advanceTimersByTime(2 ** 31 + 5);
  cancel();
  vi.advanceTimersByTime(2 ** 33);
  expect(ran).toBe(0);
});
