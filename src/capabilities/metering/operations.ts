import type { Bus, Unsubscribe } from '../../bus/bus.ts';
import { ValidationError } from '../../kernel/errors.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { StopReadingKeeper, TransactionOperations, WireReading } from '../transactions/index.ts';
import {
  type MeterValue,
  meterValue,
  newestRegister,
  type SeriesPoint,
  type SeriesQuery,
  seriesPointsMax,
} from './model.ts';
import type { MeterValueScope, MeterValueStore, TimeRange } from './store.ts';

/** A MeterValues message in nobody's version. */
export interface MeterReport {
  readonly tenantId: string;
  readonly chargePointId: string;
  /** 0: the charge point's own meter. */
  readonly connectorId: number;
  /** Any number; absent when none was sent. */
  readonly ocppTransactionId?: number;
  readonly readings: readonly WireReading[];
  readonly receivedAt: Date;
}

/** What the live stream tells: a meter value that was just stored. */
export interface LiveMeterValue {
  readonly value: MeterValue;
  /** Counts up by one per connector while the process lives; a jump means that the reader missed some. */
  readonly sequence: number;
}

/** What is done with meter values. */
export interface MeteringOperations {
  /** Takes a report, whatever it says. Resolves when everything is durable; a repeat stores nothing. MET-1…MET-4. */
  record(report: MeterReport): Promise<void>;
  /** Oldest first. */
  list(tenantId: string, scope: MeterValueScope, range: TimeRange, page: PageRequest): Promise<Page<MeterValue>>;
  /** Throws ValidationError for a bucket or a span that would give more than 2,000 points. */
  series(tenantId: string, scope: MeterValueScope, query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /** Hears every meter value of a tenant when it is durable. */
  listen(tenantId: string, hear: (live: LiveMeterValue) => void): Unsubscribe;
}

/** Bus subject on which every stored meter value of a tenant is told; the message is a `LiveMeterValue`. */
const liveSubject = (tenantId: string): string => `meter-values.${tenantId}`;

/** Connectors whose live sequence is remembered; one that is forgotten counts from 1 again. */
const sequencesMax = 100_000;
/** Moments of one message that are stored; a stop may bring the whole transaction. */
const readingsMax = 10_000;
const bucketSecondsMax = 31_536_000;

/** Stores meter values and tells of them. Knows no transactions, so that transactions can hand it the values of a stop. */
export function createReadingKeeper({ values, bus }: { values: MeterValueStore; bus: Bus }) {
  const sequences = new Map<string, number>();
  const tell = (value: MeterValue): void => {
    const key = JSON.stringify([value.chargePointId, value.connectorId]);
    const sequence = (sequences.get(key) ?? 0) + 1;
    if (sequences.size >= sequencesMax) sequences.clear();
    sequences.set(key, sequence);
    bus.publish(liveSubject(value.tenantId), { value, sequence } satisfies LiveMeterValue);
  };

  const keep = async (found: readonly MeterValue[]): Promise<void> => {
    const inserted = await Promise.all(found.map((value) => values.insert(value)));
    found.forEach((value, index) => {
      if (inserted[index] === true) tell(value);
    });
  };

  const stop: StopReadingKeeper = {
    newestRegister: (readings) =>
      newestRegister(
        readings.map((reading) =>
          meterValue(
            { tenantId: '', chargePointId: '', connectorId: 0, source: 'STOP', receivedAt: reading.time.at },
            reading,
          ),
        ),
      ),
    recordStop: ({ _id, tenantId, chargePointId, connectorId, ocppTransactionId }, readings, receivedAt) =>
      keep(
        readings
          .slice(0, readingsMax)
          .filter(({ samples }) => samples.length > 0)
          .map((reading) =>
            meterValue(
              {
                tenantId,
                chargePointId,
                connectorId,
                transactionId: _id,
                ocppTransactionId,
                source: 'STOP',
                receivedAt,
              },
              reading,
            ),
          ),
      ),
  };
  return { ...stop, keep };
}

/** Stores meter values, of MeterValues and of stops. */
export type ReadingKeeper = ReturnType<typeof createReadingKeeper>;

/** The operations on meter values. */
export function createMeteringOperations({
  values,
  keeper,
  bus,
  transactions,
}: {
  values: MeterValueStore;
  keeper: ReadingKeeper;
  bus: Bus;
  transactions: Pick<TransactionOperations, 'factsOf' | 'findOpenAt' | 'noteReading'>;
}): MeteringOperations {
  /** A number belongs to that transaction only; without a usable one the sample's time and connector tell. MET-2, STO-2. */
  const transactionOf = async (
    { tenantId, chargePointId, connectorId, ocppTransactionId }: MeterReport,
    { time }: WireReading,
  ) => {
    if (ocppTransactionId !== undefined && ocppTransactionId > 0) {
      return await transactions.factsOf(tenantId, chargePointId, ocppTransactionId);
    }
    return connectorId > 0
      ? await transactions.findOpenAt({ tenantId, chargePointId, connectorId }, time.at)
      : undefined;
  };

  return {
    async record(report) {
      const { tenantId, chargePointId, connectorId, ocppTransactionId, receivedAt } = report;
      const readings = report.readings.filter(({ samples }) => samples.length > 0).slice(0, readingsMax);
      const owners = await Promise.all(readings.map((reading) => transactionOf(report, reading)));
      const found = readings.map((reading, index) =>
        meterValue(
          {
            tenantId,
            chargePointId,
            connectorId,
            transactionId: owners[index]?._id,
            ocppTransactionId,
            source: 'METER_VALUES',
            receivedAt,
          },
          reading,
        ),
      );
      const noted = new Map(owners.flatMap((owner) => (owner === undefined ? [] : [[owner._id, owner] as const])));
      await Promise.all([
        keeper.keep(found),
        ...[...noted.values()].map(async (owner) => {
          const newest = newestRegister(found.filter(({ transactionId }) => transactionId === owner._id));
          if (newest !== undefined) await transactions.noteReading(owner, newest, receivedAt);
        }),
      ]);
    },

    list: values.list,

    async series(tenantId, scope, query) {
      const { bucketSeconds, from, to } = query;
      if (!(bucketSeconds >= 1 && bucketSeconds <= bucketSecondsMax)) {
        throw new ValidationError('bucketSeconds', `must be 1 to ${bucketSecondsMax}`);
      }
      if (to <= from) return [];
      // buckets are aligned, so a span may touch one more than fit into it
      const points = Math.ceil((to.getTime() - from.getTime()) / (bucketSeconds * 1000)) + 1;
      if (points > seriesPointsMax) {
        throw new ValidationError(
          'bucketSeconds',
          `gives ${points} points, at most ${seriesPointsMax} are possible; take longer buckets or a shorter span`,
        );
      }
      return await values.series(tenantId, scope, query);
    },

    listen: (tenantId, hear) => bus.subscribe(liveSubject(tenantId), (message) => hear(message as LiveMeterValue)), // our own subject
  };
}
