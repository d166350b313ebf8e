/** Answer to the last BootNotification; UNKNOWN before the first. OCPP 1.6 §4.2. */
export const registrationStatuses = ['ACCEPTED', 'PENDING', 'REJECTED', 'UNKNOWN'] as const;
export type RegistrationStatus = (typeof registrationStatuses)[number];

/** What a charge point says of itself when it boots. OCPP 1.6 §6.3. */
export interface BootFacts {
  readonly vendor: string;
  readonly model: string;
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
}

/** A charging station. Unique by tenant and identity. */
export interface ChargePoint {
  readonly _id: string;
  readonly tenantId: string;
  /** The last segment of its WebSocket URL, decoded; compared case-sensitively. CON-1. */
  readonly identity: string;
  readonly displayName?: string;
  /** Salted scrypt; absent: no password demanded. */
  readonly passwordHash?: string;
  readonly registration: RegistrationStatus;
  readonly boot?: BootFacts;
  readonly lastBootAt?: Date;
  readonly lastSeenAt?: Date;
  readonly heartbeatIntervalSeconds: number;
  readonly link: LinkState;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Goes up with every change that a client made; pass as `ifVersion`. */
  readonly version: number;
}
