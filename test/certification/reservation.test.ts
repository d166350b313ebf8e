import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { certificationCase, tags } from './fixture.ts';
import type { Operator } from './operator.ts';

const inAnHour = { inSeconds: 3_600 };
const codes = ({ execution }: { execution: { warnings: readonly { code: string }[] } }) =>
  execution.warnings.map(({ code }) => code);

interface Seen {
  readonly state: string;
  readonly reservationId: number;
  readonly mismatch: boolean;
  readonly inferred: boolean;
  readonly transaction: { readonly ocppTransactionId: number } | null;
}

/** The reservations of the charge point of the case, the newest first. */
const reservations = async (operator: Operator): Promise<readonly Seen[]> => {
  const { reservations: page } = await operator.chargePointFields<{ reservations: { nodes: readonly Seen[] } }>(
    'reservations { nodes { state reservationId mismatch inferred transaction { ocppTransactionId } } }',
  );
  return page.nodes;
};

const fields = 'status reservationId reservation { state }';

certificationCase('TC_046_CSMS', 'Reserve a connector, transaction', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour }, fields);
  const request = await asked;
  const { reservationId } = command as unknown as { reservationId: number };
  expect(request).toMatchObject({ connectorId: 1, idTag: tags.a, reservationId });
  expect(new Date(String(request['expiryDate'])) > new Date()).toBe(true);
  expect(reservationId).toBeGreaterThan(0);
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'RESPONDED', warnings: [] } });
  await station.status(1, 'Reserved');
  expect(await reservations(operator)).toMatchObject([{ state: 'ACTIVE', reservationId }]);
  const ocppTransactionId = await station.charging({ idTag: tags.a, reservationId });
  expect(await reservations(operator)).toMatchObject([
    { state: 'USED', inferred: false, transaction: { ocppTransactionId } },
  ]);
  await operator.state(command, 'FINISHED');
});

certificationCase('TC_047_CSMS', 'Reserve a connector, expire', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  const before = Date.now();
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: { inSeconds: 1 } });
  const expiryMs = new Date(String((await asked)['expiryDate'])).getTime();
  expect(expiryMs).toBeGreaterThanOrEqual(before + 1_000);
  expect(expiryMs).toBeLessThanOrEqual(Date.now() + 1_000);
  await station.status(1, 'Reserved');
  await eventually(
    async () => Date.now(),
    (now) => now > expiryMs,
  );
  await station.status(1, 'Available');
  expect(await reservations(operator)).toMatchObject([{ state: 'EXPIRED', transaction: null }]);
  await operator.state(command, 'FINISHED');
});

certificationCase('TC_048_1_CSMS', 'Reserve, Faulted', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Faulted' });
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  await asked;
  expect(command).toMatchObject({
    status: 'FAULTED',
    execution: { state: 'FINISHED', response: { status: 'Faulted' } },
  });
  expect(await reservations(operator)).toMatchObject([{ state: 'FAULTED' }]);
});

certificationCase('TC_048_2_CSMS', 'Reserve, Occupied', async ({ station, operator }) => {
  await station.booted();
  await station.status(1, 'Preparing');
  const asked = station.foresee('ReserveNow', { status: 'Occupied' });
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  expect(await asked).toMatchObject({ connectorId: 1 });
  expect(command).toMatchObject({ status: 'OCCUPIED', execution: { state: 'FINISHED' } });
  expect(codes(command)).toEqual(['CONNECTOR_NOT_AVAILABLE']);
  expect(await reservations(operator)).toMatchObject([{ state: 'OCCUPIED' }]);
});

