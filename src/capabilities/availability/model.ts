import type { NewEvent } from '../../events/event.ts';
import { contentId } from '../../kernel/ids.ts';

/** State of a connector in any OCPP version. OCCUPIED: in use, no more is known. UNKNOWN: seen, but it never said. */
export const connectorStatuses = [
  'AVAILABLE',
  'PREPARING',
  'CHARGING',
  'DISCHARGING',
  'SUSPENDED_EV',
  'SUSPENDED_EVSE',
  'FINISHING',
  'RESERVED',
  'UNAVAILABLE',
  'FAULTED',
  'OCCUPIED',
  'UNKNOWN',
] as const;
export type ConnectorStatus = (typeof connectorStatuses)[number];

/** What is wrong with a connector. OCPP 1.6 §7.5. */
export const errorCodes = [
  'CONNECTOR_LOCK_FAILURE',
  'EV_COMMUNICATION_ERROR',
  'GROUND_FAILURE',
  'HIGH_TEMPERATURE',
  'INTERNAL_ERROR',
  'LOCAL_LIST_CONFLICT',
  'NO_ERROR',
  'OTHER_ERROR',
  'OVER_CURRENT_FAILURE',
  'OVER_VOLTAGE',
  'POWER_METER_FAILURE',
  'POWER_SWITCH_FAILURE',
  'READER_FAILURE',
  'RESET_FAILURE',
  'UNDER_VOLTAGE',
  'WEAK_SIGNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Highest connector number that is stored; one faulty station must not fill the database. */
export const connectorIdMax = 1000;

/** What a charge point says of one connector, beside when. */
export interface StatusFacts {
  readonly status: ConnectorStatus;
  /** The word on the wire. */
  readonly wireStatus: string;
  readonly errorCode: ErrorCode;
  readonly info?: string;
  readonly vendorId?: string;
  readonly vendorErrorCode?: string;
}

/** One StatusNotification in nobody's version. */
export interface StatusReport extends StatusFacts {
  readonly connectorId: number;
  /** Clock of the charge point when it gave a usable one, else `receivedAt`. */
  readonly occurredAt: Date;
  /** Whether `occurredAt` is the charge point's own. */
  readonly hasOwnTime: boolean;
  /** The timestamp as it came, when it could not be taken as it is. */
  readonly timestampText?: string;
  readonly receivedAt: Date;
}

/** A connector, or with number 0 the charge point itself, which is never shown as a connector. STS-3. */
export interface Connector extends StatusFacts {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
  /** OCPP 1.6 has no EVSEs: each connector is its own. */
  readonly evseId: number;
  readonly previousStatus?: ConnectorStatus;
  /** How often its state changed: the place of the present state in its history, and the key of the event that tells of it. */
  readonly changes: number;
  /** When the present status word began. */
  readonly statusSince?: Date;
  /** When the present state, i.e. all of `StatusFacts`, began: by the charge point's clock if usable, and by ours. */
  readonly changedAt?: Date;
  readonly changeReceivedAt?: Date;
  /** What a report must not be older than to count; absent when the newest report had no time of its own. */
  readonly orderedAt?: Date;
  /** Arrival of the newest report, changed or not. */
  readonly lastStatusAt?: Date;
  /** What the charge point last agreed it shall be; also of connector 0, the charge point itself. CHA-2. */
  readonly availabilityWish?: AvailabilityWish;
  readonly createdAt: Date;
}

/** An entry of the history of a connector: a change, or a report that came too late to be one. */
export interface ConnectorStatusEntry extends StatusFacts {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly timestampText?: string;
  /** A newer state was known already. */
  readonly late?: true;
}

/** What a connector shall be, as the charge point agreed to it; whether it is so, the status tells. CHA-1. */
export interface AvailabilityWish {
  readonly type: 'OPERATIVE' | 'INOPERATIVE';
  /** When it agreed. */
  readonly at: Date;
  /** It will be so when the running transaction has ended. */
  readonly scheduled: boolean;
}

/** Whose connector it is. */
export interface ConnectorKey {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
}

/** The id of a connector. */
export const connectorDocumentId = ({ chargePointId, connectorId }: Omit<ConnectorKey, 'tenantId'>): string =>
  contentId('connector', chargePointId, connectorId);

/** A connector that was seen and said nothing yet. */
export const unknownConnector = (key: ConnectorKey, at: Date): Connector => ({
  _id: connectorDocumentId(key),
  ...key,
  evseId: key.connectorId,
  status: 'UNKNOWN',
  wireStatus: '',
  errorCode: 'NO_ERROR',
  changes: 0,
  createdAt: at,
});

/** What a report means. `changed`: a new state. `repeated`: the present state again. `late`: older than the present state. */
export interface StatusDecision {
  readonly kind: 'changed' | 'repeated' | 'late';
  readonly connector: Connector;
  readonly entry?: ConnectorStatusEntry;
}

/**
 * Takes any report in any order: no transition is forbidden. Reports are ordered by the charge point's clock when both
 * have it, else by arrival; a time ahead of ours counts as ours, or the state would stand still once the clock is set
 * right. STS-1, STS-4.
 */
export function decide(present: Connector, report: StatusReport): StatusDecision {
  const { connectorId, occurredAt, hasOwnTime, timestampText, receivedAt, ...facts } = report;
  const orderedAt = new Date(Math.min(occurredAt.getTime(), receivedAt.getTime()));
  const entry = (kind: string, late: boolean): ConnectorStatusEntry => ({
    _id: contentId(present._id, kind, facts.status, facts.errorCode, facts.vendorErrorCode, facts.info),
    tenantId: present.tenantId,
    chargePointId: present.chargePointId,
    connectorId,
    ...facts,
    occurredAt,
    receivedAt,
    ...(timestampText !== undefined && { timestampText }),
    ...(late && { late }),
  });

  if (hasOwnTime && present.orderedAt !== undefined && orderedAt < present.orderedAt) {
    return { kind: 'late', connector: present, entry: entry(`at ${occurredAt.getTime()}`, true) };
  }
  const { orderedAt: _before, ...rest } = present;
  const seen = { ...(hasOwnTime && { orderedAt }), lastStatusAt: receivedAt };
  if (present.changes > 0 && sameFacts(present, facts)) {
    return { kind: 'repeated', connector: { ...rest, ...seen } };
  }
  const { info: _info, vendorId: _vendorId, vendorErrorCode: _vendorErrorCode, previousStatus: _, ...lasting } = rest;
  const changes = present.changes + 1;
  const connector: Connector = {
    ...lasting,
    ...facts,
    ...(present.changes > 0 && { previousStatus: present.status }),
    changes,
    statusSince: present.status === facts.status ? (present.statusSince ?? occurredAt) : occurredAt,
    changedAt: occurredAt,
    changeReceivedAt: receivedAt,
    ...seen,
  };
  return { kind: 'changed', connector, entry: entry(`change ${changes}`, false) };
}

/** A connector began a new state. Natural key: the connector and how often it changed. */
export const statusChangedType = 'CONNECTOR_STATUS_CHANGED';

/** The event of the present state; made of what is stored, so that it can be told again after a crash. */
export function statusChanged(connector: Connector): NewEvent {
  const { previousStatus, status, wireStatus, errorCode, info, vendorId, vendorErrorCode } = connector;
  const receivedAt = connector.changeReceivedAt ?? connector.createdAt;
  return {
    tenantId: connector.tenantId,
    type: statusChangedType,
    key: [connector.chargePointId, connector.connectorId, connector.changes],
    occurredAt: connector.changedAt ?? receivedAt,
    receivedAt,
    chargePointId: connector.chargePointId,
    connectorId: connector.connectorId,
    data: {
      status,
      wireStatus,
      errorCode,
      ...(previousStatus !== undefined && { previousStatus }),
      ...(info !== undefined && { info }),
      ...(vendorId !== undefined && { vendorId }),
      ...(vendorErrorCode !== undefined && { vendorErrorCode }),
    },
  };
}

const sameFacts = (a: StatusFacts, b: StatusFacts): boolean =>
  a.status === b.status &&
  a.wireStatus === b.wireStatus &&
  a.errorCode === b.errorCode &&
  a.info === b.info &&
  a.vendorId === b.vendorId &&
  a.vendorErrorCode === b.vendorErrorCode;
