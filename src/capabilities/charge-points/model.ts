import type { NewEvent } from '../../events/event.ts';
import type { StationTolerance } from '../../gateway/adapter.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { zoneOffset } from '../../ocpp/station-clock.ts';

/** Answer to the last BootNotification; UNKNOWN before the first. OCPP 1.6 §4.2. */
export const registrationStatuses = ['ACCEPTED', 'PENDING', 'REJECTED', 'UNKNOWN'] as const;
export type RegistrationStatus = (typeof registrationStatuses)[number];

/** What the operator wants the next BootNotification to be answered with: Accepted, Pending, Rejected. */
export const admissions = ['ACCEPT', 'HOLD', 'REFUSE'] as const;
export type Admission = (typeof admissions)[number];

/** TOLERANT: what the hub takes is repaired where it can be. STRICT: what breaks its schema is refused. */
export const validationModes = ['TOLERANT', 'STRICT'] as const;
export type ValidationMode = (typeof validationModes)[number];

/** What a charge point says of itself when it boots; what it sent empty is absent. OCPP 1.6 §6.3. */
export interface BootFacts {
  readonly vendor?: string;
  readonly model?: string;
  readonly chargePointSerialNumber?: string;
  readonly chargeBoxSerialNumber?: string;
  readonly firmwareVersion?: string;
  readonly iccid?: string;
  readonly imsi?: string;
  readonly meterType?: string;
  readonly meterSerialNumber?: string;
}

/** The WebSocket of a charge point as last known. `epoch` rises with every new socket; older ones change nothing. */
export interface LinkState {
  readonly connected: boolean;
  readonly epoch: number;
  readonly protocol?: string;
  readonly remoteAddress?: string;
  readonly connectedAt?: Date;
  readonly disconnectedAt?: Date;
  readonly closeCode?: number;
  readonly closeReason?: string;
  /** Which hub process holds or held the socket. */
  readonly instance?: string;
  /** The end of the link is stored, its event perhaps not yet: a restarted hub tells it again. */
  readonly untold?: boolean;
}

/** A charging station. Unique by tenant and identity. */
export interface ChargePoint {
  readonly _id: string;
  readonly tenantId: string;
  /** The last segment of its WebSocket URL, decoded; compared case-sensitively. CON-1. */
  readonly identity: string;
  /** For sorting, searching, and to warn about twins that differ in case only. */
  readonly identityFolded: string;
  readonly displayName?: string;
  /** Salted scrypt; absent: no password demanded. */
  readonly passwordHash?: string;
  readonly admission: Admission;
  readonly registration: RegistrationStatus;
  readonly boot?: BootFacts;
  readonly lastBootAt?: Date;
  readonly lastSeenAt?: Date;
  readonly heartbeatIntervalSeconds: number;
  /** The hub sends it nothing of its own accord. Absent: false. */
  readonly certificationMode?: boolean;
  /** Absent: TOLERANT. */
  readonly validationMode?: ValidationMode;
  /** What else the hub puts up with. Absent: nothing. */
  readonly tolerance?: StationTolerance;
  /** How often each deviation was repaired or tolerated, by its name. Absent: never. */
  readonly deviations?: Readonly<Record<string, Deviations>>;
  readonly link: LinkState;
  readonly createdAt: Date;
  /** Last change by a client or by a boot; links and signs of life do not count. */
  readonly updatedAt: Date;
  /** Goes up with every change that a client made; pass as `ifVersion`. */
  readonly version: number;
}

/** How often one deviation was seen. */
export interface Deviations {
  readonly count: number;
  readonly lastAt: Date;
}

/** What a client changes of the tolerance: undefined leaves, null switches off. */
export type ToleranceChange = { readonly [Name in keyof StationTolerance]?: StationTolerance[Name] | null | undefined };

/** Which charge points; all given conditions must hold. */
export interface ChargePointFilter {
  /** Beginning of the identity, in any case. */
  readonly identityPrefix?: string | undefined;
  readonly registration?: readonly RegistrationStatus[] | undefined;
  readonly connected?: boolean | undefined;
  /** `from` belongs to the range, `to` does not. */
  readonly updatedAt?: { readonly from?: Date | undefined; readonly to?: Date | undefined } | undefined;
}

/** What a client gives for a new charge point. */
export interface NewChargePoint {
  readonly identity: string;
  readonly displayName?: string | undefined;
  readonly admission?: Admission | undefined;
  readonly heartbeatIntervalSeconds?: number | undefined;
  readonly certificationMode?: boolean | undefined;
  readonly validationMode?: ValidationMode | undefined;
  readonly tolerance?: ToleranceChange | undefined;
  /** 8 to 64 characters. */
  readonly password?: string | undefined;
  /** The hub makes a password and shows it once. */
  readonly generatePassword?: boolean | undefined;
}

