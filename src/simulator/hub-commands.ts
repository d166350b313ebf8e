import { OcppError } from '../ocpp/errors.ts';
import type { Message } from '../ocpp/message.ts';
import {
  ChangeAvailability,
  ChangeConfiguration,
  ClearCache,
  DataTransfer,
  GetConfiguration,
  GetLocalListVersion,
  messages16,
  RemoteStartTransaction,
  RemoteStopTransaction,
  Reset,
  SendLocalList,
  SetChargingProfile,
  TriggerMessage,
  UnlockConnector,
} from '../ocpp/v16/index.ts';
import { readIncoming } from '../ocpp/validate.ts';
import type { CallReply, IncomingFrame } from '../rpc/call.ts';
import type { Answer } from '../rpc/session.ts';
import { type Configuration, configurationKeysMax } from './configuration.ts';
import type { Connector } from './connector.ts';
import { meterValue } from './readings.ts';
import type { Registration } from './registration.ts';
import type { StatusReports } from './status-reports.ts';
import type { Tags } from './tags.ts';

/** What the commands of the hub act upon. */
export interface HubCommandsOptions {
  readonly connectors: readonly Connector[];
  readonly configuration: Configuration;
  readonly tags: Tags;
  readonly registration: Registration;
  readonly reports: StatusReports;
  /** Accepted by the hub, and not about to restart. */
  readonly canCharge: () => boolean;
  readonly charge: (connector: Connector, idTag: string, authorize: boolean) => Promise<unknown>;
  readonly reset: (type: 'Soft' | 'Hard') => void;
  readonly call: (action: string, payload: unknown) => Promise<CallReply>;
  readonly onAnswered: (action: string, answer: string) => void;
}

/** A vendor whose DataTransfer is sent back as it came. */
const echoVendorId = 'org.example.echo';

/** An answer, and what happens once it has left. */
interface Outcome<Response> {
  readonly answer: Response;
  readonly act?: (() => void) | undefined;
}
interface Command {
  readonly message: Message;
  readonly obey: (request: unknown) => Outcome<unknown>;
}

function on<Request, Response>(
  message: Message<Request, Response>,
  obey: NoInfer<(request: Request) => Outcome<Response>>,
): Command {
  return { message, obey: (request) => obey(request as Request) }; // checked just before, see `answer`
}

