import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChargePoint } from '../../../src/capabilities/charge-points/model.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { createChargePointHub, live } from './fixture.ts';

let fixture: Awaited<ReturnType<typeof createChargePointHub>>;
beforeAll(async () => {
  fixture = await createChargePointHub();
});
afterAll(() => fixture.hub.close());

const tenant = 'registry';
const stored = async (id: string) => {
  const found = await fixture.hub.database.store.collection<ChargePoint>('chargePoints').findOne({ _id: id });
  if (found === null) throw new Error(`no charge point ${id}`);
  return found;
};
const register = (identity: string, password?: string) =>
  fixture.operations.create(systemPrincipal(tenant), { identity, password }).then(async ({ chargePoint }) => {
    const found = await fixture.registry.find(tenant, chargePoint.identity);
    if (found === undefined) throw new Error('not found');
    return found;
  });
const link = (remoteAddress = '192.0.2.1') =>
  ({ version: '1.6', remoteAddress, connectedAt: fixture.hub.clock.now() }) as const;
const end = (epoch: number) => ({ epoch, code: 1001, reason: 'away', disconnectedAt: fixture.hub.clock.now() });
const linkEvents = async (id: string) =>
  (await fixture.hub.told(tenant))
    .filter(({ chargePointId }) => chargePointId === id)
    .map(({ type, data }) => `${type} ${data['epoch']}`);

test('each link takes the next epoch, and its ups and downs are told once', async () => {
  const chargePoint = await register('CP-epochs');
  const { epoch } = await fixture.registry.attached(chargePoint, link());
  expect(epoch).toBe(1);
  expect((await stored(chargePoint.id)).link).toMatchObject({
    connected: true,
    epoch: 1,
    protocol: 'ocpp1.6',
    remoteAddress: '192.0.2.1',
    instance: 'first life',
  });

  await fixture.registry.detached(chargePoint, end(1));
  await fixture.registry.detached(chargePoint, end(1));

  const { link: down } = await stored(chargePoint.id);
  expect(down).toMatchObject({ connected: false, closeCode: 1001, closeReason: 'away' });
  expect(down.untold).toBeUndefined();
  expect(await linkEvents(chargePoint.id)).toEqual(['CHARGE_POINT_CONNECTED 1', 'CHARGE_POINT_DISCONNECTED 1']);
});

test('the end of an older link changes nothing and is not told', async () => {
  const chargePoint = await register('CP-newest');
  await fixture.registry.attached(chargePoint, link('192.0.2.1'));
  await fixture.registry.attached(chargePoint, link('192.0.2.2'));

  await fixture.registry.detached(chargePoint, end(1));

  expect((await stored(chargePoint.id)).link).toMatchObject({
    connected: true,
    epoch: 2,
    remoteAddress: '192.0.2.2',
  });
  expect(await linkEvents(chargePoint.id)).toEqual(['CHARGE_POINT_CONNECTED 1', 'CHARGE_POINT_CONNECTED 2']);
});

test('a charge point that was deleted after it was found gets no link', async () => {
  const chargePoint = await register('CP-raced');
  await fixture.operations.remove(systemPrincipal(tenant), { id: chargePoint.id });

  await expect(fixture.registry.attached(chargePoint, link())).rejects.toThrow('no charge point CP-raced');
  await fixture.registry.detached(chargePoint, end(1));
  expect(await fixture.registry.registration(chargePoint)).toBe('REJECTED');
  expect(await fixture.registry.verifyPassword(chargePoint, Buffer.from('whatever'))).toBe(false);
  expect(await linkEvents(chargePoint.id)).toEqual([]);
});

test('an unknown charge point can be let in and is the same one for racing links', async () => {
  const [one, other] = await Promise.all([
    fixture.registry.autoRegister(tenant, 'CP-unknown'),
    fixture.registry.autoRegister(tenant, 'CP-unknown'),
  ]);
  expect(one).toEqual(other);
  expect(await stored(one.id)).toMatchObject({
    displayName: 'CP-unknown',
    registration: 'UNKNOWN',
    admission: 'ACCEPT',
  });
  expect(one.hasPassword).toBe(false);
});

test('an identity is found in its own letter case and in its own tenant only', async () => {
  await register('CP-Case');
  expect(await fixture.registry.find(tenant, 'cp-case')).toBeUndefined();
  expect(await fixture.registry.find('another tenant', 'CP-Case')).toBeUndefined();
});

