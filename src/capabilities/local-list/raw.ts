import { ValidationError } from '../../kernel/errors.ts';
import { type AuthorizationOperations, foldToken } from '../authorization/index.ts';
import type { CommandWarning } from '../commands/index.ts';
import type { ListedInfo, ListUpdate, UpdateType, WireEntry } from './commands.ts';
import type { ListLimits } from './limits.ts';
import { entriesPerMessageMax, type ListState, wireTagMax } from './model.ts';
import { infoOf } from './plan.ts';

/** An entry as a client gives it: with `info`, to be removed, or with what the hub knows of the token. */
export interface RawEntry {
  readonly idTag: string;
  readonly info?: ListedInfo | undefined;
  readonly remove?: boolean | undefined;
}

/** A message as a client wants it. */
export interface RawUpdate {
  readonly updateType: UpdateType;
  /** Absent: the hub takes the next one. */
  readonly listVersion?: number | undefined;
  /** Absent: left out on the wire. */
  readonly entries?: readonly RawEntry[] | undefined;
}

type TokenReader = Pick<AuthorizationOperations, 'find'>;

const readAtOnce = 50;

/** Makes the entries of a message; tells what is unwise in them. Throws ValidationError for what the wire cannot carry. */
export async function entriesOf(
  { tokens, tenantId, now }: { tokens: TokenReader; tenantId: string; now: Date },
  { updateType, entries }: RawUpdate,
): Promise<{ entries: readonly WireEntry[] | undefined; warnings: readonly CommandWarning[] }> {
  if (entries === undefined) return { entries, warnings: [] };
  if (entries.length > entriesPerMessageMax) {
    throw new ValidationError('input.entries', `at most ${entriesPerMessageMax} entries`);
  }
  const warnings: CommandWarning[] = [];
  const made: WireEntry[] = [];
  const seen = new Set<string>();
  const make = async ({ idTag, info, remove }: RawEntry, path: string): Promise<WireEntry | undefined> => {
    if (idTag.length > wireTagMax) throw new ValidationError(`${path}.idTag`, `at most ${wireTagMax} characters`);
    if ((info?.groupId?.length ?? 0) > wireTagMax) {
      throw new ValidationError(`${path}.info.parentIdTag`, `at most ${wireTagMax} characters`);
    }
    if (remove === true && info !== undefined) {
      throw new ValidationError(path, 'a token is to be removed or described, not both');
    }
    if (remove === true && updateType === 'FULL') {
      // the whole list is replaced: what is not in it is removed, and every entry of it must have info. LAL-2
      warnings.push({
        code: 'REMOVAL_IN_FULL_LIST',
        message: 'a full list removes what it does not name; left out',
        path,
      });
      return undefined;
    }
    if (remove === true) return { idTag };
    if (info?.status === 'CONCURRENT_TX') {
      const message = 'ConcurrentTx has no meaning in a list';
      warnings.push({ code: 'CONCURRENT_TX_IN_LIST', message, path: `${path}.info.status` });
    }
    if (info !== undefined) return { idTag, info };
    const token = await tokens.find(tenantId, { value: idTag });
    if (token === undefined) {
      warnings.push({ code: 'TOKEN_UNKNOWN', message: 'the hub does not know the token; sent as Invalid', path });
      return { idTag, info: { status: 'INVALID' } };
    }
    const isOwnGroup = token.groupId === undefined || foldToken(token.groupId) === token.valueKey;
    const group = isOwnGroup ? undefined : await tokens.find(tenantId, { value: token.groupId ?? '' });
    return { idTag, info: infoOf(token, group, now) };
  };
  for (let from = 0; from < entries.length; from += readAtOnce) {
    const piece = entries.slice(from, from + readAtOnce);
    const results = await Promise.all(piece.map((entry, index) => make(entry, `input.entries.${from + index}`)));
    made.push(...results.filter((entry) => entry !== undefined));
  }
  for (const [index, { idTag }] of entries.entries()) {
    const key = foldToken(idTag);
    const path = `input.entries.${index}.idTag`;
    if (seen.has(key)) warnings.push({ code: 'TOKEN_TWICE', message: 'the token is in the message twice', path });
    seen.add(key);
  }
  return { entries: made, warnings };
}

/** What is unwise in a message as a whole, as far as the hub knows the charge point. OUT-1. */
export function warningsOf(update: ListUpdate, state: ListState, limits: ListLimits): readonly CommandWarning[] {
  const { updateType, listVersion, entries } = update;
  const count = entries?.length ?? 0;
  const known = Math.max(state.ackedVersion ?? 0, state.reportedVersion ?? 0);
  const warnings: CommandWarning[] = [];
  const warn = (code: string, message: string, path: string) => warnings.push({ code, message, path });
  if (listVersion < 1) warn('LIST_VERSION_NOT_POSITIVE', 'versions below 1 have other meanings', 'input.listVersion');
  else if (listVersion <= known) {
    warn('LIST_VERSION_NOT_GREATER', `the charge point has version ${known} already`, 'input.listVersion');
  }
  if (limits.perMessage !== undefined && count > limits.perMessage) {
    warn('MESSAGE_TOO_LONG', `the charge point takes ${limits.perMessage} entries per message`, 'input.entries');
  }
  if (limits.inAll !== undefined && updateType === 'FULL' && count > limits.inAll) {
    warn('LIST_TOO_LONG', `the charge point holds ${limits.inAll} entries`, 'input.entries');
  }
  if (updateType === 'DIFFERENTIAL' && count === 0) {
    warn('NOTHING_TO_CHANGE', 'a differential list without entries changes nothing', 'input.entries');
  }
  if (updateType === 'DIFFERENTIAL' && known === 0) {
    warn('NOTHING_TO_BUILD_ON', 'the hub knows of no list that could be changed', 'input.updateType');
  }
  if (state.trouble === 'UNSUPPORTED') {
    warn('NOT_SUPPORTED', 'the charge point said that it has no local list', 'input.chargePoint');
  }
  return warnings;
}
