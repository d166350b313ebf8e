import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connector, ConnectorStatusEntry } from '../../../src/capabilities/availability/model.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { availabilityOf, createAvailabilityHub } from './fixture.ts';

let fixture: Awaited<ReturnType<typeof createAvailabilityHub>>;
beforeAll(async () => {
  fixture = await createAvailabilityHub();
});
afterAll(() => fixture.hub.close());

let count = 0;
/** A charge point in a tenant of its own, so that all events of the tenant are its. */
const station = () => {
  count += 1;
  return fixture.register(`tenant${count}`, 'CP');
};
const status = (word: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  connectorId: 1,
  status: word,
  errorCode: 'NoError',
  ...more,
});
const send = (chargePoint: LinkedChargePoint, payload: unknown, call: { epoch?: number; receivedAt?: Date } = {}) =>
  fixture.hub.receive(chargePoint, 'StatusNotification', payload, call);
const connectors = (chargePoint: LinkedChargePoint) =>
  fixture.hub.database.store
    .collection<Connector>('connectors')
    .find({ chargePointId: chargePoint.id })
    .sort({ connectorId: 1 })
    .toArray();
const history = (chargePoint: LinkedChargePoint) =>
  fixture.hub.database.store
    .collection<ConnectorStatusEntry>('connectorStatuses')
    .find({ chargePointId: chargePoint.id })
    .sort({ occurredAt: 1, receivedAt: 1 })
    .toArray();
const told = async ({ tenantId }: LinkedChargePoint): Promise<Record<string, unknown>[]> =>
  (await fixture.hub.told(tenantId, 'CONNECTOR_STATUS_CHANGED')).map(({ connectorId, data }) => ({
    connectorId,
    ...data,
  }));
const at = (time: string) => `2026-06-01T${time}Z`;

test('a connector that nobody knew is created with what it says, in the history and in the log', async () => {
  const chargePoint = await station();
  const payload = status('Faulted', {
    connectorId: 2,
    errorCode: 'GroundFailure',
    info: 'RCD',
    vendorId: 'com.example',
    vendorErrorCode: 'E7',
    timestamp: at('11:00:00'),
  });

  expect(await send(chargePoint, payload)).toEqual({});

  const facts = {
    status: 'FAULTED',
    wireStatus: 'Faulted',
    errorCode: 'GROUND_FAILURE',
    info: 'RCD',
    vendorId: 'com.example',
    vendorErrorCode: 'E7',
  };
  expect(await connectors(chargePoint)).toMatchObject([
    { ...facts, tenantId: chargePoint.tenantId, connectorId: 2, evseId: 2, statusSince: new Date(at('11:00:00')) },
  ]);
  expect(await history(chargePoint)).toMatchObject([{ ...facts, occurredAt: new Date(at('11:00:00')) }]);
  expect(await told(chargePoint)).toEqual([{ connectorId: 2, ...facts }]);
});

test('each change is told with the status before it, whatever the transition', async () => {
  const chargePoint = await station();
  for (const word of ['Available', 'Preparing', 'Finishing', 'Charging', 'Available', 'Reserved']) {
    await send(chargePoint, status(word));
  }
  expect(
    (await told(chargePoint)).map((event: Record<string, unknown>) => [event['previousStatus'], event['status']]),
  ).toEqual([
    [undefined, 'AVAILABLE'],
    ['AVAILABLE', 'PREPARING'],
    ['PREPARING', 'FINISHING'],
    ['FINISHING', 'CHARGING'],
    ['CHARGING', 'AVAILABLE'],
    ['AVAILABLE', 'RESERVED'],
  ]);
});

test('the same state again is neither a second event nor a second entry, but a sign that it still holds', async () => {
  const chargePoint = await station();
  const payload = status('Charging', { timestamp: at('11:00:00') });
  await send(chargePoint, payload);
  const receivedAt = new Date(at('12:05:00'));
  await send(chargePoint, payload, { receivedAt });
  await send(chargePoint, status('Charging', { timestamp: at('11:30:00') }), { receivedAt });

  expect(await told(chargePoint)).toHaveLength(1);
  expect(await history(chargePoint)).toHaveLength(1);
  expect(await connectors(chargePoint)).toMatchObject([
    { lastStatusAt: receivedAt, statusSince: new Date(at('11:00:00')), changedAt: new Date(at('11:00:00')) },
  ]);
});

