/** Which way a frame went. */
export type MessageDirection = 'FROM_CHARGE_POINT' | 'TO_CHARGE_POINT';

/** What a frame is in OCPP-J; UNREADABLE: none of the three. */
export type WireMessageType = 'CALL' | 'CALLRESULT' | 'CALLERROR' | 'UNREADABLE';

/** One frame as it went over the wire. */
export interface WireMessage {
  /** Sorts by time, and within a millisecond by the order on the wire. */
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly direction: MessageDirection;
  readonly at: Date;
  /** Fencing epoch of the link it went over. */
  readonly epoch: number;
  readonly type: WireMessageType;
  /** Absent when it cannot be read. */
  readonly messageId?: string;
  /** Of an answer, the action of the CALL that it answers; absent when that is not known. */
  readonly action?: string;
  /** The very text, but for secrets (see `withoutSecrets`) and what is cut off. */
  readonly text: string;
  /** It was longer than `textMax`. */
  readonly isCut?: true;
  /** Of the whole frame on the wire, in bytes. */
  readonly sizeBytes: number;
  /** From a CALL to its first answer, in milliseconds; on the answer only. */
  readonly latencyMs?: number;
  /** The transaction number in the payload, whatever it is. */
  readonly ocppTransactionId?: number;
  /** The command of the hub that the CALL carries, or that the answer belongs to. */
  readonly commandId?: string;
  /** What the hub repaired or tolerated in it, by name. */
  readonly repairs?: readonly string[];
  /** What breaks the schema and could not be repaired; never a value. */
  readonly violations?: readonly string[];
  /** It has repairs or violations. */
  readonly deviates?: true;
  /** What it counts for in the size budget, in bytes. */
  readonly storedBytes: number;
}

/** Which frames; lists mean any-of, all given conditions must hold. */
export interface WireMessageFilter {
  readonly chargePointIds?: readonly string[] | undefined;
  readonly directions?: readonly MessageDirection[] | undefined;
  readonly types?: readonly WireMessageType[] | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly messageId?: string | undefined;
  readonly ocppTransactionId?: number | undefined;
  readonly commandId?: string | undefined;
  /** Not before. */
  readonly from?: Date | undefined;
  /** Before. */
  readonly to?: Date | undefined;
  readonly withRepairs?: boolean | undefined;
  readonly withViolations?: boolean | undefined;
}

/** Longest text that is kept, in characters; the rest of a longer frame is cut off. A document has room for 16 MB. */
export const textMax = 1 << 20;

/** What a frame takes beside its text, in bytes: its other fields and its places in the indexes, roughly. */
export const recordBytes = 600;

/** Whether a frame is among those of a filter; the same as the store answers. */
export function matches(filter: WireMessageFilter, message: WireMessage): boolean {
  const { chargePointIds, directions, types, actions, messageId, ocppTransactionId, commandId, from, to } = filter;
  return (
    (chargePointIds?.includes(message.chargePointId) ?? true) &&
    (directions?.includes(message.direction) ?? true) &&
    (types?.includes(message.type) ?? true) &&
    (actions?.includes(message.action ?? '') ?? true) &&
    (messageId ?? message.messageId) === message.messageId &&
    (ocppTransactionId ?? message.ocppTransactionId) === message.ocppTransactionId &&
    (commandId ?? message.commandId) === message.commandId &&
    (from === undefined || message.at >= from) &&
    (to === undefined || message.at < to) &&
    (filter.withRepairs !== true || message.repairs !== undefined) &&
    (filter.withViolations !== true || message.violations !== undefined)
  );
}
