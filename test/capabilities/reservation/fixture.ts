import type { Reservation } from '../../../src/capabilities/reservation/model.ts';
import type { GraphqlClient } from '../../support/graphql-client.ts';
import type { TestHub } from '../../support/hub.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';
import { type Answer, of, runCommand } from '../commands/fixture.ts';

/** A reservation as the API shows it. */
export interface Shown {
  readonly id: string;
  readonly reservationId: number;
  readonly state: string;
  readonly reason: string | null;
  readonly uncertain: boolean;
  readonly mismatch: boolean;
  readonly inferred: boolean;
  readonly connectorId: number;
  readonly tokenValue: string;
  readonly parentIdTag: string | null;
  readonly expiresAt: string;
  readonly endedAt: string | null;
  readonly version: number;
  readonly transaction: { readonly ocppTransactionId: number } | null;
}

export const shownFields = `id reservationId state reason uncertain mismatch inferred connectorId tokenValue parentIdTag
  expiresAt endedAt version transaction { ocppTransactionId }`;

/** What `reserveNow` gives. */
export interface Reserved extends Answer {
  readonly command?: Answer['command'] & {
    readonly reservationId: number;
    readonly reservation: Shown | null;
    readonly warnings: { readonly warnings: readonly { readonly code: string; readonly message: string }[] };
  };
}

let keys = 0;

/** Reserves connector 1 for GOOD for an hour unless told otherwise; `more` overrides nothing but adds. */
export async function reserve(
  api: GraphqlClient,
  identity: string,
  {
    connectorId = 1,
    idTag = 'GOOD',
    expiry = 'inSeconds: 3600',
    more = '',
    key = `key ${++keys}`,
  }: { connectorId?: number; idTag?: string; expiry?: string; more?: string; key?: string } = {},
): Promise<Reserved> {
  const answer = await runCommand(
    api,
    'reserveNow',
    `${of(identity)} connectorId: ${connectorId}, idTag: "${idTag}", expiry: { ${expiry} }, idempotencyKey: "${key}" ${more}`,
    `status reservationId reservation { ${shownFields} } warnings: execution { warnings { code message } }`,
  );
  return answer as Reserved; // the fields above
}

/** Cancels by the number on the wire. */
export const cancel = (api: GraphqlClient, identity: string, reservationId: number, more = ''): Promise<Answer> =>
  runCommand(
    api,
    'cancelReservation',
    `reservation: { ocpp: { ${of(identity)} reservationId: ${reservationId} } } ${more}`,
    'status reservation { state mismatch } warnings: execution { warnings { code } }',
  );

/** A reservation of a charge point by its number. */
export async function shown(api: GraphqlClient, identity: string, reservationId: number): Promise<Shown | null> {
  const { reservation } = await api.data<{ reservation: Shown | null }>(
    `{ reservation(by: { ocpp: { ${of(identity)} reservationId: ${reservationId} } }) { ${shownFields} } }`,
  );
  return reservation;
}

/** Polls until the reservation is as wanted, within 5 s; gives what it saw last. */
export async function until(
  api: GraphqlClient,
  identity: string,
  reservationId: number,
  wanted: (reservation: Shown) => boolean,
): Promise<Shown | null> {
  const deadline = performance.now() + 5_000;
  let seen = await shown(api, identity, reservationId);
  while ((seen === null || !wanted(seen)) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // between two looks
    seen = await shown(api, identity, reservationId);
  }
  return seen;
}

/** StartTransaction; gives the number and what was said of the token. */
export async function start(
  chargePoint: ScriptedChargePoint,
  more: Record<string, unknown> = {},
): Promise<{ readonly transactionId: number; readonly idTagInfo: { readonly status: string } }> {
  const said = { connectorId: 1, idTag: 'GOOD', meterStart: 0, timestamp: new Date().toISOString(), ...more };
  const frame = await chargePoint.call('StartTransaction', said);
  return frame[2] as { transactionId: number; idTagInfo: { status: string } }; // checked on arrival
}

/** Reports a status of a connector, now. */
export const report = (chargePoint: ScriptedChargePoint, connectorId: number, status: string) =>
  chargePoint.call('StatusNotification', {
    connectorId,
    status,
    errorCode: 'NoError',
    timestamp: new Date().toISOString(),
  });

/** What is stored. */
export const stored = ({ database }: TestHub) => database.store.collection<Reservation>('reservations');

/** Tokens GOOD and FAMILY of group FAMILY, OTHER of none, BAD blocked. */
export async function makeTokens(api: GraphqlClient): Promise<void> {
  for (const input of [
    'value: "GOOD", groupId: "FAMILY"',
    'value: "SISTER", groupId: "FAMILY"',
    'value: "FAMILY"',
    'value: "OTHER"',
    'value: "BAD", status: BLOCKED',
  ]) {
    await api.data(`mutation { createToken(input: { ${input} }) { __typename } }`);
  }
}
