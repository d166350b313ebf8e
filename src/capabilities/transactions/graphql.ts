import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError, ValidationError } from '../../kernel/errors.ts';
import { ConnectorRef } from '../availability/index.ts';
import { ChargePointRef, ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import './graphql-events.ts';
import {
  loadOpenTransactions,
  loadTransaction,
  StopReasonEnum,
  TransactionRef,
  TransactionStateEnum,
} from './graphql-type.ts';
import { transactionsKey } from './key.ts';
import type { OrphanedStop, Transaction } from './model.ts';
import type { TransactionFilter } from './store.ts';

const OcppTransactionInput = builder.inputType('OcppTransactionRefInput', {
  description: 'A transaction as the charge point knows it.',
  fields: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Whose transaction.' }),
    transactionId: t.field({ type: 'SafeInt', required: true, description: 'OCPP number; any integer.' }),
  }),
});

/** Points at one transaction in an input. */
export const TransactionReferenceInput = builder.inputType('TransactionRefInput', {
  description: 'One transaction: by global id, or by charge point and OCPP number.',
  isOneOf: true,
  fields: (t) => ({
    id: t.globalID({ for: [TransactionRef], description: 'Global id.' }),
    ocpp: t.field({ type: OcppTransactionInput, description: 'Charge point and OCPP number.' }),
  }),
});

type ReferenceInput = typeof TransactionReferenceInput.$inferInput;

/** The reference of a `TransactionRefInput`. Throws `ValidationError` when it is empty. */
export function transactionReference({ id, ocpp }: ReferenceInput, path = 'input.transaction') {
  if (id) return { id: id.id };
  if (ocpp) return { ocpp };
  throw new ValidationError(path, 'give an id or charge point and number');
}

