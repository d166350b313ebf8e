import type { ProvisioningOperations } from '../provisioning/index.ts';
import { chunkDefault, entriesMax } from './model.ts';

/** What a charge point can take. */
export interface ListLimits {
  /** Entries of one message; undefined: it did not tell. SendLocalListMaxLength. */
  readonly perMessage: number | undefined;
  /** Entries in all; undefined: it did not tell. LocalAuthListMaxLength. */
  readonly inAll: number | undefined;
}

/** Reads the limits from the settings that the charge point last reported. */
export async function limitsOf(
  provisioning: Pick<ProvisioningOperations, 'configuration'>,
  target: { readonly tenantId: string; readonly chargePointId: string },
): Promise<ListLimits> {
  const keys = await provisioning.configuration(target, ['SendLocalListMaxLength', 'LocalAuthListMaxLength']);
  const numberOf = (name: string): number | undefined => {
    const value = keys.find(({ keyFolded }) => keyFolded === name)?.value?.trim() ?? '';
    return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  };
  const perMessage = numberOf('sendlocallistmaxlength');
  return { perMessage: perMessage === 0 ? undefined : perMessage, inAll: numberOf('localauthlistmaxlength') };
}

/** The limits that the hub keeps to, with defaults for what the charge point did not tell. */
export const kept = ({ perMessage, inAll }: ListLimits): { readonly perMessage: number; readonly inAll: number } => ({
  perMessage: Math.min(perMessage ?? chunkDefault, 5_000),
  inAll: Math.min(inAll ?? entriesMax, entriesMax),
});
