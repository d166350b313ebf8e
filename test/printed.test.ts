import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { printSchemas } from '../src/ocpp/print-schemas.ts';

const root = join(import.meta.dirname, '..');

test('schemas/ holds what `npm run print` prints: one JSON Schema per OCPP message and direction', () => {
  const folder = join(root, 'schemas');
  const printed = printSchemas();
  const committed = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));
  expect(committed.sort()).toEqual([...printed.keys()].sort());
  for (const [path, text] of printed) expect(readFileSync(join(folder, path), 'utf8'), path).toBe(text);
});
