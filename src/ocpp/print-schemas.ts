import type { TSchema } from 'typebox';
import { toleranceKeyword } from './schema.ts';
import { messages16 } from './v16/index.ts';

/** Every payload's JSON Schema as text, by its path below `schemas/`, e.g. `ocpp1.6/ResetResponse.json`. */
export function printSchemas(): ReadonlyMap<string, string> {
  const printed = new Map<string, string>();
  for (const { action, request, response } of messages16) {
    printed.set(`ocpp1.6/${action}.json`, print(`${action}Request`, request));
    printed.set(`ocpp1.6/${action}Response.json`, print(`${action}Response`, response));
  }
  return printed;
}

const print = (title: string, schema: TSchema): string =>
  `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema }, withoutTolerance, 2)}\n`;

/** What the hub tolerates is its own affair and no JSON Schema. */
const withoutTolerance = (keyword: string, value: unknown): unknown =>
  keyword === toleranceKeyword ? undefined : value;
