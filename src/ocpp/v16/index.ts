import type { Message } from '../message.ts';
import { Authorize } from './authorize.ts';
import { BootNotification } from './boot-notification.ts';
import { CancelReservation } from './cancel-reservation.ts';
import { ChangeAvailability } from './change-availability.ts';
import { ChangeConfiguration } from './change-configuration.ts';
import { ClearCache } from './clear-cache.ts';
import { ClearChargingProfile } from './clear-charging-profile.ts';
import { DataTransfer } from './data-transfer.ts';
import { DiagnosticsStatusNotification } from './diagnostics-status-notification.ts';
import { FirmwareStatusNotification } from './firmware-status-notification.ts';
import { GetCompositeSchedule } from './get-composite-schedule.ts';
import { GetConfiguration } from './get-configuration.ts';
import { GetDiagnostics } from './get-diagnostics.ts';
import { GetLocalListVersion } from './get-local-list-version.ts';
import { Heartbeat } from './heartbeat.ts';
import { MeterValues } from './meter-values.ts';
import { RemoteStartTransaction } from './remote-start-transaction.ts';
import { RemoteStopTransaction } from './remote-stop-transaction.ts';
import { ReserveNow } from './reserve-now.ts';
import { Reset } from './reset.ts';
import { SendLocalList } from './send-local-list.ts';
import { SetChargingProfile } from './set-charging-profile.ts';
import { StartTransaction } from './start-transaction.ts';
import { StatusNotification } from './status-notification.ts';
import { StopTransaction } from './stop-transaction.ts';
import { TriggerMessage } from './trigger-message.ts';
import { UnlockConnector } from './unlock-connector.ts';
import { UpdateFirmware } from './update-firmware.ts';

export * from './authorize.ts';
export * from './boot-notification.ts';
export * from './cancel-reservation.ts';
export * from './change-availability.ts';
export * from './change-configuration.ts';
export * from './clear-cache.ts';
export * from './clear-charging-profile.ts';
export * from './data-transfer.ts';
export * from './diagnostics-status-notification.ts';
export * from './firmware-status-notification.ts';
export * from './get-composite-schedule.ts';
export * from './get-configuration.ts';
export * from './get-diagnostics.ts';
export * from './get-local-list-version.ts';
export * from './heartbeat.ts';
export * from './meter-values.ts';
export * from './remote-start-transaction.ts';
export * from './remote-stop-transaction.ts';
export * from './reserve-now.ts';
export * from './reset.ts';
export * from './send-local-list.ts';
export * from './set-charging-profile.ts';
export * from './start-transaction.ts';
export * from './status-notification.ts';
export * from './stop-transaction.ts';
export * from './trigger-message.ts';
export * from './types.ts';
export * from './unlock-connector.ts';
export * from './update-firmware.ts';

/** Every message of OCPP 1.6 without its security extension, by name. */
export const messages16: readonly Message[] = [
  Authorize,
  BootNotification,
  CancelReservation,
  ChangeAvailability,
  ChangeConfiguration,
  ClearCache,
  ClearChargingProfile,
  DataTransfer,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  GetCompositeSchedule,
  GetConfiguration,
  GetDiagnostics,
  GetLocalListVersion,
  Heartbeat,
  MeterValues,
  RemoteStartTransaction,
  RemoteStopTransaction,
  ReserveNow,
  Reset,
  SendLocalList,
  SetChargingProfile,
  StartTransaction,
  StatusNotification,
  StopTransaction,
  TriggerMessage,
  UnlockConnector,
  UpdateFirmware,
];

/** The messages that a charge point may send to the hub. Any other known action is answered `NotSupported`. */
export const receivedMessages16: readonly Message[] = messages16.filter((message) => message.sender !== 'hub');
