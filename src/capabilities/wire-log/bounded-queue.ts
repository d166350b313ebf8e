/** A queue with two limits; the oldest make room for the newest. */
export interface BoundedQueue<T> {
  push(item: T, size: number): void;
  /** The oldest, at most `count` of them and, but for the first, at most `size` together. */
  take(count: number, size: number): readonly T[];
  /** Items that wait. */
  length(): number;
}

/** Holds at most `itemsMax` items and `sizeMax` of whatever their sizes count; one item is always kept. */
export function createBoundedQueue<T>({
  itemsMax,
  sizeMax,
  onDropped,
}: {
  itemsMax: number;
  sizeMax: number;
  /** Told of every item that had to make room. */
  onDropped: (item: T) => void;
}): BoundedQueue<T> {
  let items: { readonly item: T; readonly size: number }[] = [];
  let head = 0; // what lies before it has left; moving the rest forward each time would cost too much
  let waitingSize = 0;

  const shift = (): T | undefined => {
    const first = items[head];
    if (!first) return undefined;
    head++;
    waitingSize -= first.size;
    if (head > 1024 && head * 2 > items.length) {
      items = items.slice(head);
      head = 0;
    }
    return first.item;
  };
  const length = () => items.length - head;

  return {
    push(item, size) {
      items.push({ item, size });
      waitingSize += size;
      while (length() > 1 && (length() > itemsMax || waitingSize > sizeMax)) {
        const oldest = shift();
        if (oldest !== undefined) onDropped(oldest);
      }
    },
    take(count, size) {
      const taken: T[] = [];
      let takenSize = 0;
      while (taken.length < count) {
        const next = items[head];
        if (!next || (taken.length > 0 && takenSize + next.size > size)) break;
        takenSize += next.size;
        taken.push(next.item);
        shift();
      }
      if (length() === 0) {
        items = []; // or the last frames would be held until the next thousand came
        head = 0;
      }
      return taken;
    },
    length,
  };
}
