/** Query parameters that grant access, by a part of their name. */
const secretParameter = /([?&;][^=&;#]*(?:sig|token|key|secret|pass|pwd|cred|auth|code)[^=&;#]*=)[^&;#\s]+/gi;

/**
 * A location with everything masked that lets others in: user and password before the host, and query values such as
 * signatures and tokens. For storage and display; the wire gets it in full. Works on any text, also on bad URLs.
 */
export function maskLocation(location: string): string {
  const { start, end } = credentials(location);
  const masked = end > start ? `${location.slice(0, start)}***${location.slice(end)}` : location;
  return masked.replace(secretParameter, '$1***');
}

/** The same for every URL inside a text, e.g. the description of a CALLERROR that repeats what it was sent. */
export const maskLocationsIn = (text: string): string =>
  text.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, (url) => maskLocation(url));

/** The scheme in lower case, or undefined. */
export const schemeOf = (location: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();

/** Where user and password stand: between the scheme and an @. A password may hold a bare slash, though it should not. */
function credentials(location: string): { start: number; end: number } {
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(location)?.[0].length ?? 0;
  const authority = /^[^/?#]*/.exec(location.slice(start))?.[0] ?? '';
  if (authority.includes('@')) return { start, end: start + authority.lastIndexOf('@') };
  const isHostAndPort = /^[^:]*(?::\d*)?$|^\[.*\](?::\d*)?$/.test(authority);
  return { start, end: isHostAndPort ? start : location.lastIndexOf('@') };
}
