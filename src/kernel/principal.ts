/** Who acts. CHARGE_POINT and SYSTEM act inside the hub; API_KEY and USER come in over the API. */
export type ActorKind = 'API_KEY' | 'USER' | 'SYSTEM' | 'CHARGE_POINT';

/** What a credential may be allowed, each with what it opens; the API shows these lines. */
export const apiScopes = {
  CHARGE_POINTS_READ: 'Charge points, their connectors, links and settings.',
  CHARGE_POINTS_WRITE: 'Create, change and delete charge points.',
  TRANSACTIONS_READ: 'Transactions and what was told about them.',
  METER_VALUES_READ: 'Meter values and series.',
  ID_TAGS_READ: 'Tokens, local lists and authorizations; without it token values are masked everywhere.',
  ID_TAGS_WRITE: 'Create, change and delete tokens and local lists.',
  RESERVATIONS_READ: 'Reservations.',
  RESERVATIONS_WRITE: 'Reserve and cancel.',
  SMART_CHARGING_READ: 'Charging profiles and schedules.',
  SMART_CHARGING_WRITE: 'Set and clear charging profiles.',
  COMMANDS_READ: 'Commands to charge points and what became of them.',
  COMMANDS_WRITE: 'Take back commands that were not sent yet, of operations that the credential may call.',
  REMOTE_CONTROL: 'Start, stop, unlock, take in and out of service, trigger messages.',
  CONFIGURATION_WRITE: 'Read and change settings of charge points, clear caches, reset.',
  FIRMWARE_READ: 'Firmware updates and uploads of diagnostics.',
  FIRMWARE_WRITE: 'Update firmware, ask for diagnostics.',
  OCPP_MESSAGES_READ: 'The log of the wire, and DataTransfer messages.',
  DATA_TRANSFER_WRITE: 'Send DataTransfer messages.',
  EVENTS_READ: 'The event log as a whole; each kind of event needs the scope of what it tells of besides.',
  STATS_READ: 'Health and figures of the hub.',
  TENANT_ADMIN: 'API keys and the audit log.',
} as const;

/** Something that a credential may be allowed. */
export type ApiScope = keyof typeof apiScopes;

/** All of them. */
export const allScopes = Object.keys(apiScopes) as readonly ApiScope[]; // own keys of a literal

/** Whoever may change something may see it, and what became of it. */
const implied: Readonly<Partial<Record<ApiScope, readonly ApiScope[]>>> = {
  CHARGE_POINTS_WRITE: ['CHARGE_POINTS_READ'],
  ID_TAGS_WRITE: ['ID_TAGS_READ'],
  RESERVATIONS_WRITE: ['RESERVATIONS_READ', 'COMMANDS_READ', 'COMMANDS_WRITE'],
  SMART_CHARGING_WRITE: ['SMART_CHARGING_READ', 'COMMANDS_READ', 'COMMANDS_WRITE'],
  COMMANDS_WRITE: ['COMMANDS_READ'],
  REMOTE_CONTROL: ['COMMANDS_READ', 'COMMANDS_WRITE'],
  CONFIGURATION_WRITE: ['COMMANDS_READ', 'COMMANDS_WRITE'],
  FIRMWARE_WRITE: ['FIRMWARE_READ', 'COMMANDS_READ', 'COMMANDS_WRITE'],
  DATA_TRANSFER_WRITE: ['COMMANDS_READ', 'COMMANDS_WRITE'],
};

/** The scopes that were granted, and those that they imply. */
export const effectiveScopes = (granted: Iterable<ApiScope>): ReadonlySet<ApiScope> =>
  new Set([...granted].flatMap((scope) => [scope, ...(implied[scope] ?? [])]));

/** The caller of an operation and the tenant it may touch. Every store call takes the tenant from here. */
export interface Principal {
  readonly tenantId: string;
  readonly actor: { readonly kind: ActorKind; readonly id: string; readonly name: string };
  /** With those that are implied. */
  readonly scopes: ReadonlySet<ApiScope>;
  /** When the credential ends; absent: not by itself. */
  readonly expiresAt?: Date;
}

/** Whether a caller may read idTags, which are personal data. */
export const mayReadIdTags = ({ scopes }: Pick<Principal, 'scopes'>): boolean => scopes.has('ID_TAGS_READ');

/** The tenant of a hub with one operator. */
export const defaultTenantId = 'default';

const everything: ReadonlySet<ApiScope> = new Set(allScopes);

/** The hub itself acting for a tenant. */
export const systemPrincipal = (tenantId: string): Principal => ({
  tenantId,
  actor: { kind: 'SYSTEM', id: 'hub', name: 'hub' },
  scopes: everything,
});
