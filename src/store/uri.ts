/** Options that the hub needs on a connection whose address does not say otherwise. */
const safeWrites = [
  ['w', 'majority'],
  ['journal', 'true'],
] as const;

/** The address confirms writes that were never stored. */
export class UnsafeUri extends Error {
  override readonly name = 'UnsafeUri';
}

/**
 * The address with `w=majority&journal=true` unless it names a write concern itself. The write concern lives here and
 * nowhere else. Throws `UnsafeUri` for `w=0` and `journal=false`, because the hub tells stations that data is safe.
 */
export function withSafeWrites(uri: string): string {
  const [address = '', query = ''] = split(uri, '?');
  const given = new Map(
    query
      .split('&')
      .map((option) => split(option, '='))
      .map(([name = '', value = '']) => [name.toLowerCase(), value]),
  );
  if (given.get('w') === '0' || given.get('journal') === 'false') {
    throw new UnsafeUri('MONGODB_URI must not switch off confirmed writes (w=0 or journal=false)');
  }
  const missing = safeWrites.filter(([name]) => !given.has(name)).map(([name, value]) => `${name}=${value}`);
  const hosts = address.slice(address.indexOf('://') + '://'.length);
  const path = hosts.includes('/') ? address : `${address}/`;
  return `${path}?${[...query.split('&').filter((option) => option !== ''), ...missing].join('&')}`;
}

/** The hosts of an address, for messages: never a user name, a password or an option. */
export function hostsOf(uri: string): string {
  const [address = ''] = split(uri, '?');
  const afterScheme = address.slice(address.indexOf('://') + '://'.length);
  const [authority = ''] = split(afterScheme, '/');
  return decodeURIComponent(authority.slice(authority.lastIndexOf('@') + 1));
}

/** In two at the first separator. */
function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
