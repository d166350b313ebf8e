import type { StoredEvent } from '../../events/event.ts';
import type { AnsweredMessage, CommandDescriptor } from '../../gateway/adapter.ts';
import type { ActorKind } from '../../kernel/principal.ts';

/**
 * Life of a command. QUEUED → SENT → RESPONDED → FINISHED.
 * RESPONDED: the answer came and promises a follow-up. FINISHED: the follow-up was seen, or none is promised.
 * Final without it: EFFECT_MISSING, FAILED (refused on the wire, or the link was lost), TIMED_OUT, EXPIRED and CANCELLED
 * (never sent).
 */
export const commandStates = [
  'QUEUED',
  'SENT',
  'RESPONDED',
  'FINISHED',
  'EFFECT_MISSING',
  'FAILED',
  'TIMED_OUT',
  'EXPIRED',
  'CANCELLED',
] as const;
export type CommandState = (typeof commandStates)[number];

/** Why a command has no usable answer. */
export const failureKinds = [
  'CALL_ERROR',
  'NO_ANSWER',
  'LINK_LOST',
  'INVALID_ANSWER',
  'DEADLINE_PASSED',
  'QUEUE_FULL',
  'HUB_RESTARTED',
  'NOT_ISSUED',
  'CANCELLED',
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** In what order commands of one charge point leave: urgent ones (a driver waits) overtake those that wait. Best first. */
export const priorities = ['URGENT', 'NORMAL', 'BULK'] as const;
export type Priority = (typeof priorities)[number];

/** Why a command failed. `outcomeUnknown`: the charge point may have acted all the same. */
export interface CommandFailure {
  readonly kind: FailureKind;
  /** As on the wire, for CALL_ERROR. */
  readonly ocppErrorCode?: string;
  readonly description: string;
  readonly details?: unknown;
  readonly outcomeUnknown: boolean;
}

/** What was unwise in a request that went out all the same. OUT-1. */
export interface CommandWarning {
  /** For programs, UPPER_CASE, e.g. `STACK_LEVEL_TOO_HIGH`. */
  readonly code: string;
  /** For people: what is known and why it may fail. */
  readonly message: string;
  /** The input field, e.g. `input.connectorId`. */
  readonly path?: string;
}

/** A request of the hub to a charge point, from the caller's wish to its end. Never deleted by a restart. */
export interface Command {
  readonly _id: string;
  readonly tenantId: string;
  /** camelCase operation, e.g. `reset`. */
  readonly name: string;
  readonly chargePointId: string;
  /** In nobody's OCPP version. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly requestedBy: { readonly kind: ActorKind; readonly id: string; readonly name: string };
  readonly requestedAt: Date;
  /** After this instant it is no longer sent. */
  readonly deadlineAt: Date;
  /** Absent: NORMAL. */
  readonly priority?: Priority;
  /** It waits for a charge point that is offline. Absent: it fails then. */
  readonly whenOffline?: 'QUEUE';
  /** What is stored of it is not all of it (a secret was left out), so only the process that has the rest can send it. */
  readonly isPartial?: true;
  readonly state: CommandState;
  readonly updatedAt: Date;
  readonly sentAt?: Date;
  readonly respondedAt?: Date;
  readonly finishedAt?: Date;
  /** OCPP action and payload exactly as they went out. */
  readonly action: string;
  readonly request: unknown;
  readonly messageId?: string;
  /** Payload of the CALLRESULT exactly as it came. */
  readonly response?: unknown;
  /** The answer in nobody's version; absent when it broke its schema. */
  readonly outcome?: Readonly<Record<string, unknown>>;
  /** How the answer broke its schema. OUT-4. */
  readonly violations?: readonly string[];
  /** The answer came after the time-out. */
  readonly answeredLate?: boolean;
  readonly failure?: CommandFailure;
  readonly warnings?: readonly CommandWarning[];
  /** Until when the promised follow-up may come. */
  readonly effectDeadlineAt?: Date;
  /** What followed, e.g. `{ transactionId }`. */
  readonly effect?: Readonly<Record<string, unknown>>;
  /** Position in the event log when it was sent; where a restarted hub looks for the follow-up. */
  readonly sentCursor?: string;
  /** Which hub process delivers it. */
  readonly instance: string;
  /** The batch that it is part of. */
  readonly batchId?: string;
  readonly idempotencyKey?: string;
  /** Tenant, caller, operation and key in one; unique. */
  readonly idempotencyScope?: string;
  /** Of the input; the same key with another fingerprint is refused. */
  readonly fingerprint: string;
}

/** Nothing more will happen to the command. */
export const isFinal = (command: Command): boolean =>
  command.state !== 'QUEUED' && command.state !== 'SENT' && command.state !== 'RESPONDED';

/** An answer is there, or will not come. */
export const isAnswered = (command: Command): boolean => command.state !== 'QUEUED' && command.state !== 'SENT';

/** What may be the follow-up of a command: an event, or an answered message of the charge point. */
export type Signal =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'answered'; readonly message: AnsweredMessage };

