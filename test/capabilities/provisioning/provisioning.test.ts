import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChargePoints } from '../../../src/capabilities/charge-points/index.ts';
import type { Admission, ChargePoint } from '../../../src/capabilities/charge-points/model.ts';
import { createProvisioning } from '../../../src/capabilities/provisioning/index.ts';
import type { ConfigurationKey } from '../../../src/capabilities/provisioning/model.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';
import { wasteful } from '../../support/query-plans.ts';

let hub: CapabilityHub;
let chargePoints: ReturnType<typeof createChargePoints>;
let provisioning: ReturnType<typeof createProvisioning>;
beforeAll(async () => {
  hub = await createCapabilityHub();
  chargePoints = createChargePoints(hub.dependencies, { instance: 'test', heartbeatIntervalSeconds: 300 });
  provisioning = createProvisioning(hub.dependencies, {
    chargePoints: chargePoints.operations,
    commands: { register: () => undefined }, // what the hub asks is tested elsewhere
    retrySeconds: 45,
  });
  await hub.mount(chargePoints, provisioning);
});
afterAll(() => hub.close());

let count = 0;
/** A charge point in a tenant of its own, so that all events of the tenant are its. */
const station = async (admission: Admission = 'ACCEPT'): Promise<LinkedChargePoint> => {
  count += 1;
  const tenantId = `tenant${count}`;
  const input = { identity: 'CP', admission, heartbeatIntervalSeconds: 120 };
  const { chargePoint } = await chargePoints.operations.create(systemPrincipal(tenantId), input);
  return { tenantId, id: chargePoint._id, identity: 'CP' };
};
const facts = { chargePointVendor: 'Example', chargePointModel: 'One', firmwareVersion: '1.0' };
const boot = (
  chargePoint: LinkedChargePoint,
  payload: object = facts,
  call: { epoch?: number; messageId?: string } = {},
) => hub.receive(chargePoint, 'BootNotification', payload, call);
const stored = ({ tenantId, id }: LinkedChargePoint) => chargePoints.operations.find(tenantId, id);
const boots = ({ tenantId }: LinkedChargePoint) => hub.told(tenantId, 'CHARGE_POINT_BOOTED');