async function findReferred(context: HubContext, by: ReferenceInput): Promise<Transaction | null | undefined> {
  const reference = transactionReference(by, 'by');
  if (reference.id !== undefined) return loadTransaction(context, reference.id);
  const { chargePoint, transactionId } = reference.ocpp;
  const target = await targetOf(context, chargePoint).catch((error: unknown) => {
    if (error instanceof HubError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  return target && context.use(transactionsKey).findByNumber(target.tenantId, target._id, transactionId);
}

const TransactionFilterInput = builder.inputType('TransactionFilterInput', {
  description: 'Which transactions. A list means any of its values, at most 500; everything that is given must hold.',
  fields: (t) => ({
    states: t.field({ type: [TransactionStateEnum], description: 'In these states.' }),
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors.' }),
    tokenValues: t.stringList({ description: 'Begun with these tokens, in any letter case.' }),
    startedAt: t.field({ type: TimeRangeInput, description: 'Begun in this span.' }),
    updatedAt: t.field({
      type: TimeRangeInput,
      description: 'Last changed in this span: for partners that synchronise.',
    }),
  }),
});

const listMax = 500;

function filterOf(input: typeof TransactionFilterInput.$inferInput | null | undefined): TransactionFilter {
  const { states, chargePointIds, connectorIds, tokenValues, startedAt, updatedAt } = input ?? {};
  for (const list of [states, chargePointIds, connectorIds, tokenValues]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return {
    states: states ?? undefined,
    chargePointIds: chargePointIds?.map(({ id }) => id),
    connectorIds: connectorIds ?? undefined,
    tokenValues: tokenValues ?? undefined,
    startedAt: timeRange(startedAt),
    updatedAt: timeRange(updatedAt),
  };
}

const TransactionOrderEnum = enumType('TransactionOrder', 'The order of transactions.', {
  STARTED_AT_DESC: 'The newest start first.',
  STARTED_AT_ASC: 'The oldest start first.',
  UPDATED_AT_ASC: 'The oldest change first: for partners that synchronise.',
  UPDATED_AT_DESC: 'The newest change first.',
});

const orders = {
  STARTED_AT_DESC: { field: 'startedAt', direction: 'descending' },
  STARTED_AT_ASC: { field: 'startedAt', direction: 'ascending' },
  UPDATED_AT_ASC: { field: 'updatedAt', direction: 'ascending' },
  UPDATED_AT_DESC: { field: 'updatedAt', direction: 'descending' },
} as const;

const OrphanedStopRef = builder.objectRef<OrphanedStop>('OrphanedStop').implement({
  description: 'A StopTransaction whose number is no transaction of that charge point.',
  fields: (t) => ({
    ocppTransactionId: t.exposeFloat('ocppTransactionId', {
      description: 'The number as received; beyond 2^53 the last digits are lost.',
    }),
    stoppedAt: t.field({
      type: 'DateTime',
      description: 'By the clock of the charge point where it gave a usable time, else when it was received.',
      resolve: ({ stop }) => stop.at,
    }),
    meterStopWh: t.field({
      type: 'SafeInt',
      description: 'Energy register, in Wh.',
      resolve: ({ stop }) => stop.meterWh,
    }),
    stopReason: t.field({ type: StopReasonEnum, description: 'Why.', resolve: ({ stop }) => stop.reason }),
    tokenValue: t.string({
      nullable: true,
      description: 'The token that was presented, if any.',
      resolve: ({ stop }) => stop.tokenValue,
    }),
    transactionData: t.expose('transactionData', {
      type: 'JSON',
      nullable: true,
      description: 'The meter values that came with it, verbatim.',
    }),
    receivedAt: t.expose('receivedAt', { type: 'DateTime', description: 'When the hub was told.' }),
  }),
});

const OrphanedStopConnection = connectionType(OrphanedStopRef, { counted: false, scope: 'TRANSACTIONS_READ' });

const TransactionConnection = connectionType(TransactionRef, { counted: true, scope: 'TRANSACTIONS_READ' });

const page = (
  { principal, use }: HubContext,
  args: Parameters<typeof connection>[0] & { orderBy?: keyof typeof orders | null | undefined },
  filter: TransactionFilter,
) =>
  connection(args, {
    fetch: (request) =>
      use(transactionsKey).list(principal.tenantId, filter, orders[args.orderBy ?? 'STARTED_AT_DESC'], request),
    count: (max) => use(transactionsKey).count(principal.tenantId, filter, max),
  });

builder.queryField('transaction', (t) =>
  t.field({
    type: TransactionRef,
    nullable: true,
    description: 'One transaction; null when there is none.',
    args: { by: t.arg({ type: TransactionReferenceInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, context) => findReferred(context, by),
  }),
);

builder.queryField('transactions', (t) =>
  t.connection(
    {
      type: TransactionRef,
      nullable: true,
      description: 'Transactions, the newest start first unless told otherwise.',
      args: {
        filter: t.arg({ type: TransactionFilterInput, description: 'All when absent.' }),
        orderBy: t.arg({ type: TransactionOrderEnum, description: 'STARTED_AT_DESC when absent.' }),
      },
      resolve: (_root, args, context) => page(context, args, filterOf(args.filter)),
    },
    TransactionConnection,
  ),
);

builder.objectFields(ChargePointRef, (t) => ({
  activeTransactions: t.field({
    type: [TransactionRef],
    nullable: true,
    description: 'Transactions that run here, oldest first.',
    resolve: async ({ _id }, _args, context) => [...(await loadOpenTransactions(context, _id))],
  }),
  transactions: t.connection(
    {
      type: TransactionRef,
      nullable: true,
      description: 'Transactions of this charge point, the newest start first unless told otherwise.',
      args: { orderBy: t.arg({ type: TransactionOrderEnum, description: 'STARTED_AT_DESC when absent.' }) },
      resolve: (chargePoint, args, context) => page(context, args, { chargePointIds: [chargePoint._id] }),
    },
    TransactionConnection,
  ),
  orphanedStops: t.connection(
    {
      type: OrphanedStopRef,
      nullable: true,
      description:
        'Stops that belong to no transaction, newest first. They are answered and kept, and change nothing else.',
      resolve: ({ tenantId, _id }, args, { use }) =>
        connection(args, { fetch: (request) => use(transactionsKey).listOrphanedStops(tenantId, _id, request) }),
    },
    OrphanedStopConnection,
  ),
}));

builder.objectField(ConnectorRef, 'currentTransaction', (t) =>
  t.field({
    type: TransactionRef,
    nullable: true,
    description: 'The transaction that runs on the connector, the newest if there are several; null when none does.',
    resolve: async ({ chargePointId, connectorId }, _args, context) =>
      (await loadOpenTransactions(context, chargePointId)).findLast((open) => open.connectorId === connectorId),
  }),
);
