import type { NewEvent } from '../../events/event.ts';
import { ValidationError } from '../../kernel/errors.ts';
import type { ListedInfo } from './commands.ts';

/** How the list of a charge point stands against the one it is assigned. */
export const syncStates = ['IN_SYNC', 'PENDING', 'FAILED', 'UNSUPPORTED'] as const;
export type SyncState = (typeof syncStates)[number];

/** A list of tokens that charge points are to know without asking. Unique by tenant and name. */
export interface LocalList {
  readonly _id: string;
  readonly tenantId: string;
  readonly name: string;
  /** Every token that may charge now, beside those chosen. */
  readonly allActiveTokens: boolean;
  /** Every token of these groups, whatever its status. */
  readonly groupIds: readonly string[];
  /** There are groups, or it is for all: which tokens are on it depends on the tokens. */
  readonly hasRule: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Goes up with every change; pass as `ifVersion`. */
  readonly version: number;
}

/** A token chosen for a list by its value; it need not be known to the hub yet. */
export interface Member {
  readonly _id: string;
  readonly tenantId: string;
  readonly listId: string;
  /** Folded, as tokens are compared. */
  readonly valueKey: string;
  /** As the client wrote it. */
  readonly value: string;
}

/** An entry that a charge point holds, as far as the hub knows: it accepted the message that held it. */
export interface HeldEntry {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly valueKey: string;
  /** As it went out. */
  readonly idTag: string;
  readonly info: ListedInfo;
  /** The command that last set it. */
  readonly commandId: string;
}

/** Why the last synchronisation did not end well. */
export interface SyncError {
  /** For programs: FAILED, VERSION_MISMATCH, NOT_SUPPORTED, CALL_ERROR, NO_ANSWER, LINK_LOST, NOT_SENT, TOO_OLD_VERSION. */
  readonly code: string;
  readonly message: string;
  readonly at: Date;
}

/** The local list of one charge point: what it should hold, what it holds, and how the two come together. */
export interface ListState {
  /** The id of the charge point. */
  readonly _id: string;
  readonly tenantId: string;
  /** The assigned list. */
  readonly listId?: string;
  /** The list was taken away and the charge point is to forget its entries. */
  readonly clearing?: boolean;
  /** Values that it is to know beside the list. */
  readonly extra?: readonly string[];
  /** Values that it is not to know although they are on the list. */
  readonly excluded?: readonly string[];
  /** Names the newest reason to look at it. */
  readonly mark?: string;
  /** Names the newest reason for which there may be something to send. */
  readonly wish?: string;
  /** The reason that the last successful synchronisation met. */
  readonly metWish?: string;
  /** How the last synchronisation ended, when it did not succeed. */
  readonly trouble?: 'FAILED' | 'UNSUPPORTED';
  readonly lastError?: SyncError;
  /** Failures in a row. */
  readonly failures?: number;
  /** Version of the last message that the charge point accepted; 0: none. */
  readonly ackedVersion?: number;
  readonly ackedAt?: Date;
  /** When the hub asked for what was accepted last; an answer to an older question changes nothing any more. */
  readonly ackedRequestAt?: Date;
  /** As the charge point last told; −1: not supported, 0: empty. */
  readonly reportedVersion?: number;
  readonly reportedAt?: Date;
  /** Highest version that was ever used or told; the next one is greater. LAL-1. */
  readonly lastVersion?: number;
  /** The message that is under way, or whose end is unknown. */
  readonly inFlight?: { readonly commandId: string; readonly listVersion: number };
  /** What the hub believes of the list may be wrong. */
  readonly mustFull?: boolean;
  /** The charge point may have lost or changed its list since its version was read. */
  readonly mustCheck?: boolean;
  readonly checkedAt?: Date;
  readonly entryCount?: number;
  /** How many entries it should hold. */
  readonly wantedCount?: number;
  /** How many of the wanted tokens did not fit. */
  readonly leftOutCount?: number;
  /** When the next look is due; absent: only when something happens. */
  readonly dueAt?: Date;
  /** Not before this, whatever is due. */
  readonly notBefore?: Date;
  /** Goes before others: a token may not charge any more. */
  readonly urgent?: boolean;
  /** How many events told of it; part of their identity. */
  readonly told?: number;
  /** What the last event told, to see whether there is something to tell. */
  readonly toldFacts?: string;
}

