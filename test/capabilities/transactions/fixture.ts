import { createAuthorization } from '../../../src/capabilities/authorization/index.ts';
import type { CapabilityDependencies } from '../../../src/capabilities/capability.ts';
import { createMetering, type MeterValue } from '../../../src/capabilities/metering/index.ts';
import { createTransactions, type Transaction } from '../../../src/capabilities/transactions/index.ts';
import type { NewEvent } from '../../../src/events/event.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { parseTimestamp } from '../../../src/ocpp/time.ts';
import { createAvailabilityHub } from '../availability/fixture.ts';

/** Authorization, transactions and metering as one hub process has them that just started: nothing remembered. */
export function chargingOf(
  dependencies: CapabilityDependencies,
  {
    availability,
    chargePoints,
  }: Pick<Awaited<ReturnType<typeof createAvailabilityHub>>, 'availability' | 'chargePoints'>,
) {
  const commands = { register: () => undefined }; // what the hub asks is tested elsewhere
  const authorization = createAuthorization(dependencies, { commands, chargePoints: chargePoints.operations });
  const metering = createMetering(dependencies);
  const transactions = createTransactions(dependencies, {
    authorization: authorization.operations,
    availability: availability.operations,
    readingKeeper: metering.readingKeeper,
  });
  return { authorization, transactions, metering: metering.mount({ transactions: transactions.operations }) };
}

/** One process of the hub: its capabilities, and a way to send them a message. */
export type Process = ReturnType<typeof chargingOf>;

/** A hub on which charge points can charge. */
export async function createChargingHub() {
  const base = await createAvailabilityHub();
  const { hub } = base;
  const process = chargingOf(hub.dependencies, base);
  await hub.mount(process.authorization, process.transactions, process.metering);
  const { store } = hub.database;
  let count = 0;

  return {
    ...base,
    ...process,
    /** A charge point of the tenant. */
    station: (tenantId = 'default'): Promise<LinkedChargePoint> => base.register(tenantId, `CP-${++count}`),
    /** Another process on the same database and the same event log. */
    newProcess: (over: Partial<CapabilityDependencies> = {}) => chargingOf({ ...hub.dependencies, ...over }, base),
    transactionsOf: (chargePoint: LinkedChargePoint): Promise<Transaction[]> =>
      store
        .collection<Transaction>('transactions')
        .find({ tenantId: chargePoint.tenantId, chargePointId: chargePoint.id })
        .sort({ startedAt: 1 })
        .toArray(),
    valuesOf: (chargePoint: LinkedChargePoint): Promise<MeterValue[]> =>
      store
        .collection<MeterValue>('meterValues')
        .find({ tenantId: chargePoint.tenantId, chargePointId: chargePoint.id })
        .sort({ at: 1 })
        .toArray(),
    /** Events of one charge point, in the order of the log. */
    toldOf: async ({ tenantId, id }: LinkedChargePoint) => {
      const { items } = await hub.events.read({ tenantId, filter: { chargePointIds: [id] }, limit: 1_000 });
      return items.map(({ event }) => event).filter(({ type }) => type.startsWith('TRANSACTION_'));
    },
  };
}

/** A hub on which charge points can charge. */
export type ChargingHub = Awaited<ReturnType<typeof createChargingHub>>;

/** Sends a message to one process, as dispatch would after validation. */
export async function say(
  process: Process,
  chargePoint: LinkedChargePoint,
  action: string,
  request: unknown,
  receivedAt: Date,
): Promise<unknown> {
  const receives = [process.authorization, process.transactions, process.metering].flatMap(({ adapters }) =>
    adapters.flatMap((adapter) => adapter.receives),
  );
  const found = receives.find(({ message }) => message.action === action);
  if (found === undefined) throw new Error(`nobody answers ${action}`);
  const readTime = (text: string | undefined) => parseTimestamp(text, receivedAt);
  const call = { chargePoint, messageId: 'm', receivedAt, epoch: 1, repairs: [], sent: request, readTime };
  return await found.handle(request, call);
}

/** An event log that fails to append events of a type, so many times: as if the process died there. */
export function dyingBefore(events: CapabilityDependencies['events'], type: string, times = 1) {
  let left = times;
  return {
    ...events,
    append: async (event: NewEvent) => {
      if (event.type === type && left > 0) {
        left -= 1;
        throw new Error('the process died');
      }
      await events.append(event);
    },
  };
}