test('another error with the same status is a change that leaves the beginning of the status', async () => {
  const chargePoint = await station();
  await send(chargePoint, status('Charging', { timestamp: at('11:00:00'), info: 'warm' }));
  await send(chargePoint, status('Charging', { timestamp: at('11:10:00'), errorCode: 'HighTemperature' }));
  expect(await told(chargePoint)).toMatchObject([
    { status: 'CHARGING', errorCode: 'NO_ERROR', info: 'warm' },
    { status: 'CHARGING', errorCode: 'HIGH_TEMPERATURE', previousStatus: 'CHARGING' },
  ]);
  const [connector] = await connectors(chargePoint);
  expect(connector?.statusSince).toEqual(new Date(at('11:00:00')));
  expect(connector?.info).toBeUndefined();
});

describe('order', () => {
  test('an older report goes to the history and changes nothing else', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Charging', { timestamp: at('11:00:00') }));
    await send(chargePoint, status('Preparing', { timestamp: at('10:59:00') }));
    await send(chargePoint, status('Preparing', { timestamp: at('10:59:00') }));

    expect(await connectors(chargePoint)).toMatchObject([{ status: 'CHARGING' }]);
    expect(await told(chargePoint)).toHaveLength(1);
    expect((await history(chargePoint)).map(({ status: word, late }) => [word, late])).toEqual([
      ['PREPARING', true],
      ['CHARGING', undefined],
    ]);
  });

  test('of equal times the last to arrive counts', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Preparing', { timestamp: at('11:00:00') }));
    await send(chargePoint, status('Charging', { timestamp: at('11:00:00') }));
    await send(chargePoint, status('Preparing', { timestamp: at('11:00:00') }));
    expect(await connectors(chargePoint)).toMatchObject([{ status: 'PREPARING', changes: 3 }]);
    expect(await told(chargePoint)).toHaveLength(3);
  });

  test.each([undefined, '1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'yesterday', '2031-01-01T00:00:00Z'])(
    'with the timestamp %s the arrival counts',
    async (timestamp) => {
      const chargePoint = await station();
      const stamped = timestamp === undefined ? {} : { timestamp };
      await send(chargePoint, status('Charging', { timestamp: at('11:00:00') }));
      await send(chargePoint, status('Finishing', stamped));
      await send(chargePoint, status('Available', stamped));
      expect(await connectors(chargePoint)).toMatchObject([{ status: 'AVAILABLE', changes: 3 }]);
      const entries = await history(chargePoint);
      expect(entries.at(-1)).toMatchObject({
        occurredAt: fixture.hub.clock.now(),
        ...(timestamp !== undefined && { timestampText: timestamp }),
      });
    },
  );

  test('a clock that ran ahead does not hold back what comes after it was set right', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Charging', { timestamp: at('20:00:00') }));
    const receivedAt = new Date(at('12:01:00'));
    await send(chargePoint, status('Available', { timestamp: at('12:01:00') }), { receivedAt });
    expect(await connectors(chargePoint)).toMatchObject([{ status: 'AVAILABLE' }]);
  });

  test.each([
    ['2026-06-01T11:00:00', undefined],
    ['2026-06-01T13:00:00+02', undefined],
    ['2026-06-01T11:00:00.123456Z', 123],
  ])('the odd form %s is read', async (timestamp, milliseconds = 0) => {
    const chargePoint = await station();
    await send(chargePoint, status('Charging', { timestamp }));
    const expected = new Date(Date.UTC(2026, 5, 1, 11, 0, 0, milliseconds));
    expect(await connectors(chargePoint)).toMatchObject([{ changedAt: expected }]);
  });

  test('reports that come without waiting for the answer are taken in the order of their arrival', async () => {
    const chargePoint = await station();
    const words = ['Available', 'Preparing', 'Charging', 'SuspendedEV', 'Charging', 'Finishing', 'Available'];
    await Promise.all(words.map((word) => send(chargePoint, status(word))));
    expect((await told(chargePoint)).map((event: Record<string, unknown>) => event['wireStatus'])).toEqual(words);
    expect(await connectors(chargePoint)).toMatchObject([{ status: 'AVAILABLE', changes: 7 }]);
  });

  test('in any order of arrival the state is the one with the newest time', async () => {
    const words = ['Available', 'Preparing', 'Charging', 'Finishing', 'Faulted'];
    const reports = words.map((word, minute) => status(word, { timestamp: at(`10:0${minute}:00`) }));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(reports, { minLength: 2 }), async (arriving) => {
        const chargePoint = await station();
        for (const report of arriving) await send(chargePoint, report);
        const timeOf = (report: Record<string, unknown>) => String(report['timestamp']);
        const newest = arriving.reduce((a, b) => (timeOf(a) > timeOf(b) ? a : b));
        expect(await connectors(chargePoint)).toMatchObject([{ wireStatus: newest['status'] }]);
        expect(await history(chargePoint)).toHaveLength(arriving.length);
      }),
      { numRuns: 15 },
    );
  });
});

