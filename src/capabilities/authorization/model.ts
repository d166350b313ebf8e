import type { WeeklyHours } from './weekly-hours.ts';

/** What the operator says of a token. INVALID: known, and never to be accepted. */
export const tokenStatuses = ['ACTIVE', 'BLOCKED', 'INVALID'] as const;
export type TokenStatus = (typeof tokenStatuses)[number];

/** What the hub says of a token when it is presented, in nobody's OCPP version. */
export const authorizationStatuses = [
  'ACCEPTED',
  'BLOCKED',
  'EXPIRED',
  'INVALID',
  'CONCURRENT_TX',
  'NOT_AT_THIS_LOCATION',
  'NOT_AT_THIS_TIME',
] as const;
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
  'PLACE_NOT_ALLOWED',
  'CHARGE_POINT_RESTRICTED',
  'TIME_NOT_ALLOWED',
  'RESERVED_FOR_OTHER',
  'TOKEN_IN_USE',
] as const;
export type AuthorizationReason = (typeof authorizationReasons)[number];

/** A charge point at which a token is allowed. */
export interface AllowedPlace {
  readonly chargePointId: string;
  /** Only these connectors; absent: all. */
  readonly connectorIds?: readonly number[];
}

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
  /** `groupId` folded; what is compared. */
  readonly groupKey?: string;
  /** Other tokens have named it as their group; stays set. */
  readonly isGroup?: true;
  /** How many transactions may run at once; null: any number. STA-5. */
  readonly allowConcurrent: number | null;
  /** Refused elsewhere; absent: allowed everywhere. Holds for the members of its group too. */
  readonly allowedAt?: readonly AllowedPlace[];
  /** Refused at other times; absent: always allowed. Holds for the members of its group too. */
  readonly allowedHours?: WeeklyHours;
  readonly note?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Goes up with every change; pass as `ifVersion`. */
  readonly version: number;
}

/** A charge point that is not for everybody. */
export interface ChargePointAccess {
  /** The charge point's id. */
  readonly _id: string;
  readonly tenantId: string;
  /** Only tokens of these groups, and the tokens that are the groups. As written. */
  readonly groupIds: readonly string[];
  /** `groupIds` folded; what is compared. */
  readonly groupKeys: readonly string[];
  readonly updatedAt: Date;
}

/** Whom a connector is reserved for. */
export interface ReservationHolder {
  readonly tokenValue: string;
  readonly groupId?: string | undefined;
}

/** The answer about a token. */
export interface Decision {
  readonly status: AuthorizationStatus;
  readonly reason: AuthorizationReason;
  /** When the token expires; steers the cache of the charge point. AUT-2. */
  readonly validUntil?: Date;
  /** The charge point may remember the answer until then, where that is earlier than `validUntil`. */
  readonly cacheUntil?: Date;
  /** Given whenever the token has one, whatever the status. AUT-2. */
  readonly groupId?: string;
}

/** One look at a token that was presented, and the answer. */
export interface AuthorizationAttempt {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** Absent with AUTHORIZE: OCPP 1.6 does not say where in the charge point. */
  readonly connectorId?: number;
  /** Hub id of the transaction; absent with AUTHORIZE and with a stop of an unknown transaction. */
  readonly transactionId?: string;
  /** As received, cut off after 255 characters. */
  readonly tokenValue: string;
  /** `tokenValue` folded. */
  readonly tokenKey: string;
  readonly purpose: AuthorizationPurpose;
  readonly decision: Decision;
  /** Set when it was refused, for the index of refusals. */
  readonly refused?: true;
  /** From the arrival of the message to the decision. */
  readonly latencyMs: number;
  /** Arrival of the message. */
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
  readonly allowedAt?: readonly AllowedPlace[] | undefined;
  readonly allowedHours?: WeeklyHours | undefined;
  readonly note?: string | undefined;
}

/** What a client changes: undefined leaves, null clears. */
export interface TokenChange {
  readonly status?: TokenStatus | undefined;
  readonly validFrom?: Date | null | undefined;
  readonly validUntil?: Date | null | undefined;
  readonly groupId?: string | null | undefined;
  readonly allowConcurrent?: number | null | undefined;
  readonly allowedAt?: readonly AllowedPlace[] | null | undefined;
  readonly allowedHours?: WeeklyHours | null | undefined;
  readonly note?: string | null | undefined;
}

/** A span of time; `from` belongs to it, `to` does not. */
interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Which tokens; every given list means any-of, all given conditions must hold. */
export interface TokenFilter {
  readonly values?: readonly string[] | undefined;
  readonly statuses?: readonly TokenStatus[] | undefined;
  readonly groupIds?: readonly string[] | undefined;
  readonly updatedAt?: TimeRange | undefined;
}

/** Which attempts; every given list means any-of, all given conditions must hold. */
export interface AttemptFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly tokenValues?: readonly string[] | undefined;
  readonly purposes?: readonly AuthorizationPurpose[] | undefined;
  readonly statuses?: readonly AuthorizationStatus[] | undefined;
  readonly at?: TimeRange | undefined;
}

/** The form in which token values are compared: OCPP compares them without case. ID-1. */
export const foldToken = (value: string): string => value.toUpperCase();

/** Longest value of a token; OCPP 1.6 allows 20 on the wire, charge points send more. AUT-3. */
export const tokenValueMax = 255;
/** The group that is told with a token: its own, or itself when it is the group of others. TC_053. */
export const groupIdOf = ({
  groupId,
  isGroup,
  value,
}: Pick<Token, 'groupId' | 'isGroup' | 'value'>): string | undefined =>
  groupId ?? (isGroup === true && value.length <= groupIdMax ? value : undefined);

/** Longest group id: it goes out as parentIdTag. OCPP 1.6 §7.28. */
export const groupIdMax = 20;