test('signs of life are stored together, some seconds later, and never backwards', async () => {
  const chargePoint = await register('CP-alive');
  const later = new Date('2026-06-01T13:00:00Z');
  await fixture.chargePoints.start?.();
  fixture.registry.seen(chargePoint, later);
  expect((await stored(chargePoint.id)).lastSeenAt).toBeUndefined();

  fixture.hub.clock.advance(1_000);
  await expect.poll(async () => (await stored(chargePoint.id)).lastSeenAt, { timeout: 5_000 }).toEqual(later);

  fixture.registry.seen(chargePoint, new Date('2026-06-01T12:30:00Z'));
  await fixture.chargePoints.stop?.();
  expect((await stored(chargePoint.id)).lastSeenAt).toEqual(later);
});

describe('passwords', () => {
  const attempt = async (identity: string, password: Buffer) => {
    const found = await fixture.registry.find(tenant, identity);
    return found !== undefined && fixture.registry.verifyPassword(found, password);
  };

  test('only the right one opens, also when it was right before', async () => {
    await register('CP-password', 'correct horse 9');
    expect(await attempt('CP-password', Buffer.from('correct horse 8'))).toBe(false);
    expect(await attempt('CP-password', Buffer.from('correct horse 9'))).toBe(true);
    expect(await attempt('CP-password', Buffer.from('correct horse 9'))).toBe(true);
    expect(await attempt('CP-password', Buffer.from(''))).toBe(false);
  });

  test('it is stored as a salted slow hash', async () => {
    const one = await register('CP-hash-1', 'the same password');
    const other = await register('CP-hash-2', 'the same password');
    const hashes = [(await stored(one.id)).passwordHash, (await stored(other.id)).passwordHash];
    expect(hashes[0]).toMatch(/^scrypt\$8192\$8\$1\$/);
    expect(hashes[0]).not.toEqual(hashes[1]);
    expect(JSON.stringify(await stored(one.id))).not.toContain('the same password');
  });

  test('a hexadecimal key opens as text in any case and as the bytes that it names', async () => {
    const key = '4F43415F4F4354545F61646D696E5F74657374';
    await register('CP-key', key);
    expect(await attempt('CP-key', Buffer.from(key))).toBe(true);
    expect(await attempt('CP-key', Buffer.from(key.toLowerCase()))).toBe(true);
    expect(await attempt('CP-key', Buffer.from(key, 'hex'))).toBe(true);
    expect(await attempt('CP-key', Buffer.from(key.slice(2), 'hex'))).toBe(false);
  });

  test('the old one no longer opens after a change', async () => {
    const { id } = await register('CP-changed', 'old password');
    expect(await attempt('CP-changed', Buffer.from('old password'))).toBe(true);
    const { password = '' } = await fixture.operations.update(
      systemPrincipal(tenant),
      { id },
      { generatePassword: true },
    );
    expect(password).toMatch(/^[a-z2-9]{20}$/);
    expect(await attempt('CP-changed', Buffer.from('old password'))).toBe(false);
    expect(await attempt('CP-changed', Buffer.from(password))).toBe(true);
  });
});

describe('after a restart', () => {
  test('links that the hub had are ended and told, links of this life stay', async () => {
    const left = await register('CP-left');
    const own = await register('CP-own');
    await fixture.registry.attached(left, link());
    const second = live(fixture.hub, 'second life');
    await second.registry.attached(own, link());

    await second.start?.();
    await second.stop?.();

    expect((await stored(left.id)).link).toMatchObject({ connected: false, epoch: 1, closeCode: 1006 });
    expect((await stored(own.id)).link).toMatchObject({ connected: true, epoch: 1 });
    expect(await linkEvents(left.id)).toEqual(['CHARGE_POINT_CONNECTED 1', 'CHARGE_POINT_DISCONNECTED 1']);
    expect(await linkEvents(own.id)).toEqual(['CHARGE_POINT_CONNECTED 1']);
  });

  test('an end that was stored but not told is told', async () => {
    const chargePoint = await register('CP-untold');
    await fixture.registry.attached(chargePoint, link());
    await fixture.hub.database.store.collection<ChargePoint>('chargePoints').updateOne(
      { _id: chargePoint.id },
      {
        $set: {
          'link.connected': false,
          'link.untold': true,
          'link.disconnectedAt': fixture.hub.clock.now(),
          'link.closeCode': 1001,
          'link.closeReason': 'away',
        },
      },
    );

    const third = live(fixture.hub, 'third life');
    await third.start?.();
    await third.stop?.();

    expect(await linkEvents(chargePoint.id)).toEqual(['CHARGE_POINT_CONNECTED 1', 'CHARGE_POINT_DISCONNECTED 1']);
    expect((await stored(chargePoint.id)).link.untold).toBeUndefined();
  });
});
