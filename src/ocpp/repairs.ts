import type { JsonSchema } from './json-schema.ts';
import { toleranceKeyword } from './schema.ts';

/** What a repair may ask and tell. */
export interface RepairContext {
  /** Takes the name of what was repaired or tolerated. */
  readonly note: (name: string) => void;
  /** Whether the value matches its schema to the letter. */
  readonly isClean: (schema: JsonSchema, value: unknown) => boolean;
  /** Whether the value can be understood. */
  readonly isReadable: (schema: JsonSchema, value: unknown) => boolean;
  /** Whether optional properties that cannot be understood are left out; else they stay and break the message. */
  readonly dropsUnreadable: boolean;
}

/**
 * What the hub understands of a payload that breaks its schema. Never changes the payload given; what it cannot repair
 * stays as it is. The names noted are those of `repairTable` and `propertyRepairTable`.
 */
export function repair(schema: JsonSchema, value: unknown, context: RepairContext, name = 'item'): unknown {
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? repairObject(schema, value, context) : value;
    case 'array':
      return repairList(schema, value, context, name);
    case 'string':
      return repairText(schema, value, context, name);
    case 'integer':
    case 'number':
      return repairNumber(schema, value, context);
    case 'boolean':
      return repairBoolean(value, context);
    case undefined:
      return value;
  }
}

type Entries = [name: string, value: unknown][];

function repairObject(schema: JsonSchema, value: Record<string, unknown>, context: RepairContext): unknown {
  const { properties = {}, required = [] } = schema;
  const entries: Entries = [];
  for (const [name, part] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!property) {
      context.note('unknownProperty');
      entries.push([name, part]);
    } else if (part === null) {
      context.note('nullProperty');
    } else if (!required.includes(name) && isEmptyByMistake(property, part, context)) {
      context.note('emptyProperty');
    } else {
      const repaired = repair(property, part, context, name);
      if (context.dropsUnreadable && !required.includes(name) && !context.isReadable(property, repaired))
        context.note(`${name}Unreadable`);
      else entries.push([name, repaired]);
    }
  }
  addMissing(schema, entries, context);
  keepReplacedWords(schema, value, entries);
  return Object.fromEntries(entries); // unlike assignment, safe for a property named __proto__
}

/** An empty text for a number, a word or a timestamp: the charge point means that it has none. */
const isEmptyByMistake = (schema: JsonSchema, value: unknown, { isClean }: RepairContext): boolean =>
  typeof value === 'string' &&
  value.trim() === '' &&
  typeof schema[toleranceKeyword]?.unknownWord !== 'object' &&
  !isClean(schema, value);

function addMissing({ properties = {}, required = [] }: JsonSchema, entries: Entries, { note }: RepairContext): void {
  for (const name of required) {
    const missing = properties[name]?.[toleranceKeyword]?.missing;
    if (missing === undefined || entries.some(([present]) => present === name)) continue;
    note(`${name}Missing`);
    entries.push([name, missing]);
  }
}

/** The text of a word that was read as another one goes to a free neighbour, so that an operator can still see it. */
function keepReplacedWords({ properties = {} }: JsonSchema, value: Record<string, unknown>, entries: Entries): void {
  for (const [name, repaired] of [...entries]) {
    const original = value[name];
    const unknownWord = Object.hasOwn(properties, name) ? properties[name]?.[toleranceKeyword]?.unknownWord : undefined;
    if (typeof unknownWord !== 'object' || repaired !== unknownWord.readAs) continue;
    const { keepTextIn, readAs } = unknownWord;
    if (!keepTextIn || typeof original !== 'string' || original.trim() === '') continue;
    if (original.trim().toLowerCase() === readAs.toLowerCase()) continue;
    if (entries.every(([present]) => present !== keepTextIn)) entries.push([keepTextIn, original]);
  }
}

function repairList(schema: JsonSchema, value: unknown, context: RepairContext, name: string): unknown {
  const { items = {} } = schema;
  const list = asList(items, value, context);
  if (!list) return value;
  const repaired: unknown[] = [];
  for (const item of list) {
    if (item === null) {
      context.note('nullItem');
      continue;
    }
    const part = repair(items, item, context, name);
    if (schema[toleranceKeyword]?.unreadableItems === 'drop' && !context.isReadable(items, part))
      context.note('unreadableItem');
    else repaired.push(part);
  }
  return repaired;
}

/** A single item is taken as a list of one. */
function asList(items: JsonSchema, value: unknown, { note }: RepairContext): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  const isItem = items.type === 'object' ? isRecord(value) : typeof value === items.type;
  if (!isItem) return undefined;
  note('notAList');
  return [value];
}

function repairText(schema: JsonSchema, value: unknown, context: RepairContext, name: string): unknown {
  const text = asText(schema, value, context);
  if (text === undefined) return value;
  if (schema.enum) return asWord(schema, schema.enum, text, context);
  if (schema.format && !context.isClean(schema, text))
    context.note(schema.format === 'date-time' ? 'oddTimestamp' : `${name}Malformed`);
  const { maxLength = Number.POSITIVE_INFINITY } = schema;
  if (text.length > maxLength && !context.isClean(schema, text)) context.note(`${name}TooLong`);
  return text;
}

function asText(schema: JsonSchema, value: unknown, { note }: RepairContext): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') {
    note(typeof value === 'number' ? 'numberAsText' : 'booleanAsText');
    return String(value);
  }
  if (schema[toleranceKeyword]?.object !== 'stringify' || typeof value !== 'object') return undefined;
  note('objectAsText');
  return JSON.stringify(value);
}

function asWord(schema: JsonSchema, list: readonly string[], text: string, { note }: RepairContext): string {
  if (list.includes(text)) return text;
  const folded = text.trim().toLowerCase();
  const word = list.find((candidate) => candidate.toLowerCase() === folded);
  if (word) {
    note('wordCase');
    return word;
  }
  const { oldWords = {}, unknownWord } = schema[toleranceKeyword] ?? {};
  const newer = Object.hasOwn(oldWords, folded) ? oldWords[folded] : undefined;
  if (newer) {
    note('oldWord');
    return newer;
  }
  if (unknownWord) note('unknownWord');
  return typeof unknownWord === 'object' ? unknownWord.readAs : text;
}

const wholeNumber = /^[+-]?\d{1,300}(?:\.0*)?$/;
const decimalNumber = /^[+-]?\d{1,300}(?:\.\d*)?$/;

function repairNumber(schema: JsonSchema, value: unknown, { note }: RepairContext): unknown {
  const isRounded = schema.type === 'integer' && schema[toleranceKeyword]?.fraction === 'round';
  let number = value;
  if (typeof value === 'string') {
    const isExact = (schema.type === 'number' || isRounded ? decimalNumber : wholeNumber).test(value.trim());
    if (!isExact) return value;
    note('textAsNumber');
    number = Number(value);
  }
  if (!isRounded || typeof number !== 'number' || !Number.isFinite(number) || Number.isInteger(number)) return number;
  note('fractionRounded');
  return Math.round(number);
}

function repairBoolean(value: unknown, { note }: RepairContext): unknown {
  if (typeof value !== 'string') return value;
  const folded = value.trim().toLowerCase();
  if (folded !== 'true' && folded !== 'false') return value;
  note('textAsBoolean');
  return folded === 'true';
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
