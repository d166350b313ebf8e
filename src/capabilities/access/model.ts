import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ValidationError } from '../../kernel/errors.ts';
import { type ApiScope, allScopes, effectiveScopes, type Principal } from '../../kernel/principal.ts';

/** A credential of a program. The secret itself is never stored. */
export interface ApiKey {
  readonly _id: string;
  readonly tenantId: string;
  readonly name: string;
  /** First characters of the secret, for recognition. */
  readonly prefix: string;
  /** SHA-256 of the secret, hexadecimal: enough for 32 random bytes. */
  readonly hash: string;
  /** As granted; absent: all. */
  readonly scopes?: readonly ApiScope[];
  readonly createdAt: Date;
  readonly createdBy?: Principal['actor'];
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** A newer key takes its place. */
  readonly rotated?: true;
  /** The key that this one takes the place of. */
  readonly rotatedFrom?: string;
}

/** What a client asks of a new key. */
export interface NewApiKey {
  /** 1 to 100 characters. */
  readonly name: string;
  /** Default: all. */
  readonly scopes?: readonly ApiScope[] | undefined;
  readonly expiresAt?: Date | undefined;
}

/** Longest overlap of an old and a new key: 30 days, in seconds. */
export const overlapSecondsMax = 30 * 86_400;

const secretPattern = /^hub_[A-Za-z0-9_-]{43}$/;

/** A new secret: `hub_` and 32 random bytes. */
export const newSecret = (): string => `hub_${randomBytes(32).toString('base64url')}`;

/** Whether a text can be a secret of ours at all. */
export const isSecret = (text: string): boolean => secretPattern.test(text);

/** What is stored of a secret. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** What may be shown of a secret. */
export const prefixOf = (secret: string): string => secret.slice(0, 10);

/** Compares hashes in constant time. */
export const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Whether the key opens anything at that time. */
export const isGood = ({ revokedAt, expiresAt }: ApiKey, now: Date): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > now);

/** The scopes of a key as granted. */
export const grantedScopes = ({ scopes }: Pick<ApiKey, 'scopes'>): readonly ApiScope[] => scopes ?? allScopes;

/** Who a key stands for. */
export const principalOf = (key: ApiKey): Principal => ({
  tenantId: key.tenantId,
  actor: { kind: 'API_KEY', id: key._id, name: key.name },
  scopes: effectiveScopes(grantedScopes(key)),
  ...(key.expiresAt !== undefined && { expiresAt: key.expiresAt }),
});

/** Throws `ValidationError` for what no key can be, and when it would be allowed more than its maker. */
export function checkNewKey({ name, scopes, expiresAt }: NewApiKey, maker: Principal, now: Date): void {
  if (name.trim() === '' || name.length > 100) throw new ValidationError('input.name', 'must be 1 to 100 characters');
  if (expiresAt !== undefined && expiresAt <= now) throw new ValidationError('input.expiresAt', 'must lie ahead');
  if (scopes?.length === 0) throw new ValidationError('input.scopes', 'must name at least one scope');
  const beyond = (scopes ?? allScopes).filter((scope) => !maker.scopes.has(scope));
  if (beyond.length > 0) throw new ValidationError('input.scopes', `yours do not include ${beyond.join(', ')}`);
}
