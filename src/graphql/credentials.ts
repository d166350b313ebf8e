import type { IncomingHttpHeaders } from 'node:http';

/** Longer texts are no keys and no tokens. */
const keyCharactersMax = 8192;

/** The API key of an HTTP request: `Authorization: Bearer <key>` or `X-Api-Key: <key>`. */
export const keyFromHeaders = (headers: IncomingHttpHeaders): string | undefined =>
  firstKey(bearer(headers.authorization), headers['x-api-key']);

/**
 * The API key in the payload of `connection_init`: `authorization` (with or without `Bearer`) or `apiKey`, in any case,
 * or the same names one level down in `headers`, as some clients send them.
 */
export function keyFromConnectionParams(params: unknown): string | undefined {
  const named = lowerCased(params);
  const inner = lowerCased(named.get('headers'));
  return firstKey(
    ...[named, inner].flatMap((values) => [
      bearer(values.get('authorization')) ?? values.get('authorization'),
      values.get('apikey'),
      values.get('x-api-key'),
    ]),
  );
}

const bearer = (value: unknown): string | undefined =>
  typeof value === 'string' ? /^Bearer +(\S+)$/i.exec(value)?.[1] : undefined;

const firstKey = (...values: readonly unknown[]): string | undefined =>
  values.find(
    (value): value is string => typeof value === 'string' && value !== '' && value.length <= keyCharactersMax,
  );

function lowerCased(value: unknown): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item]));
}
