import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from '../../kernel/log.ts';
import { type ApiScope, apiScopes, defaultTenantId, effectiveScopes, type Principal } from '../../kernel/principal.ts';

/** Whose JSON Web Tokens are taken, and where they say what. */
export interface TokenSettings {
  /** `https://…` of the issuer's key set, or the path of a file that holds one. */
  readonly keySet: string;
  readonly issuer: string;
  readonly audience: string;
  /** Claim that names the tenant; a token without it belongs to the default tenant. */
  readonly tenantClaim: string;
  /** Claim with the scopes: a list, or one text with spaces in between. Words that the hub does not know are left out. */
  readonly scopeClaim: string;
}

/** Who a JSON Web Token stands for; undefined when it is not good. Rejects when the key set cannot be had. */
export type TokenVerifier = (token: string, now: Date) => Promise<Principal | undefined>;

/** Asymmetric ones only: with a shared secret whoever verifies could also issue. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const leewaySeconds = 30;
const keySetTimeoutMs = 5_000;
/** Longest claim that is taken for a name, in characters. */
const nameMax = 255;

/**
 * Verifies JSON Web Tokens (RFC 7519) against the key set of one issuer (RFC 7517). Signature, issuer, audience, begin and
 * end are checked, with 30 s of leeway; a token without an end is refused. Throws when a key set file cannot be read.
 */
export function createTokenVerifier(settings: TokenSettings, log: Logger): TokenVerifier {
  const keySet = /^https?:/.test(settings.keySet)
    ? createRemoteJWKSet(new URL(settings.keySet), { timeoutDuration: keySetTimeoutMs })
    : createLocalJWKSet(JSON.parse(readFileSync(settings.keySet, 'utf8')) as JSONWebKeySet); // the library checks it
  return async (token, now) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms,
        issuer: settings.issuer,
        audience: settings.audience,
        clockTolerance: leewaySeconds,
        currentDate: now,
        requiredClaims: ['exp', 'sub'],
      });
      return principalOf(payload, settings);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) throw error;
      log.info({ code: error.code }, 'a JSON Web Token was refused');
      return undefined;
    }
  };
}

function principalOf(payload: JWTPayload, { tenantClaim, scopeClaim }: TokenSettings): Principal | undefined {
  const { sub, exp, name } = payload;
  const tenantId = payload[tenantClaim] ?? defaultTenantId;
  if (sub === undefined || sub === '' || sub.length > nameMax || exp === undefined) return undefined;
  if (typeof tenantId !== 'string' || tenantId === '' || tenantId.length > nameMax) return undefined;
  return {
    tenantId,
    actor: { kind: 'USER', id: sub, name: typeof name === 'string' ? name.slice(0, nameMax) : sub },
    scopes: effectiveScopes(wordsOf(payload[scopeClaim]).filter(isScope)),
    expiresAt: new Date((exp + leewaySeconds) * 1000),
  };
}

const isScope = (word: string): word is ApiScope => Object.hasOwn(apiScopes, word);

function wordsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}
