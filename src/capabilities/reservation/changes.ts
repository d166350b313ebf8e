import type { CapabilityDependencies } from '../capability.ts';
import { reservationChanged } from './events.ts';
import type { Reservation } from './model.ts';
import type { ReservationStore } from './store.ts';

/** How often a change is decided anew because something else was faster. */
const triesMax = 20;

/** Changes one reservation: state first, event second; what a crash leaves untold is told before the next change. */
export function createReservationChanges({
  reservations,
  events,
}: Pick<CapabilityDependencies, 'events'> & {
  reservations: Pick<ReservationStore, 'find' | 'insert' | 'replace' | 'told'>;
}) {
  const tell = async (reservation: Reservation): Promise<void> => {
    if (reservation.untold !== true) return;
    await events.append(reservationChanged(reservation));
    await reservations.told(reservation);
  };

  return {
    /** Makes sure that its newest event is in the log. */
    tell,

    /**
     * Decides a change from the present state until it is stored and told, or none is needed. `known` saves a read. Gives the
     * reservation as it is then; undefined when there is none.
     */
    async change(
      tenantId: string,
      id: string,
      decide: (present: Reservation | undefined) => Reservation | undefined,
      known?: Reservation,
    ): Promise<Reservation | undefined> {
      let present = known;
      for (let tries = 0; tries < triesMax; tries += 1) {
        present ??= (await reservations.find(tenantId, id)) ?? undefined;
        if (present !== undefined) await tell(present);
        const next = decide(present);
        if (next === undefined) return present;
        const isStored =
          present === undefined ? await reservations.insert(next) : await reservations.replace(present, next);
        if (isStored) {
          await tell(next);
          return next;
        }
        present = undefined;
      }
      throw new Error('a reservation changes faster than it can be changed');
    },
  };
}

/** Changes of reservations. */
export type ReservationChanges = ReturnType<typeof createReservationChanges>;
