import type { Decision } from '../authorization/index.ts';
import type { CommandWarning } from '../commands/index.ts';
import { isOpen, type Reservation } from './model.ts';

const int32Max = 2 ** 31 - 1;
const isUsual = (reservationId: number): boolean => reservationId >= 1 && reservationId <= int32Max;

const warning = (code: string, path: string, message: string): CommandWarning => ({ code, message, path });

/** What the hub knows when a reservation is asked for. */
export interface ReserveFacts {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly expiresAt: Date;
  readonly parentIdTag?: string | undefined;
  readonly now: Date;
  /** The last state of the connector; undefined: it was never named. */
  readonly connectorStatus: string | undefined;
  /** The setting as last reported; undefined: never. */
  readonly connectorZeroSupported: string | undefined;
  /** SupportedFeatureProfiles as last reported; undefined: never. */
  readonly featureProfiles: string | undefined;
  readonly decision: Pick<Decision, 'status' | 'reason' | 'groupId'>;
  /** What the number means at this charge point now. */
  readonly sameNumber: Reservation | undefined;
}

/** What is unwise in a ReserveNow; it goes out all the same. OUT-1, RSV-2. No warning holds a token. */
export function reserveWarnings(facts: ReserveFacts): CommandWarning[] {
  const { reservationId, connectorId, expiresAt, now, connectorStatus, decision, parentIdTag, sameNumber } = facts;
  const warnings: CommandWarning[] = [];
  const warn = (code: string, path: string, message: string) => warnings.push(warning(code, `input.${path}`, message));

  if (connectorId === 0) {
    if (facts.connectorZeroSupported?.toLowerCase() !== 'true') {
      const known = facts.connectorZeroSupported === undefined ? 'was never reported' : 'is reported as not true';
      warn('CONNECTOR_ZERO_UNSUPPORTED', 'connectorId', `ReserveConnectorZeroSupported ${known}; expect REJECTED`);
    }
  } else if (connectorStatus === undefined) {
    warn('CONNECTOR_UNKNOWN', 'connectorId', 'the charge point never named this connector');
  } else if (connectorStatus !== 'AVAILABLE' && connectorStatus !== 'UNKNOWN') {
    warn('CONNECTOR_NOT_AVAILABLE', 'connectorId', `the connector last reported ${connectorStatus}`);
  }
  if (expiresAt <= now) warn('EXPIRY_PASSED', 'expiry', 'the reservation is over before it begins');
  if (decision.reason === 'TOKEN_UNKNOWN') {
    warn('TOKEN_UNKNOWN', 'idTag', 'the hub does not know the token, so a start with it will be refused');
  } else if (decision.status !== 'ACCEPTED') {
    warn('TOKEN_NOT_ACCEPTED', 'idTag', `a start with the token would be answered ${decision.status} now`);
  }
  if (parentIdTag !== undefined && parentIdTag.toUpperCase() !== decision.groupId?.toUpperCase()) {
    warn('PARENT_NOT_OF_TOKEN', 'parentIdTag', 'the hub has another group, or none, for the token');
  }
  const profiles = facts.featureProfiles?.split(',').map((profile) => profile.trim().toLowerCase());
  if (profiles !== undefined && !profiles.includes('reservation')) {
    warn('PROFILE_MISSING', 'chargePoint', 'SupportedFeatureProfiles does not name Reservation');
  }
  if (!isUsual(reservationId)) {
    warn('RESERVATION_ID_UNUSUAL', 'reservationId', `numbers other than 1 to ${int32Max} confuse charge points`);
  }
  if (sameNumber !== undefined && isOpen(sameNumber)) {
    warn('RESERVATION_REPLACED', 'reservationId', 'an open reservation with this number is replaced');
  }
  return warnings;
}

/** What is unwise in a CancelReservation; it goes out all the same. OUT-1. */
export function cancelWarnings(present: Reservation | undefined): CommandWarning[] {
  const path = 'input.reservation';
  if (present === undefined) {
    return [warning('RESERVATION_UNKNOWN', path, 'the hub knows no such reservation of the charge point')];
  }
  if (isOpen(present)) return [];
  return [warning('RESERVATION_NOT_OPEN', path, `the reservation is ${present.state}`)];
}
