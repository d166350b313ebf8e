import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChargePoints } from '../../../src/capabilities/charge-points/index.ts';
import { createDataTransfer } from '../../../src/capabilities/data-transfer/index.ts';
import type { DataTransferRecord } from '../../../src/capabilities/data-transfer/model.ts';
import type { LinkedChargePoint } from '../../../src/gateway/adapter.ts';
import { systemPrincipal } from '../../../src/kernel/principal.ts';
import { type CapabilityHub, createCapabilityHub } from '../../support/capability-hub.ts';
import { wasteful } from '../../support/query-plans.ts';

let hub: CapabilityHub;
let chargePoints: ReturnType<typeof createChargePoints>;
let asked: unknown[];
beforeAll(async () => {
  hub = await createCapabilityHub();
  chargePoints = createChargePoints(hub.dependencies, { instance: 'test', heartbeatIntervalSeconds: 300 });
  const dataTransfer = createDataTransfer(hub.dependencies, {
    commands: { register: () => undefined }, // what the hub asks is tested elsewhere
    acceptedVendors: ['com.example', 'com.example', 'com.one#status'],
  });
  asked = [];
  dataTransfer.operations.registerVendor('org.meters', async (message) => {
    asked.push(message);
    if (message.messageId === 'price') return { status: 'ACCEPTED', data: '{"perKwh":0.3}' };
    if (message.messageId === 'forbidden') return { status: 'REJECTED' };
    if (message.messageId === 'broken') throw new Error('the handler is broken');
    return { status: 'UNKNOWN_MESSAGE_ID' };
  });
  dataTransfer.operations.registerMessage('org.meters', 'own', async () => ({ status: 'ACCEPTED', data: 'own' }));
  await hub.mount(chargePoints, dataTransfer);
});
afterAll(() => hub.close());

let count = 0;
/** A charge point in a tenant of its own, so that all events of the tenant are its. */
const station = async (): Promise<LinkedChargePoint> => {
  count += 1;
  const tenantId = `tenant${count}`;
  const { chargePoint } = await chargePoints.operations.create(systemPrincipal(tenantId), { identity: 'CP' });
  return { tenantId, id: chargePoint._id, identity: 'CP' };
};
const send = (chargePoint: LinkedChargePoint, payload: object, messageId?: string) =>
  hub.receive(chargePoint, 'DataTransfer', payload, messageId === undefined ? {} : { messageId });
const records = ({ id }: LinkedChargePoint) =>
  hub.database.store.collection<DataTransferRecord>('dataTransfers').find({ chargePointId: id }).toArray();

describe('a message of a vendor', () => {
  test.each([
    [{ vendorId: 'net.unknown', data: 'x' }, { status: 'UnknownVendorId' }],
    [{ vendorId: 'COM.EXAMPLE' }, { status: 'UnknownVendorId' }],
    [{ vendorId: 'com.example', messageId: 'any', data: 'x' }, { status: 'Accepted' }],
    [
      { vendorId: 'org.meters', messageId: 'price' },
      { status: 'Accepted', data: '{"perKwh":0.3}' },
    ],
    [{ vendorId: 'org.meters', messageId: 'forbidden' }, { status: 'Rejected' }],
    [{ vendorId: 'org.meters', messageId: 'other' }, { status: 'UnknownMessageId' }],
    [{ vendorId: 'org.meters', messageId: 'broken' }, { status: 'Rejected' }],
    [
      { vendorId: 'org.meters', messageId: 'own' },
      { status: 'Accepted', data: 'own' },
    ],
    [{ vendorId: 'com.one', messageId: 'status' }, { status: 'Accepted' }],
    [{ vendorId: 'com.one', messageId: 'Status' }, { status: 'UnknownMessageId' }],
    [{ vendorId: 'com.one' }, { status: 'UnknownMessageId' }],
  ])('%j is answered %j and stored', async (payload, answer) => {
    const chargePoint = await station();
    expect(await send(chargePoint, payload)).toEqual(answer);
    const [record] = await records(chargePoint);
    expect(record).toMatchObject({ ...payload, tenantId: chargePoint.tenantId, receivedAt: hub.clock.now() });
    expect(await hub.told(chargePoint.tenantId, 'DATA_TRANSFER_RECEIVED')).toMatchObject([
      { chargePointId: chargePoint.id, data: { dataTransferId: record?._id, vendorId: payload.vendorId } },
    ]);
  });

  test('the handler gets it as it came', async () => {
    const chargePoint = await station();
    asked.length = 0;
    await send(chargePoint, { vendorId: 'org.meters', messageId: 'price', data: '{"at":"now"}' });
    expect(asked).toEqual([{ vendorId: 'org.meters', messageId: 'price', data: '{"at":"now"}' }]);
  });

  test('again under its id it is the same one; with other content it is another', async () => {
    const chargePoint = await station();
    await send(chargePoint, { vendorId: 'com.example', data: 'a' }, '7');
    await send(chargePoint, { vendorId: 'com.example', data: 'a' }, '7');
    expect(await records(chargePoint)).toHaveLength(1);
    await send(chargePoint, { vendorId: 'com.example', data: 'b' }, '7');
    expect(await records(chargePoint)).toHaveLength(2);
    expect(await hub.told(chargePoint.tenantId)).toHaveLength(2);
  });

  test('of more than fits into the database is rejected, its beginning is kept', async () => {
    const chargePoint = await station();
    const data = 'ä'.repeat(2_097_153);
    expect(await send(chargePoint, { vendorId: 'com.example', data })).toEqual({ status: 'Rejected' });
    const [record] = await records(chargePoint);
    expect(record?.data).toHaveLength(2_097_152);
  });
});

