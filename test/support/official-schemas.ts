import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { OCPP16 } from 'typed-ocpp';

// CommonJS default export: what Node hands over is the module object or the function, depending on the loader.
const addFormats = addFormatsModule.default ?? addFormatsModule;

const schemas: Readonly<Record<string, object>> = { ...OCPP16.schemas };
const ajv = new Ajv({ strict: false, allErrors: true, multipleOfPrecision: 6 });
addFormats(ajv);
const compiled = new Map<string, ValidateFunction>();

/**
 * What is wrong with a payload by the official OCPP 1.6 schemas (npm `typed-ocpp`), independent of the hub's own.
 * Empty: nothing, or the action has no schema there.
 */
export function officialViolations(
  action: string,
  direction: 'Request' | 'Response',
  payload: unknown,
): readonly string[] {
  const name = `${action}${direction}`;
  const schema = schemas[name];
  if (!schema) return [];
  let validate = compiled.get(name);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(name, validate);
  }
  if (validate(payload)) return [];
  return (validate.errors ?? []).map((error) => `${name}${error.instancePath}: ${error.message ?? error.keyword}`);
}

/** True when OCPP 1.6, with its security extension, knows the action. */
export const isOfficialAction = (action: string): boolean => `${action}Request` in schemas;