/** What a client changes: undefined leaves, null clears. */
export interface ChargePointChange {
  readonly displayName?: string | null | undefined;
  readonly admission?: Admission | undefined;
  readonly heartbeatIntervalSeconds?: number | undefined;
  readonly certificationMode?: boolean | undefined;
  readonly validationMode?: ValidationMode | undefined;
  readonly tolerance?: ToleranceChange | undefined;
  readonly password?: string | null | undefined;
  readonly generatePassword?: boolean | undefined;
}

/** One BootNotification and its answer. */
export interface Boot {
  readonly facts: BootFacts;
  readonly registration: RegistrationStatus;
  readonly at: Date;
  /** The message that told of it. */
  readonly message: { readonly epoch: number; readonly id: string };
}

/** A charge point booted. Natural key: its link and the message, so that a retry under its id is the same boot. */
export const bootedType = 'CHARGE_POINT_BOOTED';

/** The event of a boot; `before` is the charge point as it was. */
export const booted = (before: ChargePoint, { facts, registration, at, message }: Boot): NewEvent => ({
  tenantId: before.tenantId,
  type: bootedType,
  key: [before._id, message.epoch, message.id],
  occurredAt: at,
  receivedAt: at,
  chargePointId: before._id,
  data: {
    identity: before.identity,
    registration,
    ...(before.boot?.firmwareVersion !== undefined && { previousFirmwareVersion: before.boot.firmwareVersion }),
    ...facts,
  },
});

/** Longest heartbeat interval: a day, in seconds. */
export const heartbeatIntervalSecondsMax = 86_400;

/** Longest ping interval of a charge point: an hour, in seconds. */
export const pingIntervalSecondsMax = 3_600;

/** The tolerance after a change; undefined when nothing is left of it. */
export function changedTolerance(
  present: StationTolerance | undefined,
  change: ToleranceChange,
): StationTolerance | undefined {
  const entries = Object.entries({ ...present, ...withoutUndefined(change) });
  const left = entries.filter(([, value]) => value !== null && value !== false);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

const withoutUndefined = (change: ToleranceChange): ToleranceChange =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

function checkTolerance({ timeZone, pingIntervalSeconds: ping }: ToleranceChange): void {
  if (typeof timeZone === 'string' && (timeZone.length > 64 || zoneOffset(timeZone) === undefined)) {
    throw new ValidationError('input.tolerance.timeZone', 'must be a zone such as Europe/Berlin or +03:00');
  }
  if (typeof ping === 'number' && !(ping >= 0 && ping <= pingIntervalSecondsMax)) {
    throw new ValidationError('input.tolerance.pingIntervalSeconds', `must be 0 to ${pingIntervalSecondsMax}`);
  }
}

/** An identity in the form in which twins are equal. */
export const foldIdentity = (identity: string): string => identity.normalize('NFC').toLowerCase();

/** Throws a `ValidationError` when no charge point can have this identity. CON-1. */
export function checkIdentity(identity: string, path = 'input.identity'): void {
  const bytes = Buffer.byteLength(identity);
  if (bytes < 1 || bytes > 255) throw new ValidationError(path, 'must be 1 to 255 bytes of UTF-8');
  if (/\p{Cc}|\p{Cs}/u.test(identity)) throw new ValidationError(path, 'must not contain control characters');
}

/** Throws a `ValidationError` for the first field that cannot be right. */
export function checkChange(change: ChargePointChange): void {
  const { displayName, heartbeatIntervalSeconds: heartbeat, password, generatePassword } = change;
  if (typeof displayName === 'string' && (displayName === '' || displayName.length > 255)) {
    throw new ValidationError('input.displayName', 'must have 1 to 255 characters');
  }
  if (heartbeat !== undefined && !(heartbeat >= 1 && heartbeat <= heartbeatIntervalSecondsMax)) {
    throw new ValidationError('input.heartbeatIntervalSeconds', `must be 1 to ${heartbeatIntervalSecondsMax}`);
  }
  if (change.tolerance !== undefined) checkTolerance(change.tolerance);
  if (typeof password === 'string' && !/^[\x20-\x7e]{8,64}$/.test(password)) {
    throw new ValidationError('input.password', 'must have 8 to 64 printable ASCII characters');
  }
  if (password !== undefined && generatePassword === true) {
    throw new ValidationError('input.generatePassword', 'give a password or have one made, not both');
  }
}