describe('in the API', () => {
  const fields = 'vendorId messageId data status responseData receivedAt';
  const list = async (tenantId: string, args = 'first: 20') => {
    const text = `{ chargePoint(by: { identity: "CP" }) { dataTransfers(${args}) {
      nodes { id ${fields} } pageInfo { endCursor hasNextPage } } } }`;
    type Data = {
      chargePoint: {
        dataTransfers: {
          nodes: { id: string; messageId: string }[];
          pageInfo: { endCursor: string; hasNextPage: boolean };
        };
      };
    };
    return (await hub.data<Data>(tenantId, text)).chargePoint.dataTransfers;
  };

  test('the messages of a charge point come newest first, in pages, over an index', async () => {
    const chargePoint = await station();
    for (const messageId of ['1', '2', '3']) {
      hub.clock.advance(1_000);
      await send(chargePoint, { vendorId: 'com.example', messageId });
    }
    await hub.plans();
    const first = await list(chargePoint.tenantId, 'first: 2');
    const rest = await list(chargePoint.tenantId, `after: "${first.pageInfo.endCursor}"`);
    expect([first, rest].map(({ nodes }) => nodes.map(({ messageId }) => messageId))).toEqual([['3', '2'], ['1']]);
    const plans = await hub.plans();
    expect(plans.filter(({ collection }) => collection === 'dataTransfers')).toHaveLength(2);
    expect(plans.filter(wasteful)).toEqual([]);
  });

  test('an event leads to the message, and no other tenant finds it', async () => {
    const chargePoint = await station();
    await send(chargePoint, { vendorId: 'org.meters', messageId: 'price', data: 'x' });
    const text = `{ events(filter: { types: [DATA_TRANSFER_RECEIVED] }) { nodes {
      ... on DataTransferReceivedEvent { vendorId messageId status dataTransfer { ${fields} chargePoint { identity } } } } } }`;
    expect(await hub.data(chargePoint.tenantId, text)).toEqual({
      events: {
        nodes: [
          {
            vendorId: 'org.meters',
            messageId: 'price',
            status: 'ACCEPTED',
            dataTransfer: {
              vendorId: 'org.meters',
              messageId: 'price',
              data: 'x',
              status: 'ACCEPTED',
              responseData: '{"perKwh":0.3}',
              receivedAt: hub.clock.now().toISOString(),
              chargePoint: { identity: 'CP' },
            },
          },
        ],
      },
    });
    const id = (await list(chargePoint.tenantId)).nodes[0]?.id;
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    expect(await hub.data(chargePoint.tenantId, node, { id })).toEqual({ node: { id } });
    expect(await hub.data('thief', node, { id })).toEqual({ node: null });
  });
});

test('a vendor has one handler', () => {
  const { operations } = createDataTransfer(hub.dependencies, {
    commands: { register: () => undefined },
    acceptedVendors: ['com.example'],
  });
  expect(() => operations.registerVendor('com.example', async () => ({ status: 'ACCEPTED' }))).toThrow('com.example');
});
