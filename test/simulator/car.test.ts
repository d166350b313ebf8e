import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Car, charge, isFull, powerW, remainingMs } from '../../src/simulator/car.ts';
import { backOffMs } from '../../src/simulator/pace.ts';

const car = (facts: Partial<Car>): Car => ({
  batteryWh: 60_000,
  socPercent: 20,
  powerMaxW: 11_000,
  wantedWh: 40_000,
  takenWh: 0,
  chargingMs: 0,
  ...facts,
});

test('power rises, stays, falls above 80 % and ends when the battery is full or the driver has enough', () => {
  expect(powerW(car({}))).toBe(1_100);
  expect(powerW(car({ chargingMs: 20_000 }))).toBe(11_000);
  expect(powerW(car({ chargingMs: 600_000, socPercent: 79 }))).toBe(11_000);
  expect(powerW(car({ chargingMs: 600_000, socPercent: 90 }))).toBeCloseTo(6_050);
  expect(powerW(car({ socPercent: 100 }))).toBe(0);
  expect(powerW(car({ takenWh: 40_000 }))).toBe(0);
});

test('an hour at 11 kW brings close to 11 kWh', () => {
  expect(charge(car({}), 3_600_000).takenWh).toBeGreaterThan(10_900);
  expect(charge(car({}), 3_600_000).takenWh).toBeLessThanOrEqual(11_000);
});

test('a car ends full or with exactly what its driver wanted, after about the time that was foretold', () => {
  const some = fc.record({
    socPercent: fc.double({ min: 0, max: 99, noNaN: true }),
    wantedWh: fc.integer({ min: 100, max: 60_000 }),
    powerMaxW: fc.integer({ min: 1_000, max: 150_000 }),
  });
  fc.assert(
    fc.property(some, (facts) => {
      const before = car(facts);
      let after = charge(before, remainingMs(before));
      while (powerW(after) > 0) after = charge(after, Math.max(1_000, remainingMs(after)));
      expect(isFull(after) || after.takenWh === facts.wantedWh).toBe(true);
      expect(after.takenWh).toBeLessThanOrEqual(facts.wantedWh);
    }),
    { numRuns: 50 },
  );
});

test('however the time is cut, the energy never falls', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5_000, max: 600_000 }), { maxLength: 30 }), (spans) => {
      let now = car({});
      for (const span of spans) {
        const next = charge(now, span);
        expect(next.takenWh).toBeGreaterThanOrEqual(now.takenWh);
        now = next;
      }
    }),
  );
});

test('the wait before the next attempt is at random below a ceiling that doubles up to a minute', () => {
  expect(backOffMs(0, () => 0.5)).toBe(500);
  expect(backOffMs(3, () => 1)).toBe(8_000);
  expect(backOffMs(50, () => 1)).toBe(60_000);
  expect(backOffMs(50, () => 0)).toBe(0);
});