describe('BootNotification', () => {
  test.each([
    ['ACCEPT', 'Accepted', 'ACCEPTED', 120],
    ['HOLD', 'Pending', 'PENDING', 45],
    ['REFUSE', 'Rejected', 'REJECTED', 45],
  ] as const)('the admission %s is answered %s', async (admission, status, registration, interval) => {
    const chargePoint = await station(admission);
    expect(await boot(chargePoint)).toEqual({ status, interval, currentTime: hub.clock.now().toISOString() });
    expect(await stored(chargePoint)).toMatchObject({ registration, lastBootAt: hub.clock.now() });
    expect(await boots(chargePoint)).toMatchObject([{ chargePointId: chargePoint.id, data: { registration } }]);
  });

  test('a change of the admission counts at the next boot', async () => {
    const chargePoint = await station('HOLD');
    await boot(chargePoint);
    const by = { identity: 'CP' };
    await chargePoints.operations.update(systemPrincipal(chargePoint.tenantId), by, { admission: 'ACCEPT' });
    expect((await stored(chargePoint))?.registration).toBe('PENDING');
    expect(await boot(chargePoint)).toMatchObject({ status: 'Accepted' });
  });

  test('the same message again is one boot, another one is another', async () => {
    const chargePoint = await station();
    await boot(chargePoint, facts, { messageId: '7' });
    await boot(chargePoint, facts, { messageId: '7' });
    expect(await boots(chargePoint)).toHaveLength(1);
    await boot(chargePoint, facts, { messageId: '8' });
    // stations count their messages anew after a restart, on a new link
    await boot(chargePoint, facts, { messageId: '7', epoch: 2 });
    expect(await boots(chargePoint)).toHaveLength(3);
  });

  test('a later boot replaces what the charge point said of itself and keeps everything else', async () => {
    const chargePoint = await station();
    await boot(chargePoint, { ...facts, iccid: '8949', chargePointSerialNumber: 'S1' });
    const before = await stored(chargePoint);
    await boot(chargePoint, { ...facts, firmwareVersion: '2.0' });
    const { boot: _facts, ...after } = (await stored(chargePoint)) as ChargePoint;
    expect(_facts).toEqual({ vendor: 'Example', model: 'One', firmwareVersion: '2.0' });
    const { boot: _before, ...kept } = before as ChargePoint;
    expect(after).toEqual(kept);
    expect((await boots(chargePoint)).at(-1)?.data).toMatchObject({
      previousFirmwareVersion: '1.0',
      firmwareVersion: '2.0',
    });
  });

  test('empty texts are absent, texts that are too long are kept', async () => {
    const chargePoint = await station();
    const long = 'x'.repeat(80);
    await boot(chargePoint, { chargePointVendor: '', chargePointModel: long, iccid: '', imsi: ' ', meterType: long });
    expect((await stored(chargePoint))?.boot).toEqual({ model: long, meterType: long });
  });

  test('a charge point that was deleted meanwhile is rejected and not made anew', async () => {
    const chargePoint = await station();
    await chargePoints.operations.remove(systemPrincipal(chargePoint.tenantId), { id: chargePoint.id });
    expect(await boot(chargePoint)).toMatchObject({ status: 'Rejected', interval: 45 });
    expect(await stored(chargePoint)).toBeUndefined();
    expect(await boots(chargePoint)).toEqual([]);
  });

  test('the API shows the boot and its event', async () => {
    const chargePoint = await station();
    await boot(chargePoint, { ...facts, chargePointSerialNumber: 'S1' });
    const text = `{
      chargePoint(by: { identity: "CP" }) { registrationStatus vendor model serialNumber firmwareVersion iccid lastBootAt }
      events(filter: { types: [CHARGE_POINT_BOOTED] }) { nodes { chargePoint { identity }
        ... on ChargePointBootedEvent { registrationStatus firmwareVersion previousFirmwareVersion vendor } } } }`;
    expect(await hub.data(chargePoint.tenantId, text)).toEqual({
      chargePoint: {
        registrationStatus: 'ACCEPTED',
        vendor: 'Example',
        model: 'One',
        serialNumber: 'S1',
        firmwareVersion: '1.0',
        iccid: null,
        lastBootAt: hub.clock.now().toISOString(),
      },
      events: {
        nodes: [
          {
            chargePoint: { identity: 'CP' },
            registrationStatus: 'ACCEPTED',
            firmwareVersion: '1.0',
            previousFirmwareVersion: null,
            vendor: 'Example',
          },
        ],
      },
    });
  });
});

