import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFrame } from '../../src/ocpp/frame.ts';
import { asJsonSchema, type JsonSchema } from '../../src/ocpp/json-schema.ts';
import { findRepair, isRepairName, propertyRepairTable, repairTable } from '../../src/ocpp/repair-table.ts';
import { messages16 } from '../../src/ocpp/v16/index.ts';
import { deviation, deviations } from '../support/deviations.ts';

const folders = [import.meta.dirname, join(import.meta.dirname, '..', 'conformance')];
const texts = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => /^deviations.*\.test\.ts$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8')),
);

test('every known deviation has a test', () => {
  const tested = new Set(texts.flatMap((text) => [...text.matchAll(/deviation\('([^']+)'/g)].map(([, id]) => id)));
  expect(Object.keys(deviations).filter((id) => !tested.has(id))).toEqual([]);
});

test('every name that the repairs note is in the table', () => {
  const source = join(import.meta.dirname, '../../src');
  const noted = ['ocpp/repairs.ts', 'ocpp/frame.ts', 'gateway/station-tolerance.ts'].flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/(?:note|push)\('([A-Za-z]+)'\)/g)].map(([, name]) => name),
  );
  expect(noted.length).toBeGreaterThan(20);
  expect(noted.filter((name) => name === undefined || !isRepairName(name))).toEqual([]);
});

test('every property of every message can be named in front of a repair', () => {
  const names = new Set<string>();
  const collect = (schema: JsonSchema): void => {
    for (const [name, part] of Object.entries(schema.properties ?? {})) {
      names.add(name);
      collect(part);
    }
    if (schema.items) collect(schema.items);
  };
  for (const { request, response } of messages16)
    for (const schema of [request, response]) collect(asJsonSchema(schema));
  expect(names.size).toBeGreaterThan(60);
  for (const name of names) {
    for (const suffix of ['Missing', 'TooLong', 'Malformed', 'Unreadable'] as const) {
      expect(findRepair(`${name}${suffix}`), `${name}${suffix}`).toBe(propertyRepairTable[suffix]);
    }
  }
  expect(findRepair('__proto__')).toBeUndefined();
  expect(findRepair('constructor')).toBeUndefined();
  expect(findRepair('a.b.TooLong')).toBeUndefined();
  expect(findRepair('$setMissing')).toBeUndefined();
  expect(findRepair('wordCase')).toBe(repairTable.wordCase);
});

deviation('4.1-13', () => {
  expect(parseFrame('[4,"","GenericError","",{}]')).toMatchObject({ kind: 'error', messageId: '' });
  expect(parseFrame('[2,7,"Heartbeat",{}]')).toMatchObject({ messageId: 7, repairs: ['numericMessageId'] });
  expect(parseFrame('[2,"","Heartbeat",{}]')).toMatchObject({ messageId: '', repairs: ['emptyMessageId'] });
  expect(parseFrame(`[2,"${'i'.repeat(37)}","Heartbeat",{}]`)).toMatchObject({ repairs: ['longMessageId'] });
});

deviation('4.1-14', () => {
  for (const [sent, read] of [
    ['FormatViolation', 'FormationViolation'],
    ['formationviolation', 'FormationViolation'],
    ['OccurrenceConstraintViolation', 'OccurenceConstraintViolation'],
    ['OccurenceConstraintViolation', 'OccurenceConstraintViolation'],
    ['VendorsOwn', 'VendorsOwn'],
    ['', 'GenericError'],
  ]) {
    expect(parseFrame(JSON.stringify([4, 'a', sent, '', {}]))).toMatchObject({ code: read });
  }
});

deviation('4.1-11', () => {
  expect(parseFrame('[2,"a","Heartbeat",null]')).toMatchObject({ payload: {}, repairs: ['nullPayload'] });
  expect(parseFrame('[2,"a","Heartbeat"]')).toMatchObject({ payload: {}, repairs: ['missingPayload'] });
  expect(parseFrame('[2,"a","Heartbeat",{},"x"]')).toMatchObject({ payload: {}, repairs: ['furtherFrameParts'] });
  expect(parseFrame('[2,"a","Heartbeat",{}]')).not.toHaveProperty('repairs');
});
