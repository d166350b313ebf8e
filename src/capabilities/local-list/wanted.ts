import { type AuthorizationOperations, foldToken, type Token } from '../authorization/index.ts';
import type { ListStore } from './list-store.ts';
import { type ListState, wireTagMax } from './model.ts';
import { type EntrySet, infoOf, type WantedEntry } from './plan.ts';

/** What a charge point should hold now. */
export interface Wanted {
  readonly entries: EntrySet;
  /** How many tokens did not fit. */
  readonly leftOut: number;
  /** When a token begins or ends to be valid next. */
  readonly nextChangeAt?: Date;
}

/** Tokens that are read at once. */
const pageSize = 1_000;

/** Why a token is on the list; of two reasons the stronger counts, and when the list is too long the weaker go first. */
const reasons = { extra: 0, chosen: 1, group: 2, all: 3 } as const;
type Reason = keyof typeof reasons;

interface Candidate {
  readonly token: Token;
  readonly reason: Reason;
}

/** Finds out what charge points should hold. Reads in pages; what it gives is in memory while one charge point is brought level. */
export function createWanted({
  tokens,
  lists,
}: {
  tokens: Pick<AuthorizationOperations, 'list'>;
  lists: Pick<ListStore, 'find' | 'memberKeys'>;
}) {
  /** Every token of one condition, by value. */
  async function* all(tenantId: string, filter: Parameters<typeof tokens.list>[1]): AsyncGenerator<readonly Token[]> {
    let after: readonly [string, string] | undefined;
    for (;;) {
      const page = { limit: pageSize, fromEnd: false, after };
      const { items, hasNextPage } = await tokens.list(tenantId, filter, 'VALUE', page);
      yield items;
      const last = items.at(-1);
      if (!hasNextPage || last === undefined) return;
      after = [last.valueKey, last._id];
    }
  }

  const byValues = async (tenantId: string, values: readonly string[]): Promise<Token[]> => {
    const found: Token[] = [];
    for (let from = 0; from < values.length; from += pageSize) {
      for await (const page of all(tenantId, { values: values.slice(from, from + pageSize) })) found.push(...page);
    }
    return found;
  };

  /** Everything that could be on the list, with the strongest reason. */
  async function candidates(state: ListState): Promise<Map<string, Candidate>> {
    const { tenantId, listId, extra = [] } = state;
    const found = new Map<string, Candidate>();
    const add = (reason: Reason) => (token: Token) => {
      const present = found.get(token.valueKey);
      if (present === undefined || reasons[reason] < reasons[present.reason])
        found.set(token.valueKey, { token, reason });
    };
    const list = listId === undefined ? null : await lists.find(tenantId, listId);
    if (list === null) return found;
    (await byValues(tenantId, extra)).forEach(add('extra'));
    for await (const keys of lists.memberKeys(tenantId, list._id)) {
      (await byValues(tenantId, keys)).forEach(add('chosen'));
    }
    for (const groupId of list.groupIds) {
      for await (const page of all(tenantId, { groupIds: [groupId] })) page.forEach(add('group'));
    }
    if (list.allActiveTokens) {
      for await (const page of all(tenantId, { statuses: ['ACTIVE'] })) page.forEach(add('all'));
    }
    for (const key of state.excluded ?? []) found.delete(key);
    return found;
  }

  return {
    /** What the charge point of `state` should hold at `now`, at most `max` entries. */
    async of(state: ListState, now: Date, max: number): Promise<Wanted> {
      const found = await candidates(state);
      const groupKeys = new Set<string>();
      for (const { token } of found.values()) if (token.groupId !== undefined) groupKeys.add(foldToken(token.groupId));
      const groups = new Map((await byValues(state.tenantId, [...groupKeys])).map((token) => [token.valueKey, token]));
      let nextChangeMs = Number.POSITIVE_INFINITY;
      let unspeakable = 0;
      const entries: { key: string; entry: WantedEntry; rank: readonly [number, number, number] }[] = [];
      for (const [key, { token, reason }] of found) {
        for (const at of [token.validFrom, token.validUntil]) {
          if (at !== undefined && at > now) nextChangeMs = Math.min(nextChangeMs, at.getTime());
        }
        const groupKey = token.groupId === undefined ? undefined : foldToken(token.groupId);
        const group = groupKey === undefined || groupKey === key ? undefined : groups.get(groupKey);
        const info = infoOf(token, group, now);
        if (reason === 'all' && info.status !== 'ACCEPTED') continue; // "all active" lists nobody who may not charge
        if (token.value.length > wireTagMax) {
          unspeakable += 1;
          continue;
        }
        const rank = [reasons[reason], info.status === 'ACCEPTED' ? 0 : 1, -token.updatedAt.getTime()] as const;
        entries.push({ key, entry: { idTag: token.value, info }, rank });
      }
      if (entries.length > max) {
        entries.sort(
          (a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2] || (a.key < b.key ? -1 : 1),
        );
      }
      return {
        entries: new Map(entries.slice(0, max).map(({ key, entry }) => [key, entry])),
        leftOut: Math.max(0, entries.length - max) + unspeakable,
        ...(Number.isFinite(nextChangeMs) && { nextChangeAt: new Date(nextChangeMs) }),
      };
    },
  };
}

/** What charge points should hold. */
export type WantedLists = ReturnType<typeof createWanted>;
