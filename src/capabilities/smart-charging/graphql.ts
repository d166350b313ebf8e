import { builder } from '../../graphql/builder.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { TransactionRef } from '../transactions/index.ts';
import { CompositeScheduleRef, InstalledChargingProfileStateEnum, InstalledProfileRef } from './graphql-installed.ts';
import { ChargingProfilePurposeEnum, ChargingRateUnitEnum } from './graphql-type.ts';
import { smartChargingKey } from './key.ts';
import { heldStates } from './model.ts';
import { asSchedule } from './predict.ts';
import { compositeSecondsMax } from './schedule/index.ts';
import type { ProfileFilter } from './store.ts';

const listMax = 100;

const InstalledChargingProfileFilterInput = builder.inputType('InstalledChargingProfileFilterInput', {
  description: 'Which profiles. A list means any of its values, at most 100; all given lists must hold.',
  fields: (t) => ({
    states: t.field({
      type: [InstalledChargingProfileStateEnum],
      description: 'In these states; INSTALLED and UNKNOWN (what the charge point holds or may hold) when absent.',
    }),
    connectorIds: t.intList({ description: 'On these connectors; 0 is the charge point as a whole.' }),
    purposes: t.field({ type: [ChargingProfilePurposeEnum], description: 'With these purposes.' }),
  }),
});

function filterOf(input: typeof InstalledChargingProfileFilterInput.$inferInput | null | undefined): ProfileFilter {
  const { states, connectorIds, purposes } = input ?? {};
  for (const list of [states, connectorIds, purposes]) {
    if ((list?.length ?? 0) > listMax) {
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
    }
  }
  return {
    states: states ?? heldStates,
    connectorIds: connectorIds ?? undefined,
    purposes: purposes ?? undefined,
  };
}

const InstalledProfileConnection = connectionType(InstalledProfileRef, {
  counted: false,
  scope: 'SMART_CHARGING_READ',
});

builder.objectFields(ChargePointRef, (t) => ({
  chargingProfiles: t.connection(
    {
      type: InstalledProfileRef,
      nullable: true,
      description:
        'Charging profiles that the hub believes are installed here, newest first; with `filter` others too.',
      args: {
        filter: t.arg({ type: InstalledChargingProfileFilterInput, description: 'What is held when absent.' }),
      },
      resolve: ({ tenantId, _id }, args, { use }) =>
        connection(args, {
          fetch: (page) => use(smartChargingKey).list(tenantId, { ...filterOf(args.filter), chargePointId: _id }, page),
        }),
    },
    InstalledProfileConnection,
  ),
  predictedSchedule: t.field({
    type: CompositeScheduleRef,
    nullable: true,
    description:
      'What the charge point would answer to GetCompositeSchedule, computed by the hub from the profiles that it believes installed and the transactions that run; an upper bound, because a charge point may have limits of its own. Spans that no profile limits have no period: a first period after second 0, or none, says so. Null when it cannot be computed (more than 5,000 changes).',
    args: {
      connectorId: t.arg.int({
        required: true,
        description: 'Which connector; 0: the charge point as the grid sees it.',
      }),
      durationSeconds: t.arg.int({ required: true, description: 'Over how long, in seconds, 1 to 2678400 (31 days).' }),
      unit: t.arg({ type: ChargingRateUnitEnum, required: true, description: 'In what.' }),
      at: t.arg({ type: 'DateTime', description: 'From when on. Default: now.' }),
      phaseVoltage: t.arg.float({
        required: true,
        defaultValue: 230,
        description: 'Between phase and neutral, in volts.',
      }),
      phases: t.arg.int({ required: true, defaultValue: 3, description: 'Phases of the supply, 1 to 3.' }),
    },
    resolve: async ({ tenantId, _id }, args, { use }) => {
      const { connectorId, durationSeconds, phaseVoltage, phases } = args;
      if (!(connectorId >= 0)) throw new HubError('BAD_REQUEST', 'connectorId must be 0 or more');
      if (!(durationSeconds >= 1 && durationSeconds <= compositeSecondsMax)) {
        throw new HubError('BAD_REQUEST', `durationSeconds must be 1 to ${compositeSecondsMax}`);
      }
      if (!(phaseVoltage >= 50 && phaseVoltage <= 1000)) {
        throw new HubError('BAD_REQUEST', 'phaseVoltage must be 50 to 1000');
      }
      if (!(phases >= 1 && phases <= 3)) throw new HubError('BAD_REQUEST', 'phases must be 1 to 3');
      const { predict, now } = use(smartChargingKey);
      const start = args.at ?? now();
      const grid = { current: 'AC' as const, phaseVoltage, phases };
      const question = { connectorId, start, durationSeconds, unit: args.unit, grid };
      return asSchedule(await predict({ tenantId, chargePointId: _id }, question));
    },
  }),
  reportedSchedules: t.field({
    type: [CompositeScheduleRef],
    nullable: true,
    description:
      'The newest composite schedule that the charge point reported for each connector and unit, at most 200. `getCompositeSchedule` asks anew.',
    resolve: async ({ tenantId, _id }, _args, { use }) => [...(await use(smartChargingKey).reported(tenantId, _id))],
  }),
}));

builder.objectField(TransactionRef, 'chargingProfiles', (t) =>
  t.connection(
    {
      type: InstalledProfileRef,
      nullable: true,
      description: 'The TX_PROFILEs that were sent for this transaction, in any state, newest first.',
      resolve: ({ tenantId, _id }, args, { use }) =>
        connection(args, { fetch: (page) => use(smartChargingKey).list(tenantId, { transactionId: _id }, page) }),
    },
    InstalledProfileConnection,
  ),
);