/** Longest name of a list. */
export const listNameMax = 100;
/** Most groups that a list may name. */
export const groupsMax = 100;
/** Most tokens that one call adds, removes or makes an exception. */
export const tokensPerCallMax = 1_000;
/** Most exceptions of one charge point, of each kind. */
export const exceptionsMax = 500;
/** Most charge points that one call assigns. */
export const chargePointsPerCallMax = 500;
/** Most entries that the hub sends to one charge point; what is beyond is cut and flagged. */
export const entriesMax = 100_000;
/** Most entries of one message that a client may give. */
export const entriesPerMessageMax = 5_000;
/** Entries per message when the charge point did not tell its SendLocalListMaxLength. */
export const chunkDefault = 50;
/** Greatest version that the wire carries. */
export const versionMax = 2_147_483_647;

/** Longest token value that the wire carries. OCPP 1.6 §7.28. */
export const wireTagMax = 20;

const backOffMs = [15, 30, 60, 120, 240, 480, 960, 1440].map((minutes) => minutes * 60_000);

/** How long to wait after so many failures in a row: 15 minutes to a day. */
export const backOff = (failures: number): number => backOffMs[Math.min(failures, backOffMs.length) - 1] ?? 0;

/** How the charge point stands; undefined when it is assigned nothing. */
export function syncState(state: ListState): SyncState | undefined {
  if (state.trouble === 'UNSUPPORTED') return 'UNSUPPORTED';
  if (state.listId === undefined && state.clearing !== true) return undefined;
  if (state.trouble === 'FAILED') return 'FAILED';
  return state.wish === state.metWish && state.mustFull !== true && state.inFlight === undefined
    ? 'IN_SYNC'
    : 'PENDING';
}

/** The state of a charge point that the hub has never sent a list. */
export const noState = (tenantId: string, chargePointId: string): ListState => ({ _id: chargePointId, tenantId });

/** The list of a charge point changed its state. Natural key: the charge point and how often that happened. */
export const localListChangedType = 'LOCAL_LIST_CHANGED';

/** What is worth an event when it changes. */
export const factsOf = (state: ListState): string =>
  JSON.stringify([syncState(state), state.listId, state.lastError?.code, (state.leftOutCount ?? 0) > 0]);

/** The event of the present state, the `count`th of its charge point. */
export const localListChanged = (state: ListState, count: number, at: Date): NewEvent => ({
  tenantId: state.tenantId,
  type: localListChangedType,
  key: [state._id, count],
  occurredAt: at,
  receivedAt: at,
  chargePointId: state._id,
  data: {
    state: syncState(state) ?? null,
    listId: state.listId ?? null,
    ackedVersion: state.ackedVersion ?? 0,
    entryCount: state.entryCount ?? 0,
    leftOutCount: state.leftOutCount ?? 0,
    error: state.lastError === undefined ? null : { code: state.lastError.code, message: state.lastError.message },
  },
});

/** What a client gives for a list. */
export interface NewList {
  readonly name: string;
  readonly allActiveTokens?: boolean | undefined;
  readonly groupIds?: readonly string[] | undefined;
  readonly tokens?: readonly string[] | undefined;
}

/** What a client changes; undefined leaves. */
export interface ListChange {
  readonly name?: string | undefined;
  readonly allActiveTokens?: boolean | undefined;
  readonly groupIds?: readonly string[] | undefined;
}

/** Whether it depends on the tokens which of them are on the list. */
export const hasRule = ({ allActiveTokens, groupIds }: Pick<LocalList, 'allActiveTokens' | 'groupIds'>): boolean =>
  allActiveTokens || groupIds.length > 0;

/** Throws a `ValidationError` for the first field that cannot be right. */
export function checkList({ name, groupIds }: ListChange): void {
  if (name !== undefined && (name.trim() === '' || name.length > listNameMax)) {
    throw new ValidationError('input.name', `must have 1 to ${listNameMax} characters`);
  }
  if ((groupIds?.length ?? 0) > groupsMax) throw new ValidationError('input.groupIds', `at most ${groupsMax} groups`);
  if (groupIds?.some((groupId) => groupId === '' || groupId.length > wireTagMax)) {
    throw new ValidationError('input.groupIds', `a group has 1 to ${wireTagMax} characters`);
  }
}

/** Throws a `ValidationError` when these cannot be values of listed tokens, or are too many. */
export function checkValues(values: readonly string[], path: string, max: number): void {
  if (values.length > max) throw new ValidationError(path, `at most ${max} values`);
  if (values.some((value) => value === '' || value.length > wireTagMax || /\p{Cc}|\p{Cs}/u.test(value))) {
    throw new ValidationError(path, `a value has 1 to ${wireTagMax} characters, none of them a control character`);
  }
}
