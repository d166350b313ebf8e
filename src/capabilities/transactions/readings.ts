import type { CapabilityDependencies } from '../capability.ts';
import { updatedEvent } from './events.ts';
import type { RegisterReading } from './model.ts';
import type { TransactionFacts, TransactionOperations } from './operations.ts';
import { isTransactionNumber, sampledEnergy } from './rules.ts';
import type { TransactionStore } from './store.ts';

/** An event tells of the energy at most once per such span of the readings' own time. */
const tellPeriodMs = 60_000;
/** Transactions that are remembered, to save a read per meter value. */
const rememberedMax = 20_000;

interface Remembered {
  readonly facts: TransactionFacts;
  newestAtMs: number;
  toldSpan: number;
}

/** Takes energy readings of running transactions. */
export function createReadings({
  transactions,
  events,
  clock,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & { transactions: TransactionStore }): Pick<
  TransactionOperations,
  'factsOf' | 'findOpenAt' | 'noteReading'
> {
  /** By hub id, least recently remembered first; `numbers` finds the hub id. */
  const remembered = new Map<string, Remembered>();
  const numbers = new Map<string, string>();
  const numberKey = (tenantId: string, chargePointId: string, number: number) =>
    JSON.stringify([tenantId, chargePointId, number]);

  const remember = (facts: TransactionFacts): Remembered => {
    const known = remembered.get(facts._id);
    if (known !== undefined) return known;
    const entry: Remembered = { facts, newestAtMs: Number.NEGATIVE_INFINITY, toldSpan: Number.NaN };
    remembered.set(facts._id, entry);
    numbers.set(numberKey(facts.tenantId, facts.chargePointId, facts.ocppTransactionId), facts._id);
    for (const [id, { facts: old }] of remembered) {
      if (remembered.size <= rememberedMax) break;
      remembered.delete(id);
      numbers.delete(numberKey(old.tenantId, old.chargePointId, old.ocppTransactionId));
    }
    return entry;
  };

  return {
    async factsOf(tenantId, chargePointId, ocppTransactionId) {
      if (!isTransactionNumber(ocppTransactionId)) return undefined;
      const id = numbers.get(numberKey(tenantId, chargePointId, ocppTransactionId));
      const known = id === undefined ? undefined : remembered.get(id);
      if (known !== undefined) return known.facts;
      const found = await transactions.findByNumber(tenantId, chargePointId, ocppTransactionId);
      return found === null ? undefined : remember(factsIn(found)).facts;
    },

    async findOpenAt(connector, at) {
      const found = await transactions.findOpenAt(connector, at);
      return found === undefined ? undefined : remember(factsIn(found)).facts;
    },

    async noteReading(facts: TransactionFacts, reading: RegisterReading, receivedAt: Date) {
      const entry = remember(facts);
      const span = Math.floor(reading.at.getTime() / tellPeriodMs);
      const isNewest = reading.at.getTime() >= entry.newestAtMs;
      if (!isNewest || span === entry.toldSpan) {
        await transactions.noteReading(facts, reading);
        return;
      }
      const counts = await transactions.noteToldReading(facts, reading, clock.now());
      if (!counts) return; // it has ended, or this process has only just begun and is shown the past
      // the span is the identity: a repeat, or another process, tells the same event
      const { energyWh } = sampledEnergy(facts.meterStartWh, reading);
      const event = updatedEvent({ ...facts, energyWh }, ['ENERGY', span], { occurredAt: reading.at, receivedAt });
      await events.append(event);
      entry.toldSpan = span;
      entry.newestAtMs = Math.max(entry.newestAtMs, reading.at.getTime());
    },
  };
}

const factsIn = ({
  _id,
  tenantId,
  ocppTransactionId,
  chargePointId,
  connectorId,
  meterStartWh,
}: TransactionFacts): TransactionFacts => ({
  _id,
  tenantId,
  ocppTransactionId,
  chargePointId,
  connectorId,
  meterStartWh,
});
