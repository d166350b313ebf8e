import { contentId } from '../../kernel/ids.ts';
import type { Admission, ChargePoint, RegistrationStatus } from '../charge-points/index.ts';

/** A setting of a charge point as it last reported or accepted it. OCPP 1.6 §9. */
export interface ConfigurationKey {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  /** As the charge point spells it. */
  readonly key: string;
  /** Keys are compared without regard to letter case. */
  readonly keyFolded: string;
  /** Absent: it gave none, or it is a secret, which is never stored. */
  readonly value?: string;
  /** Unknown until the charge point reported it. */
  readonly readonly?: boolean;
  readonly reportedAt: Date;
  /** When a change was accepted that counts from the next boot on. */
  readonly rebootRequiredAt?: Date;
}

/** The id of a configuration key. */
export const configurationKeyId = (chargePointId: string, key: string): string =>
  contentId('configurationKey', chargePointId, foldKey(key));

/** A key in the form in which all its spellings are equal. */
export const foldKey = (key: string): string => key.toLowerCase();

/** Whether nobody may read the value again: passwords and private keys. CFG-5. */
export const holdsSecret = (key: string): boolean =>
  /authorizationkey|password|passwd|passphrase|secret|privatekey|apikey/.test(foldKey(key));

/** Whether an accepted change still waits for the next boot. */
export const awaitsReboot = (
  { rebootRequiredAt }: Pick<ConfigurationKey, 'rebootRequiredAt'>,
  { lastBootAt }: Pick<ChargePoint, 'lastBootAt'>,
): boolean => rebootRequiredAt !== undefined && (lastBootAt === undefined || lastBootAt < rebootRequiredAt);

const registrations = {
  ACCEPT: 'ACCEPTED',
  HOLD: 'PENDING',
  REFUSE: 'REJECTED',
} as const satisfies Record<Admission, RegistrationStatus>;

/**
 * The answer to a BootNotification. `intervalSeconds` is the heartbeat period when accepted, else the earliest next try;
 * never 0, which stations read in different ways. BOOT-1, BOOT-4.
 */
export function admit(
  { admission, heartbeatIntervalSeconds }: Pick<ChargePoint, 'admission' | 'heartbeatIntervalSeconds'>,
  retrySeconds: number,
): { registration: 'ACCEPTED' | 'PENDING' | 'REJECTED'; intervalSeconds: number } {
  const registration = registrations[admission];
  const intervalSeconds = registration === 'ACCEPTED' ? heartbeatIntervalSeconds : retrySeconds;
  return { registration, intervalSeconds: Math.max(1, intervalSeconds) };
}

/** The setting that says how many keys one GetConfiguration may name. OCPP 1.6 §9.1.8. */
export const maxKeysSetting = 'GetConfigurationMaxKeys';

/** Keys in groups that a charge point takes in one message. An unknown or senseless maximum splits nothing. CFG-1. */
export function inParts(keys: readonly string[], maximum: string | undefined): (readonly string[])[] {
  const size = Number(maximum);
  if (!Number.isInteger(size) || size < 1 || keys.length <= size) return [keys];
  const parts: (readonly string[])[] = [];
  for (let from = 0; from < keys.length; from += size) parts.push(keys.slice(from, from + size));
  return parts;
}
