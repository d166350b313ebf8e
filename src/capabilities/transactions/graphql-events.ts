import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { durableSubscription, eventType, type StreamedEvent } from '../event-stream/index.ts';
import { transactionEndedType, transactionStartedType, transactionUpdatedType } from './events.ts';
import { loadTransaction, StopReasonEnum, TransactionRef } from './graphql-type.ts';
import { transactionsKey } from './key.ts';
import type { StopReason, Transaction } from './model.ts';

const transactionOf = ({ transactionId }: StreamedEvent, _args: object, context: HubContext) =>
  transactionId === undefined ? null : loadTransaction(context, transactionId);

const numberOf = ({ data }: StreamedEvent): number => Number(data['ocppTransactionId']);
const energyOf = ({ data }: StreamedEvent): number => Number(data['energyWh']);

const started = eventType({
  scope: 'TRANSACTIONS_READ',
  type: transactionStartedType,
  name: 'TransactionStarted',
  description: 'A transaction began, accepted or refused.',
  fields: (t) => ({
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'As it is now.',
      resolve: transactionOf,
    }),
    ocppTransactionId: t.int({ description: 'The number that the charge point knows it by.', resolve: numberOf }),
  }),
});

const updated = eventType({
  scope: 'TRANSACTIONS_READ',
  type: transactionUpdatedType,
  name: 'TransactionUpdated',
  description: 'The energy of a running transaction grew (at most once a minute), or something about it does not fit.',
  fields: (t) => ({
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'As it is now.',
      resolve: transactionOf,
    }),
    ocppTransactionId: t.int({ description: 'The number that the charge point knows it by.', resolve: numberOf }),
    energyWh: t.field({ type: 'SafeInt', description: 'Energy so far, in Wh.', resolve: energyOf }),
  }),
});

const ended = eventType({
  scope: 'TRANSACTIONS_READ',
  type: transactionEndedType,
  name: 'TransactionEnded',
  description: 'A transaction ended; once more when the hub had ended it itself and the real stop came late.',
  fields: (t) => ({
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'As it is now.',
      resolve: transactionOf,
    }),
    ocppTransactionId: t.int({ description: 'The number that the charge point knows it by.', resolve: numberOf }),
    energyWh: t.field({ type: 'SafeInt', description: 'Energy delivered, in Wh.', resolve: energyOf }),
    stopReason: t.field({
      type: StopReasonEnum,
      nullable: true,
      description: 'Why; null when the hub ended it because no stop came.',
      resolve: ({ data }) => (data['stopReason'] as StopReason | undefined) ?? null, // appended by this capability only
    }),
  }),
});

const TransactionEventFilterInput = builder.inputType('TransactionEventFilterInput', {
  description: 'Which transactions. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors.' }),
    transactionIds: t.globalIDList({ for: [TransactionRef], description: 'Global ids of transactions.' }),
  }),
});

type FilterInput = typeof TransactionEventFilterInput.$inferInput | null | undefined;
const listMax = 500;

function filterOf(filter: FilterInput) {
  const { chargePointIds, connectorIds, transactionIds } = filter ?? {};
  for (const list of [chargePointIds, connectorIds, transactionIds]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  return {
    chargePointIds: chargePointIds?.map(({ id }) => id),
    connectorIds: connectorIds ?? undefined,
    transactionIds: transactionIds?.map(({ id }) => id),
  };
}

durableSubscription('transactionEvents', {
  scope: 'TRANSACTIONS_READ',
  description:
    'Started, updated and ended transactions; at least once, in order, resumable with `after`. With `snapshot` the running ones come first.',
  events: [started, updated, ended],
  union: { name: 'TransactionStreamItem', description: 'What `transactionEvents` gives.' },
  args: (arg) => ({ filter: arg({ type: TransactionEventFilterInput, description: 'All transactions when absent.' }) }),
  filter: ({ filter }) => filterOf(filter),
  snapshot: {
    name: 'TransactionSnapshot',
    description: 'A transaction that ran when the subscription began.',
    byDefault: false,
    fields: (t) => ({
      transaction: t.field({
        type: TransactionRef,
        nullable: true, // never null, but one selection must fit all members of the union
        description: 'The transaction.',
        resolve: ({ transaction }) => transaction,
      }),
    }),
    read: running,
  },
});

/** Running transactions that match, page by page. */
async function* running(
  { filter }: { readonly filter?: FilterInput },
  { principal, use }: HubContext,
): AsyncGenerator<{ transaction: Transaction }, void, undefined> {
  const { chargePointIds, connectorIds, transactionIds } = filterOf(filter);
  const order = { field: 'startedAt', direction: 'ascending' } as const;
  let after: readonly [Date, string] | undefined;
  for (;;) {
    const found = await use(transactionsKey).list(
      principal.tenantId,
      { states: ['ACTIVE'], chargePointIds, connectorIds },
      order,
      { limit: 100, fromEnd: false, after },
    );
    for (const transaction of found.items) {
      if (transactionIds === undefined || transactionIds.includes(transaction._id)) yield { transaction };
    }
    const last = found.items.at(-1);
    if (!found.hasNextPage || last === undefined) return;
    after = [last.startedAt, last._id];
  }
}