/** The follow-up that a positive answer promises. */
export interface Effect<Input, Outcome> {
  /** How long after the answer it may come. */
  readonly withinMs: (outcome: Outcome, input: Input) => number;
  /** Whether this answer promises anything. */
  readonly promised: (outcome: Outcome, input: Input) => boolean;
  /** Facts about the follow-up when `signal` is it, else undefined. */
  readonly seen: (signal: Signal, input: Input) => Readonly<Record<string, unknown>> | undefined;
  /** Whether `signal`, which came after the answer, says that the follow-up will not come any more. */
  readonly missed?: (signal: Signal, input: Input) => boolean;
  /**
   * One signal is the follow-up of one command of this name only: of the one with the highest rank, then of the oldest.
   * Absent: one signal may fulfil several.
   */
  readonly rank?: (input: Input) => number;
}

/** Everything about one operation that no OCPP version changes. */
export interface CommandDefinition<Input extends object, Outcome extends object>
  extends CommandDescriptor<Input, Outcome> {
  /** Not while the registration is PENDING or REJECTED. OCPP 1.6 §4.2. */
  readonly onlyAccepted?: boolean;
  /** Default: NORMAL. */
  readonly priority?: Priority;
  /**
   * Sending it twice does no more than sending it once. A queued command of this kind is sent again when the link was lost
   * before its answer; others end then, because the charge point may have acted.
   */
  readonly repeatable?: boolean;
  readonly effect?: Effect<Input, Outcome>;
  /** Leaves secrets out of what is stored of the request. */
  readonly redact?: (input: Input, request: unknown) => { input: Input; request: unknown };
  /** Leaves secrets out of what is stored of the answer. */
  readonly redactResponse?: (response: unknown) => unknown;
}

/** Defines an operation once; capabilities map it to OCPP words in their `ocpp16.ts`. */
export const defineCommand = <Input extends object, Outcome extends object>(
  definition: CommandDefinition<Input, Outcome>,
): CommandDefinition<Input, Outcome> => definition;

/** What a capability does along the life of its commands. All of it may run twice and must be idempotent. */
export interface CommandHooks<Outcome> {
  /** The command is stored and about to be delivered. When it throws, the command fails unsent and the caller gets the error. */
  readonly issued?: (command: Command) => Promise<void>;
  /** Writes down what a valid answer means, before the command is seen as answered; also for a late answer. */
  readonly answered?: (outcome: Outcome, command: Command) => Promise<void>;
  /**
   * There is no usable answer: CALLERROR, time-out, link lost, never sent. Runs after the state is stored; `command` holds
   * `state` and `failure`. A late answer may still follow a TIMED_OUT.
   */
  readonly failed?: (command: Command) => Promise<void>;
  /** The promised follow-up was seen, `command.effect` holds its facts; runs before the command is seen as FINISHED. */
  readonly followed?: (command: Command) => Promise<void>;
}

/** What a command needs to know of its charge point. */
export interface CommandTarget {
  readonly _id: string;
  readonly tenantId: string;
  readonly identity: string;
  readonly registration: string;
  readonly lastSeenAt?: Date;
  /** The hub sends it nothing of its own accord. */
  readonly certificationMode?: boolean;
}

/** What to wait for before the caller is answered. */
export interface CommandWait {
  readonly until: 'ACCEPTED_BY_HUB' | 'RESPONDED' | 'FINISHED';
  /** 0 to 60. */
  readonly timeoutSeconds: number;
}

/** Whether the caller's wait is over. */
export function isReached(command: Command, until: CommandWait['until']): boolean {
  switch (until) {
    case 'ACCEPTED_BY_HUB':
      return true;
    case 'RESPONDED':
      return isAnswered(command);
    case 'FINISHED':
      return isFinal(command);
  }
}
