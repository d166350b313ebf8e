import type { ConfigurationKey } from '../provisioning/index.ts';
import type { ChargingRateUnit } from './profile.ts';
import type { StationFacts } from './warnings.ts';

/** The settings that say what a charge point can take. OCPP 1.6 §9.4. */
export const settingKeys = [
  'ChargeProfileMaxStackLevel',
  'ChargingScheduleAllowedChargingRateUnit',
  'ChargingScheduleMaxPeriods',
  'ConnectorSwitch3to1PhaseSupported',
  'MaxChargingProfilesInstalled',
  'SupportedFeatureProfiles',
] as const;

type Limits = Omit<StationFacts, 'now' | 'connectorIds' | 'held'>;

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;

const words = (text: string | undefined): string[] | undefined => {
  const found = text
    ?.split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  return found === undefined || found.length === 0 ? undefined : found; // nothing listed is nothing known
};

/** Some stations write the unit itself in place of OCPP's word. */
const unitWords: Readonly<Record<string, ChargingRateUnit>> = { current: 'A', a: 'A', power: 'W', w: 'W' };

/** What settings, as last reported, say about smart charging; nobody's guess stands in for what was never reported. */
export function limitsOf(settings: readonly Pick<ConfigurationKey, 'keyFolded' | 'value'>[]): Limits {
  const value = (key: (typeof settingKeys)[number]) =>
    settings.find(({ keyFolded }) => keyFolded === key.toLowerCase())?.value;
  const stackLevelMax = wholeNumber(value('ChargeProfileMaxStackLevel'));
  const periodsMax = wholeNumber(value('ChargingScheduleMaxPeriods'));
  const installedMax = wholeNumber(value('MaxChargingProfilesInstalled'));
  const units = words(value('ChargingScheduleAllowedChargingRateUnit'))?.flatMap((word) => unitWords[word] ?? []);
  const features = words(value('SupportedFeatureProfiles'));
  const switches = words(value('ConnectorSwitch3to1PhaseSupported'))?.[0];
  return {
    ...(stackLevelMax !== undefined && { stackLevelMax }),
    ...(periodsMax !== undefined && { periodsMax }),
    ...(installedMax !== undefined && { installedMax }),
    ...(units !== undefined && units.length > 0 && { units }),
    ...(features !== undefined && { isSmart: features.includes('smartcharging') }),
    ...(switches !== undefined && { switchesPhases: switches === 'true' }),
  };
}
