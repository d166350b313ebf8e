/** A member of an object somewhere in a JSON text, by the place of its value in the text. */
export interface JsonMember {
  /** Members with the same number are of the same object. */
  readonly object: number;
  readonly key: string;
  /** Where the value begins. */
  readonly start: number;
  /** Where it has ended. */
  readonly end: number;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gy;
const space = /\s*/y;

interface Open {
  readonly object: number;
  readonly isObject: boolean;
  key?: string | undefined;
  /** After the colon. */
  isValue: boolean;
}

/** Every member of every object in a text. Undefined when the text is no JSON. */
export function membersOf(text: string): readonly JsonMember[] | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const members: JsonMember[] = [];
  const stack: (Open & { readonly start: number })[] = [];
  let objects = 0;
  let at = 0;
  const ended = (start: number, end: number): void => {
    const around = stack.at(-1);
    if (!around?.isObject || !around.isValue || around.key === undefined) return;
    members.push({ object: around.object, key: around.key, start, end });
    around.isValue = false;
  };
  for (;;) {
    space.lastIndex = at;
    space.test(text);
    const start = space.lastIndex;
    token.lastIndex = start;
    const word = token.exec(text)?.[0];
    if (word === undefined) return members;
    at = token.lastIndex;
    const around = stack.at(-1);
    if (word === '{' || word === '[') stack.push({ object: ++objects, isObject: word === '{', isValue: false, start });
    else if (word === '}' || word === ']') ended(stack.pop()?.start ?? start, at);
    else if (word === ':' && around) around.isValue = true;
    else if (word !== ',' && around?.isObject && !around.isValue) around.key = String(JSON.parse(word));
    else if (word !== ',') ended(start, at);
  }
}
