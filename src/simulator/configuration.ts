import { measurands } from './readings.ts';

/** One key as GetConfiguration tells it. OCPP 1.6 §7.29. */
interface ConfigurationKey {
  readonly key: string;
  readonly readonly: boolean;
  readonly value: string;
}

/** Answer to ChangeConfiguration. OCPP 1.6 §7.22. */
type ConfigurationStatus = 'Accepted' | 'Rejected' | 'RebootRequired' | 'NotSupported';

/** The settings of one charge point. Keys are compared without case, as OCPP's CiString demands. */
export interface Configuration {
  /** The keys asked for, or all of them when none is asked; the second list has those that do not exist. */
  get(keys: readonly string[]): { known: ConfigurationKey[]; unknown: string[] };
  change(key: string, value: string): ConfigurationStatus;
  integer(key: IntegerKey): number;
  flag(key: FlagKey): boolean;
  list(key: ListKey): readonly string[];
}

/** Most keys in one GetConfiguration. */
export const configurationKeysMax = 50;

/** `readonly`: the hub may not change it. `reboot`: a change works after the next start. */
interface Access {
  readonly readonly?: boolean;
  readonly reboot?: boolean;
}
type FlagSetting = Access & { readonly value: boolean };
type IntegerSetting = Access & { readonly value: number; readonly min: number; readonly max: number };
type ListSetting = Access & { readonly value: readonly string[]; readonly allowed: readonly string[] };

const flags = {
  AllowOfflineTxForUnknownId: { value: false },
  AuthorizationCacheEnabled: { value: true },
  AuthorizeRemoteTxRequests: { value: true },
  LocalAuthorizeOffline: { value: true },
  LocalPreAuthorize: { value: false },
  StopTransactionOnEVSideDisconnect: { value: true, readonly: true },
  StopTransactionOnInvalidId: { value: true },
  UnlockConnectorOnEVSideDisconnect: { value: true, readonly: true },
} as const satisfies Record<string, FlagSetting>;

const day = 86_400;
const integers = {
  // understood, but only off is possible: this charge point takes no clock-aligned samples
  ClockAlignedDataInterval: { value: 0, min: 0, max: 0 },
  ConnectionTimeOut: { value: 60, min: 1, max: 3_600 },
  GetConfigurationMaxKeys: { value: configurationKeysMax, min: 1, max: 1_000, readonly: true },
  HeartbeatInterval: { value: 300, min: 1, max: day },
  MeterValueSampleInterval: { value: 10, min: 0, max: day },
  NumberOfConnectors: { value: 1, min: 1, max: 16, readonly: true },
  ResetRetries: { value: 0, min: 0, max: 10 },
  TransactionMessageAttempts: { value: 5, min: 1, max: 100 },
  TransactionMessageRetryInterval: { value: 10, min: 0, max: 3_600 },
  WebSocketPingInterval: { value: 60, min: 0, max: day, reboot: true },
} as const satisfies Record<string, IntegerSetting>;

const lists = {
  ConnectorPhaseRotation: { value: ['NotApplicable'], allowed: ['NotApplicable'] },
  MeterValuesAlignedData: { value: [], allowed: [] },
  MeterValuesSampledData: { value: measurands, allowed: measurands },
  StopTxnAlignedData: { value: [], allowed: [] },
  StopTxnSampledData: { value: ['Energy.Active.Import.Register'], allowed: measurands },
  SupportedFeatureProfiles: { value: ['Core', 'RemoteTrigger'], allowed: ['Core', 'RemoteTrigger'], readonly: true },
} as const satisfies Record<string, ListSetting>;

type FlagKey = keyof typeof flags;
type IntegerKey = keyof typeof integers;
type ListKey = keyof typeof lists;

const flagSettings: Readonly<Record<string, FlagSetting>> = flags;
const integerSettings: Readonly<Record<string, IntegerSetting>> = integers;
const listSettings: Readonly<Record<string, ListSetting>> = lists;
const accesses: Readonly<Record<string, Access>> = { ...flagSettings, ...integerSettings, ...listSettings };
const keys = Object.keys(accesses).sort();
const byFoldedKey = new Map(keys.map((key) => [key.toLowerCase(), key]));

/** The settings of a charge point with so many connectors, as it leaves the factory. */
export function createConfiguration(connectors: number): Configuration {
  const changed = new Map<string, string>([['NumberOfConnectors', String(connectors)]]);
  const current = (key: string) => changed.get(key) ?? factoryValue(key);
  const tell = (key: string) => ({ key, readonly: accesses[key]?.readonly ?? false, value: current(key) });

  return {
    get(asked) {
      if (asked.length === 0) return { known: keys.map(tell), unknown: [] };
      const found = asked.map((key) => ({ key, name: byFoldedKey.get(key.toLowerCase()) }));
      return {
        known: found.flatMap(({ name }) => (name === undefined ? [] : [tell(name)])),
        unknown: found.flatMap(({ key, name }) => (name === undefined ? [key] : [])),
      };
    },
    change(asked, value) {
      const key = byFoldedKey.get(asked.toLowerCase());
      if (key === undefined) return 'NotSupported';
      const access = accesses[key];
      const normal = normalised(key, value);
      if (access?.readonly === true || normal === undefined) return 'Rejected';
      changed.set(key, normal);
      return access?.reboot === true ? 'RebootRequired' : 'Accepted';
    },
    integer: (key) => Number(current(key)),
    flag: (key) => current(key) === 'true',
    list: (key) => current(key).split(',').filter(Boolean),
  };
}

function factoryValue(key: string): string {
  return String(flagSettings[key]?.value ?? integerSettings[key]?.value ?? listSettings[key]?.value.join(',') ?? '');
}

/** The value in the spelling that we keep; undefined when the key cannot have it. */
function normalised(key: string, value: string): string | undefined {
  if (flagSettings[key] !== undefined) {
    const folded = value.trim().toLowerCase();
    return folded === 'true' || folded === 'false' ? folded : undefined;
  }
  const range = integerSettings[key];
  if (range !== undefined) {
    const number = /^\d{1,9}$/.test(value.trim()) ? Number(value) : Number.NaN;
    return number >= range.min && number <= range.max ? String(number) : undefined;
  }
  const members = value
    .split(',')
    .map((member) => member.trim())
    .filter(Boolean);
  const allowed = listSettings[key]?.allowed ?? [];
  return members.every((member) => allowed.includes(member)) ? members.join(',') : undefined;
}
