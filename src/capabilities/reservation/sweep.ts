import type { CapabilityDependencies } from '../capability.ts';
import type { ReservationChanges } from './changes.ts';
import { expired } from './rules.ts';
import type { ReservationStore } from './store.ts';

const batchMax = 500;
/** Batches that one round takes at most; the rest waits for the next. */
const batchesMax = 100;
/** An event that is not told by then waits for nobody any more. */
const untoldMs = 60_000;

/** The hub's clock ends reservations, because charge points send nothing when they expire; events left untold are told. RSV-4. */
export function createSweep({
  reservations,
  changes,
  clock,
}: Pick<CapabilityDependencies, 'clock'> & {
  reservations: Pick<ReservationStore, 'due' | 'untold'>;
  changes: Pick<ReservationChanges, 'change' | 'tell'>;
}) {
  return {
    /** One round. At the start of the process whatever is untold was left by a former one. */
    async run({ isStart = false }: { isStart?: boolean } = {}): Promise<void> {
      const now = clock.now();
      const before = isStart ? now : new Date(now.getTime() - untoldMs);
      for (let batches = 0, isMore = true; isMore && batches < batchesMax; batches += 1) {
        const untold = await reservations.untold(before, batchMax);
        for (const one of untold) await changes.tell(one);
        isMore = untold.length === batchMax;
      }
      for (let batches = 0, isMore = true; isMore && batches < batchesMax; batches += 1) {
        const due = await reservations.due(now, batchMax);
        for (const { tenantId, _id } of due) {
          // read anew: whatever came meanwhile counts
          await changes.change(tenantId, _id, (present) =>
            present?.sweepAt !== undefined && present.sweepAt <= now ? expired(present, now) : undefined,
          );
        }
        isMore = due.length === batchMax;
      }
    },
  };
}