describe('settings', () => {
  const shown = async (tenantId: string, keys?: readonly string[]) => {
    const text = `query ($keys: [String!]) { chargePoint(by: { identity: "CP" }) {
      configuration(keys: $keys) { key value secret readonly rebootRequired } } }`;
    type Data = { chargePoint: { configuration: Record<string, unknown>[] } };
    return (await hub.data<Data>(tenantId, text, { keys: keys ?? null })).chargePoint.configuration;
  };
  const report = (
    chargePoint: LinkedChargePoint,
    keys: readonly { key: string; readonly: boolean; value?: string }[],
  ) => provisioning.operations.storeReport(target(chargePoint), { keys, unknownKeys: [], at: hub.clock.now() });
  const change = (chargePoint: LinkedChargePoint, key: string, value: string, status: 'ACCEPTED' | 'REBOOT_REQUIRED') =>
    provisioning.operations.storeChange(target(chargePoint), { key, value, status, at: hub.clock.now() });
  const target = ({ tenantId, id }: LinkedChargePoint) => ({ tenantId, chargePointId: id });

  test('what a charge point reports is shown by name, in any spelling one key', async () => {
    const chargePoint = await station();
    await report(chargePoint, [
      { key: 'MeterValueSampleInterval', readonly: false, value: '60' },
      { key: 'HeartbeatInterval', readonly: false, value: '300' },
      { key: 'NumberOfConnectors', readonly: true },
    ]);
    await report(chargePoint, [{ key: 'heartbeatinterval', readonly: false, value: '600' }]);
    const plain = { secret: false, rebootRequired: false };
    expect(await shown(chargePoint.tenantId)).toEqual([
      { key: 'heartbeatinterval', value: '600', readonly: false, ...plain },
      { key: 'MeterValueSampleInterval', value: '60', readonly: false, ...plain },
      { key: 'NumberOfConnectors', value: null, readonly: true, ...plain },
    ]);
    expect(await shown(chargePoint.tenantId, ['METERVALUESAMPLEINTERVAL', 'none'])).toHaveLength(1);
  });

  test('a key that the charge point does not know is forgotten', async () => {
    const chargePoint = await station();
    await report(chargePoint, [{ key: 'Old', readonly: false, value: '1' }]);
    const unknown = { keys: [], unknownKeys: ['OLD'], at: hub.clock.now() };
    await provisioning.operations.storeReport(target(chargePoint), unknown);
    expect(await shown(chargePoint.tenantId)).toEqual([]);
  });

  test('a change for the next boot waits until the charge point booted', async () => {
    const chargePoint = await station();
    await boot(chargePoint);
    hub.clock.advance(1_000);
    await change(chargePoint, 'Apn', 'internet', 'REBOOT_REQUIRED');
    const waiting = { key: 'Apn', value: 'internet', secret: false, readonly: null };
    expect(await shown(chargePoint.tenantId)).toEqual([{ ...waiting, rebootRequired: true }]);
    hub.clock.advance(1_000);
    await boot(chargePoint);
    expect(await shown(chargePoint.tenantId)).toEqual([{ ...waiting, rebootRequired: false }]);
  });

  test('a change at once ends the waiting of one before it and keeps what was reported', async () => {
    const chargePoint = await station();
    await report(chargePoint, [{ key: 'Apn', readonly: false, value: 'old' }]);
    await change(chargePoint, 'Apn', 'new', 'REBOOT_REQUIRED');
    await change(chargePoint, 'Apn', 'newest', 'ACCEPTED');
    expect(await shown(chargePoint.tenantId)).toEqual([
      { key: 'Apn', value: 'newest', secret: false, readonly: false, rebootRequired: false },
    ]);
  });

  test.each(['AuthorizationKey', 'authorizationkey', 'WifiPassword', 'VpnSecret'])(
    'the value of %s is neither stored nor shown',
    async (key) => {
      const chargePoint = await station();
      await report(chargePoint, [{ key, readonly: false, value: 'hush hush' }]);
      await change(chargePoint, key, 'hush hush', 'ACCEPTED');
      expect(await shown(chargePoint.tenantId)).toMatchObject([{ key, value: null, secret: true }]);
      const documents = await hub.database.store
        .collection<ConfigurationKey>('configurationKeys')
        .find({ chargePointId: chargePoint.id })
        .toArray();
      expect(documents).toHaveLength(1);
      expect(JSON.stringify(documents)).not.toContain('hush');
    },
  );

  test('they go with the charge point, and no other tenant sees them', async () => {
    const chargePoint = await station();
    await report(chargePoint, [{ key: 'Apn', readonly: false, value: 'x' }]);
    const foreign = { tenantId: 'thief', chargePointId: chargePoint.id };
    expect(await provisioning.operations.configuration(foreign)).toEqual([]);
    await chargePoints.operations.remove(systemPrincipal(chargePoint.tenantId), { id: chargePoint.id });
    expect(await provisioning.operations.configuration(target(chargePoint))).toEqual([]);
  });

  test('reading them is served by an index', async () => {
    const chargePoint = await station();
    await report(chargePoint, [{ key: 'Apn', readonly: false, value: 'x' }]);
    await hub.plans();
    await shown(chargePoint.tenantId);
    await shown(chargePoint.tenantId, ['Apn', 'Other']);
    const plans = await hub.plans();
    expect(plans.map(({ collection }) => collection)).toContain('configurationKeys');
    expect(plans.filter(wasteful)).toEqual([]);
  });
});
