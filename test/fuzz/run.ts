import fc from 'fast-check';
import { converse } from './converse.ts';
import { conversation } from './frames.ts';

const framesPerConversation = 50;

/** What a run came to. */
export interface FuzzReport {
  readonly frames: number;
  readonly seed: number;
  readonly seconds: number;
  /** Heap at the end less heap after a tenth of the run, in MiB. */
  readonly heapGrowthMiB: number;
}

/**
 * Plays conversations until about `frames` frames were said, every other one by a strict charge point. Rejects with the
 * smallest conversation that breaks a rule, and its seed.
 */
export async function fuzz(frames: number, seed: number): Promise<FuzzReport> {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  const began = process.hrtime.bigint();
  const runs = Math.ceil(frames / framesPerConversation);
  let said = 0;
  let count = 0;
  let heapEarly = 0;
  try {
    await fc.assert(
      fc.asyncProperty(conversation(framesPerConversation), fc.boolean(), async (steps, isStrict) => {
        count++;
        said += steps.length + 1;
        if (count === Math.ceil(runs / 10)) heapEarly = process.memoryUsage().heapUsed;
        const faults = await converse(steps, isStrict);
        if (rejections.length > 0) faults.push(`unhandled rejection: ${String(rejections.shift())}`);
        if (faults.length > 0) throw new Error(faults.join('\n'));
      }),
      { numRuns: runs, seed },
    );
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  return {
    frames: said,
    seed,
    seconds: Number(process.hrtime.bigint() - began) / 1e9,
    heapGrowthMiB: Math.round((process.memoryUsage().heapUsed - heapEarly) / (1 << 20)),
  };
}
