import type { GraphqlClient } from '../../support/graphql-client.ts';
import type { TestHub } from '../../support/hub.ts';
import type { CallHandler, ScriptedChargePoint } from '../../support/scripted-charge-point.ts';

/** A command of this capability as the API shows it. */
export interface Shown {
  readonly id: string;
  readonly status: string | null;
  readonly profile?: { readonly profileId: number };
  readonly schedule?: Record<string, unknown> | null;
  readonly installed?: { readonly id: string; readonly state: string; readonly wireStatus: string | null } | null;
  readonly replaced?: readonly { readonly profile: { readonly profileId: number } }[];
  readonly cleared?: readonly { readonly profile: { readonly profileId: number } }[];
  readonly execution: {
    readonly state: string;
    readonly request: Record<string, unknown>;
    readonly warnings: readonly { readonly code: string; readonly path: string | null }[];
    readonly failure: { readonly kind: string; readonly ocppErrorCode: string | null } | null;
  };
}

/** What a mutation answered. */
export interface Answered {
  readonly __typename: string;
  readonly message?: string;
  readonly path?: string;
  readonly idempotentReplay?: boolean;
  readonly command: Shown;
}

const fields = {
  setChargingProfile:
    'status profile { profileId } installed { id state wireStatus } replaced { profile { profileId } }',
  clearChargingProfile: 'status cleared { profile { profileId } }',
  getCompositeSchedule:
    'status schedule { connectorId startsAt durationSeconds unit minChargingRate source periods { startPeriod limit numberPhases } }',
  remoteStartTransaction: 'status installed { id state wireStatus }',
} as const;

/** Runs a mutation on the charge point and gives its answer. */
export async function run(
  api: GraphqlClient,
  name: keyof typeof fields,
  identity: string,
  input: object = {},
): Promise<Answered> {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  const data = await api.data<Record<string, Answered>>(
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on Error { message }
      ... on ValidationError { path } ... on ${type}Payload { idempotentReplay command { id ${fields[name]}
      execution { state request warnings { code path } failure { kind ocppErrorCode } } } } } }`,
    { input: { chargePoint: { identity }, ...input } },
  );
  const answered = data[name];
  if (answered === undefined || answered === null) throw new Error(`${name} gave nothing`);
  return answered;
}

/** A profile as the API takes it. */
export const profile = (over: object = {}) => ({
  stackLevel: 1,
  purpose: 'TX_DEFAULT_PROFILE',
  kind: 'ABSOLUTE',
  schedule: {
    durationSeconds: 3_600,
    startSchedule: '2030-01-01T00:00:00.000Z',
    unit: 'A',
    periods: [{ startPeriod: 0, limit: 16 }],
  },
  ...over,
});

/** A profile in a list of the API. */
export interface Listed {
  readonly id: string;
  readonly state: string;
  readonly connectorId: number | null;
  readonly installedAt: string | null;
  readonly removedAt: string | null;
  readonly profile: { readonly profileId: number; readonly purpose: string; readonly stackLevel: number };
  readonly transaction: { readonly ocppTransactionId: number } | null;
  readonly removedBy: { readonly id: string } | null;
}

const listed =
  'id state connectorId installedAt removedAt profile { profileId purpose stackLevel } transaction { ocppTransactionId } removedBy { ... on Node { id } }';

/** The profiles of a charge point, newest first; held ones unless states are named. */
export async function profilesOf(
  api: GraphqlClient,
  identity: string,
  states: readonly string[] = ['INSTALLED', 'UNKNOWN'],
): Promise<readonly Listed[]> {
  const { chargePoint } = await api.data<{ chargePoint: { chargingProfiles: { nodes: Listed[] } } | null }>(
    `query ($identity: String!, $states: [InstalledChargingProfileState!]) { chargePoint(by: { identity: $identity }) {
      chargingProfiles(first: 100, filter: { states: $states }) { nodes { ${listed} } } } }`,
    { identity, states },
  );
  return chargePoint?.chargingProfiles.nodes ?? [];
}

/** Numbers of the profiles that the charge point is believed to hold, rising. */
export const heldNumbers = async (api: GraphqlClient, identity: string): Promise<number[]> =>
  (await profilesOf(api, identity)).map(({ profile: { profileId } }) => profileId).sort((a, b) => a - b);

/** A booted charge point that takes every profile; its further answers are those of `handlers`. */
export async function willing(
  hub: TestHub,
  identity: string,
  handlers: Readonly<Record<string, CallHandler>> = {},
): Promise<ScriptedChargePoint> {
  const accept = () => ({ status: 'Accepted' });
  return hub.booted(identity, {
    handlers: {
      SetChargingProfile: accept,
      ClearChargingProfile: accept,
      GetCompositeSchedule: accept,
      RemoteStartTransaction: accept,
      ...handlers,
    },
  });
}

/** Begins a transaction on the connector; gives its number. */
export async function begin(chargePoint: ScriptedChargePoint, connectorId = 1, idTag = 'GOOD'): Promise<number> {
  const timestamp = new Date().toISOString();
  const frame = await chargePoint.call('StartTransaction', { connectorId, idTag, meterStart: 0, timestamp });
  return (frame[2] as { transactionId: number }).transactionId;
}

/** Ends a transaction. */
export async function end(chargePoint: ScriptedChargePoint, transactionId: number): Promise<void> {
  const timestamp = new Date().toISOString();
  await chargePoint.call('StopTransaction', { transactionId, meterStop: 10, timestamp });
}
