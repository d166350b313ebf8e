/** A one-to-one table between the words of the wire and the words of the model. */
export interface WordMap<Wire extends string, Model extends string> {
  readonly words: readonly Wire[];
  readonly values: readonly Model[];
  toModel(word: Wire): Model;
  toWire(value: Model): Wire;
  /** For words that were not validated: undefined when unknown. */
  read(word: string): Model | undefined;
}

/** Makes the table from `{ Wire: 'MODEL' }`. Throws at start when two words share a value. */
export function wordMap<const Table extends Readonly<Record<string, string>>>(
  table: Table,
): WordMap<keyof Table & string, Table[keyof Table]> {
  type Wire = keyof Table & string;
  type Model = Table[keyof Table];
  const words = Object.keys(table) as Wire[]; // own keys of a literal
  const back = new Map<Model, Wire>(words.map((word) => [table[word] as Model, word]));
  if (back.size !== words.length) throw new Error('two words of a table have one value');
  return {
    words,
    values: [...back.keys()],
    toModel: (word) => table[word] as Model,
    toWire: (value) => back.get(value) as Wire, // one-to-one, checked above
    read: (word) => (Object.hasOwn(table, word) ? (table[word as Wire] as Model) : undefined),
  };
}
