import type { Token } from '../authorization/index.ts';
import type { ListedInfo, ListedStatus, UpdateType, WireEntry } from './commands.ts';
import { versionMax } from './model.ts';

/** What a charge point should know of a token. */
export interface WantedEntry {
  readonly idTag: string;
  readonly info: ListedInfo;
}

/** Entries by folded value. */
export type EntrySet<Entry extends WantedEntry = WantedEntry> = ReadonlyMap<string, Entry>;

/** A message to come; its version is chosen when it goes out. */
export interface Chunk {
  readonly updateType: UpdateType;
  readonly entries: readonly WireEntry[];
}

type ListedToken = Pick<Token, 'status' | 'validFrom' | 'validUntil' | 'groupId'>;

/**
 * What a list says of a token: what the token itself says, everywhere and until further notice. `group`: the token that its
 * group id names, if it is another one. LAL-5.
 */
export function infoOf(token: ListedToken, group: Pick<Token, 'status'> | undefined, now: Date): ListedInfo {
  const { validUntil, groupId } = token;
  return {
    status: statusOf(token, group, now),
    ...(validUntil !== undefined && { validUntil }),
    ...(groupId !== undefined && { groupId }),
  };
}

function statusOf(
  { status, validFrom, validUntil }: ListedToken,
  group: Pick<Token, 'status'> | undefined,
  now: Date,
): ListedStatus {
  if (status === 'BLOCKED' || group?.status === 'BLOCKED') return 'BLOCKED';
  if (status === 'INVALID' || (validFrom !== undefined && validFrom > now)) return 'INVALID';
  return validUntil !== undefined && validUntil <= now ? 'EXPIRED' : 'ACCEPTED';
}

/** Above this share of the wanted list a full list is shorter than the difference is worth. */
const fullShare = 0.6;

/** Whether both say the same of a token: status, expiry to the second, group. */
export const sameInfo = (a: ListedInfo, b: ListedInfo): boolean =>
  a.status === b.status && a.groupId === b.groupId && seconds(a.validUntil) === seconds(b.validUntil);

const seconds = (at: Date | undefined) => (at === undefined ? undefined : Math.floor(at.getTime() / 1000));

/** Whoever may not charge comes first: until the charge point knows, it would let him. */
const refusedFirst = (entries: readonly WireEntry[]): readonly WireEntry[] => {
  const isRefused = ({ info }: WireEntry) => info?.status !== 'ACCEPTED';
  return [...entries.filter(isRefused), ...entries.filter((entry) => !isRefused(entry))];
};

/** What makes the held list the wanted one: additions and changes with info, removals without. */
export function difference(wanted: EntrySet, held: EntrySet): readonly WireEntry[] {
  const entries: WireEntry[] = [];
  for (const [key, { idTag, info }] of wanted) {
    const present = held.get(key);
    if (present === undefined || !sameInfo(present.info, info)) entries.push({ idTag, info });
  }
  for (const [key, { idTag }] of held) if (!wanted.has(key)) entries.push({ idTag });
  return refusedFirst(entries);
}

const cut = (entries: readonly WireEntry[], max: number): (readonly WireEntry[])[] => {
  const chunks: (readonly WireEntry[])[] = [];
  for (let from = 0; from < entries.length; from += max) chunks.push(entries.slice(from, from + max));
  return chunks;
};

/**
 * The messages that make the held list the wanted one, in order; none when it is so already. `held` undefined: the hub
 * does not know what is held, so the list is replaced as a whole. A full list that is too long for one message goes on
 * with differential ones. LAL-2, LAL-3.
 */
export function planChunks(wanted: EntrySet, held: EntrySet | undefined, perMessage: number): readonly Chunk[] {
  const max = Math.max(1, perMessage);
  const full = (): readonly Chunk[] => {
    const [first = [], ...rest] = cut(
      refusedFirst([...wanted.values()].map(({ idTag, info }) => ({ idTag, info }))),
      max,
    );
    return [
      { updateType: 'FULL', entries: first },
      ...rest.map((entries) => ({ updateType: 'DIFFERENTIAL' as const, entries })),
    ];
  };
  if (held === undefined) return full();
  const changes = difference(wanted, held);
  const isMuch =
    changes.length > fullShare * wanted.size && Math.ceil(wanted.size / max) <= Math.ceil(changes.length / max);
  // a list that holds nothing yet is begun with a full one; one that was begun goes on with differences
  if (changes.length > 0 && (held.size === 0 || isMuch)) return full();
  return cut(changes, max).map((entries) => ({ updateType: 'DIFFERENTIAL' as const, entries }));
}

/** The version after the highest one known: never 0 or −1; begins again at 1 when the wire carries no greater one. LAL-1. */
export const versionAfter = (known: number): number => (known >= 1 && known < versionMax ? known + 1 : 1);
