const entriesMax = 1000;
const keyCharactersMax = 8192;

/** Remembers by text, the least recently used forgotten first; long texts not at all, so that its memory has a bound. */
export function smallTextCache<T>(): { get(text: string): T | undefined; set(text: string, value: T): void } {
  const entries = new Map<string, T>();
  return {
    get(text) {
      const value = entries.get(text);
      if (value === undefined) return undefined;
      entries.delete(text);
      entries.set(text, value);
      return value;
    },
    set(text, value) {
      if (text.length > keyCharactersMax) return;
      entries.delete(text);
      entries.set(text, value);
      if (entries.size <= entriesMax) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },
  };
}
