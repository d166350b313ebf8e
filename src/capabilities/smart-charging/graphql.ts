import { builder } from '../../graphql/builder.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { TransactionRef } from '../transactions/index.ts';
import { CompositeScheduleRef, InstalledChargingProfileStateEnum, InstalledProfileRef } from './graphql-installed.ts';
import { ChargingProfilePurposeEnum } from './graphql-type.ts';
import { smartChargingKey } from './key.ts';
import { heldStates } from './model.ts';
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
