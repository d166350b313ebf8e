import type { TSchema } from 'typebox';
import { type Tolerance, toleranceKeyword } from './schema.ts';

/** The keywords of JSON Schema that the messages use. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly format?: string;
  readonly multipleOf?: number;
  readonly [toleranceKeyword]?: Tolerance;
}

/** A TypeBox schema seen as the JSON Schema that it is. */
export const asJsonSchema = (schema: TSchema): JsonSchema => schema as JsonSchema; // TypeBox types hide the keywords

/** Short limits grow to this many characters, longer ones tenfold: configuration values are known to be that long. */
const tolerantTextMax = 255;

/**
 * The schema of what can still be understood: further properties, longer text, timestamps in any form and, where the
 * field says so, unknown words. Types and required properties stay.
 */
export function tolerantSchema(schema: JsonSchema): JsonSchema {
  switch (schema.type) {
    case 'object':
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, property]) => [name, tolerantSchema(property)]),
        ),
        ...(schema.required ? { required: schema.required } : {}),
      };
    case 'array':
      return { type: 'array', ...(schema.items ? { items: tolerantSchema(schema.items) } : {}) };
    case 'string':
      return tolerantText(schema);
    default:
      return schema.type ? { type: schema.type } : {};
  }
}

function tolerantText(schema: JsonSchema): JsonSchema {
  if (schema.enum && schema[toleranceKeyword]?.unknownWord !== 'keep') return { type: 'string', enum: schema.enum };
  if (schema.maxLength === undefined && !schema.format && !schema.enum) return { type: 'string' };
  const { maxLength = 0 } = schema;
  return { type: 'string', maxLength: maxLength < tolerantTextMax ? tolerantTextMax : 10 * maxLength };
}
