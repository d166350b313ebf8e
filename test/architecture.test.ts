import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');

/** Layer → the layers that it may import. The table is the documentation; ARCHITECTURE.md draws it. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  ocpp: ['kernel'],
  bus: ['kernel'],
  store: ['kernel'],
  events: ['bus', 'store', 'kernel'],
  rpc: ['ocpp', 'kernel'],
  gateway: ['rpc', 'ocpp', 'bus', 'kernel'],
  graphql: ['events', 'bus', 'kernel'],
  simulator: ['rpc', 'ocpp', 'kernel'],
  capabilities: ['gateway', 'graphql', 'events', 'bus', 'store', 'ocpp', 'kernel'],
  /** The files directly in `src` put everything together. */
  '': ['capabilities', 'simulator', 'gateway', 'graphql', 'events', 'store', 'rpc', 'ocpp', 'bus', 'kernel'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(source, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((target) => ({
    file,
    target: target.startsWith('.') ? relative(source, join(source, dirname(file), target)) : target,
  }));
});

const own = imports.filter(({ target }) => target.endsWith('.ts'));
const layerOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');
const capabilityOf = (file: string) => (layerOf(file) === 'capabilities' ? (file.split('/')[1] ?? '') : undefined);
const nameOf = (file: string) => file.split('/').at(-1) ?? '';
const shown = ({ file, target }: Import) => `${file} → ${target}`;

test('every folder of src is a layer with a rule', () => {
  expect(files.map(layerOf).filter((layer) => !(layer in mayImport))).toEqual([]);
});

test('a layer imports only the layers below it', () => {
  const wrong = own.filter(({ file, target }) => {
    const [from, to] = [layerOf(file), layerOf(target)];
    return from !== to && !(mayImport[from] ?? []).includes(to);
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('only ocpp16 files speak OCPP 1.6; beside it only the simulator, which is a charge point', () => {
  const wrong = own.filter(
    ({ file, target }) =>
      target.startsWith('ocpp/v16') &&
      !['ocpp', 'simulator', ''].includes(layerOf(file)) &&
      !/^ocpp16(-[a-z]+)?\.ts$/.test(nameOf(file)),
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('a capability takes nothing from the gateway but the adapter contract', () => {
  const wrong = own.filter(
    ({ file, target }) =>
      layerOf(file) === 'capabilities' && layerOf(target) === 'gateway' && target !== 'gateway/adapter.ts',
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('capabilities know each other by their index.ts only', () => {
  const wrong = own.filter(({ file, target }) => {
    const [from, to] = [capabilityOf(file), capabilityOf(target)];
    return (
      from !== undefined &&
      to !== undefined &&
      to.endsWith('.ts') === false &&
      from !== to &&
      nameOf(target) !== 'index.ts'
    );
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('only the store layer, the event log and store.ts files know the database driver', () => {
  const wrong = imports.filter(
    ({ file, target }) =>
      target === 'mongodb' && !['store', 'events'].includes(layerOf(file)) && nameOf(file) !== 'store.ts',
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('only the GraphQL layer and graphql files know the schema builder', () => {
  const wrong = own.filter(
    ({ file, target }) =>
      target === 'graphql/builder.ts' &&
      !['graphql', ''].includes(layerOf(file)) &&
      !nameOf(file).startsWith('graphql'),
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('capabilities do not import each other in a circle', () => {
  const edges = new Map<string, Set<string>>();
  for (const { file, target } of own) {
    const [from, to] = [capabilityOf(file), capabilityOf(target)];
    if (from === undefined || to === undefined || from === to || from.endsWith('.ts') || to.endsWith('.ts')) continue;
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(edges.get(from) ?? [])].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  expect([...edges.keys()].filter((capability) => reaches(capability, capability))).toEqual([]);
});

test('pure parts read no clock and do no I/O', () => {
  const pure = files.filter((file) => layerOf(file) === 'ocpp' || nameOf(file) === 'model.ts');
  const impure = pure.filter((file) =>
    /new Date\(\)|Date\.now\(|Math\.random\(|from 'node:(fs|net|http|child_process)/.test(
      readFileSync(join(source, file), 'utf8'),
    ),
  );
  expect(impure).toEqual([]);
});

test('the clock, randomness and timers are injected', () => {
  const exempt = new Set(['kernel/clock.ts', 'main.ts', 'print.ts', 'store/embedded-child.ts']);
  const wrong = files.filter(
    (file) =>
      !exempt.has(file) && /new Date\(\)|Date\.now\(|Math\.random\(/.test(readFileSync(join(source, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});

test('ARCHITECTURE.md is short, and every dependency has its line in it', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(150);
  const manifest: {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap(Object.keys);
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('every dependency is pinned', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const versions: [string, string][] = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
