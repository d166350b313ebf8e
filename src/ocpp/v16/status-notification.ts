import { defineMessage } from '../message.ts';
import { ciString, closed, dateTime, empty, int, optional, words } from '../schema.ts';

/** What is wrong. OCPP 1.6 §7.5. */
export const chargePointErrorCodes = [
  'ConnectorLockFailure',
  'EVCommunicationError',
  'GroundFailure',
  'HighTemperature',
  'InternalError',
  'LocalListConflict',
  'NoError',
  'OtherError',
  'OverCurrentFailure',
  'OverVoltage',
  'PowerMeterFailure',
  'PowerSwitchFailure',
  'ReaderFailure',
  'ResetFailure',
  'UnderVoltage',
  'WeakSignal',
] as const;

/** The state of a connector. `Occupied` of OCPP 1.5 reads as Preparing, with the repair `oldWord`. OCPP 1.6 §7.7. */
export const chargePointStatuses = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEVSE',
  'SuspendedEV',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
] as const;

/** The state of a connector, or with connector 0 of the charge point, has changed. OCPP 1.6 §4.9, §6.47, §6.48. */
export const StatusNotification = defineMessage({
  action: 'StatusNotification',
  sender: 'chargePoint',
  request: closed({
    connectorId: int(),
    errorCode: words(chargePointErrorCodes, {
      missing: 'NoError',
      unknownWord: { readAs: 'OtherError', keepTextIn: 'vendorErrorCode' },
    }),
    status: words(chargePointStatuses, { oldWords: { occupied: 'Preparing' } }),
    info: optional(ciString(50)),
    timestamp: optional(dateTime()),
    vendorId: optional(ciString(255)),
    vendorErrorCode: optional(ciString(50)),
  }),
  response: empty(),
});
