import { expect, test } from 'vitest';
import { createBoundedQueue } from '../../../src/capabilities/wire-log/bounded-queue.ts';

const queue = (itemsMax: number, sizeMax: number) => {
  const dropped: number[] = [];
  return { dropped, ...createBoundedQueue<number>({ itemsMax, sizeMax, onDropped: (item) => dropped.push(item) }) };
};

test('the oldest make room when there are too many, or too large ones', () => {
  const few = queue(3, 1_000);
  for (let item = 1; item <= 5; item++) few.push(item, 1);
  expect(few.dropped).toEqual([1, 2]);
  expect(few.take(10, 1_000)).toEqual([3, 4, 5]);
  const small = queue(100, 10);
  for (let item = 1; item <= 4; item++) small.push(item, 4);
  expect(small.dropped).toEqual([1, 2]);
  small.push(5, 500);
  expect(small.take(10, 1)).toEqual([5]); // one is always kept, and always taken
});

test('what is taken leaves in order, in pieces of bounded size, over many thousands', () => {
  const long = queue(100_000, 1_000_000);
  for (let item = 0; item < 10_000; item++) long.push(item, 2);
  const taken: number[] = [];
  for (let piece = long.take(300, 100); piece.length > 0; piece = long.take(300, 100)) {
    expect(piece.length).toBeLessThanOrEqual(50);
    taken.push(...piece);
    if (taken.length === 5_000) long.push(10_000, 2);
  }
  expect(taken).toEqual(Array.from({ length: 10_001 }, (_, item) => item));
  expect(long.length()).toBe(0);
  expect(long.dropped).toEqual([]);
});
