/**
 * Kills the hub and its database with SIGKILL at random moments under load, and checks that nothing confirmed is lost
 * or doubled and that a subscriber misses and repeats nothing. `npm run chaos -- --rounds 20`. Run `npm run build` first.
 */
import { runChaos } from './run.ts';

const given = process.argv.indexOf('--rounds');
const rounds = given < 0 ? 20 : Number(process.argv[given + 1]);
const { wrong, summary } = await runChaos({ rounds, stations: 20, tell: (line) => console.log(line) });
console.table(summary);
for (const line of wrong.slice(0, 50)) console.error(line);
console.log(wrong.length === 0 ? 'nothing confirmed was lost or doubled' : `${wrong.length} violations`);
process.exit(wrong.length === 0 ? 0 : 1);
