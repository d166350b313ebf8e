import { isUtf8 } from 'node:buffer';
import type { OcppVersion } from './adapter.ts';

/** An upgrade that is answered with plain HTTP instead. CON-7. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 414 | 503;
  /** One line for whoever reads the answer. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the URL says. `tenant`: undefined when the URL names none. */
export type Target = { readonly tenant: string | undefined; readonly identity: string } | Refusal;

/** Longest request target that is looked at, in characters: an identity of 255 escaped bytes, a tenant and a query. */
const targetMax = 2048;
/** Longest identity after decoding, in bytes. CON-1 asks for at least 48 characters. */
const identityBytesMax = 255;

/**
 * Reads `<path>/<identity>` or `<path>/<tenant>/<identity>`. Segments are decoded after splitting, so that an encoded
 * slash belongs to the identity; a trailing slash and a query string are ignored. CON-1.
 */
export function readTarget(target: string, path: string): Target {
  if (target.length > targetMax) return { status: 414, text: 'the URL is too long' };
  const [route = ''] = target.split('?', 1);
  const base = path.replace(/\/+$/, '');
  if (!route.startsWith(`${base}/`)) return { status: 404, text: `connect to ${base}/<identity>` };
  const segments = route
    .slice(base.length)
    .replace(/^\/+|\/+$/g, '')
    .split('/');
  if (segments.length > 2 || segments.includes('')) return { status: 404, text: `connect to ${base}/<identity>` };
  let decoded: string[];
  try {
    decoded = segments.map(decodeURIComponent);
  } catch {
    return { status: 400, text: 'the URL is not percent-encoded UTF-8' };
  }
  const identity = decoded.at(-1) ?? '';
  if (Buffer.byteLength(identity) > identityBytesMax || /\p{Cc}/u.test(identity)) {
    return { status: 400, text: `an identity has at most ${identityBytesMax} bytes and no control characters` };
  }
  return { tenant: decoded.length === 2 ? decoded[0] : undefined, identity };
}

/** The sub-protocol of each version, the preferred one first. */
const subprotocols: readonly (readonly [string, OcppVersion])[] = [['ocpp1.6', '1.6']];

/** Other spellings of `ocpp1.6` that stations offer. */
const otherSpelling = /^ocpp[-_]?1[._]?6[-_]?(j|json)?$/i;

/** A version to speak. */
export interface ChosenProtocol {
  readonly version: OcppVersion;
  /** What to answer, one of the offers; undefined when none was made. */
  readonly subprotocol: string | undefined;
  /** What was tolerated, by name. */
  readonly repair?: 'subprotocolMissing' | 'subprotocolSpelling';
}

/**
 * The version to speak, with the very sub-protocol to answer; a refusal when none of the offers fits. With `assume` no
 * offer means OCPP 1.6, and other spellings of it are echoed as they came. CON-3 to CON-5.
 */
export function chooseProtocol(offer: string | undefined, assume = false): ChosenProtocol | Refusal {
  const offered = (offer ?? '').split(',').map((name) => name.trim());
  const chosen = subprotocols.find(([name]) => offered.includes(name));
  if (chosen) return { subprotocol: chosen[0], version: chosen[1] };
  if (assume) {
    const spelled = offered.find((name) => otherSpelling.test(name));
    if (spelled) return { subprotocol: spelled, version: '1.6', repair: 'subprotocolSpelling' };
    if (offered.every((name) => name === '')) {
      return { subprotocol: undefined, version: '1.6', repair: 'subprotocolMissing' };
    }
  }
  const known = subprotocols.map(([name]) => name).join(', ');
  return { status: 400, text: `offer one of these in Sec-WebSocket-Protocol: ${known}` };
}

/**
 * The password of a Basic header, as bytes: they may be anything, so the header is split on the known identity plus a
 * colon and never read as text. Undefined: no such header, or another user. SEC-3.
 */
export function basicPassword(header: string | undefined, identity: string): Buffer | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64');
  const user = Buffer.from(`${identity}:`);
  return credentials.subarray(0, user.length).equals(user) ? credentials.subarray(user.length) : undefined;
}

/**
 * A password and the other forms that stations make of the same AuthorizationKey: its bytes, or the hexadecimal text
 * of 16 to 20 bytes. As presented first. SEC-4.
 */
export function passwordForms(presented: Buffer): readonly Buffer[] {
  const text = isUtf8(presented) ? presented.toString() : '';
  if (/^([0-9a-f]{2}){16,20}$/i.test(text)) return [presented, Buffer.from(text, 'hex')];
  if (presented.length < 16 || presented.length > 20) return [presented];
  const hex = presented.toString('hex');
  const forms = [...new Set([hex, hex.toUpperCase()])];
  return [presented, ...forms.map((form) => Buffer.from(form))];
}
