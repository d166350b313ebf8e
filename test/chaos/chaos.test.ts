import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { runChaos } from './run.ts';

const root = join(import.meta.dirname, '..', '..');

beforeAll(() => {
  execFileSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: root,
    },
  );
});

test('kill -9 of hub and database under load: nothing confirmed is lost or doubled, no event missed or repeated', {
  timeout: 120_000,
}, async () => {
  const { wrong, summary } = await runChaos({ rounds: 3, stations: 5 });
  expect(wrong).toEqual([]);
  expect(summary['confirmed stops']).toBeGreaterThan(20);
  expect(summary['repeated messages']).toBeGreaterThan(0);
  expect(summary['resumptions of the subscriber']).toBeGreaterThan(0);
});
