import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { liveStream } from '../../graphql/fan-out.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError } from '../../kernel/errors.ts';
import type { PageRequest } from '../../kernel/page.ts';
import { ConnectorRef } from '../availability/index.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { TransactionRef } from '../transactions/index.ts';
import { MeasurandEnum, MeasurementLocationEnum, MeterValueRef, PhaseEnum, SeriesPointRef } from './graphql-type.ts';
import { meteringKey } from './key.ts';
import type { LiveMeterValue } from './operations.ts';
import type { MeterValueScope } from './store.ts';

const MeterValueConnection = connectionType(MeterValueRef, { counted: false, scope: 'METER_VALUES_READ' });

const page = (
  { principal, use }: HubContext,
  scope: MeterValueScope,
  args: Parameters<typeof connection>[0] & { range?: Parameters<typeof timeRange>[0] },
) =>
  connection(args, {
    fetch: (request: PageRequest) => use(meteringKey).list(principal.tenantId, scope, timeRange(args.range), request),
  });

const MeterSeriesInput = builder.inputType('MeterSeriesInput', {
  description: 'Which values a series is made of, and how it is reduced; at most 2,000 points.',
  fields: (t) => ({
    measurand: t.field({
      type: MeasurandEnum,
      required: true,
      defaultValue: 'ENERGY_ACTIVE_IMPORT_REGISTER',
      description: 'What was measured.',
    }),
    phase: t.field({ type: PhaseEnum, description: 'Values of this phase; those over all phases when absent.' }),
    location: t.field({
      type: MeasurementLocationEnum,
      required: true,
      defaultValue: 'OUTLET',
      description: 'Where it was measured.',
    }),
    bucketSeconds: t.int({ required: true, description: 'Length of a bucket, in seconds, 1 and up.' }),
    from: t.field({ type: 'DateTime', required: true, description: 'Begin of the series.' }),
    to: t.field({ type: 'DateTime', required: true, description: 'End of the series; does not belong to it.' }),
  }),
});

type SeriesInput = typeof MeterSeriesInput.$inferInput;

const series = async ({ principal, use }: HubContext, scope: MeterValueScope, { phase, ...query }: SeriesInput) => [
  ...(await use(meteringKey).series(principal.tenantId, scope, { ...query, phase: phase ?? undefined })),
];

builder.objectFields(TransactionRef, (t) => ({
  meterValues: t.connection(
    {
      type: MeterValueRef,
      nullable: true,
      description: 'Readings of this transaction, oldest first; those of its stop included.',
      args: { range: t.arg({ type: TimeRangeInput, description: 'All when absent.' }) },
      resolve: ({ _id }, args, context) => page(context, { transactionId: _id }, args),
    },
    MeterValueConnection,
  ),
  meterSeries: t.field({
    type: [SeriesPointRef],
    nullable: true,
    description: 'Readings of this transaction, one point per bucket, for plots.',
    args: { input: t.arg({ type: MeterSeriesInput, required: true, description: 'Which, and how reduced.' }) },
    resolve: ({ _id }, { input }, context) => series(context, { transactionId: _id }, input),
  }),
}));

builder.objectFields(ConnectorRef, (t) => ({
  meterValues: t.connection(
    {
      type: MeterValueRef,
      nullable: true,
      description: 'Readings of this connector, oldest first.',
      args: { range: t.arg({ type: TimeRangeInput, description: 'All when absent.' }) },
      resolve: ({ chargePointId, connectorId }, args, context) => page(context, { chargePointId, connectorId }, args),
    },
    MeterValueConnection,
  ),
  meterSeries: t.field({
    type: [SeriesPointRef],
    nullable: true,
    description: 'Readings of this connector, one point per bucket, for plots.',
    args: { input: t.arg({ type: MeterSeriesInput, required: true, description: 'Which, and how reduced.' }) },
    resolve: ({ chargePointId, connectorId }, { input }, context) =>
      series(context, { chargePointId, connectorId }, input),
  }),
}));

builder.objectField(ChargePointRef, 'meterValues', (t) =>
  t.connection(
    {
      type: MeterValueRef,
      nullable: true,
      description: 'Readings of all connectors and of the charge point itself, oldest first.',
      args: { range: t.arg({ type: TimeRangeInput, description: 'All when absent.' }) },
      resolve: ({ _id }, args, context) => page(context, { chargePointId: _id }, args),
    },
    MeterValueConnection,
  ),
);

const LiveMeterValueRef = builder.objectRef<LiveMeterValue>('MeterValuesReceived').implement({
  description: 'A reading that was just stored.',
  fields: (t) => ({
    sequence: t.expose('sequence', {
      type: 'SafeInt',
      description: 'Counts up by one per connector while the hub runs; a jump means that a slow reader missed some.',
    }),
    meterValue: t.expose('value', { type: MeterValueRef, description: 'The reading.' }),
  }),
});

const MeterValueFilterInput = builder.inputType('MeterValueFilterInput', {
  description: 'Which readings. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors.' }),
    transactionIds: t.globalIDList({ for: [TransactionRef], description: 'Global ids of transactions.' }),
  }),
});

/** Readings that wait for a slow reader; older ones make room. */
const liveCapacity = 256;
const listMax = 500;

function matcher(filter: typeof MeterValueFilterInput.$inferInput | null | undefined) {
  const { chargePointIds, connectorIds, transactionIds } = filter ?? {};
  for (const list of [chargePointIds, connectorIds, transactionIds]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  const chargePoints = chargePointIds && new Set(chargePointIds.map(({ id }) => id));
  const connectors = connectorIds && new Set(connectorIds);
  const transactions = transactionIds && new Set(transactionIds.map(({ id }) => id));
  return ({ value }: LiveMeterValue): boolean =>
    (chargePoints?.has(value.chargePointId) ?? true) &&
    (connectors?.has(value.connectorId) ?? true) &&
    (transactions?.has(value.transactionId ?? '') ?? true);
}

builder.subscriptionField('meterValues', (t) =>
  t.field({
    ...needs('METER_VALUES_READ'),
    type: LiveMeterValueRef,
    description:
      'Every reading when it is stored. Best effort: a slow reader misses the oldest that wait and sees it in `sequence`; the record is `meterValues` of transaction, connector and charge point.',
    args: { filter: t.arg({ type: MeterValueFilterInput, description: 'All readings when absent.' }) },
    subscribe: (_root, { filter }, { principal, use }) => {
      const matches = matcher(filter);
      return liveStream<LiveMeterValue>({
        capacity: liveCapacity,
        policy: 'dropOldest',
        subscribe: (hear) =>
          use(meteringKey).listen(principal.tenantId, (live) => {
            if (matches(live)) hear(live);
          }),
      });
    },
    resolve: (live) => live,
  }),
);
