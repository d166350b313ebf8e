import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub.close());

test('deleting a charge point closes its link, and it does not come back unless it is let in anew', async () => {
  const chargePoint = await hub.booted('CP-DELETED');
  const { deleteChargePoint } = await hub.api.data<{ deleteChargePoint: { __typename: string } }>(
    'mutation { deleteChargePoint(input: { chargePoint: { identity: "CP-DELETED" } }) { __typename } }',
  );
  expect(deleteChargePoint.__typename).toBe('DeleteChargePointPayload');
  expect(await chargePoint.closed).toMatchObject({ code: 1008 });
  const { chargePoint: found } = await hub.api.data<{ chargePoint: unknown }>(
    '{ chargePoint(by: { identity: "CP-DELETED" }) { id } }',
  );
  expect(found).toBeNull();
});
