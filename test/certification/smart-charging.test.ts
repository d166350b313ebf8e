import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { certificationCase, tags } from './fixture.ts';
import type { Operator, OperatorCommand } from './operator.ts';
import type { CertificationStation } from './station.ts';

const level = 3;
const validFrom = '2026-01-01T00:00:00.000Z';
const validTo = '2036-01-01T00:00:00.000Z';
const startSchedule = '2026-01-01T00:00:00.000Z';
const durationSeconds = 315_532_800;
const oneLimit = { startPeriod: 0, limit: 6, numberPhases: 3 };
const schedule = { durationSeconds, unit: 'A', periods: [oneLimit] };
const wireSchedule = { duration: durationSeconds, chargingRateUnit: 'A', chargingSchedulePeriod: [oneLimit] };
const absolute = {
  stackLevel: level,
  kind: 'ABSOLUTE',
  validFrom,
  validTo,
  schedule: { ...schedule, startSchedule },
};
const wireAbsolute = {
  stackLevel: level,
  chargingProfileKind: 'Absolute',
  validFrom,
  validTo,
  chargingSchedule: { ...wireSchedule, startSchedule },
};
const anyNumber = expect.any(Number);

/** The operator sets a profile; gives what came at the charge point, and the command. */
async function set(
  { station, operator }: { station: CertificationStation; operator: Operator },
  input: object,
  status = 'Accepted',
) {
  const request = station.foresee('SetChargingProfile', { status });
  const command = await operator.command('setChargingProfile', input, 'status profile { profileId }');
  expect(command.execution).toMatchObject({ state: 'FINISHED', response: { status } });
  return { request: await request, command };
}

const idOf = (command: OperatorCommand) => (command['profile'] as { profileId: number }).profileId;

const held = async (operator: Operator, states = ['INSTALLED']) => {
  const { chargingProfiles } = await operator.chargePointFields<{
    chargingProfiles: { nodes: { state: string; connectorId: number; profile: { profileId: number } }[] };
  }>(
    `chargingProfiles(filter: { states: [${states.join(' ')}] }) { nodes { state connectorId profile { profileId } } }`,
  );
  return chargingProfiles.nodes;
};

certificationCase('TC_056_CSMS', 'TxDefaultProfile', async ({ station, operator }) => {
  await station.booted();
  for (const [unit, limit] of [
    ['A', 6],
    ['W', 6000],
  ]) {
    const periods = [{ startPeriod: 0, limit }]; // numberPhases may be absent when it is 3
    const profile = {
      ...absolute,
      profileId: 56,
      purpose: 'TX_DEFAULT_PROFILE',
      schedule: { ...schedule, startSchedule, unit, periods },
    };
    const { request, command } = await set({ station, operator }, { connectorId: 1, profile });
    expect(request).toEqual({
      connectorId: 1,
      csChargingProfiles: {
        ...wireAbsolute,
        chargingProfileId: 56,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingSchedule: {
          duration: durationSeconds,
          startSchedule,
          chargingRateUnit: unit,
          chargingSchedulePeriod: periods,
        },
      },
    });
    expect(command.status).toBe('ACCEPTED');
  }
});

certificationCase('TC_057_CSMS', 'TxProfile', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  for (const [kind, times, wire] of [
    ['ABSOLUTE', { validFrom, validTo, schedule: { ...schedule, startSchedule } }, { ...wireAbsolute }],
    ['RELATIVE', { schedule }, { chargingProfileKind: 'Relative', chargingSchedule: wireSchedule }],
  ] as const) {
    const { request, command } = await set(
      { station, operator },
      {
        connectorId: 1,
        profile: { stackLevel: level, purpose: 'TX_PROFILE', kind, ...times },
        transaction: { ocppTransactionId: transactionId },
      },
    );
    expect(request).toEqual({
      connectorId: 1,
      csChargingProfiles: {
        chargingProfileId: anyNumber,
        transactionId,
        stackLevel: level,
        chargingProfilePurpose: 'TxProfile',
        ...wire,
      },
    });
    expect(command.status).toBe('ACCEPTED');
  }
});