/** Answers what the hub asks, and does it. OCPP 1.6 §5. Profiles beyond Core and Remote Trigger are declined in their own words. */
export function createHubCommands(options: HubCommandsOptions): (call: IncomingFrame) => Promise<Answer> {
  const { connectors, configuration, reports, registration } = options;
  const connectorOf = (id: number) => connectors.find((connector) => connector.id === id);

  const remoteStart = on(RemoteStartTransaction, ({ idTag, connectorId }) => {
    const free = connectors.filter((connector) => connector.isFree());
    const connector = connectorId === undefined ? free[0] : free.find(({ id }) => id === connectorId);
    if (connector === undefined || !options.canCharge()) return { answer: { status: 'Rejected' } };
    const authorize = configuration.flag('AuthorizeRemoteTxRequests');
    // a profile is left aside, as §5.11 asks of a charge point without smart charging
    return { answer: { status: 'Accepted' }, act: () => void options.charge(connector, idTag, authorize) };
  });

  const remoteStop = on(RemoteStopTransaction, ({ transactionId }) => {
    const connector = connectors.find((candidate) => candidate.transaction()?.id === transactionId);
    if (connector === undefined) return { answer: { status: 'Rejected' } };
    return { answer: { status: 'Accepted' }, act: () => connector.stop('Remote') };
  });

  const reset = on(Reset, ({ type }) => ({ answer: { status: 'Accepted' }, act: () => options.reset(type) }));

  const unlock = on(UnlockConnector, ({ connectorId }) => {
    const connector = connectorOf(connectorId);
    if (connector === undefined) return { answer: { status: 'NotSupported' } };
    return { answer: { status: 'Unlocked' }, act: () => connector.stop('UnlockCommand') };
  });

  const changeAvailability = on(ChangeAvailability, ({ connectorId, type }) => {
    const one = connectorOf(connectorId);
    if (connectorId !== 0 && one === undefined) return { answer: { status: 'Rejected' } };
    const affected = one === undefined ? connectors : [one];
    const isScheduled = type === 'Inoperative' && affected.some((connector) => connector.transaction() !== undefined);
    const act = () => {
      if (one === undefined) reports.set(0, type === 'Operative' ? 'Available' : 'Unavailable');
      for (const connector of affected) connector.setOperative(type === 'Operative');
    };
    return { answer: { status: isScheduled ? 'Scheduled' : 'Accepted' }, act: act };
  });

  const getConfiguration = on(GetConfiguration, ({ key = [] }) => {
    if (key.length > configurationKeysMax)
      throw new OcppError('OccurenceConstraintViolation', `at most ${configurationKeysMax} keys at once`);
    const { known, unknown } = configuration.get(key);
    return { answer: { configurationKey: known, ...(unknown.length === 0 ? {} : { unknownKey: unknown }) } };
  });

  const changeConfiguration = on(ChangeConfiguration, ({ key, value }) => {
    const status = configuration.change(key, value);
    const act = () => {
      registration.rescheduleHeartbeat();
      for (const connector of connectors) connector.resample();
    };
    return { answer: { status }, act: status === 'Accepted' ? act : undefined };
  });

  const clearCache = on(ClearCache, () => {
    options.tags.clearCache();
    return { answer: { status: 'Accepted' } };
  });

  const dataTransfer = on(DataTransfer, ({ vendorId, data }) => {
    if (vendorId !== echoVendorId) return { answer: { status: 'UnknownVendorId' } };
    return { answer: { status: 'Accepted', ...(data === undefined ? {} : { data }) } };
  });

  const sendMeterValues = (connector: Connector): void => {
    const value = meterValue(connector.meter.read(), configuration.list('MeterValuesSampledData'), 'Trigger');
    if (value === undefined) return;
    const transactionId = connector.transaction()?.id;
    const request = { connectorId: connector.id, meterValue: [value] };
    void options.call('MeterValues', transactionId === undefined ? request : { ...request, transactionId });
  };

  const trigger = on(TriggerMessage, ({ requestedMessage, connectorId }) => {
    const one = connectorId === undefined ? undefined : connectorOf(connectorId);
    if (connectorId !== undefined && one === undefined) return { answer: { status: 'Rejected' } };
    const affected = one === undefined ? connectors : [one];
    const accept = (act: () => void) => ({ answer: { status: 'Accepted' as const }, act });
    switch (requestedMessage) {
      case 'BootNotification':
        return accept(registration.bootNow);
      case 'Heartbeat':
        return accept(registration.heartbeatNow);
      case 'MeterValues':
        return accept(() => affected.forEach(sendMeterValues));
      case 'StatusNotification':
        return accept(() => {
          for (const id of one === undefined ? [0, ...connectors.map((each) => each.id)] : [one.id]) reports.send(id);
        });
      case 'DiagnosticsStatusNotification':
      case 'FirmwareStatusNotification':
        return { answer: { status: 'NotImplemented' } };
    }
  });

  const commands = [
    ...[remoteStart, remoteStop, reset, unlock, changeAvailability, trigger],
    ...[getConfiguration, changeConfiguration, clearCache, dataTransfer],
    // OCPP has a word of its own for "not supported" in these
    on(SetChargingProfile, () => ({ answer: { status: 'NotSupported' } })),
    on(SendLocalList, () => ({ answer: { status: 'NotSupported' } })),
    on(GetLocalListVersion, () => ({ answer: { listVersion: -1 } })),
  ];

  const answer = (call: IncomingFrame): Outcome<unknown> => {
    const command = commands.find(({ message }) => message.action === call.action);
    if (command !== undefined) return command.obey(readIncoming(command.message, 'request', call.payload).payload);
    const isKnown = messages16.some(({ action }) => action === call.action);
    if (isKnown) throw new OcppError('NotSupported', `this charge point does not do ${call.action}`);
    throw new OcppError('NotImplemented', `${call.action} is not known`);
  };

  return async (call) => {
    try {
      const { answer: payload, act } = answer(call);
      options.onAnswered(call.action, statusIn(payload));
      return { payload, ...(act === undefined ? {} : { afterwards: act }) };
    } catch (error) {
      options.onAnswered(call.action, error instanceof OcppError ? error.code : 'InternalError');
      throw error;
    }
  };
}

const statusIn = (payload: unknown): string =>
  typeof payload === 'object' && payload !== null && 'status' in payload ? String(payload.status) : 'answered';
