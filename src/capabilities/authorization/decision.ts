import {
  type AuthorizationPurpose,
  type AuthorizationReason,
  type AuthorizationStatus,
  type ChargePointAccess,
  type Decision,
  foldToken,
  groupIdOf,
  type ReservationHolder,
  type Token,
} from './model.ts';
import { isWithin } from './weekly-hours.ts';

/** Everything that a decision looks at. */
export interface AuthorizationFacts {
  readonly token: Token | undefined;
  /** The token that the group id names, if it is stored as one and is another one. */
  readonly group?: Token | undefined;
  readonly purpose: AuthorizationPurpose;
  readonly now: Date;
  readonly chargePointId: string;
  /** Where in the charge point, if that was said. */
  readonly connectorId?: number | undefined;
  /** Absent: the charge point is for everybody. */
  readonly access?: ChargePointAccess | undefined;
  /** When it happened, where that is not `now`: a start that is told late is judged by the hour of its beginning. */
  readonly happenedAt?: Date | undefined;
  /** Absent: the connector is not reserved. */
  readonly reservedFor?: ReservationHolder | undefined;
  /** Transactions of this token that run elsewhere. Only looked at for START. STA-5. */
  readonly runningElsewhere?: number;
  /** No refusals for parallel use. */
  readonly certificationMode?: boolean | undefined;
}

/** A refusal that is about the moment must not stay in the cache of a charge point. */
const situationalCacheMs = 60_000;

type Refusal = readonly [status: AuthorizationStatus, reason: AuthorizationReason];

/**
 * Decides about a token; the first rule that matches wins. AUT-1, AUT-2, STA-5. The order: unknown, blocked, invalid, expired,
 * not here, not now, reserved, in use. A stop is only judged by the token itself: wherever and whenever, it has happened.
 */
export function decide(facts: AuthorizationFacts): Decision {
  const { token, purpose } = facts;
  if (token === undefined) return { status: 'INVALID', reason: 'TOKEN_UNKNOWN' };
  const [status, reason] = lasting(token, facts) ??
    (purpose === 'STOP' ? undefined : situational(token, facts)) ??
    inUse(token, facts) ?? ['ACCEPTED', 'TOKEN_ACCEPTED'];
  const { validUntil } = token;
  const groupId = groupIdOf(token);
  const cacheUntil = isSituational(status) ? new Date(facts.now.getTime() + situationalCacheMs) : undefined;
  return {
    status,
    reason,
    ...(validUntil !== undefined && { validUntil }),
    ...(cacheUntil !== undefined && (validUntil === undefined || cacheUntil < validUntil) && { cacheUntil }),
    ...(groupId !== undefined && { groupId }),
  };
}

/** What the token itself says, everywhere. */
function lasting(token: Token, { group, now }: AuthorizationFacts): Refusal | undefined {
  if (token.status === 'BLOCKED') return ['BLOCKED', 'TOKEN_BLOCKED'];
  if (group?.status === 'BLOCKED') return ['BLOCKED', 'GROUP_BLOCKED'];
  if (token.status === 'INVALID') return ['INVALID', 'TOKEN_INVALID'];
  if (token.validFrom !== undefined && token.validFrom > now) return ['INVALID', 'TOKEN_NOT_YET_VALID'];
  if (token.validUntil !== undefined && token.validUntil <= now) return ['EXPIRED', 'TOKEN_EXPIRED'];
  return undefined;
}

/** What speaks against charging here and now. */
function situational(token: Token, facts: AuthorizationFacts): Refusal | undefined {
  const { group, access, reservedFor, now, happenedAt = now } = facts;
  if (![token, group].every((one) => isAllowedAt(one, facts))) return ['NOT_AT_THIS_LOCATION', 'PLACE_NOT_ALLOWED'];
  if (access !== undefined && !access.groupKeys.some((key) => belongsTo(token, key))) {
    return ['NOT_AT_THIS_LOCATION', 'CHARGE_POINT_RESTRICTED'];
  }
  const outside = [token, group].some(
    (one) => one?.allowedHours !== undefined && !isWithin(one.allowedHours, happenedAt),
  );
  if (outside) return ['NOT_AT_THIS_TIME', 'TIME_NOT_ALLOWED'];
  if (reservedFor !== undefined && !mayUse(token, reservedFor)) return ['NOT_AT_THIS_TIME', 'RESERVED_FOR_OTHER'];
  return undefined;
}

function inUse({ allowConcurrent }: Token, facts: AuthorizationFacts): Refusal | undefined {
  const { purpose, runningElsewhere = 0, certificationMode } = facts;
  if (purpose !== 'START' || allowConcurrent === null || certificationMode === true) return undefined;
  return runningElsewhere >= allowConcurrent ? ['CONCURRENT_TX', 'TOKEN_IN_USE'] : undefined;
}

/** A connector that was not said speaks against nobody: the start will say it. */
function isAllowedAt(token: Token | undefined, { chargePointId, connectorId }: AuthorizationFacts): boolean {
  if (token?.allowedAt === undefined) return true;
  return token.allowedAt.some(
    (place) =>
      place.chargePointId === chargePointId &&
      (place.connectorIds === undefined || connectorId === undefined || place.connectorIds.includes(connectorId)),
  );
}

/** Whether the token is of that group, or is the group. */
const belongsTo = ({ valueKey, groupId }: Token, groupKey: string): boolean =>
  valueKey === groupKey || (groupId !== undefined && foldToken(groupId) === groupKey);

/** A reservation is for its token and for the group that it names. RSV-4. */
function mayUse(token: Token, { tokenValue, groupId }: ReservationHolder): boolean {
  const own = groupIdOf(token);
  return (
    token.valueKey === foldToken(tokenValue) ||
    (groupId !== undefined && own !== undefined && foldToken(own) === foldToken(groupId))
  );
}

const isSituational = (status: AuthorizationStatus): boolean =>
  status === 'NOT_AT_THIS_LOCATION' || status === 'NOT_AT_THIS_TIME';
