import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { type Command, CommandInterface, commandsKey } from '../commands/index.ts';
import { loadTransaction, TransactionRef } from '../transactions/index.ts';
import { ChargingProfileRef, ChargingRateUnitEnum, ChargingSchedulePeriodRef } from './graphql-type.ts';
import { smartChargingKey } from './key.ts';
import type { CompositeSchedule, InstalledProfile, InstalledProfileState } from './model.ts';
import type { Difference, DifferenceKind } from './schedule/index.ts';

/** The states, as the API shows them. */
export const InstalledChargingProfileStateEnum = enumType(
  'InstalledChargingProfileState',
  'What the hub believes of a profile that it sent.',
  {
    SENT: 'On its way, or with a remote start whose transaction has not begun.',
    INSTALLED: 'The charge point accepted it and holds it, also over a restart.',
    UNKNOWN: 'No answer came: the charge point may hold it. A late answer settles it.',
    REJECTED: 'The charge point refused it.',
    NOT_SENT: 'It never left the hub.',
    REPLACED: 'A newer profile took its place: same number, or same purpose, stack level and connector.',
    CLEARED: 'The charge point accepted to clear it.',
    ENDED: 'Its transaction ended, or the remote start that carried it led to none.',
  } satisfies Record<InstalledProfileState, string>,
);

const CarrierEnum = enumType('ChargingProfileCarrier', 'What a profile was sent with.', {
  SET_CHARGING_PROFILE: 'SetChargingProfile.',
  REMOTE_START: 'RemoteStartTransaction.',
});

const profileLoaders = new WeakMap<HubContext, DataLoader<string, InstalledProfile | null>>();
const commandLoaders = new WeakMap<HubContext, DataLoader<string, Command | null>>();

function batched<Item extends { readonly _id: string }>(
  loaders: WeakMap<HubContext, DataLoader<string, Item | null>>,
  context: HubContext,
  read: (ids: readonly string[]) => Promise<readonly Item[]>,
): DataLoader<string, Item | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const byId = new Map((await read(ids)).map((item) => [item._id, item]));
        return ids.map((id) => byId.get(id) ?? null);
      },
      { maxBatchSize: 500, cache: false },
    );
    loaders.set(context, loader);
  }
  return loader;
}

/** A profile of the caller's tenant by its id; null when there is none. All that one tick asks for is one read. */
export const loadInstalledProfile = (context: HubContext, id: string): Promise<InstalledProfile | null> =>
  batched(profileLoaders, context, (ids) =>
    context.use(smartChargingKey).findMany(context.principal.tenantId, ids),
  ).load(id);

const loadCommand = (context: HubContext, id: string): Promise<Command | null> =>
  batched(commandLoaders, context, (ids) => context.use(commandsKey).findMany(context.principal.tenantId, ids)).load(
    id,
  );

/** A profile that the hub sent, and what became of it. */
export const InstalledProfileRef = builder.objectRef<InstalledProfile>('InstalledChargingProfile');

builder.node(InstalledProfileRef, {
  ...needs('SMART_CHARGING_READ'),
  description:
    'A charging profile that the hub sent, and what it believes became of it: a charge point cannot be asked which profiles it holds.',
  id: { resolve: (installed) => installed._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadInstalledProfile(context, id))),
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Where; null when the charge point was deleted.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorId: t.exposeInt('connectorId', {
      nullable: true,
      description: 'OCPP number of the connector, 0 for the whole; null while a remote start leaves it open.',
    }),
    profile: t.expose('profile', { type: ChargingProfileRef, description: 'As it was sent.' }),
    state: t.expose('state', { type: InstalledChargingProfileStateEnum, description: 'What the hub believes of it.' }),
    carrier: t.expose('carrier', { type: CarrierEnum, description: 'What it was sent with.' }),
    transaction: t.field({
      type: TransactionRef,
      nullable: true,
      description: 'The transaction of a TX_PROFILE; null when there is none, or the hub does not know it.',
      resolve: ({ transactionId }, _args, context) =>
        transactionId === undefined ? null : loadTransaction(context, transactionId),
    }),
    setBy: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command that carried it.',
      resolve: ({ _id }, _args, context) => loadCommand(context, _id),
    }),
    removedBy: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command that replaced or cleared it; null when none did.',
      resolve: ({ removedByCommandId }, _args, context) =>
        removedByCommandId === undefined ? null : loadCommand(context, removedByCommandId),
    }),
    wireStatus: t.exposeString('wireStatus', {
      nullable: true,
      description: 'Status of the answer, or code of the CALLERROR, as on the wire; null when none came.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the hub took it on.' }),
    installedAt: t.expose('installedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the hub learnt that the charge point holds it.',
    }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was replaced, cleared or ended.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its state last changed.' }),
  }),
});

