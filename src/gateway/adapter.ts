import type { Message } from '../ocpp/message.ts';
import type { Timestamp } from '../ocpp/time.ts';
import type { CallReply } from '../rpc/call.ts';
import type { StationTolerance } from './station-tolerance.ts';

export type { StationTolerance } from './station-tolerance.ts';

/** OCPP versions that a link can speak. */
export type OcppVersion = '1.6';

/** A charge point as the gateway knows it. */
export interface LinkedChargePoint {
  readonly tenantId: string;
  /** Hub id. */
  readonly id: string;
  /** The name in its URL. */
  readonly identity: string;
}

/** A validated CALL from a charge point, beside its payload. */
export interface IncomingCall {
  readonly chargePoint: LinkedChargePoint;
  readonly messageId: string | number;
  readonly receivedAt: Date;
  /** Fencing epoch of the link. */
  readonly epoch: number;
  /** What was repaired or tolerated so far, by name (see `repairTable`); empty for a clean message. */
  readonly repairs: readonly string[];
  /** The payload as it came, before any repair: for texts that are to be kept. */
  readonly sent: unknown;
  /** Reads a timestamp of the payload by the clock that this charge point has, and notes what is odd about it. TIME-1. */
  readTime(text: string | undefined): Timestamp;
}

/** A text as it came, where the repaired payload may have another; undefined when it was none, or an empty one. */
export function sentText({ sent }: Pick<IncomingCall, 'sent'>, property: string): string | undefined {
  if (typeof sent !== 'object' || sent === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(sent, property)?.value;
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, sentTextMax) : undefined;
}

/** Longest text that is kept beside its repaired form, in characters. */
const sentTextMax = 255;

/** What the hub can ask of a charge point, in nobody's version. `Input` and `Outcome` exist for the compiler only. */
export interface CommandDescriptor<Input = unknown, Outcome = unknown> {
  /** camelCase operation name, e.g. `remoteStartTransaction`. */
  readonly name: string;
  readonly types?: { readonly input: Input; readonly outcome: Outcome };
}

/** Answers one message in one version family. */
export interface Receive {
  readonly message: Message;
  readonly handle: (request: unknown, call: IncomingCall) => Promise<unknown>;
}

/** Says one command in one version family. `toOutcome` gets a response that matched its schema. */
export interface Send {
  readonly command: string;
  readonly message: Message;
  readonly toRequest: (input: unknown) => unknown;
  readonly toOutcome: (response: unknown, input: unknown) => unknown;
}

/** What a capability says and hears in one version family. */
export interface Adapter {
  readonly versions: readonly OcppVersion[];
  readonly receives: readonly Receive[];
  readonly sends: readonly Send[];
}

/** The answer to a message. A handler that throws an `OcppError` answers CALLERROR; any other error is InternalError. */
export function receives<Request, Response>(
  message: Message<Request, Response>,
  handle: NoInfer<(request: Request, call: IncomingCall) => Promise<Response>>,
): Receive {
  return { message, handle: (request, call) => handle(request as Request, call) }; // validated by dispatch just before
}

/** A command in the words of one message. */
export function sends<Input, Outcome, Request, Response>(
  command: CommandDescriptor<Input, Outcome>,
  message: Message<Request, Response>,
  mapping: NoInfer<{
    toRequest: (input: Input) => Request;
    toOutcome: (response: Response, input: Input) => Outcome;
  }>,
): Send {
  return {
    command: command.name,
    message,
    toRequest: (input) => mapping.toRequest(input as Input), // the descriptor that stored the input also types it
    toOutcome: (response, input) => mapping.toOutcome(response as Response, input as Input), // validated just before
  };
}

/** The part of a capability that knows OCPP words. */
export const adapter = (
  versions: readonly OcppVersion[],
  parts: { receives?: readonly Receive[]; sends?: readonly Send[] },
): Adapter => ({ versions, receives: parts.receives ?? [], sends: parts.sends ?? [] });

/** What became of a command on the wire. */
export type LinkReply =
  | {
      readonly kind: 'answered';
      readonly response: unknown;
      /** From `toOutcome`; absent when the response broke its schema. */
      readonly outcome?: unknown;
      /** Why the response did not match its schema. OUT-4. */
      readonly violations: readonly string[];
    }
  | Exclude<CallReply, { kind: 'result' }>
  /** The version of this link has no such command. */
  | { readonly kind: 'unsupported' };

