import { maskLocationsIn } from '../../kernel/locations.ts';
import { type JsonMember, membersOf } from './json-members.ts';

/** What stands in the place of a value that is not shown. */
const mask = '"***"';

const isSecretKey = (name: unknown): boolean => typeof name === 'string' && name.toLowerCase() === 'authorizationkey';

/**
 * The text of a frame as it is stored: byte for byte what was on the wire, with two exceptions, replaced before anything
 * is stored. The value of the configuration key AuthorizationKey is the password of the charge point, in
 * ChangeConfiguration as in the answer to GetConfiguration (SEC-1). And a URL may hold what opens a file server: user,
 * password, signature.
 */
export const withoutSecrets = (text: string): string => withoutUrlSecrets(withoutKeys(text));

/** A slash may be written with an escape. */
const anyUrl = /:(?:\\?\/){2}/;

function withoutUrlSecrets(text: string): string {
  if (!anyUrl.test(text)) return text;
  const members = membersOf(text);
  if (!members) return maskLocationsIn(text.replaceAll('\\/', '/'));
  let result = '';
  let at = 0;
  for (const { start, end } of [...members].sort((a, b) => a.start - b.start)) {
    if (start < at || text[start] !== '"') continue;
    const value = String(JSON.parse(text.slice(start, end)));
    const shown = maskLocationsIn(value);
    if (shown === value) continue;
    result += text.slice(at, start) + JSON.stringify(shown);
    at = end;
  }
  return maskLocationsIn(result + text.slice(at)); // a description stands in the list itself, not in an object
}

function withoutKeys(text: string): string {
  if (!/authorizationkey|\\u00/i.test(text)) return text; // a key may be written with escapes
  const members = membersOf(text);
  if (!members)
    return /authorizationkey/i.test(text) ? text.replace(/("value"\s*:\s*)"(?:[^"\\]|\\.)*"?/gi, `$1${mask}`) : text;
  const secret = new Set(
    members
      .filter(({ key, start, end }) => key === 'key' && isSecretKey(JSON.parse(text.slice(start, end))))
      .map(({ object }) => object),
  );
  return replaced(
    text,
    members.filter(({ object, key }) => key === 'value' && secret.has(object)),
  );
}

/**
 * The text of a frame for a reader who may not see who charges: the values of idTag, parentIdTag and the like are
 * replaced, and so is any other text that speaks of one, as a vendor's DataTransfer may. A text that is no JSON and speaks of one is not
 * shown at all.
 */
export function maskIdTags(text: string): string {
  if (!/id_?tag|\\u00/i.test(text)) return text;
  const members = membersOf(text);
  if (!members) return '***';
  return replaced(
    text,
    members.filter(({ key, start, end }) => {
      if (/id_?tags?$/i.test(key)) return true;
      return text[start] === '"' && /id_?tag/i.test(String(JSON.parse(text.slice(start, end))));
    }),
  );
}

/** The text with the values of these members masked. A member inside another masked one goes with it. */
function replaced(text: string, members: readonly JsonMember[]): string {
  let result = '';
  let at = 0;
  for (const { start, end } of [...members].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    result += text.slice(at, start) + mask;
    at = end;
  }
  return result + text.slice(at);
}
