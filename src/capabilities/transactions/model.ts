import type { Timestamp } from '../../ocpp/time.ts';
import type { Decision } from '../authorization/index.ts';

/** ENDED_ADMINISTRATIVELY: the stop never came, and the connector was used again. */
export const transactionStates = ['ACTIVE', 'ENDED', 'ENDED_ADMINISTRATIVELY'] as const;
export type TransactionState = (typeof transactionStates)[number];

/** Why a transaction ended, in any OCPP version that is spoken. */
export const stopReasons = [
  'DEAUTHORIZED',
  'EMERGENCY_STOP',
  'EV_DISCONNECTED',
  'HARD_RESET',
  'LOCAL',
  'OTHER',
  'POWER_LOSS',
  'REBOOT',
  'REMOTE',
  'SOFT_RESET',
  'UNLOCK_COMMAND',
] as const;
export type StopReason = (typeof stopReasons)[number];

/** What does not fit together in a transaction. */
export const anomalyCodes = [
  'METER_STOP_LT_START',
  'METER_IMPLAUSIBLE',
  'NO_STOP',
  'LATE_STOP',
  'STOP_CONFLICT',
  'STOP_BEFORE_START',
  'CLOCK_UNUSABLE',
  'CLOCK_IN_FUTURE',
] as const;
export type AnomalyCode = (typeof anomalyCodes)[number];

/** One thing that does not fit, for people. */
export interface Anomaly {
  readonly code: AnomalyCode;
  readonly detail: string;
  readonly detectedAt: Date;
}

/** Where the energy of a transaction comes from, best first. NEXT_START: an upper bound. */
export const energySources = ['METER_STOP', 'LAST_SAMPLE', 'NEXT_START', 'NONE'] as const;
export type EnergySource = (typeof energySources)[number];

/** A timestamp of a charge point: what it means, and its text. TIME-1. */
export interface StationTime extends Timestamp {
  readonly text: string;
}

/** What a charge point said when it stopped; the first report wins. STO-5. */
export interface StopFacts {
  /** Clock of the charge point when usable, else of the hub. */
  readonly at: Date;
  readonly timeText: string;
  readonly receivedAt: Date;
  readonly meterWh: number;
  readonly reason: StopReason;
  /** The word on the wire; absent when none was sent, which means LOCAL. STO-3. */
  readonly wireReason?: string;
  readonly tokenValue?: string;
  /** Answered about `tokenValue`; a repeat gets the same answer. */
  readonly authorization?: Decision;
  /** Made of everything above that the charge point said. */
  readonly contentKey: string;
}

/** The use of a connector from a start to a stop. */
export interface Transaction {
  readonly _id: string;
  readonly tenantId: string;
  /** The number that the charge point knows it by; positive, 32 bits, unique over the whole hub. STA-3. */
  readonly ocppTransactionId: number;
  /** Made of what the start said; unique, so that a repeat finds the transaction instead of making one. STA-4. */
  readonly startKey: string;
  /** As `startKey`; the same for all starts that a charge point without a clock cannot tell apart. */
  readonly contentKey: string;
  readonly chargePointId: string;
  readonly connectorId: number;
  readonly evseId: number;
  readonly protocol: '1.6';
  readonly state: TransactionState;
  /** As received. */
  readonly tokenValue: string;
  readonly tokenKey: string;
  /** What was answered to the start; never changes. */
  readonly authorization: Decision;
  /** Clock of the charge point when usable, else of the hub. */
  readonly startedAt: Date;
  readonly startTimeText: string;
  readonly startReceivedAt: Date;
  readonly clockUnusable?: true;
  readonly meterStartWh: number;
  readonly reservationId?: number;
  readonly remoteStartCommandId?: string;
  /** Absent until a stop came. */
  readonly stop?: StopFacts;
  /** Absent while it is active; without `stop` an assumption of the hub. */
  readonly endedAt?: Date;
  /** Energy delivered, so far or at all. */
  readonly energyWh: number;
  readonly energySource: EnergySource;
  /** The newest reading of the energy register. */
  readonly lastMeterWh?: number;
  readonly lastMeterAt?: Date;
  readonly anomalies: readonly Anomaly[];
  /** Its start or its stop was told more than five minutes after it happened. */
  readonly late: boolean;
  /** Transactions of the same connector that were open when it began, and that it ends. G7. */
  readonly replaces: readonly string[];
  /** Start and stop are known. */
  readonly complete: boolean;
  /** Last change that is told by an event. */
  readonly updatedAt: Date;
  /** Goes up with every start, stop and anomaly. */
  readonly version: number;
}

/** A stop that belongs to no transaction: unknown, foreign or impossible number. STO-1, STO-2. */
export interface OrphanedStop {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** As received; beyond 2^53 the last digits are lost. */
  readonly ocppTransactionId: number;
  readonly stop: StopFacts;
  /** As received. */
  readonly transactionData: unknown;
  readonly receivedAt: Date;
}

/** A start in nobody's version. */
export interface StartReport {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly connectorId: number;
  readonly tokenValue: string;
  readonly meterStartWh: number;
  readonly time: StationTime;
  readonly reservationId?: number;
  readonly receivedAt: Date;
}

/** A stop in nobody's version. */
export interface StopReport {
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly ocppTransactionId: number;
  readonly meterStopWh: number;
  readonly time: StationTime;
  readonly wireReason?: string;
  readonly reason: StopReason;
  readonly tokenValue?: string;
  readonly receivedAt: Date;
}

/** A reading of the energy register, in watt-hours, overall phases. */
export interface RegisterReading {
  readonly at: Date;
  readonly wh: number;
}

/** What a charge point measured at one moment, in the words of the wire. */
export interface WireReading {
  readonly time: StationTime;
  readonly samples: readonly {
    readonly value: string;
    readonly context?: string;
    readonly format?: string;
    readonly measurand?: string;
    readonly phase?: string;
    readonly location?: string;
    readonly unit?: string;
  }[];
}

/** What transactions need of whoever keeps meter values. */
export interface StopReadingKeeper {
  /** The newest energy register among the readings. */
  newestRegister(readings: readonly WireReading[]): RegisterReading | undefined;
  /** Stores the readings of a stop; the same ones twice are stored once. STO-6. */
  recordStop(
    transaction: Pick<Transaction, '_id' | 'tenantId' | 'chargePointId' | 'connectorId' | 'ocppTransactionId'>,
    readings: readonly WireReading[],
    receivedAt: Date,
  ): Promise<void>;
}