/** A live socket of a charge point, held by this node. */
export interface Link {
  readonly chargePoint: LinkedChargePoint;
  readonly version: OcppVersion;
  readonly epoch: number;
  readonly openedAt: Date;
  queuedCalls(): number;
  /** The request that would go out, for the record. Throws `OcppError` when it breaks the schema; undefined: unsupported. */
  toRequest(command: string, input: unknown): { action: string; payload: unknown } | undefined;
  /** Says the command and waits for the answer. */
  perform(
    command: string,
    input: unknown,
    options: {
      timeoutMs: number;
      beforeSend?: (messageId: string) => Promise<boolean>;
      onLate?: (reply: LinkReply) => void;
    },
  ): Promise<LinkReply>;
  /** Closes the socket with a WebSocket close code. */
  close(code: number, reason: string): void;
}

/** A charge point as the registry (a capability) knows it. */
export interface RegisteredChargePoint extends LinkedChargePoint {
  /** Whether a Basic password is demanded. */
  readonly hasPassword: boolean;
  /** Last answer to a BootNotification. `UNKNOWN`: never booted. */
  readonly registration: 'ACCEPTED' | 'PENDING' | 'REJECTED' | 'UNKNOWN';
  /**
   * Nothing that it sends is repaired: what breaks its schema is refused. What the schema allows is never refused, however
   * odd: unknown or foreign transactions, tokens and connectors, repeats, times long past (STA-1, STO-1, MET-1).
   */
  readonly isStrict: boolean;
  /** What else is put up with; its parts that repair messages are without effect when `isStrict`. */
  readonly tolerance?: StationTolerance | undefined;
}

/** The live links of this node. */
export interface Links {
  find(chargePointId: string): Link | undefined;
  all(): readonly Link[];
  count(): number;
}

/** What the gateway needs to know about charge points; implemented by a capability, plugged in by the hub. */
export interface ChargePointRegistry {
  /** In another letter case too, when the charge point is tolerated so. CON-1 */
  find(tenantId: string, identity: string): Promise<RegisteredChargePoint | undefined>;
  /** Makes a charge point that nobody created; only called when the hub allows it. */
  autoRegister(tenantId: string, identity: string): Promise<RegisteredChargePoint>;
  /** Compares in constant time with the stored salted slow hash. */
  verifyPassword(chargePoint: RegisteredChargePoint, password: Buffer): Promise<boolean>;
  /** The link is up: takes the next fencing epoch and tells of it. */
  attached(
    chargePoint: LinkedChargePoint,
    link: { version: OcppVersion; remoteAddress: string; connectedAt: Date },
  ): Promise<{ epoch: number }>;
  /** The link of that epoch is gone. Changes nothing when a newer epoch is there. */
  detached(
    chargePoint: LinkedChargePoint,
    link: { epoch: number; code: number; reason: string; disconnectedAt: Date },
  ): Promise<void>;
  /** Present registration; asked for messages before a boot on this link. BOOT-6. */
  registration(chargePoint: LinkedChargePoint): Promise<RegisteredChargePoint['registration']>;
  /** Deviations were repaired or tolerated; cheap, counted in bulk. */
  tolerated(chargePoint: LinkedChargePoint, repairs: readonly string[]): void;
  /** A sign of life; cheap, flushed in bulk. */
  seen(chargePoint: LinkedChargePoint, at: Date): void;
}

/** Bus subject that the node with the charge point's socket serves. */
export const commandSubject = (tenantId: string, chargePointId: string): string =>
  `charge-point.${tenantId}.${chargePointId}.command`;

/** Bus subject on which it is told that the link of a charge point is to close; the message is a `RevokedMessage`. */
export const revokedSubject = (tenantId: string, chargePointId: string): string =>
  `charge-point.${tenantId}.${chargePointId}.revoked`;

/** The node that holds the link closes it. */
export interface RevokedMessage {
  /** Told to the charge point in the close frame; at most 123 bytes. RFC 6455 §5.5. */
  readonly reason: string;
}

/** Bus subject on which a node tells that it now holds the charge point's socket; the message is an `AttachedMessage`. */
export const attachedSubject = (tenantId: string, chargePointId: string): string =>
  `charge-point.${tenantId}.${chargePointId}.attached`;

/** A link came up. A link with an older epoch, wherever it is, closes. CON-8. */
export interface AttachedMessage {
  readonly epoch: number;
  /** Name of the node that holds the new link. */
  readonly node: string;
}

/** Bus subject on which every answered message of a charge point is told; the message is an `AnsweredMessage`. */
export const answeredSubject = (tenantId: string): string => `charge-point.${tenantId}.answered`;

/** A CALL from a charge point that was answered with a CALLRESULT. */
export interface AnsweredMessage {
  readonly chargePointId: string;
  readonly action: string;
  readonly request: unknown;
  readonly receivedAt: Date;
}
