import { repeat } from '../../kernel/clock.ts';
import type { AuthorizationOperations } from '../authorization/index.ts';
import type { AvailabilityOperations } from '../availability/index.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import { createReservationChanges } from './changes.ts';
import { cancelReservation, reserveNow } from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import { createReservationHooks } from './hooks.ts';
import { reservationKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { createReservationOperations, type ReservationOperations } from './operations.ts';
import { createReservationReactions } from './reactions.ts';
import { removed } from './rules.ts';
import { createReservationStore, reservationIndexes } from './store.ts';
import { createSweep } from './sweep.ts';

const sweepPeriodMs = 5_000;

/** Connectors held for tokens: asked for, used, taken back, expired. The Reservation profile of OCPP 1.6. */
export function createReservation(
  { store, events, clock, log }: CapabilityDependencies,
  below: {
    readonly commands: Pick<CommandOperations, 'register'>;
    readonly chargePoints: Pick<ChargePointOperations, 'onDeleted'>;
    readonly authorization: Pick<AuthorizationOperations, 'authorize'>;
    readonly availability: Pick<AvailabilityOperations, 'find'>;
    readonly provisioning: Pick<ProvisioningOperations, 'configuration'>;
  },
): Capability<ReservationOperations> {
  const reservations = createReservationStore(store);
  const changes = createReservationChanges({ reservations, events });
  const hooks = createReservationHooks({ changes, clock });
  const sweep = createSweep({ reservations, changes, clock });
  let stopSweeping = (): void => undefined;

  below.commands.register(reserveNow, hooks.reserve);
  below.commands.register(cancelReservation, hooks.cancel);
  below.chargePoints.onDeleted(async ({ tenantId, _id }) => {
    const at = clock.now();
    for (const one of await reservations.findOpen(tenantId, _id)) {
      await changes.change(
        tenantId,
        one._id,
        (present) => present && removed(present, 'CHARGE_POINT_DELETED', at),
        one,
      );
    }
  });

  return {
    key: reservationKey,
    operations: createReservationOperations({ reservations, clock, ...below }),
    adapters: [ocpp16],
    indexes: reservationIndexes,
    reactions: createReservationReactions({ reservations, changes, log }),
    async start() {
      await sweep.run({ isStart: true });
      stopSweeping = repeat(clock, sweepPeriodMs, sweep.run, (error) =>
        log.warn({ err: error }, 'reservations could not be swept'),
      );
    },
    async stop() {
      stopSweeping();
    },
  };
}
