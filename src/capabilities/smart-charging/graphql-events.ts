import { builder } from '../../graphql/builder.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { durableSubscription, eventType } from '../event-stream/index.ts';
import { TransactionRef } from '../transactions/index.ts';
import { profileChangedType } from './events.ts';
import { InstalledChargingProfileStateEnum, InstalledProfileRef, loadInstalledProfile } from './graphql-installed.ts';
import type { InstalledProfileState } from './model.ts';

const changed = eventType({
  scope: 'SMART_CHARGING_READ',
  type: profileChangedType,
  name: 'ChargingProfileChanged',
  description: 'The hub learnt what became of a charging profile that it sent.',
  fields: (t) => ({
    installedProfile: t.field({
      type: InstalledProfileRef,
      nullable: true,
      description: 'The profile as it is now; null when its charge point was deleted.',
      resolve: ({ commandId }, _args, context) =>
        commandId === undefined ? null : loadInstalledProfile(context, commandId),
    }),
    profileId: t.int({
      description: 'Its number on the charge point.',
      resolve: ({ data }) => Number(data['profileId']),
    }),
    state: t.field({
      type: InstalledChargingProfileStateEnum,
      description: 'The state that it took with this event.',
      resolve: ({ data }) => data['state'] as InstalledProfileState, // appended by this capability only
    }),
  }),
});

const ChargingProfileEventFilterInput = builder.inputType('ChargingProfileEventFilterInput', {
  description: 'Which profiles. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP numbers of connectors; 0 is the charge point as a whole.' }),
    transactionIds: t.globalIDList({ for: [TransactionRef], description: 'Global ids of transactions.' }),
  }),
});

const listMax = 500;

durableSubscription('chargingProfileEvents', {
  scope: 'SMART_CHARGING_READ',
  description:
    'What becomes of charging profiles: installed, refused, replaced, cleared, ended; at least once, in order, resumable with `after`.',
  events: [changed],
  union: { name: 'ChargingProfileStreamItem', description: 'What `chargingProfileEvents` gives.' },
  args: (arg) => ({
    filter: arg({ type: ChargingProfileEventFilterInput, description: 'All profiles when absent.' }),
  }),
  filter: ({ filter }) => {
    const { chargePointIds, connectorIds, transactionIds } = filter ?? {};
    for (const list of [chargePointIds, connectorIds, transactionIds]) {
      if ((list?.length ?? 0) > listMax) {
        throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
      }
    }
    return {
      chargePointIds: chargePointIds?.map(({ id }) => id),
      connectorIds: connectorIds ?? undefined,
      transactionIds: transactionIds?.map(({ id }) => id),
    };
  },
});
