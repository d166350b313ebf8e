import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { AuthorizationStatusEnum } from '../authorization/index.ts';
import { ConnectorRef, loadConnector } from '../availability/index.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { transactionsKey } from './key.ts';
import type { Anomaly, Transaction } from './model.ts';

/** The states, as the API shows them. */
export const TransactionStateEnum = enumType('TransactionState', 'Whether a transaction runs.', {
  ACTIVE: 'It runs, as far as the hub knows.',
  ENDED: 'The charge point told that it has ended.',
  ENDED_ADMINISTRATIVELY: 'No stop came and the connector was used again; a late stop still ends it properly.',
});

/** The reasons, as the API shows them. */
export const StopReasonEnum = enumType('StopReason', 'Why a transaction ended. OCPP 1.6 §7.36.', {
  DEAUTHORIZED: 'Its token was refused.',
  EMERGENCY_STOP: 'The emergency button.',
  EV_DISCONNECTED: 'The cable was pulled at the vehicle.',
  HARD_RESET: 'A hard reset.',
  LOCAL: 'The driver, at the charge point; also when no reason was sent.',
  OTHER: 'Something else; see `wireStopReason`.',
  POWER_LOSS: 'The power went.',
  REBOOT: 'A restart that nobody asked for.',
  REMOTE: 'A remote stop.',
  SOFT_RESET: 'A soft reset.',
  UNLOCK_COMMAND: 'The connector was unlocked from afar.',
});

const AnomalyCodeEnum = enumType('TransactionAnomalyCode', 'What does not fit together in a transaction.', {
  METER_STOP_LT_START: 'The register at the stop is below that at the start.',
  METER_IMPLAUSIBLE: 'A register that cannot be one.',
  NO_STOP: 'No stop came; the hub ended it.',
  LATE_STOP: 'The stop came after the hub had ended it.',
  STOP_CONFLICT: 'A second stop said something else; the first counts.',
  STOP_BEFORE_START: 'Told to have stopped before it began.',
  CLOCK_UNUSABLE: 'A timestamp that cannot be read; the time of arrival is taken.',
  CLOCK_IN_FUTURE: 'A timestamp in the future.',
});

const EnergySourceEnum = enumType('EnergySource', 'Where the energy of a transaction comes from, best first.', {
  METER_STOP: 'The registers at start and stop.',
  LAST_SAMPLE: 'The register at the start and the newest meter value.',
  NEXT_START: 'The register at the start of the next transaction on the connector: an upper bound.',
  NONE: 'Nothing is known beyond the start.',
});

const AnomalyRef = builder.objectRef<Anomaly>('TransactionAnomaly').implement({
  description: 'One thing that does not fit together in a transaction.',
  fields: (t) => ({
    code: t.expose('code', { type: AnomalyCodeEnum, description: 'For programs.' }),
    detail: t.exposeString('detail', { description: 'For people.' }),
    detectedAt: t.expose('detectedAt', { type: 'DateTime', description: 'When the hub saw it.' }),
  }),
});

const loaders = new WeakMap<HubContext, DataLoader<string, Transaction | null>>();

/** A transaction of the caller's tenant by hub id; null when there is none. All that one tick asks for is one read. */
export function loadTransaction(context: HubContext, id: string): Promise<Transaction | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(transactionsKey).findMany(context.principal.tenantId, ids);
        const byId = new Map(found.map((transaction) => [transaction._id, transaction]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false },
    );
    loaders.set(context, loader);
  }
  return loader.load(id);
}

const openLoaders = new WeakMap<HubContext, DataLoader<string, readonly Transaction[]>>();

/** What runs at a charge point of the caller's tenant, oldest first. All that one tick asks for is one read. */
export function loadOpenTransactions(context: HubContext, chargePointId: string): Promise<readonly Transaction[]> {
  let loader = openLoaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const wantedOnce = [...new Set(ids)]; // connectors of one charge point ask for the same
        const open = await context.use(transactionsKey).findOpen(context.principal.tenantId, wantedOnce);
        return ids.map((wanted) => open.filter((transaction) => transaction.chargePointId === wanted));
      },
      { maxBatchSize: 100, cache: false },
    );
    openLoaders.set(context, loader);
  }
  return loader.load(chargePointId);
}

