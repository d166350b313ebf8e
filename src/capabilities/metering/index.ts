import { repeat } from '../../kernel/clock.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { StopReadingKeeper, TransactionOperations } from '../transactions/index.ts';
import './graphql.ts';
import { meteringKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { createMeteringOperations, createReadingKeeper, type MeteringOperations } from './operations.ts';
import { createMeterValueStore, meterValueIndexes } from './store.ts';

export { meteringKey } from './key.ts';
export type { MeterValue, Sample } from './model.ts';
export type { LiveMeterValue, MeteringOperations, MeterReport } from './operations.ts';

const dayMs = 86_400_000;
const sweepPeriodMs = 600_000;
/** Pieces of 1,000 that one sweep deletes at most; the rest waits for the next. */
const sweepPiecesMax = 200;

/** Metering, in two steps: what transactions need of it comes first, the capability when they are there. */
export function createMetering(
  { store, bus, clock, log }: CapabilityDependencies,
  options: {
    /** How long meter values are kept, in days. */
    meterValueRetentionDays?: number;
  } = {},
): {
  readonly readingKeeper: StopReadingKeeper;
  mount(below: {
    transactions: Pick<TransactionOperations, 'factsOf' | 'findOpenAt' | 'noteReading'>;
  }): Capability<MeteringOperations>;
} {
  const { meterValueRetentionDays = 400 } = options;
  const values = createMeterValueStore(store);
  const keeper = createReadingKeeper({ values, bus });
  return {
    readingKeeper: keeper,
    mount({ transactions }) {
      const operations = createMeteringOperations({ values, keeper, bus, transactions });
      const sweep = async (): Promise<void> => {
        const before = new Date(clock.now().getTime() - meterValueRetentionDays * dayMs);
        for (let pieces = 0; pieces < sweepPiecesMax && (await values.sweep(before)); pieces += 1);
      };
      let stopSweeping = (): void => undefined;
      return {
        key: meteringKey,
        operations,
        adapters: [ocpp16(operations)],
        indexes: meterValueIndexes,
        async start() {
          stopSweeping = repeat(clock, sweepPeriodMs, sweep, (error) =>
            log.warn({ err: error }, 'old meter values could not be deleted'),
          );
        },
        async stop() {
          stopSweeping();
        },
      };
    },
  };
}
