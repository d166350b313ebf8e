import type { ApiScope, Principal } from '../../kernel/principal.ts';
import type { Command } from '../commands/index.ts';

/** Life of a batch. Only RUNNING issues commands; the last three take nothing up again. */
export const batchStates = ['PREPARING', 'RUNNING', 'FINISHED', 'STOPPED', 'CANCELLED'] as const;
export type BatchState = (typeof batchStates)[number];

/** What became of one member. */
export const outcomes = [
  'WAITING',
  'UNDER_WAY',
  'ACCEPTED',
  'FINISHED',
  'REFUSED',
  'EFFECT_MISSING',
  'FAILED',
  'OFFLINE',
  'EXPIRED',
  'CANCELLED',
] as const;
export type MemberOutcome = (typeof outcomes)[number];

/** Charge points that may be listed one by one. */
export const listedMax = 5_000;
/** Charge points of one batch. */
export const membersMax = 50_000;
/** Commands of one batch that are awaited at a time. */
export const concurrencyMax = 200;
/** Commands that all batches of a process await at a time. */
export const processConcurrencyMax = 200;
/** Batches of one tenant that are under way at a time. */
export const openBatchesMax = 100;

/** One wish for many charge points. */
export interface CommandBatch {
  readonly _id: string;
  readonly tenantId: string;
  /** camelCase operation, e.g. `reset`. */
  readonly name: string;
  /** What is asked of each, as the caller gave it; holds no secret. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly concurrency: number;
  readonly stopAfterFailures?: number;
  readonly whenOffline: 'FAIL' | 'QUEUE';
  readonly expiresInSeconds?: number;
  readonly state: BatchState;
  /** Something may still change: no `finishedAt` yet. */
  readonly isOpen?: true;
  readonly total: number;
  readonly requestedBy: Principal['actor'];
  /** What the caller was allowed; a batch goes on with it, also when the credential has ended. */
  readonly scopes: readonly ApiScope[];
  readonly requestedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt?: Date;
  readonly idempotencyKey: string;
  /** Tenant, caller and key in one; unique. */
  readonly idempotencyScope: string;
  readonly fingerprint: string;
}

/** One charge point of a batch. */
export interface BatchMember {
  /** Made of batch and charge point. */
  readonly _id: string;
  readonly tenantId: string;
  readonly batchId: string;
  /** Place in the batch, from 0. */
  readonly position: number;
  readonly chargePointId: string;
  readonly outcome: MemberOutcome;
  readonly updatedAt: Date;
  readonly commandId?: string;
  /** Status of the answer, verbatim. */
  readonly status?: string;
  readonly error?: MemberError;
}

/** Why a member has no positive answer. */
export interface MemberError {
  /** Code of a refused mutation, or the kind of a failed command. */
  readonly code: string;
  readonly message: string;
}

/** What a command, or the refusal to issue it, means for its member. */
export interface Verdict {
  readonly outcome: MemberOutcome;
  readonly commandId?: string;
  readonly status?: string;
  readonly error?: MemberError;
}

/** How many members have each outcome. */
export type Counts = Readonly<Record<MemberOutcome, number>>;

/** Nothing more will be issued or answered. */
export const isBatchFinal = ({ finishedAt }: CommandBatch): boolean => finishedAt !== undefined;

/** What `stopAfterFailures` counts: charge points that heard it and did not do it, and requests that could not be sent. */
export const isFailure = (outcome: MemberOutcome): boolean =>
  outcome === 'REFUSED' || outcome === 'FAILED' || outcome === 'EFFECT_MISSING';

/** The words with which an answer says yes; an answer without a status does as well. */
const positive: ReadonlySet<unknown> = new Set(['ACCEPTED', 'SCHEDULED', 'REBOOT_REQUIRED', 'UNLOCKED', undefined]);

/** What the command means for its member; undefined while no answer is there. */
export function verdictOf(command: Command): Verdict | undefined {
  const commandId = command._id;
  const verbatim = (command.response as { status?: unknown } | null | undefined)?.status;
  const answered = { commandId, ...(typeof verbatim === 'string' && { status: verbatim }) };
  const { failure } = command;
  const error = failure && {
    code: failure.kind,
    message: failure.ocppErrorCode ? `${failure.ocppErrorCode}: ${failure.description}` : failure.description,
  };
  switch (command.state) {
    case 'QUEUED':
    case 'SENT':
      return undefined;
    case 'RESPONDED':
      return { ...answered, outcome: 'ACCEPTED' };
    case 'FINISHED':
      return { ...answered, outcome: positive.has(command.outcome?.['status']) ? 'FINISHED' : 'REFUSED' };
    case 'EFFECT_MISSING':
      return { ...answered, outcome: 'EFFECT_MISSING' };
    case 'EXPIRED':
    case 'CANCELLED':
      return { commandId, outcome: command.state, ...(error && { error }) };
    case 'FAILED':
    case 'TIMED_OUT':
      return { ...answered, outcome: 'FAILED', ...(error && { error }) };
  }
}

/** The outcomes that a verdict may take the place of; an older one never replaces a newer one. A late answer replaces a time-out. */
export function mayFollow(outcome: MemberOutcome): readonly MemberOutcome[] {
  switch (outcome) {
    case 'FINISHED':
    case 'REFUSED':
      return ['UNDER_WAY', 'ACCEPTED', 'FAILED'];
    case 'EFFECT_MISSING':
      return ['UNDER_WAY', 'ACCEPTED'];
    default:
      return ['UNDER_WAY'];
  }
}
