import type { Position } from './cursor.ts';
import type { StoredEvent } from './event.ts';
import type { EventSelection } from './filter.ts';
import type { EventStore } from './store.ts';

/** A stretch of the log. */
export interface Page {
  /** In an order that keeps each writer's own. */
  readonly events: readonly StoredEvent[];
  /** True when nothing that matches lies between these events and the end that was asked for. */
  readonly isComplete: boolean;
}

/** Reads matching events with `after < position <= upTo`, at most `limit`. */
export async function readPage(
  events: EventStore,
  selection: EventSelection,
  { after, upTo, limit }: { after: Position; upTo: Position; limit: number },
): Promise<Page> {
  if (Object.values(selection.filter).some((list) => list?.length === 0)) return { events: [], isComplete: true };
  const behind = [...upTo].filter(([writer, seq]) => seq > (after.get(writer) ?? 0));
  const lists = await Promise.all(
    behind.map(([writer, seq]) => events.find(selection, writer, after.get(writer) ?? 0, seq, limit + 1)),
  );
  const merged = merge(lists);
  return { events: merged.slice(0, limit), isComplete: merged.length <= limit };
}

/** Moves a position over an event. */
export const pass = (position: Map<number, number>, { writer, seq }: StoredEvent): void => {
  position.set(writer, Math.max(position.get(writer) ?? 0, seq));
};

/** Moves a position forward to an end, where it is not ahead of it. */
export const passAll = (position: Map<number, number>, end: Position): void => {
  for (const [writer, seq] of end) position.set(writer, Math.max(position.get(writer) ?? 0, seq));
};

/** Interleaves by the hub's time as far as each writer's order allows. */
function merge(lists: readonly (readonly StoredEvent[])[]): readonly StoredEvent[] {
  const [only = [], ...others] = lists.filter((list) => list.length > 0);
  if (others.length === 0) return only;
  const rests = [only, ...others].map((list) => ({ list, next: 0 }));
  const merged: StoredEvent[] = [];
  for (;;) {
    let oldest: { event: StoredEvent; rest: (typeof rests)[number] } | undefined;
    for (const rest of rests) {
      const event = rest.list[rest.next];
      if (event !== undefined && (oldest === undefined || event.receivedAt < oldest.event.receivedAt))
        oldest = { event, rest };
    }
    if (oldest === undefined) return merged;
    merged.push(oldest.event);
    oldest.rest.next += 1;
  }
}
