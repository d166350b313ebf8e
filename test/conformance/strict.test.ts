import { expect, test } from 'vitest';
import { of, runCommand } from '../capabilities/commands/fixture.ts';
import { result, start, statusOf, stop, useHub } from './deviations-hub.ts';

const { hub, create, shownOf, transactionsOf } = useHub('STRICT');
const strict = async (more = '') => await hub().booted(await create(`validationMode: STRICT ${more}`));

test('STRICT: what breaks its schema is refused by its code, and nothing is stored of it', async () => {
  const station = await strict('tolerance: { timeZone: "+02:00", zeroConnectorIsOne: true }');
  const good = { connectorId: 1, idTag: 'GOOD', meterStart: 1000, timestamp: '2026-06-01T10:00:00Z' };
  for (const [action, payload, code] of [
    ['StartTransaction', { ...good, timestamp: '2026-06-01T10:00:00' }, 'PropertyConstraintViolation'],
    ['StartTransaction', { ...good, meterStart: 1.5 }, 'TypeConstraintViolation'],
    ['StartTransaction', { ...good, idTag: 'X'.repeat(21) }, 'PropertyConstraintViolation'],
    ['StatusNotification', statusOf({ status: 'available' }), 'PropertyConstraintViolation'],
    ['StatusNotification', { connectorId: 1, status: 'Available' }, 'OccurenceConstraintViolation'],
  ] as const) {
    expect((await station.call(action, payload)).slice(0, 3)).toEqual([4, expect.anything(), code]);
  }
  expect(await shownOf(station)).toMatchObject({ connectors: [], transactions: { nodes: [] }, deviations: [] });
});

test('STRICT: what the schema allows is never refused, however odd', async () => {
  const station = await strict();
  for (const transactionId of [0, -1, 77_777_777, 2 ** 60]) expect(await stop(station, transactionId)).toEqual({});
  expect((await start(station, { idTag: 'NOBODY', timestamp: '1970-01-01T00:00:00Z' })).idTagInfo.status).toBe(
    'Invalid',
  );
  const first = await start(station, { connectorId: 2 });
  expect(await start(station, { connectorId: 2 })).toEqual(first);
  expect(await result(station, 'MeterValues', { connectorId: 0, transactionId: -1, meterValue: [] })).toEqual({});
  expect(await transactionsOf(station)).toHaveLength(2);
});

test('STRICT: odd answers to the hub are shown as they came, not repaired', async () => {
  const station = await strict();
  station.onCall('ClearCache', () => ({ status: 'accepted' }));
  const { command } = await runCommand(hub().api, 'clearCache', of(station.identity));
  expect(command?.execution).toMatchObject({ response: { status: 'accepted' }, failure: { kind: 'INVALID_ANSWER' } });
});

test('the switches of a charge point are shown, changed one by one, and checked', async () => {
  const identity = await create('tolerance: { timeZone: "Europe/Berlin", assumeSubprotocol: true }');
  const fields =
    'tolerance { assumeSubprotocol anyIdentityCase zeroConnectorIsOne timeZone marksLocalTimeAsUtc pingIntervalSeconds }';
  const update = (tolerance: string) =>
    hub().api.data(`mutation { updateChargePoint(input: { ${of(identity)}, tolerance: { ${tolerance} } }) {
      __typename ... on ValidationError { path } ... on UpdateChargePointPayload { chargePoint { ${fields} } } } }`);
  expect(await update('assumeSubprotocol: null, pingIntervalSeconds: 0')).toEqual({
    updateChargePoint: {
      __typename: 'UpdateChargePointPayload',
      chargePoint: {
        tolerance: {
          assumeSubprotocol: false,
          anyIdentityCase: false,
          zeroConnectorIsOne: false,
          timeZone: 'Europe/Berlin',
          marksLocalTimeAsUtc: false,
          pingIntervalSeconds: 0,
        },
      },
    },
  });
  expect(await update('timeZone: "Mars/Base"')).toMatchObject({
    updateChargePoint: { __typename: 'ValidationError', path: 'input.tolerance.timeZone' },
  });
  expect(await update('pingIntervalSeconds: 3601')).toMatchObject({
    updateChargePoint: { __typename: 'ValidationError', path: 'input.tolerance.pingIntervalSeconds' },
  });
});

test('an identity in any case is found for its charge point only, and not when it is another one', async () => {
  const identity = await create('tolerance: { anyIdentityCase: true }');
  const station = await hub().booted(identity.toLowerCase());
  await result(station, 'StatusNotification', statusOf());
  expect((await shownOf({ ...station, identity })).connectors).toHaveLength(1);
});
