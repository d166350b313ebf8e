import fc from 'fast-check';

/** A JSON Schema of an OCPP 1.6 payload, as far as payloads are generated from it. */
export interface PlainSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, PlainSchema>>;
  readonly required?: readonly string[];
  readonly items?: PlainSchema;
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly format?: string;
  readonly multipleOf?: number;
}

/** Payloads that match the schema, with and without their optional properties. */
export function payloadOf(schema: PlainSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, payloadOf(part)])),
        { requiredKeys: [...(schema.required ?? [])], noNullPrototype: true },
      );
    case 'array':
      return fc.array(payloadOf(schema.items ?? {}), { maxLength: 3 });
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 53, 2 ** 63));
    case 'number':
      return fc.integer({ min: -10_000_000, max: 10_000_000 }).map((tenths) => tenths / 10);
    case 'boolean':
      return fc.boolean();
    default:
      return fc.jsonValue();
  }
}

function textOf({ format, maxLength = 500 }: PlainSchema): fc.Arbitrary<string> {
  if (format === 'uri') return fc.webUrl();
  if (format !== 'date-time') return fc.string({ maxLength, unit: 'grapheme-ascii' });
  const instants = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  });
  return fc
    .tuple(instants, fc.constantFrom('Z', '+02:00', '-11:30'), fc.constantFrom('', '.5', '.123456789'))
    .map(([date, zone, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);
}
