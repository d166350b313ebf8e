import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A credential of a program. The secret itself is never stored. */
export interface ApiKey {
  readonly _id: string;
  readonly tenantId: string;
  readonly name: string;
  /** First characters of the secret, for recognition. */
  readonly prefix: string;
  /** SHA-256 of the secret, hexadecimal: enough for 32 random bytes. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly revokedAt?: Date;
}

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