certificationCase('TC_048_3_CSMS', 'Reserve, Unavailable', async ({ station, operator }) => {
  await station.booted();
  const changed = station.foresee('ChangeAvailability', { status: 'Accepted' });
  await operator.command('changeAvailability', { connectorId: 1, type: 'INOPERATIVE' });
  expect(await changed).toEqual({ connectorId: 1, type: 'Inoperative' });
  await station.status(1, 'Unavailable');
  const asked = station.foresee('ReserveNow', { status: 'Unavailable' });
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  expect(await asked).toMatchObject({ connectorId: 1 });
  expect(command).toMatchObject({ status: 'UNAVAILABLE', execution: { state: 'FINISHED' } });
  expect(codes(command)).toEqual(['CONNECTOR_NOT_AVAILABLE']);
  expect(await reservations(operator)).toMatchObject([{ state: 'UNAVAILABLE' }]);
});

certificationCase('TC_048_4_CSMS', 'Reserve, Rejected', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Rejected' });
  const command = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  await asked;
  expect(command).toMatchObject({ status: 'REJECTED', execution: { state: 'FINISHED' } });
  expect(await reservations(operator)).toMatchObject([{ state: 'REJECTED' }]);
});

certificationCase('TC_049_CSMS', 'Reserve the charge point', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  const command = await operator.command('reserveNow', { connectorId: 0, idTag: tags.a, expiry: inAnHour }, fields);
  const { reservationId } = command as unknown as { reservationId: number };
  expect(await asked).toMatchObject({ connectorId: 0, idTag: tags.a, reservationId });
  expect(command).toMatchObject({ status: 'ACCEPTED' });
  expect(codes(command)).toEqual(['CONNECTOR_ZERO_UNSUPPORTED']);
  await station.status(0, 'Reserved');
  expect(await reservations(operator)).toMatchObject([{ state: 'ACTIVE', reservationId }]);
  // the title of the case promises a transaction
  const ocppTransactionId = await station.charging({ connectorId: 2, idTag: tags.a, reservationId });
  expect(await reservations(operator)).toMatchObject([{ state: 'USED', transaction: { ocppTransactionId } }]);
});

certificationCase('TC_051_CSMS', 'Cancel reservation', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  const reserve = await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  const reservationId = Number((await asked)['reservationId']);
  await station.status(1, 'Reserved');
  const taken = station.foresee('CancelReservation', { status: 'Accepted' });
  const reservation = { ocpp: { chargePoint: operator.chargePoint, reservationId } };
  const command = await operator.commandOf('cancelReservation', { reservation });
  expect(await taken).toEqual({ reservationId });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'FINISHED', warnings: [] } });
  await station.status(1, 'Available');
  expect(await reservations(operator)).toMatchObject([{ state: 'CANCELLED' }]);
  await operator.state(reserve, 'FINISHED');
});

certificationCase('TC_052_CSMS', 'Cancel reservation, rejected', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  const reservationId = Number((await asked)['reservationId']);
  await station.status(1, 'Reserved');
  const taken = station.foresee('CancelReservation', { status: 'Rejected' });
  const reservation = { ocpp: { chargePoint: operator.chargePoint, reservationId } };
  const command = await operator.commandOf('cancelReservation', { reservation });
  expect(await taken).toEqual({ reservationId });
  expect(command).toMatchObject({ status: 'REJECTED', execution: { state: 'FINISHED' } });
  expect(await reservations(operator)).toMatchObject([{ state: 'ACTIVE', mismatch: true }]);
});

certificationCase('TC_053_CSMS', 'Use a reserved connector with parentIdTag', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('ReserveNow', { status: 'Accepted' });
  await operator.command('reserveNow', { connectorId: 1, idTag: tags.a, expiry: inAnHour });
  expect(await asked).toMatchObject({ connectorId: 1, idTag: tags.a, parentIdTag: tags.parent });
  await station.status(1, 'Reserved');
  expect(await station.authorize(tags.b)).toMatchObject({ status: 'Accepted', parentIdTag: tags.parent });
  const ocppTransactionId = await station.charging({ idTag: tags.b });
  expect(await reservations(operator)).toMatchObject([
    { state: 'USED', inferred: true, transaction: { ocppTransactionId } },
  ]);
});