certificationCase('TC_059_CSMS', 'Remote start with charging profile', async ({ station, operator }) => {
  await station.booted();
  const request = station.foresee('RemoteStartTransaction', { status: 'Accepted' });
  const command = await operator.command('remoteStartTransaction', {
    connectorId: 1,
    idTag: tags.a,
    chargingProfile: { stackLevel: level, purpose: 'TX_PROFILE', kind: 'RELATIVE', schedule },
  });
  expect(await request).toEqual({
    connectorId: 1,
    idTag: tags.a,
    chargingProfile: {
      chargingProfileId: anyNumber,
      stackLevel: level,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: wireSchedule,
    },
  });
  const transactionId = await station.charging({ idTag: tags.a });
  const finished = await operator.state(
    command,
    'FINISHED',
    '... on RemoteStartTransactionCommand { installed { state transaction { ocppTransactionId } } }',
  );
  expect(finished['installed']).toEqual({ state: 'INSTALLED', transaction: { ocppTransactionId: transactionId } });
});

certificationCase('TC_066_CSMS', 'Get composite schedule', async ({ station, operator }) => {
  await station.booted();
  const scheduleStart = '2026-06-01T12:00:00Z';
  const request = station.foresee('GetCompositeSchedule', {
    status: 'Accepted',
    connectorId: 1,
    scheduleStart,
    chargingSchedule: { duration: 300, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }] },
  });
  const command = await operator.command(
    'getCompositeSchedule',
    { connectorId: 1, durationSeconds: 300, unit: 'A' },
    'status schedule { connectorId startsAt durationSeconds unit source periods { startPeriod limit numberPhases } }',
  );
  expect(await request).toEqual({ connectorId: 1, duration: 300, chargingRateUnit: 'A' });
  expect(command).toMatchObject({
    status: 'ACCEPTED',
    schedule: {
      connectorId: 1,
      startsAt: '2026-06-01T12:00:00.000Z',
      durationSeconds: 300,
      unit: 'A',
      source: 'CHARGE_POINT',
      periods: [{ startPeriod: 0, limit: 10, numberPhases: null }],
    },
    execution: { state: 'FINISHED' },
  });
  for (const status of ['Accepted', 'Rejected']) {
    const request = station.foresee('GetCompositeSchedule', { status });
    const command = await operator.command(
      'getCompositeSchedule',
      { connectorId: 0, durationSeconds: 60, unit: 'W' },
      'status schedule { startsAt }',
    );
    expect(await request).toEqual({ connectorId: 0, duration: 60, chargingRateUnit: 'W' });
    expect(command).toMatchObject({
      status: status.toUpperCase(),
      schedule: null,
      execution: { state: 'FINISHED', response: { status } },
    });
  }
});

certificationCase('TC_067_CSMS', 'Clear charging profile', async ({ station, operator }) => {
  await station.booted();
  const transactionId = await station.charging({ idTag: tags.a });
  const parts = { station, operator };
  const first = await set(parts, { connectorId: 0, profile: { ...absolute, purpose: 'CHARGE_POINT_MAX_PROFILE' } });
  const second = await set(parts, { connectorId: 1, profile: { ...absolute, purpose: 'TX_DEFAULT_PROFILE' } });
  const third = await set(parts, {
    connectorId: 1,
    profile: { ...absolute, purpose: 'TX_PROFILE' },
    transaction: { ocppTransactionId: transactionId },
  });
  const sent = (connectorId: number, purpose: string, more: object = {}) => ({
    connectorId,
    csChargingProfiles: {
      ...wireAbsolute,
      chargingProfileId: anyNumber,
      chargingProfilePurpose: purpose,
      ...more,
    },
  });
  expect(first.request).toEqual(sent(0, 'ChargePointMaxProfile'));
  expect(second.request).toEqual(sent(1, 'TxDefaultProfile'));
  expect(third.request).toEqual(sent(1, 'TxProfile', { transactionId }));
  const ids = [first, second, third].map(({ command }) => idOf(command));
  expect(new Set(ids).size).toBe(3);

  const clear = async (input: object, asked: object) => {
    const request = station.foresee('ClearChargingProfile', { status: 'Accepted' });
    const command = await operator.command('clearChargingProfile', input, 'status cleared { profile { profileId } }');
    expect(await request).toEqual(asked);
    expect(command).toMatchObject({ status: 'ACCEPTED', execution: { state: 'FINISHED', warnings: [] } });
    return (command['cleared'] as { profile: { profileId: number } }[]).map(({ profile }) => profile.profileId);
  };
  expect(await clear({ profileId: ids[0] }, { id: ids[0] })).toEqual([ids[0]]);
  expect(
    await clear(
      { connectorId: 1, purpose: 'TX_DEFAULT_PROFILE', stackLevel: level },
      { connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: level },
    ),
  ).toEqual([ids[1]]);
  expect(await clear({}, {})).toEqual([ids[2]]);
  expect(await held(operator)).toEqual([]);
});

