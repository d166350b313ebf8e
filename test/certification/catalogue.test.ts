import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';

const folder = new URL('.', import.meta.url);

/** Ids of the cases that are registered in the test files beside this one, with repetitions. */
const registered = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'catalogue.test.ts')
  .flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/certificationCase\(\s*'([^']+)',\s*'([^']+)'/g)].map(
      ([, id = '', title = '']) => ({ id, title }),
    ),
  );

test('the catalogue has the 77 cases, 62 functional and 15 of security', () => {
  expect(new Set(catalogue.map(({ id }) => id)).size).toBe(77);
  const count = (profile: string) => catalogue.filter((entry) => entry.profile === profile).length;
  expect({
    core: count('Core'),
    localList: count('Local Authorization List Management'),
    firmware: count('Firmware Management'),
    reservation: count('Reservation'),
    trigger: count('Remote Trigger'),
    smartCharging: count('Smart Charging'),
    security: count('Security'),
  }).toEqual({ core: 34, localList: 6, firmware: 5, reservation: 10, trigger: 2, smartCharging: 5, security: 15 });
});

test('no test has an id that is not in the catalogue, and no id has two tests', () => {
  const known = new Map(catalogue.map(({ id, name }) => [id, name]));
  const ofHub = registered.filter(({ id }) => !id.endsWith('_CS')); // those are what charge points are tested for
  expect(ofHub.filter(({ id }) => !known.has(id))).toEqual([]);
  expect(registered.map(({ id }) => id)).toHaveLength(new Set(registered.map(({ id }) => id)).size);
});

describe.each(catalogue.filter(({ profile }) => profile !== 'Security'))('$profile', ({ id, name }) => {
  test(`${id} ${name}: has a test`, () => {
    expect(registered.map((one) => one.id)).toContain(id);
  });
});

describe('Security', () => {
  for (const { id, name, profile } of catalogue) {
    if (profile === 'Security' && !registered.some((one) => one.id === id)) test.todo(`${id} ${name}`);
  }
});
