import { fuzz } from './run.ts';

/** `npm run fuzz`: FUZZ_FRAMES (default a million) frames from FUZZ_SEED (default the time of day). */
const frames = Number(process.env['FUZZ_FRAMES'] ?? 1_000_000);
const seed = Number(process.env['FUZZ_SEED'] ?? process.hrtime()[0] % 2_147_483_647);
const heapGrowthMaxMiB = 256;

console.log(`saying ${frames} frames from seed ${seed}; again with FUZZ_SEED=${seed}`);
const report = await fuzz(frames, seed);
const rate = Math.round(report.frames / report.seconds);
console.log(
  `${report.frames} frames in ${report.seconds.toFixed(1)} s (${rate}/s), heap growth ${report.heapGrowthMiB} MiB: every rule held`,
);
if (report.heapGrowthMiB > heapGrowthMaxMiB) {
  console.error(`the heap grew by more than ${heapGrowthMaxMiB} MiB`);
  process.exitCode = 1;
}
