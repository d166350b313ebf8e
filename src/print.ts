import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { printSchemas } from './ocpp/print-schemas.ts';
import { printSdl } from './schema.ts';

const root = join(import.meta.dirname, '..');

/** Writes a printed folder anew, so that nothing stale stays in it. */
function write(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(join(root, folder), { recursive: true, force: true });
  for (const [path, text] of files) {
    const file = join(root, folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

write('schemas', printSchemas());
write('schema', new Map([['schema.graphql', printSdl()]]));
