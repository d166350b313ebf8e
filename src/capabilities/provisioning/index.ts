import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import { changeConfiguration, getConfiguration, reset } from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import { provisioningKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { ocpp16Commands } from './ocpp16-commands.ts';
import { createProvisioningOperations, type ProvisioningOperations } from './operations.ts';
import { configurationIndexes, createConfigurationStore } from './store.ts';

export { provisioningKey } from './key.ts';
export type { ConfigurationKey } from './model.ts';
export type { ProvisioningOperations } from './operations.ts';

/** Boots of charge points, and their settings. */
export function createProvisioning(
  { store, clock, log }: CapabilityDependencies,
  {
    chargePoints,
    commands,
    retrySeconds = 60,
  }: {
    commands: Pick<CommandOperations, 'register'>;
    chargePoints: Pick<ChargePointOperations, 'find' | 'recordBoot' | 'onDeleted'>;
    /** When a charge point that was not accepted may ask again, in seconds. */
    retrySeconds?: number;
  },
): Capability<ProvisioningOperations> {
  const configuration = createConfigurationStore(store);
  const operations = createProvisioningOperations({ configuration, chargePoints, log, retrySeconds });
  chargePoints.onDeleted(({ tenantId, _id }) => configuration.removeOf(tenantId, _id));
  commands.register(reset);
  commands.register(getConfiguration, {
    answered: ({ configurationKeys, unknownKeys }, { tenantId, chargePointId }) =>
      operations.storeReport({ tenantId, chargePointId }, { keys: configurationKeys, unknownKeys, at: clock.now() }),
  });
  commands.register(changeConfiguration, {
    answered: async ({ status }, { tenantId, chargePointId, input }) => {
      if (status !== 'ACCEPTED' && status !== 'REBOOT_REQUIRED') return; // the stored view follows positive answers only. OUT-2
      const [key, value] = [String(input['key']), String(input['value'])];
      await operations.storeChange({ tenantId, chargePointId }, { key, value, status, at: clock.now() });
    },
  });
  return {
    key: provisioningKey,
    operations,
    adapters: [ocpp16(operations, clock), ocpp16Commands],
    indexes: configurationIndexes,
  };
}
