import type { AuthorizationOperations } from '../authorization/index.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import { createBringLevel } from './bring-level.ts';
import { getLocalListVersion, sendLocalList } from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import './graphql-lists.ts';
import type { LocalListOperations } from './contract.ts';
import { localListKey } from './key.ts';
import { createListStore, listIndexes } from './list-store.ts';
import { ocpp16 } from './ocpp16.ts';
import { createLocalListOperations } from './operations.ts';
import { createReactions } from './reactions.ts';
import { createRecord } from './record.ts';
import { createStateStore, stateIndexes } from './store.ts';
import { createSynchroniser } from './synchroniser.ts';
import { createWanted } from './wanted.ts';

/** Local authorization lists: which tokens charge points know without asking. OCPP 1.6 §3.5.2, LAL-1 to LAL-5. */
export function createLocalList(
  { store, events, clock, log }: CapabilityDependencies,
  {
    chargePoints,
    commands,
    authorization,
    provisioning,
  }: {
    chargePoints: Pick<ChargePointOperations, 'find' | 'onDeleted'>;
    commands: Pick<CommandOperations, 'register' | 'issue' | 'issueAutomatic' | 'find' | 'updates'>;
    authorization: Pick<AuthorizationOperations, 'find' | 'list'>;
    provisioning: Pick<ProvisioningOperations, 'configuration'>;
  },
): Capability<LocalListOperations> {
  const lists = createListStore(store);
  const states = createStateStore(store);
  const running = new Map<string, Promise<void>>();
  const isSynchronising = (chargePointId: string) => running.has(chargePointId);
  const record = createRecord({ states, commands, events, clock, isSynchronising });
  const wanted = createWanted({ tokens: authorization, lists });
  const bringLevel = createBringLevel({ states, wanted, provisioning, commands, clock });
  const synchroniser = createSynchroniser({
    states,
    lists,
    record,
    bringLevel,
    chargePoints,
    commands,
    clock,
    log,
    running,
  });
  commands.register(sendLocalList, record.sendHooks);
  commands.register(getLocalListVersion, record.versionHooks);
  chargePoints.onDeleted(({ tenantId, _id }) => states.removeOf(tenantId, _id));
  return {
    key: localListKey,
    operations: createLocalListOperations({
      lists,
      states,
      record,
      synchroniser,
      tokens: authorization,
      provisioning,
      clock,
    }),
    adapters: [ocpp16],
    indexes: { ...listIndexes, ...stateIndexes },
    reactions: createReactions({ lists, states, tokens: authorization, clock }),
    start: async () => synchroniser.start(),
    stop: synchroniser.stop,
  };
}
