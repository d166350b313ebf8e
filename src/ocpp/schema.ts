import { type TProperties, type TSchema, Type } from 'typebox';

/**
 * What the hub makes of a field that charge points get wrong. It stands beside the field, is read by `repairs.ts`, and is
 * no part of the printed schema.
 */
export interface Tolerance {
  /** Taken for a required property that is absent. */
  readonly missing?: unknown;
  /** A word outside the list: kept as it came, or read as another one (its text goes to a free neighbour field). */
  readonly unknownWord?: 'keep' | { readonly readAs: string; readonly keepTextIn?: string };
  /** Words of older editions and the word of this one. */
  readonly oldWords?: Readonly<Record<string, string>>;
  /** A fraction where an integer is wanted. */
  readonly fraction?: 'round';
  /** An object where text is wanted. */
  readonly object?: 'stringify';
  /** List items that nobody can read. */
  readonly unreadableItems?: 'drop';
}

/** The keyword under which a schema carries its `Tolerance`. */
export const toleranceKeyword = 'x-tolerance';

const tolerating = (tolerance: Tolerance | undefined) => (tolerance ? { [toleranceKeyword]: tolerance } : {});

/** An object without further properties. */
export const closed = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

/** An object without any property. */
export const empty = () => Type.Unsafe<Record<string, never>>(closed({}));

/** A property that may be left out; `null` is never sent for it. */
export const optional = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);

/** Text of at most `max` characters that OCPP compares without case. */
export const ciString = (max: number, tolerance?: Tolerance) =>
  Type.String({ maxLength: max, ...tolerating(tolerance) });

/** Text of any length; the frame is the limit. */
export const anyText = (tolerance?: Tolerance) => Type.String(tolerating(tolerance));

/** An instant in ISO 8601 text with a zone. Read it with `parseTimestamp`, write it with `formatTimestamp`. */
export const dateTime = (tolerance?: Tolerance) => Type.String({ format: 'date-time', ...tolerating(tolerance) });

/** An absolute URI. */
export const uri = () => Type.String({ format: 'uri' });

/** A whole number. OCPP means 32 bits; no bound is checked, because charge points send anything. */
export const int = (tolerance?: Tolerance) => Type.Integer(tolerating(tolerance));

/** A number with one decimal at most. */
export const decimal1 = () => Type.Number({ multipleOf: 0.1 });

/** True or false. */
export const bool = () => Type.Boolean();

/** One of the words. */
export const words = <const Words extends readonly string[]>(list: Words, tolerance?: Tolerance) =>
  Type.Unsafe<Words[number]>(Type.String({ enum: [...list], ...tolerating(tolerance) }));

/** A list. */
export const listOf = <Item extends TSchema>(item: Item, tolerance?: Tolerance) =>
  Type.Array(item, tolerating(tolerance));
