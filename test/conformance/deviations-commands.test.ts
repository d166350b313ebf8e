import { expect } from 'vitest';
import { of, runCommand } from '../capabilities/commands/fixture.ts';
import { deviation } from '../support/deviations.ts';
import { AnswerWithError, silence } from '../support/scripted-charge-point.ts';
import { useHub } from './deviations-hub.ts';

const { hub, station, shownOf, counted, checkCounts } = useHub('CMD', { OCPP_CALL_TIMEOUT_SECONDS: '1' });
let keys = 0;
const run = (name: string, input: string, fields = 'status') => runCommand(hub().api, name, input, fields);

deviation('4.1-8', async () => {
  const one = await station();
  one.onCall('ChangeConfiguration', () => ({ status: 'NotSupported' }));
  const { command } = await run('changeConfiguration', `${of(one.identity)} key: "WebSocketPingInterval", value: "60"`);
  expect(command).toMatchObject({ status: 'NOT_SUPPORTED', execution: { state: 'FINISHED', failure: null } });
});

deviation('4.1-9', async () => {
  const one = await station();
  one.onCall('ClearCache', () => silence);
  for (let time = 0; time < 3; time++) {
    const { command } = await run('clearCache', of(one.identity));
    expect(command?.execution.state).toBe('TIMED_OUT');
  }
  counted(one, 'callsUnanswered');
  const closing = `mutation { disconnectChargePoint(input: { ${of(one.identity)} }) { __typename } }`;
  expect(await hub().api.data(closing)).toEqual({
    disconnectChargePoint: { __typename: 'DisconnectChargePointPayload' },
  });
  expect(await one.closed).toEqual({ code: 1008, reason: 'closed by the operator' });
  const again = await hub().connect(one.identity);
  again.onCall('ClearCache', () => ({ status: 'Accepted' }));
  expect((await again.call('Heartbeat'))[0]).toBe(3); // it is linked
  expect((await run('clearCache', of(one.identity))).command?.status).toBe('ACCEPTED');
});

deviation('4.6-1', async () => {
  const one = await station();
  one.onCall('RemoteStartTransaction', ({ connectorId }) => ({
    status: connectorId === undefined ? 'Rejected' : 'Accepted',
  }));
  const input = () => `${of(one.identity)} idTag: "GOOD", idempotencyKey: "a-${++keys}", wait: { until: RESPONDED }`;
  expect((await run('remoteStartTransaction', input())).command?.status).toBe('REJECTED');
  expect((await run('remoteStartTransaction', `${input()} connectorId: 1`)).command?.status).toBe('ACCEPTED');
});

deviation('4.6-4', async () => {
  const one = await station();
  one.onCall('GetConfiguration', () => ({
    configurationKey: [
      { key: 'HeartbeatInterval', readonly: 'false', value: 300 },
      { key: 'AuthorizationKey', readonly: false, value: 'a-secret-of-the-station' },
      { key: 'Blank', readonly: true, value: '' },
      { key: 'NoValue', readonly: true },
    ],
    unknownKey: null,
  }));
  const { command } = await run('getConfiguration', of(one.identity), 'configurationKeys { key value readonly }');
  expect(command?.execution.state).toBe('FINISHED');
  expect(JSON.stringify(command)).not.toContain('a-secret');
  counted(one, 'textAsBoolean', 'numberAsText', 'nullProperty');
  one.onCall('GetConfiguration', () => ({}));
  expect((await run('getConfiguration', of(one.identity), 'configurationKeys { key }')).command?.execution.state).toBe(
    'FINISHED',
  );
});

deviation('4.6-5', async () => {
  const one = await station();
  const answers = ['Rejected', 'RebootRequired'];
  one.onCall('ChangeConfiguration', () => ({ status: answers.shift() }));
  const input = `${of(one.identity)} key: "MeterValuesSampledData", value: "Voltage,SoC"`;
  expect((await run('changeConfiguration', input)).command?.status).toBe('REJECTED');
  expect((await run('changeConfiguration', input)).command?.status).toBe('REBOOT_REQUIRED');
});

deviation('4.6-6', async () => {
  const one = await station();
  one.onCall('ClearCache', () => ({ status: 'Perhaps' }));
  const odd = (await run('clearCache', of(one.identity))).command;
  expect(odd?.execution).toMatchObject({
    state: 'FAILED',
    response: { status: 'Perhaps' },
    failure: { kind: 'INVALID_ANSWER' },
  });
  one.onCall('ClearCache', () => ({ status: 'accepted', vendor: 1 }));
  expect((await run('clearCache', of(one.identity))).command?.status).toBe('ACCEPTED');
  counted(one, 'wordCase', 'unknownProperty');
  one.onCall('ClearCache', () => ['Accepted']);
  expect((await run('clearCache', of(one.identity))).command?.execution.failure?.kind).toBe('INVALID_ANSWER');
  one.onCall('ClearCache', () => {
    throw new AnswerWithError('OccurrenceConstraintViolation', '');
  });
  expect((await run('clearCache', of(one.identity))).command?.execution.failure).toMatchObject({
    kind: 'CALL_ERROR',
    ocppErrorCode: 'OccurenceConstraintViolation',
  });
  expect((await one.call('Heartbeat'))[0]).toBe(3);
});

deviation('4.6-7', async () => {
  const one = await station();
  one.onCall('ClearCache', () => silence);
  const { command } = await run('clearCache', of(one.identity));
  expect(command?.execution.state).toBe('TIMED_OUT');
  const [, id] = await one.nextCall('ClearCache');
  one.socket.send(JSON.stringify([3, id, { status: 'Accepted' }]));
  one.socket.send(JSON.stringify([3, id, { status: 'Rejected' }]));
  expect((await one.call('Heartbeat'))[0]).toBe(3);
  one.onCall('ClearCache', () => ({ status: 'Rejected' }));
  expect((await run('clearCache', of(one.identity))).command?.status).toBe('REJECTED');
  expect((await shownOf(one)).registrationStatus).toBe('ACCEPTED');
});

checkCounts();