describe('after a restart of the hub', () => {
  test('the same state is not told again', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Charging'));
    const restarted = availabilityOf(fixture.hub, fixture.chargePoints);
    const report = await reportOf(chargePoint);
    await restarted.operations.report({ ...chargePoint, epoch: 2 }, report);
    expect(await told(chargePoint)).toHaveLength(1);
  });

  test('a state that was stored but not told is told, once and before the next one', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Available'));
    const report = await reportOf(chargePoint);
    // as if the hub had died between state and event
    const charging = { status: 'CHARGING', wireStatus: 'Charging', previousStatus: 'AVAILABLE', changes: 2 } as const;
    await fixture.hub.database.store
      .collection<Connector>('connectors')
      .updateOne({ chargePointId: chargePoint.id }, { $set: charging });

    const restarted = availabilityOf(fixture.hub, fixture.chargePoints);
    await restarted.operations.report(
      { ...chargePoint, epoch: 2 },
      { ...report, status: 'FINISHING', wireStatus: 'Finishing' },
    );
    expect(
      (await told(chargePoint)).map((event: Record<string, unknown>) => [event['previousStatus'], event['status']]),
    ).toEqual([
      [undefined, 'AVAILABLE'],
      ['AVAILABLE', 'CHARGING'],
      ['CHARGING', 'FINISHING'],
    ]);
  });

  const reportOf = async (chargePoint: LinkedChargePoint) => {
    const [connector] = await connectors(chargePoint);
    if (connector === undefined) throw new Error('no connector');
    const now = fixture.hub.clock.now();
    const { connectorId, status: word, wireStatus, errorCode } = connector;
    return { connectorId, status: word, wireStatus, errorCode, occurredAt: now, hasOwnTime: false, receivedAt: now };
  };
});

describe('what stations get wrong', () => {
  test('connector 0 is the charge point itself and touches no connector', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Charging'));
    await send(chargePoint, status('Unavailable', { connectorId: 0 }));
    expect(await connectors(chargePoint)).toMatchObject([
      { connectorId: 0, status: 'UNAVAILABLE' },
      { connectorId: 1, status: 'CHARGING' },
    ]);
  });

  test('an unknown error code is an other error with its own word kept', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Faulted', { errorCode: 'FlatTyre' }));
    expect(await connectors(chargePoint)).toMatchObject([{ errorCode: 'OTHER_ERROR', vendorErrorCode: 'FlatTyre' }]);
  });

  test('empty texts are absent ones', async () => {
    const chargePoint = await station();
    await send(chargePoint, status('Available', { info: '', vendorId: '', vendorErrorCode: '' }));
    const [connector] = await connectors(chargePoint);
    expect(connector).not.toHaveProperty('info');
    expect(connector).not.toHaveProperty('vendorErrorCode');
  });

  test.each([-1, 1001])('connector %d is refused and not stored', async (connectorId) => {
    const chargePoint = await station();
    await expect(send(chargePoint, status('Available', { connectorId }))).rejects.toMatchObject({
      code: 'PropertyConstraintViolation',
    });
    expect(await connectors(chargePoint)).toEqual([]);
  });
});

test('Heartbeat gives the time of the hub and touches no database', async () => {
  const chargePoint = await station();
  await fixture.hub.plans();
  expect(await fixture.hub.receive(chargePoint, 'Heartbeat', {})).toEqual({ currentTime: '2026-06-01T12:00:00.000Z' });
  expect(await fixture.hub.plans()).toEqual([]);
});

test('a further report on the same link reads nothing', async () => {
  const chargePoint = await station();
  await send(chargePoint, status('Available'));
  await fixture.hub.plans();
  await send(chargePoint, status('Preparing'));
  expect(await fixture.hub.plans()).toEqual([]);
  await send(chargePoint, status('Charging'), { epoch: 2 });
  expect(await fixture.hub.plans()).not.toEqual([]); // a new link trusts nothing that an earlier one remembered
});