const CompositeScheduleSourceEnum = enumType('CompositeScheduleSource', 'Who says what comes out of all profiles.', {
  CHARGE_POINT: 'The charge point: it knows local limits, so it is right.',
  PREDICTED: 'The hub, from the profiles that it believes are installed.',
});

const DifferenceKindEnum = enumType('ScheduleDifferenceKind', 'How report and prediction differ.', {
  HIGHER: 'The charge point allows more than its profiles do: it may not hold what the hub believes.',
  LOWER: 'It allows less, often by a limit of its own.',
  PHASES: 'The same limit on another number of phases.',
  UNIT: 'It answered in the other unit, so nothing can be compared.',
} satisfies Record<DifferenceKind, string>);

const DifferenceRef = builder.objectRef<Difference>('ScheduleDifference').implement({
  description: 'A span of time over which report and prediction differ in the same way.',
  fields: (t) => ({
    startSeconds: t.exposeInt('startSeconds', { description: 'Its beginning, in seconds after the schedule’s start.' }),
    endSeconds: t.exposeInt('endSeconds', { description: 'The first second after it.' }),
    kind: t.expose('kind', { type: DifferenceKindEnum, description: 'How they differ.' }),
    predictedLimit: t.float({
      nullable: true,
      description: 'What the hub computes, in the unit of the schedule; null: no limit.',
      resolve: ({ predicted }) => predicted?.limit,
    }),
    reportedLimit: t.float({
      nullable: true,
      description: 'What the charge point said; null: no limit.',
      resolve: ({ reported }) => reported?.limit,
    }),
  }),
});

/** What comes out of all profiles. */
export const CompositeScheduleRef = builder.objectRef<CompositeSchedule>('CompositeSchedule');

builder.objectType(CompositeScheduleRef, {
  description: 'The limits that come out of all charging profiles together. OCPP 1.6 §3.13.3.',
  fields: (t) => ({
    connectorId: t.exposeInt('connectorId', {
      description: 'OCPP number of the connector; 0: the charge point as the grid sees it.',
    }),
    startsAt: t.expose('startsAt', { type: 'DateTime', description: 'When the first second is.' }),
    durationSeconds: t.int({
      nullable: true,
      description: 'Length in seconds; null when none was told.',
      resolve: ({ schedule }) => schedule.durationSeconds,
    }),
    unit: t.field({
      type: ChargingRateUnitEnum,
      description: 'What the limits are given in.',
      resolve: ({ schedule }) => schedule.unit,
    }),
    minChargingRate: t.float({
      nullable: true,
      description: 'Below it charging is not efficient, in `unit`.',
      resolve: ({ schedule }) => schedule.minChargingRate,
    }),
    periods: t.field({
      type: [ChargingSchedulePeriodRef],
      description: 'The limits in the order of time.',
      resolve: ({ schedule }) => [...schedule.periods],
    }),
    source: t.expose('source', { type: CompositeScheduleSourceEnum, description: 'Who says so.' }),
    reportedAt: t.expose('reportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the charge point said so; null for what the hub computed.',
    }),
    predicted: t.field({
      type: CompositeScheduleRef,
      nullable: true,
      description:
        'What the hub computed when the report came, from the profiles that it believed installed, 230 V and 3 phases; null for a prediction, and when none could be made.',
      resolve: ({ comparison }) => comparison?.predicted,
    }),
    differences: t.field({
      type: [DifferenceRef],
      nullable: true,
      description:
        'Where report and prediction differ, beyond rounding and 5 seconds; empty: they agree; null: they were not compared.',
      resolve: ({ comparison }) => (comparison === undefined ? null : [...comparison.differences]),
    }),
  }),
});
