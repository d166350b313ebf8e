import { expect } from 'vitest';
import { certificationCase, tags } from './fixture.ts';

certificationCase('TC_023_1_CSMS', 'Authorize invalid', async ({ station, api }) => {
  await station.booted();
  expect(await station.authorize(tags.unknown)).toEqual({ status: 'Invalid' });
  expect(await api.data(`{ token(by: { value: "${tags.unknown}" }) { id } }`)).toEqual({ token: null });
});

certificationCase('TC_023_2_CSMS', 'Authorize expired', async ({ station }) => {
  await station.booted();
  expect(await station.authorize(tags.expired)).toEqual({ status: 'Expired', expiryDate: '2020-01-01T00:00:00.000Z' });
});

certificationCase('TC_023_3_CSMS', 'Authorize blocked', async ({ station, operator }) => {
  await station.booted();
  expect(await station.authorize(tags.blocked)).toEqual({ status: 'Blocked' });
  expect(
    await operator.chargePointFields('authorizationAttempts { nodes { tokenValue decision { status reason } } }'),
  ).toMatchObject({
    authorizationAttempts: {
      nodes: [{ tokenValue: tags.blocked, decision: { status: 'BLOCKED', reason: 'TOKEN_BLOCKED' } }],
    },
  });
});
