import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connectChargePoint, UpgradeRefused } from '../support/scripted-charge-point.ts';
import { startGateway, type TestGateway } from './gateway-harness.ts';

let hub: TestGateway;
afterEach(() => hub.close());

/** How the hub refuses; fails when it does not. */
async function refusal(options: Parameters<typeof connectChargePoint>[0]): Promise<UpgradeRefused> {
  const outcome = await connectChargePoint(options).catch((error: unknown) => error);
  if (!(outcome instanceof UpgradeRefused)) throw new Error(`not refused: ${String(outcome)}`);
  return outcome;
}

/** Sends raw HTTP and resolves with all that comes back. */
function rawHttp(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.on('data', (part) => {
      answer += part.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const upgradeRequest = (target: string, headers: readonly string[]) =>
  [
    `GET ${target} HTTP/1.1`,
    'Host: hub',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '',
    '',
  ].join('\r\n');

describe('connection', () => {
  test.each(['CP1', 'RDAM 123', 'a/b', 'x'.repeat(48), 'x'.repeat(255), 'Zürich:1'])(
    'CON-1: a charge point of the identity %.50s comes in under its encoded name',
    async (identity) => {
      hub = await startGateway();
      hub.registry.add(identity);
      const chargePoint = await connectChargePoint({ url: hub.url, identity });
      await vi.waitFor(() => expect(hub.link(identity).chargePoint.identity).toBe(identity));
      await chargePoint.close();
    },
  );

  test('CON-1: identities differ by case', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    expect((await refusal({ url: hub.url, identity: 'cp1' })).status).toBe(404);
  });

  test('CON-1: a tenant segment is taken only when it names a tenant', async () => {
    hub = await startGateway({ knownTenant: (tenantId) => tenantId === 'acme' || tenantId === 'default' });
    hub.registry.add('CP1', { tenantId: 'acme' });
    expect((await refusal({ url: hub.url, identity: 'CP1' })).status).toBe(404);
    expect((await refusal({ url: `${hub.url}/other`, identity: 'CP1' })).status).toBe(404);
    await connectChargePoint({ url: `${hub.url}/acme`, identity: 'CP1' });
    await vi.waitFor(() => expect(hub.link('CP1').chargePoint.tenantId).toBe('acme'));
  });

  test('CON-2: an unknown identity gets 404 without an upgrade, and nothing is stored', async () => {
    hub = await startGateway();
    const refused = await refusal({ url: hub.url, identity: 'nobody' });
    expect(refused.status).toBe(404);
    expect(hub.registry.history).toEqual([]);
  });

  test('with automatic registration an unknown charge point comes in, but nothing that cannot talk OCPP', async () => {
    hub = await startGateway({ config: { autoRegister: true, allowNoPassword: false } });
    expect((await refusal({ url: hub.url, identity: 'new', protocols: ['chat'] })).status).toBe(400);
    expect(await hub.registry.find('default', 'new')).toBeUndefined();
    await connectChargePoint({ url: hub.url, identity: 'new' });
    await vi.waitFor(() => expect(hub.link('new').epoch).toBe(1));
  });

  test('TC_088_CSMS, CON-3: an offer without ocpp1.6 is refused before the upgrade', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const refused = await refusal({ url: hub.url, identity: 'CP1', protocols: ['ocpp0.1'] });
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('ocpp1.6');
    expect(hub.registry.history).toEqual([]);
  });

  test('TC_088_CSMS, CON-4: of several offers exactly ocpp1.6 is answered', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const chargePoint = await connectChargePoint({
      url: hub.url,
      identity: 'CP1',
      protocols: ['ocpp0.1', 'ocpp1.6', 'ocpp2.0.1'],
    });
    expect(chargePoint.protocol).toBe('ocpp1.6');
  });

  test('CON-5: no sub-protocol header at all is refused', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    expect((await refusal({ url: hub.url, identity: 'CP1', protocols: [] })).status).toBe(400);
  });

  test('CON-6: empty and double entries in the offer do no harm', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    const answer = new Promise<string>((resolve, reject) => {
      const socket = connect(hub.port, '127.0.0.1', () =>
        socket.write(upgradeRequest('/ocpp/CP1', ['Sec-WebSocket-Protocol: ocpp1.6,, ocpp1.6'])),
      );
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(await answer).toMatch(/^HTTP\/1\.1 101 [\s\S]*Sec-WebSocket-Protocol: ocpp1\.6\r\n/);
  });

  test('CON-6: a request without "Connection: Upgrade" is told what to do, and the log too', async () => {
    hub = await startGateway();
    const answer = await rawHttp(hub.port, 'GET /ocpp/CP1 HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 426 [\s\S]*WebSocket to \/ocpp\/<identity>/);
    expect(hub.logLines.some(({ msg }) => String(msg).includes('Connection: Upgrade'))).toBe(true);
  });

  test('a browser on the port reads what the port is for', async () => {
    hub = await startGateway();
    const page = await fetch(`http://127.0.0.1:${hub.port}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('ocpp1.6');
    expect((await fetch(`http://127.0.0.1:${hub.port}/favicon.ico`)).status).toBe(404);
  });

  test('CON-7: identity is checked before credentials, credentials before the sub-protocol', async () => {
    hub = await startGateway();
    hub.registry.add('CP1', { password: 'a-good-password-1' });
    const protocols = ['ocpp0.1'];
    const { url } = hub;
    expect((await refusal({ url, identity: 'nobody', password: 'wrong', protocols })).status).toBe(404);
    expect((await refusal({ url, identity: 'CP1', password: 'wrong', protocols })).status).toBe(401);
    expect((await refusal({ url, identity: 'CP1', password: 'a-good-password-1', protocols })).status).toBe(400);
  });

  test('CON-7: while the database is away newcomers get 503 and may come again', async () => {
    hub = await startGateway();
    hub.registry.add('CP1');
    hub.registry.before = async () => {
      throw new Error('down');
    };
    const refused = await refusal({ url: hub.url, identity: 'CP1' });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBeDefined();
    expect(refused.body).not.toContain('down');
    hub.registry.before = async () => undefined;
    await connectChargePoint({ url: hub.url, identity: 'CP1' });
  });

  test.each([
    [upgradeRequest('/ocpp/%zz', ['Sec-WebSocket-Protocol: ocpp1.6']), 400],
    [upgradeRequest(`/ocpp/${'x'.repeat(4000)}`, ['Sec-WebSocket-Protocol: ocpp1.6']), 414],
    [upgradeRequest('/ocpp/CP1', [`X-Long: ${'x'.repeat(20_000)}`]), 431],
    ['hello\r\n\r\n', 400],
  ])('CON-7: an absurd request is refused: %.20s', async (request, status) => {
    hub = await startGateway();
    expect(await rawHttp(hub.port, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});

describe('Basic authentication', () => {
  test('TC_085_CSMS: without the header 401 with a Basic challenge, with it 101 and a boot', async () => {
    hub = await startGateway();
    hub.registry.add('CP1', { password: 'a-good-password-1', registration: 'UNKNOWN' });
    const refused = await refusal({ url: hub.url, identity: 'CP1' });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Basic realm=/);
    const chargePoint = await connectChargePoint({ url: hub.url, identity: 'CP1', password: 'a-good-password-1' });
    const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
    expect(await chargePoint.call('BootNotification', boot)).toMatchObject([3, {}, { status: 'Accepted' }]);
    const status = { connectorId: 0, errorCode: 'NoError', status: 'Available' };
    expect((await chargePoint.call('StatusNotification', status))[2]).toEqual({});
    expect(chargePoint.faults).toEqual([]);
  });

  const bytes = Buffer.from('ff00fe01fd02fc03fb04fa05f906f807f708f609', 'hex');
  test.each([
    ['raw bytes that are no text', bytes, bytes],
    ['the hexadecimal text of the bytes', bytes, bytes.toString('hex').toUpperCase()],
    ['the bytes of a stored hexadecimal text', bytes.toString('hex'), bytes],
    ['a colon in the password', 'a:b:c', 'a:b:c'],
  ])('SEC-3, SEC-4: %s', async (_what, stored, presented) => {
    hub = await startGateway();
    hub.registry.add('CP:1', { password: stored });
    await connectChargePoint({ url: hub.url, identity: 'CP:1', password: presented });
    await vi.waitFor(() => expect(hub.link('CP:1').epoch).toBe(1));
  });

  test('SEC-19: wrong credentials are logged, the password is not', async () => {
    hub = await startGateway();
    hub.registry.add('CP1', { password: 'a-good-password-1' });
    expect((await refusal({ url: hub.url, identity: 'CP1', password: 'super-wrong' })).status).toBe(401);
    expect(hub.logLines).toContainEqual(
      expect.objectContaining({ identity: 'CP1', msg: 'charge point refused: wrong password' }),
    );
    const written = JSON.stringify(hub.logLines);
    expect(written).not.toContain('super-wrong');
    expect(written).not.toContain(Buffer.from('CP1:super-wrong').toString('base64'));
  });

  test('a charge point without a password is refused where that is not allowed', async () => {
    hub = await startGateway({ config: { allowNoPassword: false } });
    hub.registry.add('CP1');
    expect((await refusal({ url: hub.url, identity: 'CP1' })).status).toBe(401);
  });
});

describe('handshake limits', () => {
  test('connections that never ask are cut after the handshake time', async () => {
    hub = await startGateway({ config: { handshakeTimeoutMs: 200 } });
    const socket = connect(hub.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(hub.gateway.links.count()).toBe(0);
  });

  test('a flood of handshakes gets 503, and charge points come in again afterwards', async () => {
    hub = await startGateway({ config: { openHandshakesMax: 5 } });
    for (let n = 0; n < 20; n++) hub.registry.add(`CP${n}`);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    hub.registry.before = () => gate;
    const refused: unknown[] = [];
    const tries = Array.from({ length: 20 }, async (_, n) => {
      try {
        await connectChargePoint({ url: hub.url, identity: `CP${n}` });
        return true;
      } catch (error) {
        refused.push(error instanceof UpgradeRefused ? error.status : 'cut');
        return false;
      }
    });
    await vi.waitFor(() => expect(refused).toHaveLength(15));
    expect(refused).toContain(503);
    release();
    const outcomes = await Promise.all(tries);
    await vi.waitFor(() => expect(hub.gateway.links.count()).toBe(5));
    const late = outcomes.indexOf(false);
    await connectChargePoint({ url: hub.url, identity: `CP${late}` });
    await vi.waitFor(() => expect(hub.gateway.links.count()).toBe(6));
  });

  test('connections beyond twice the handshake places are cut at once, the ones before wait for their request', async () => {
    hub = await startGateway({ config: { openHandshakesMax: 3 } });
    const sockets = Array.from({ length: 10 }, () => connect(hub.port, '127.0.0.1').on('error', () => undefined));
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => closed++).resume();
    await vi.waitFor(() => expect(closed).toBe(4));
    for (const socket of sockets) socket.destroy();
    hub.registry.add('CP1');
    await vi.waitFor(() => connectChargePoint({ url: hub.url, identity: 'CP1' }));
  });

  test('a handshake whose lookup hangs ends with 503 in time', async () => {
    hub = await startGateway({ config: { handshakeTimeoutMs: 150 } });
    hub.registry.add('CP1');
    hub.registry.before = () => new Promise(() => undefined);
    expect((await refusal({ url: hub.url, identity: 'CP1' })).status).toBe(503);
  });
});