certificationCase('TC_058_1_CS', 'TxProfile without a transaction is sent and its refusal shown', async (parts) => {
  await parts.station.booted();
  const profile = { ...absolute, purpose: 'TX_PROFILE' };
  const { request, command } = await set(parts, { connectorId: 1, profile }, 'Rejected');
  expect(request['csChargingProfiles']).not.toHaveProperty('transactionId');
  expect(command.status).toBe('REJECTED');
  expect(command.execution.warnings.map(({ code }) => code)).toEqual([
    'TX_PROFILE_WITHOUT_TRANSACTION',
    'NO_TRANSACTION_RUNNING',
  ]);
  expect(await held(parts.operator)).toEqual([]);
});

certificationCase('TC_058_2_CS', 'TxProfile with a wrong transaction is sent and its refusal shown', async (parts) => {
  await parts.station.booted();
  const transactionId = await parts.station.charging({ idTag: tags.a });
  const { request, command } = await set(
    parts,
    {
      connectorId: 1,
      profile: { ...absolute, purpose: 'TX_PROFILE' },
      transaction: { ocppTransactionId: transactionId + 1_000 },
    },
    'Rejected',
  );
  expect(request['csChargingProfiles']).toMatchObject({ transactionId: transactionId + 1_000 });
  expect(command).toMatchObject({ status: 'REJECTED', execution: { warnings: [{ code: 'TRANSACTION_NOT_RUNNING' }] } });
});

certificationCase('TC_060_CS', 'Remote start with a profile, refused', async ({ station, operator }) => {
  await station.booted();
  const request = station.foresee('RemoteStartTransaction', { status: 'Rejected' });
  const command = await operator.command(
    'remoteStartTransaction',
    {
      connectorId: 1,
      idTag: tags.a,
      chargingProfile: { ...absolute, purpose: 'TX_DEFAULT_PROFILE' },
    },
    'status installed { state wireStatus }',
  );
  expect((await request)['chargingProfile']).toMatchObject({ chargingProfilePurpose: 'TxDefaultProfile' });
  expect(command).toMatchObject({
    status: 'REJECTED',
    installed: { state: 'REJECTED', wireStatus: 'Rejected' },
    execution: { state: 'FINISHED', response: { status: 'Rejected' } },
  });
  expect(command.execution.warnings.map(({ code }) => code)).toContain('PURPOSE_NOT_TX_PROFILE');
});

certificationCase('TC_072_CS', 'Stacked profiles stand beside each other', async (parts) => {
  await parts.station.booted();
  const transactionId = await parts.station.charging({ idTag: tags.a });
  const transaction = { ocppTransactionId: transactionId };
  const ids: number[] = [];
  for (const stackLevel of [1, 2, 5]) {
    const profile = { ...absolute, stackLevel };
    ids.push(
      idOf((await set(parts, { connectorId: 1, profile: { ...profile, purpose: 'TX_DEFAULT_PROFILE' } })).command),
    );
    ids.push(
      idOf((await set(parts, { connectorId: 1, profile: { ...profile, purpose: 'TX_PROFILE' }, transaction })).command),
    );
  }
  expect((await held(parts.operator)).map(({ profile }) => profile.profileId).sort()).toEqual([...ids].sort());
  const again = await set(parts, {
    connectorId: 1,
    profile: { ...absolute, stackLevel: 2, purpose: 'TX_PROFILE' },
    transaction,
  });
  expect((await held(parts.operator, ['REPLACED'])).map(({ profile }) => profile.profileId)).toEqual([ids[3]]);
  expect((await held(parts.operator)).map(({ profile }) => profile.profileId)).toContain(idOf(again.command));
  await parts.station.stop(transactionId);
  const left = await eventually(
    () => held(parts.operator),
    (profiles) => profiles.length === 3,
  );
  expect(left.map(({ profile }) => profile.profileId).sort()).toEqual([ids[0], ids[2], ids[4]].sort());
});

certificationCase('TC_082_CS', 'TxDefaultProfile while a transaction runs', async (parts) => {
  await parts.station.booted();
  const transactionId = await parts.station.charging({ idTag: tags.a });
  const { command } = await set(parts, { connectorId: 0, profile: { ...absolute, purpose: 'TX_DEFAULT_PROFILE' } });
  expect(command).toMatchObject({ status: 'ACCEPTED', execution: { warnings: [] } });
  await parts.station.stop(transactionId);
  await parts.station.reconnect();
  await parts.station.booted();
  expect(await held(parts.operator)).toMatchObject([{ connectorId: 0, profile: { profileId: idOf(command) } }]); // SC-8
});
