/** Functions of glibc 2.38 whose older namesake (the name without the prefix) means the same for the engine. */
const renamed: ReadonlySet<string> = new Set(
  ['strtol', 'strtoul', 'strtoll', 'strtoull', 'sscanf', 'fscanf'].map((name) => `__isoc23_${name}`),
);
const renamedPrefixBytes = '__isoc23_'.length;
/** Functions whose version in glibc 2.38 differs from the older one only in `errno`. */
const rebound: ReadonlySet<string> = new Set(['fmod']);
/** The oldest version of every symbol on a machine: what the C library of that architecture began with. */
const baseVersions: Readonly<Record<number, string>> = { 62: 'GLIBC_2.2.5', 183: 'GLIBC_2.17' };

const dynamicTags = { strings: 5, symbols: 6, gnuHash: 0x6ffffef5, versions: 0x6ffffff0, needed: 0x6ffffffe };

/** The library asks the C library for something that has no older equivalent; it must not be adapted. */
export class CannotAdapt extends Error {
  override readonly name = 'CannotAdapt';
}

/** `2.36` → `[2, 36]`; undefined when it is no version. */
export function glibcVersion(text: string | undefined): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text ?? '') ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/**
 * A copy of a 64-bit little-endian ELF library that loads on the C library `running` although it was linked against
 * 2.38: requirements of newer versions point to the base version, and the six C23 number parsers to their older
 * namesakes. Same size, a handful of bytes differ; adapting twice changes nothing. Throws `CannotAdapt` on any symbol
 * that is not on the list. Layout: System V gABI chapter 5, and the symbol versioning of the Linux Standard Base.
 */
export function adaptToGlibc(library: Buffer, running: readonly [number, number]): Buffer {
  const elf = Buffer.from(library);
  const base = elf.length < 64 ? undefined : baseVersions[elf.readUInt16LE(18)];
  if (base === undefined || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new CannotAdapt('not a 64-bit library for x64 or arm64');
  }
  const tables = readTables(elf);
  const requirements = readRequirements(elf, tables);
  const atBase = requirements.find(({ name }) => name === base);
  const tooNew = requirements.filter(({ name }) => isNewer(name, running));
  if (tooNew.length === 0) return elf;
  if (atBase === undefined) throw new CannotAdapt(`it does not refer to ${base}`);

  const affected = new Set(tooNew.map(({ index }) => index));
  // Undefined symbols stand before the hashed ones, so the hash table says where they end and stays true.
  const symbolEnd = elf.readUInt32LE(tables.gnuHash + 4);
  for (let symbol = 1; symbol < symbolEnd; symbol++) {
    if (!affected.has(elf.readUInt16LE(tables.versions + 2 * symbol) & 0x7fff)) continue;
    const at = tables.symbols + 24 * symbol;
    const nameOffset = elf.readUInt32LE(at);
    const name = text(elf, tables.strings + nameOffset);
    if (renamed.has(name)) elf.writeUInt32LE(nameOffset + renamedPrefixBytes, at);
    else if (!rebound.has(name)) throw new CannotAdapt(`it needs ${name}`);
  }
  for (const { at } of tooNew) {
    elf.copy(elf, at, atBase.at, atBase.at + 4); // hash of the version's name
    elf.copy(elf, at + 8, atBase.at + 8, atBase.at + 12); // where the name stands
  }
  return elf;
}

type Tables = Readonly<Record<keyof typeof dynamicTags, number>>;

/** File offsets of the dynamic tables. */
function readTables(elf: Buffer): Tables {
  const headers = Array.from({ length: elf.readUInt16LE(56) }, (_, n) => {
    const at = Number(elf.readBigUInt64LE(32)) + n * elf.readUInt16LE(54);
    const field = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    return { type: elf.readUInt32LE(at), offset: field(8), address: field(16), bytes: field(32) };
  });
  const offsetOf = (address: number) => {
    const segment = headers.find((h) => h.type === 1 && address >= h.address && address < h.address + h.bytes);
    if (segment === undefined) throw new CannotAdapt('its tables lie outside the file');
    return address - segment.address + segment.offset;
  };
  const dynamic = headers.find(({ type }) => type === 2);
  if (dynamic === undefined) throw new CannotAdapt('it is not a dynamic library');
  const values = new Map<number, number>();
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.bytes; at += 16) {
    values.set(Number(elf.readBigUInt64LE(at)), Number(elf.readBigUInt64LE(at + 8)));
  }
  const table = (tag: number) => {
    const address = values.get(tag);
    if (address === undefined) throw new CannotAdapt('it has no symbol versions');
    return offsetOf(address);
  };
  return {
    strings: table(dynamicTags.strings),
    symbols: table(dynamicTags.symbols),
    gnuHash: table(dynamicTags.gnuHash),
    versions: table(dynamicTags.versions),
    needed: table(dynamicTags.needed),
  };
}

/** Every version that the library requires of another: where the entry stands, its number in the file, its name. */
function readRequirements(elf: Buffer, tables: Tables): { at: number; index: number; name: string }[] {
  const found: { at: number; index: number; name: string }[] = [];
  for (let file = tables.needed; ; file += elf.readUInt32LE(file + 12)) {
    let at = file + elf.readUInt32LE(file + 8);
    for (let left = elf.readUInt16LE(file + 2); left > 0; left--) {
      const name = text(elf, tables.strings + elf.readUInt32LE(at + 8));
      found.push({ at, index: elf.readUInt16LE(at + 6), name });
      at += elf.readUInt32LE(at + 12);
    }
    if (elf.readUInt32LE(file + 12) === 0) return found;
  }
}

function isNewer(name: string, running: readonly [number, number]): boolean {
  const version = name.startsWith('GLIBC_') ? glibcVersion(name.slice('GLIBC_'.length)) : undefined;
  if (version === undefined) return false;
  return version[0] > running[0] || (version[0] === running[0] && version[1] > running[1]);
}

const text = (elf: Buffer, at: number) => elf.toString('latin1', at, elf.indexOf(0, at));
