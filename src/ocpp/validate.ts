import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import ajvFormats from 'ajv-formats';
import { OcppError, type OcppErrorCode } from './errors.ts';
import { asJsonSchema, type JsonSchema, tolerantSchema } from './json-schema.ts';
import type { Message } from './message.ts';
import { repair } from './repairs.ts';
import { toleranceKeyword } from './schema.ts';

/** Which of the two payloads of a message. */
export type Direction = 'request' | 'response';

/** A payload that came in, as the hub understands it. */
export interface IncomingPayload {
  /** The one given when it was clean, else a repaired copy. Words of open lists (measurand, unit …) may be any text. */
  readonly payload: unknown;
  /** What was repaired or tolerated, by name, each once; empty for a clean payload. The names are those of `repair`. */
  readonly repairs: readonly string[];
  /** Why a response cannot be understood. Always empty for a request: that one throws instead. OUT-4. */
  readonly violations: readonly string[];
}

// multipleOfPrecision: without it 348 of 1001 legal steps of 0.1 are refused, because 0.1 is no binary fraction
const ajv = new Ajv({ multipleOfPrecision: 6, strict: true, keywords: [toleranceKeyword] });
ajvFormats.default(ajv, ['date-time', 'uri']);

/** Throws `OcppError` InternalError when the payload breaks its schema: the hub never sends such a thing. */
export function checkOutgoing(message: Message, direction: Direction, payload: unknown): void {
  const check = strict(asJsonSchema(message[direction]));
  if (check(payload)) return;
  const violation = describe(check.errors?.[0]);
  throw new OcppError('InternalError', `${message.action} ${direction} breaks its schema: ${violation}`, {
    details: { violation },
  });
}

/**
 * Reads a payload: to the letter first, and only if that fails with repairs and the tolerant schema. A request that
 * cannot be understood then throws an `OcppError` whose code tells why: not an object FormationViolation, a required
 * property absent OccurenceConstraintViolation (it says more than ProtocolError, which stays for what no schema
 * sees), a wrong type TypeConstraintViolation, a word or length out of bounds PropertyConstraintViolation. A response
 * never throws; its `violations` tell.
 */
export function readIncoming(message: Message, direction: Direction, payload: unknown): IncomingPayload {
  const schema = asJsonSchema(message[direction]);
  if (strict(schema)(payload)) return { payload, repairs: [], violations: [] };
  const repairs = new Set<string>();
  const repaired = repair(schema, payload, {
    note: (name) => repairs.add(name),
    isClean: (part, value) => strict(part)(value),
    isReadable: (part, value) => tolerant(part)(value),
    dropsUnreadable: direction === 'request',
  });
  const check = tolerant(schema);
  if (check(repaired)) return { payload: repaired, repairs: [...repairs], violations: [] };
  return broken(message, direction, payload, [...repairs], check.errors?.[0]);
}

/**
 * Reads a payload without any repair. A request that breaks its schema throws as in `readIncoming`; a response never
 * throws, its `violations` tell.
 */
export function readStrictly(message: Message, direction: Direction, payload: unknown): IncomingPayload {
  const check = strict(asJsonSchema(message[direction]));
  if (check(payload)) return { payload, repairs: [], violations: [] };
  return broken(message, direction, payload, [], check.errors?.[0]);
}

function broken(
  message: Message,
  direction: Direction,
  payload: unknown,
  repairs: readonly string[],
  error: ErrorObject | undefined,
): IncomingPayload {
  const violation = describe(error);
  if (direction === 'response') return { payload, repairs, violations: [violation] };
  throw new OcppError(codeOf(error), `${message.action}: ${violation}`, { details: { violation } });
}

const strictChecks = new WeakMap<JsonSchema, ValidateFunction>();
const tolerantChecks = new WeakMap<JsonSchema, ValidateFunction>();

const strict = (schema: JsonSchema) => compiled(strictChecks, schema, () => schema);
const tolerant = (schema: JsonSchema) => compiled(tolerantChecks, schema, () => tolerantSchema(schema));

/** Compiling costs milliseconds, so it is done once, on first use. */
function compiled(
  checks: WeakMap<JsonSchema, ValidateFunction>,
  schema: JsonSchema,
  source: () => JsonSchema,
): ValidateFunction {
  let check = checks.get(schema);
  if (!check) {
    check = ajv.compile(source());
    checks.set(schema, check);
  }
  return check;
}

function codeOf(error: ErrorObject | undefined): OcppErrorCode {
  switch (error?.keyword) {
    case 'type':
      return error.instancePath === '' ? 'FormationViolation' : 'TypeConstraintViolation';
    case 'required':
      return 'OccurenceConstraintViolation';
    default:
      return 'PropertyConstraintViolation';
  }
}

/** What is wrong and where, without the value: that may be an idTag. */
function describe(error: ErrorObject | undefined): string {
  if (!error) return 'the payload breaks its schema';
  const extra: unknown = error.params['additionalProperty'];
  const where = error.instancePath === '' ? 'the payload' : error.instancePath.slice(1).replaceAll('/', '.');
  return `${where} ${error.message ?? 'is wrong'}${typeof extra === 'string' ? `: ${extra.slice(0, 64)}` : ''}`;
}