/** A transaction. Other capabilities add their fields with `builder.objectField(TransactionRef, …)`. */
export const TransactionRef = builder.objectRef<Transaction>('Transaction');

builder.node(TransactionRef, {
  ...needs('TRANSACTIONS_READ'),
  description: 'The use of a connector from a StartTransaction to its StopTransaction. Energy is in watt-hours.',
  id: { resolve: (transaction) => transaction._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadTransaction(context, id))),
  fields: (t) => ({
    ocppTransactionId: t.exposeInt('ocppTransactionId', {
      description: 'The number that the charge point knows it by; unique over the whole hub.',
    }),
    state: t.expose('state', { type: TransactionStateEnum, description: 'Whether it runs.' }),
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Where; null when the charge point was deleted.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorId: t.exposeInt('connectorId', { description: 'OCPP number of the connector.' }),
    connector: t.field({
      type: ConnectorRef,
      nullable: true,
      description: 'The connector; null when the charge point was deleted.',
      resolve: (transaction, _args, context) => loadConnector(context, transaction),
    }),
    tokenValue: t.exposeString('tokenValue', { description: 'The token that began it (idTag), as received.' }),
    authorizationStatus: t.field({
      type: AuthorizationStatusEnum,
      description: 'What was answered to the start. Other than ACCEPTED: the charge point should not deliver energy.',
      resolve: ({ authorization }) => authorization.status,
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'By the clock of the charge point where it gave a usable time, else when the hub was told.',
    }),
    startReceivedAt: t.expose('startReceivedAt', {
      type: 'DateTime',
      description: 'When the hub was told of the start.',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'As `startedAt`, for the end; null while it runs.',
    }),
    stopReceivedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the hub was told of the stop; null until then.',
      resolve: ({ stop }) => stop?.receivedAt,
    }),
    meterStartWh: t.expose('meterStartWh', { type: 'SafeInt', description: 'Energy register at the start, in Wh.' }),
    meterStopWh: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Energy register at the stop, in Wh; null until it was told.',
      resolve: ({ stop }) => stop?.meterWh,
    }),
    energyWh: t.expose('energyWh', {
      type: 'SafeInt',
      description: 'Energy delivered, in Wh: so far (from the newest meter value) or at all.',
    }),
    energySource: t.expose('energySource', { type: EnergySourceEnum, description: 'Where `energyWh` comes from.' }),
    durationSeconds: t.int({
      description: 'Length so far or at all, in seconds, by the clock of the charge point where it gave one.',
      resolve: (transaction, _args, { use }) => use(transactionsKey).durationSeconds(transaction),
    }),
    stopReason: t.field({
      type: StopReasonEnum,
      nullable: true,
      description: 'Why it ended; null until a stop came.',
      resolve: ({ stop }) => stop?.reason,
    }),
    wireStopReason: t.string({
      nullable: true,
      description: 'The reason as sent; null when none was.',
      resolve: ({ stop }) => stop?.wireReason,
    }),
    stopTokenValue: t.string({
      nullable: true,
      description: 'The token that ended it, if one was presented; it may be another one than at the start.',
      resolve: ({ stop }) => stop?.tokenValue,
    }),
    reservationId: t.exposeInt('reservationId', {
      nullable: true,
      description: 'The reservation that the charge point named at the start.',
    }),
    anomalies: t.field({
      type: [AnomalyRef],
      description: 'What does not fit together; empty for a clean transaction.',
      resolve: ({ anomalies }) => [...anomalies],
    }),
    reportedLate: t.exposeBoolean('late', {
      description: 'Its start or its stop was told more than five minutes after it happened.',
    }),
    complete: t.exposeBoolean('complete', { description: 'Start and stop are known.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Last start, stop or anomaly.' }),
    version: t.exposeInt('version', { description: 'Goes up with every start, stop and anomaly.' }),
  }),
});
