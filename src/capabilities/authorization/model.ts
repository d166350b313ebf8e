import { ValidationError } from '../../kernel/errors.ts';

/** What the operator says of a token. INVALID: known, and never to be accepted. */
export const tokenStatuses = ['ACTIVE', 'BLOCKED', 'INVALID'] as const;
export type TokenStatus = (typeof tokenStatuses)[number];

/** What the hub says of a token when it is presented. OCPP 1.6 §7.2. */
export const authorizationStatuses = ['ACCEPTED', 'BLOCKED', 'EXPIRED', 'INVALID', 'CONCURRENT_TX'] as const;
export type AuthorizationStatus = (typeof authorizationStatuses)[number];

/** Why a token is presented. */
export const authorizationPurposes = ['AUTHORIZE', 'START', 'STOP'] as const;
export type AuthorizationPurpose = (typeof authorizationPurposes)[number];

/** The rule that decided. */
export const authorizationReasons = [
  'TOKEN_ACCEPTED',
  'TOKEN_UNKNOWN',
  'TOKEN_BLOCKED',
  'GROUP_BLOCKED',
  'TOKEN_INVALID',
  'TOKEN_NOT_YET_VALID',
  'TOKEN_EXPIRED',
  'TOKEN_IN_USE',
] as const;
export type AuthorizationReason = (typeof authorizationReasons)[number];

/** What identifies a driver: an RFID card, an app account, a contract. Unique by tenant and `valueKey`. */
export interface Token {
  readonly _id: string;
  readonly tenantId: string;
  /** As first written, at most 255 characters; echoed like this. ID-1. */
  readonly value: string;
  /** `value` folded; what is compared. */
  readonly valueKey: string;
  readonly status: TokenStatus;
  /** Refused before this instant. */
  readonly validFrom?: Date;
  /** Refused from this instant on. */
  readonly validUntil?: Date;
  /** Tokens of one group stop each other's transactions; OCPP 1.6 calls it parentIdTag. At most 20 characters. */
  readonly groupId?: string;
  /** How many transactions may run at once; null: any number. STA-5. */
  readonly allowConcurrent: number | null;
  readonly note?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Goes up with every change; pass as `ifVersion`. */
  readonly version: number;
}

/** The answer about a token. */
export interface Decision {
  readonly status: AuthorizationStatus;
  readonly reason: AuthorizationReason;
  /** When the token expires; steers the cache of the charge point. AUT-2. */
  readonly validUntil?: Date;
  /** Given whenever the token has one, whatever the status. AUT-2. */
  readonly groupId?: string;
}

/** One question of a charge point about a token, and the answer. */
export interface AuthorizationAttempt {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly tokenValue: string;
  readonly purpose: AuthorizationPurpose;
  readonly decision: Decision;
  readonly at: Date;
}

/** What a client gives for a new token. */
export interface NewToken {
  readonly value: string;
  readonly status?: TokenStatus | undefined;
  readonly validFrom?: Date | undefined;
  readonly validUntil?: Date | undefined;
  readonly groupId?: string | undefined;
  readonly allowConcurrent?: number | undefined;
  readonly note?: string | undefined;
}

/** What a client changes: undefined leaves, null clears. */
export interface TokenChange {
  readonly status?: TokenStatus | undefined;
  readonly validFrom?: Date | null | undefined;
  readonly validUntil?: Date | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly allowConcurrent?: number | null | undefined;
  readonly note?: string | null | undefined;
}

/** Which tokens; every given list means any-of, all given conditions must hold. */
export interface TokenFilter {
  readonly values?: readonly string[] | undefined;
  readonly statuses?: readonly TokenStatus[] | undefined;
  readonly groupIds?: readonly string[] | undefined;
  /** `from` belongs to the range, `to` does not. */
  readonly updatedAt?: { readonly from?: Date | undefined; readonly to?: Date | undefined } | undefined;
}

/** Longest value of a token; OCPP 1.6 allows 20 on the wire, charge points send more. AUT-3. */
export const tokenValueMax = 255;
/** Longest group id: it goes out as parentIdTag. OCPP 1.6 §7.28. */
export const groupIdMax = 20;
const noteMax = 1000;
const allowConcurrentMax = 10_000;

/** The form in which token values are compared: OCPP compares them without case. ID-1. */
export const foldToken = (value: string): string => value.toUpperCase();

/** Everything that a decision looks at. */
export interface AuthorizationFacts {
  readonly token: Token | undefined;
  /** The token that the group id names, if it is stored as one. */
  readonly group?: Token | undefined;
  readonly purpose: AuthorizationPurpose;
  readonly now: Date;
  /** Transactions of this token that run elsewhere. Only looked at for START. STA-5. */
  readonly runningElsewhere?: number;
}

/**
 * Decides about a token; the first rule that matches wins: unknown, blocked, invalid, expired, in use, accepted.
 * AUT-1, AUT-2, STA-5.
 */
export function decide(facts: AuthorizationFacts): Decision {
  const { token, group, purpose, now } = facts;
  if (token === undefined) return { status: 'INVALID', reason: 'TOKEN_UNKNOWN' };
  const answer = (status: AuthorizationStatus, reason: AuthorizationReason): Decision => ({
    status,
    reason,
    ...(token.validUntil !== undefined && { validUntil: token.validUntil }),
    ...(token.groupId !== undefined && { groupId: token.groupId }),
  });
  if (token.status === 'BLOCKED') return answer('BLOCKED', 'TOKEN_BLOCKED');
  if (group?.status === 'BLOCKED') return answer('BLOCKED', 'GROUP_BLOCKED');
  if (token.status === 'INVALID') return answer('INVALID', 'TOKEN_INVALID');
  if (token.validFrom !== undefined && token.validFrom > now) return answer('INVALID', 'TOKEN_NOT_YET_VALID');
  if (token.validUntil !== undefined && token.validUntil <= now) return answer('EXPIRED', 'TOKEN_EXPIRED');
  const { allowConcurrent } = token;
  if (purpose === 'START' && allowConcurrent !== null && (facts.runningElsewhere ?? 0) >= allowConcurrent) {
    return answer('CONCURRENT_TX', 'TOKEN_IN_USE');
  }
  return answer('ACCEPTED', 'TOKEN_ACCEPTED');
}

/** Throws a `ValidationError` when no token can have this value. */
export function checkTokenValue(value: string, path = 'input.value'): void {
  if (value === '' || value.length > tokenValueMax) {
    throw new ValidationError(path, `must have 1 to ${tokenValueMax} characters`);
  }
  if (/\p{Cc}|\p{Cs}/u.test(value)) throw new ValidationError(path, 'must not contain control characters');
}

/** Throws a `ValidationError` for the first field that cannot be right. */
export function checkTokenChange(change: TokenChange): void {
  const { validFrom, validUntil, groupId, allowConcurrent, note } = change;
  if (typeof groupId === 'string' && (groupId === '' || groupId.length > groupIdMax)) {
    throw new ValidationError('input.groupId', `must have 1 to ${groupIdMax} characters`);
  }
  if (typeof allowConcurrent === 'number' && !(allowConcurrent >= 1 && allowConcurrent <= allowConcurrentMax)) {
    throw new ValidationError('input.allowConcurrent', `must be 1 to ${allowConcurrentMax}`);
  }
  if (typeof note === 'string' && note.length > noteMax) {
    throw new ValidationError('input.note', `must have at most ${noteMax} characters`);
  }
  if (validFrom instanceof Date && validUntil instanceof Date && validUntil <= validFrom) {
    throw new ValidationError('input.validUntil', 'must be later than validFrom');
  }
}
