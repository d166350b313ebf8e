import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';

/** How a message changes the list. OCPP 1.6 §7.47. */
export const updateTypes = wordMap({ Full: 'FULL', Differential: 'DIFFERENTIAL' });
/** How a message changes the list. */
export type UpdateType = (typeof updateTypes.values)[number];

/** Answers to SendLocalList. OCPP 1.6 §7.46. */
export const updateStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Failed: 'FAILED',
  NotSupported: 'NOT_SUPPORTED',
  VersionMismatch: 'VERSION_MISMATCH',
});
/** An answer to SendLocalList. */
export type UpdateStatus = (typeof updateStatuses.values)[number];

/** What a list can say of a token. OCPP 1.6 §7.2. */
export const listedStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Blocked: 'BLOCKED',
  Expired: 'EXPIRED',
  Invalid: 'INVALID',
  ConcurrentTx: 'CONCURRENT_TX',
});
/** What a list can say of a token; the hub itself never says CONCURRENT_TX there. LAL-5. */
export type ListedStatus = (typeof listedStatuses.values)[number];

/** What the list says of a token, as in the answer to Authorize. LAL-5. */
export interface ListedInfo {
  readonly status: ListedStatus;
  readonly validUntil?: Date;
  readonly groupId?: string;
}

/** One entry of a message; without `info` the token is taken off the list. LAL-2. */
export interface WireEntry {
  readonly idTag: string;
  readonly info?: ListedInfo;
}

/** What a SendLocalList holds; entries that are absent are left out on the wire. */
export interface ListUpdate {
  readonly updateType: UpdateType;
  readonly listVersion: number;
  readonly entries?: readonly WireEntry[];
}

/** Send the list or changes to it. OCPP 1.6 §5.15. */
export const sendLocalList = defineCommand<ListUpdate, { readonly status: UpdateStatus }>({
  name: 'sendLocalList',
  priority: 'BULK',
});

/** Ask for the version of the list; 0: empty, −1: not supported. OCPP 1.6 §5.10. */
export const getLocalListVersion = defineCommand<Record<never, never>, { readonly listVersion: number }>({
  name: 'getLocalListVersion',
  priority: 'BULK',
  repeatable: true,
});
