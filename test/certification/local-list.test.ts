import { expect } from 'vitest';
import { type CertificationParts, certificationCase, tags } from './fixture.ts';
import type { Operator, OperatorCommand } from './operator.ts';

const sentFields = 'status updateType listVersion entryCount';
const send = (operator: Operator, input: object): Promise<OperatorCommand> =>
  operator.command('sendLocalList', input, sentFields);

/** What the hub believes of the list of the charge point. */
const view = async (operator: Operator) => {
  const { localList } = await operator.chargePointFields<{ localList: Record<string, unknown> }>(
    'localList { state ackedVersion reportedVersion entryCount entries { edges { node { idTag status } } } }',
  );
  return localList;
};

certificationCase('TC_042_1_CSMS', 'Get version, not supported', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('GetLocalListVersion', { listVersion: -1 });
  const command = await operator.command('getLocalListVersion', {}, 'listVersion report');
  expect(await asked).toEqual({});
  expect(command).toMatchObject({ listVersion: -1, report: 'NOT_SUPPORTED', execution: { state: 'FINISHED' } });
  expect(await view(operator)).toMatchObject({ state: 'UNSUPPORTED', ackedVersion: 0, reportedVersion: -1 });
  // -1 is no version to count from
  const sent = station.foresee('SendLocalList', { status: 'NotSupported' });
  await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.a }] });
  expect((await sent)['listVersion']).toBe(1);
});

certificationCase('TC_042_2_CSMS', 'Get version, empty list', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('GetLocalListVersion', { listVersion: 0 });
  const command = await operator.command('getLocalListVersion', {}, 'listVersion report');
  expect(await asked).toEqual({});
  expect(command).toMatchObject({ listVersion: 0, report: 'EMPTY' });
  expect(await view(operator)).toMatchObject({ ackedVersion: 0, reportedVersion: 0, entryCount: 0 });
});

/** A list that the charge point does not take leaves the hub's view of it as it was. */
const notTaken =
  (wire: string, status: string) =>
  async ({ station, operator }: Pick<CertificationParts, 'station' | 'operator'>) => {
    await station.booted();
    const first = station.foresee('SendLocalList', { status: 'Accepted' });
    await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.b }] });
    await first;
    const before = await view(operator);
    const asked = station.foresee('SendLocalList', { status: wire });
    const command = await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.a }] });
    expect(command).toMatchObject({ status, updateType: 'FULL', execution: { response: { status: wire } } });
    expect(await asked).toMatchObject({ updateType: 'Full' });
    expect((await asked)['listVersion']).toBeGreaterThanOrEqual(1);
    const { ackedVersion, entryCount, entries } = await view(operator);
    expect({ ackedVersion, entryCount, entries }).toEqual({
      ackedVersion: before['ackedVersion'],
      entryCount: 1,
      entries: { edges: [{ node: { idTag: tags.b, status: 'ACCEPTED' } }] },
    });
  };

certificationCase('TC_043_1_CSMS', 'Send list, not supported', notTaken('NotSupported', 'NOT_SUPPORTED'));
certificationCase('TC_043_3_CSMS', 'Send list, failed', notTaken('Failed', 'FAILED'));

certificationCase('TC_043_4_CSMS', 'Send list, full', async ({ station, operator }) => {
  await station.booted();
  const asked = station.foresee('SendLocalList', { status: 'Accepted' });
  const command = await send(operator, {
    updateType: 'FULL',
    entries: [{ idTag: tags.a }, { idTag: tags.blocked }, { idTag: 'OTHER', info: { status: 'ACCEPTED' } }],
  });
  expect(command).toMatchObject({ status: 'ACCEPTED', entryCount: 3, execution: { warnings: [] } });
  expect(await asked).toEqual({
    listVersion: 1,
    updateType: 'Full',
    localAuthorizationList: [
      { idTag: tags.a, idTagInfo: { status: 'Accepted', parentIdTag: tags.parent } },
      { idTag: tags.blocked, idTagInfo: { status: 'Blocked' } },
      { idTag: 'OTHER', idTagInfo: { status: 'Accepted' } },
    ],
  });
  expect(await view(operator)).toMatchObject({ ackedVersion: 1, entryCount: 3 });
});

certificationCase('TC_043_5_CSMS', 'Send list, differential', async ({ station, operator }) => {
  await station.booted();
  const full = station.foresee('SendLocalList', { status: 'Accepted' });
  await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.a }] });
  const { listVersion } = await full;
  const asked = station.foresee('GetLocalListVersion', { listVersion });
  expect(await operator.command('getLocalListVersion', {}, 'listVersion')).toMatchObject({ listVersion });
  await asked;
  const changes = station.foresee('SendLocalList', { status: 'Accepted' });
  const command = await send(operator, { updateType: 'DIFFERENTIAL', entries: [{ idTag: tags.b }] });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { warnings: [] } });
  expect(await changes).toEqual({
    listVersion: Number(listVersion) + 1,
    updateType: 'Differential',
    localAuthorizationList: [{ idTag: tags.b, idTagInfo: { status: 'Accepted', parentIdTag: tags.parent } }],
  });
  expect(await view(operator)).toMatchObject({ ackedVersion: Number(listVersion) + 1, entryCount: 2 });
});

certificationCase('TC_043_2_CS', 'Version mismatch: the full list with a new version', async (parts) => {
  const { station, operator } = parts;
  await station.booted();
  const first = station.foresee('SendLocalList', { status: 'Accepted' });
  await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.a }] });
  await first;
  const refused = station.foresee('SendLocalList', { status: 'VersionMismatch' });
  const command = await send(operator, { updateType: 'DIFFERENTIAL', entries: [{ idTag: tags.b }] });
  expect(command).toMatchObject({ status: 'VERSION_MISMATCH' });
  // nothing of the hub's own accord: the operator decides
  await station.raw().expectNothing();
  const asked = station.foresee('SendLocalList', { status: 'Accepted' });
  await send(operator, { updateType: 'FULL', entries: [{ idTag: tags.a }, { idTag: tags.b }] });
  expect((await asked)['listVersion']).toBeGreaterThan(Number((await refused)['listVersion']));
  expect(await asked).toMatchObject({ updateType: 'Full' });
  expect(await view(operator)).toMatchObject({ entryCount: 2 });
});
