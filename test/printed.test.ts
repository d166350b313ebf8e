import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { printSchemas } from '../src/ocpp/print-schemas.ts';
import { buildSchema, printSdl } from '../src/schema.ts';

const root = join(import.meta.dirname, '..');

test('schemas/ holds what `npm run print` prints: one JSON Schema per OCPP message and direction', () => {
  const folder = join(root, 'schemas');
  const printed = printSchemas();
  const committed = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));
  expect(committed.sort()).toEqual([...printed.keys()].sort());
  for (const [path, text] of printed) expect(readFileSync(join(folder, path), 'utf8'), path).toBe(text);
});

test('schema/schema.graphql holds what `npm run print` prints', () => {
  expect(readFileSync(join(root, 'schema', 'schema.graphql'), 'utf8')).toBe(printSdl());
});

test('every type, field, argument and enum value of the API is described', () => {
  const undescribed: string[] = [];
  const look = (path: string, described: { readonly description?: string | null | undefined }) => {
    if (!described.description) undescribed.push(path);
  };
  for (const type of Object.values(buildSchema().getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        if ('args' in field) for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
  }
  expect(undescribed).toEqual([]);
});
