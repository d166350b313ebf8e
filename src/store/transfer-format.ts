import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { BSON, type Document, type IndexDescription } from 'mongodb';

/**
 * An export is text, one extended JSON value a line: a header, then for each collection its line and those of its
 * documents, then a trailer. Documents are in canonical form, so that every BSON type comes back as it was.
 */
export type TransferLine =
  | { readonly kind: 'header'; readonly format: typeof formatName; readonly version: number; readonly exportedAt: Date }
  | { readonly kind: 'collection'; readonly name: string; readonly indexes: readonly IndexDescription[] }
  | { readonly kind: 'document'; readonly document: Document }
  | { readonly kind: 'trailer'; readonly documents: Readonly<Record<string, number>>; readonly sha256: string };

/** First field of every export. */
export const formatName = 'ocpp-hub-export';
/** Rises when a hub of today could not read what a later one writes. */
export const formatVersion = 1;

/** The file is no export, or not a whole one, or one of a later version. Nothing was imported. */
export class NotAnExport extends Error {
  override readonly name = 'NotAnExport';
}

/** One line with its line feed. */
export function encodeLine(line: TransferLine): string {
  const text =
    line.kind === 'document'
      ? BSON.EJSON.stringify(line.document, { relaxed: false })
      : `${controlMark}${BSON.EJSON.stringify(line, { relaxed: true })}`;
  return `${text}\n`;
}

/** A document begins with a brace, every other line with this. */
const controlMark = '#';
/** A document of 16 MB, with room for the longer way to write it. */
const lineCharactersMax = 128 * 1024 * 1024;

/** Running sum over the text of an export. */
export const createSum = () => {
  const hash = createHash('sha256');
  return {
    add: (text: string) => void hash.update(text),
    value: () => hash.copy().digest('hex'),
  };
};

/**
 * Reads an export line by line in constant memory and checks it on the way. Throws `NotAnExport` when the header is not
 * ours, a line cannot be read, or the trailer is missing or does not agree with what came before it.
 */
export async function* readLines(input: Readable): AsyncGenerator<TransferLine> {
  const sum = createSum();
  const counts: Record<string, number> = {};
  let current: string | undefined;
  let state: 'start' | 'body' | 'end' = 'start';
  for await (const text of split(input)) {
    if (state === 'end') throw new NotAnExport('there is text after the end of the export');
    const line = decodeLine(text);
    if (state === 'start') {
      checkHeader(line);
      state = 'body';
    } else if (line.kind === 'collection') {
      current = line.name;
      counts[current] = 0;
    } else if (line.kind === 'document') {
      if (current === undefined) throw new NotAnExport('a document stands before the first collection');
      counts[current] = (counts[current] ?? 0) + 1;
    } else if (line.kind === 'trailer') {
      if (line.sha256 !== sum.value() || JSON.stringify(line.documents) !== JSON.stringify(counts)) {
        throw new NotAnExport('the export was changed after it was written: its checksum does not agree');
      }
      state = 'end';
    } else throw new NotAnExport('there is a second header');
    sum.add(`${text}\n`);
    yield line;
  }
  if (state !== 'end') throw new NotAnExport('the export is cut off: its last line is missing');
}

function checkHeader(line: TransferLine): void {
  if (line.kind !== 'header' || line.format !== formatName) throw new NotAnExport('this is not an export of the hub');
  if (line.version > formatVersion) {
    throw new NotAnExport(`the export has version ${line.version}; this hub reads up to ${formatVersion}`);
  }
}

function decodeLine(text: string): TransferLine {
  try {
    if (!text.startsWith(controlMark)) {
      return { kind: 'document', document: BSON.EJSON.parse(text, { relaxed: false }) };
    }
    return BSON.EJSON.parse(text.slice(controlMark.length)) as TransferLine; // our own words; the checksum vouches for them
  } catch (cause) {
    throw new NotAnExport('a line of the export cannot be read', { cause });
  }
}

/** Lines without their line feeds. What follows the last one is a line that was cut off. */
async function* split(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let pieces: string[] = [];
  let characters = 0;
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const [first = '', ...others] = decoder.write(chunk).split('\n');
      pieces.push(first);
      characters += first.length;
      if (characters > lineCharactersMax) throw new NotAnExport('a line of the export is too long');
      for (const next of others) {
        yield pieces.join('');
        pieces = [next];
        characters = next.length;
      }
    }
  } catch (cause) {
    // The end of a compressed file is missing.
    if (cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR') {
      throw new NotAnExport('the export is cut off: its compressed data ends early', { cause });
    }
    throw cause;
  }
  if (pieces.join('') !== '') throw new NotAnExport('the export is cut off in the middle of a line');
}
