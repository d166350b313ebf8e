import type { CapabilityDependencies } from '../capability.ts';
import type { BootFacts, ChargePointOperations } from '../charge-points/index.ts';
import { admit, type ConfigurationKey, holdsSecret } from './model.ts';
import type { ConfigurationStore } from './store.ts';

/** Whose settings. */
interface Target {
  readonly tenantId: string;
  readonly chargePointId: string;
}

/** Boots and settings of charge points. */
export interface ProvisioningOperations {
  /** Takes a BootNotification: stores it, tells of it, and gives the answer. BOOT-1 to BOOT-5. */
  boot(
    chargePoint: { readonly tenantId: string; readonly id: string; readonly identity: string },
    boot: { facts: BootFacts; receivedAt: Date; message: { readonly epoch: number; readonly id: string } },
  ): Promise<{ registration: 'ACCEPTED' | 'PENDING' | 'REJECTED'; intervalSeconds: number }>;
  /** Settings as last reported, by name; only the named ones when there are names, in any letter case. */
  configuration(target: Target, keys?: readonly string[]): Promise<readonly ConfigurationKey[]>;
  /** Stores the answer to GetConfiguration. Keys that the charge point does not know are forgotten. */
  storeReport(
    target: Target,
    report: {
      keys: readonly { readonly key: string; readonly readonly: boolean; readonly value?: string }[];
      unknownKeys: readonly string[];
      at: Date;
    },
  ): Promise<void>;
  /** Stores a change that the charge point accepted, at once or for its next boot. */
  storeChange(
    target: Target,
    change: { key: string; value: string; status: 'ACCEPTED' | 'REBOOT_REQUIRED'; at: Date },
  ): Promise<void>;
}

/** Longest name of a key that is stored; OCPP allows 50 characters. */
const keyLengthMax = 255;

/** The operations on boots and settings. */
export function createProvisioningOperations({
  configuration,
  chargePoints,
  log,
  retrySeconds,
}: Pick<CapabilityDependencies, 'log'> & {
  configuration: ConfigurationStore;
  chargePoints: Pick<ChargePointOperations, 'find' | 'recordBoot'>;
  retrySeconds: number;
}): ProvisioningOperations {
  return {
    async boot({ tenantId, id, identity }, { facts, receivedAt, message }) {
      const chargePoint = await chargePoints.find(tenantId, id);
      // deleted while it was connected: it has no business here, and its link is about to be closed
      if (chargePoint === undefined) return { registration: 'REJECTED', intervalSeconds: retrySeconds };
      const answer = admit(chargePoint, retrySeconds);
      await chargePoints.recordBoot(chargePoint, {
        facts,
        registration: answer.registration,
        at: receivedAt,
        message,
      });
      log.info({ tenantId, identity, registration: answer.registration, ...facts }, 'charge point booted');
      return answer;
    },

    configuration: ({ tenantId, chargePointId }, keys) => configuration.list(tenantId, chargePointId, keys),

    async storeReport(target, { keys, unknownKeys, at }) {
      const storable = keys.filter(({ key }) => key !== '' && key.length <= keyLengthMax);
      await Promise.all([
        ...storable.map(({ key, readonly, value }) =>
          value === undefined || holdsSecret(key)
            ? configuration.save({ ...target, key, readonly, reportedAt: at }, ['value'])
            : configuration.save({ ...target, key, readonly, value, reportedAt: at }, []),
        ),
        ...unknownKeys.map((key) => configuration.remove(target.chargePointId, key)),
      ]);
    },

    async storeChange(target, { key, value, status, at }) {
      const isSecret = holdsSecret(key);
      const waits = status === 'REBOOT_REQUIRED';
      await configuration.save(
        { ...target, key, reportedAt: at, ...(!isSecret && { value }), ...(waits && { rebootRequiredAt: at }) },
        [...(isSecret ? (['value'] as const) : []), ...(waits ? [] : (['rebootRequiredAt'] as const))],
      );
    },
  };
}
