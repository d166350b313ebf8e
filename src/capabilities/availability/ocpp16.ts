import { type Adapter, adapter, receives, sentText } from '../../gateway/adapter.ts';
import type { Clock } from '../../kernel/clock.ts';
import { wordMap } from '../../kernel/words.ts';
import { OcppError } from '../../ocpp/errors.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { Heartbeat } from '../../ocpp/v16/heartbeat.ts';
import { StatusNotification } from '../../ocpp/v16/status-notification.ts';
import { type ConnectorStatus, connectorIdMax, type ErrorCode } from './model.ts';
import type { AvailabilityOperations } from './operations.ts';

/** OCPP 1.6 §7.7. */
export const statusWords = wordMap({
  Available: 'AVAILABLE',
  Preparing: 'PREPARING',
  Charging: 'CHARGING',
  SuspendedEVSE: 'SUSPENDED_EVSE',
  SuspendedEV: 'SUSPENDED_EV',
  Finishing: 'FINISHING',
  Reserved: 'RESERVED',
  Unavailable: 'UNAVAILABLE',
  Faulted: 'FAULTED',
} satisfies Record<string, ConnectorStatus>);

/** OCPP 1.6 §7.5. */
export const errorCodeWords = wordMap({
  ConnectorLockFailure: 'CONNECTOR_LOCK_FAILURE',
  EVCommunicationError: 'EV_COMMUNICATION_ERROR',
  GroundFailure: 'GROUND_FAILURE',
  HighTemperature: 'HIGH_TEMPERATURE',
  InternalError: 'INTERNAL_ERROR',
  LocalListConflict: 'LOCAL_LIST_CONFLICT',
  NoError: 'NO_ERROR',
  OtherError: 'OTHER_ERROR',
  OverCurrentFailure: 'OVER_CURRENT_FAILURE',
  OverVoltage: 'OVER_VOLTAGE',
  PowerMeterFailure: 'POWER_METER_FAILURE',
  PowerSwitchFailure: 'POWER_SWITCH_FAILURE',
  ReaderFailure: 'READER_FAILURE',
  ResetFailure: 'RESET_FAILURE',
  UnderVoltage: 'UNDER_VOLTAGE',
  WeakSignal: 'WEAK_SIGNAL',
} satisfies Record<string, ErrorCode>);

/** A clock so far ahead was never set; its time orders nothing. */
const aheadMaxMs = 24 * 60 * 60_000;

/** OCPP 1.6 words of availability. */
export const ocpp16 = (operations: AvailabilityOperations, clock: Clock): Adapter =>
  adapter(['1.6'], {
    receives: [
      // a sign of life that the gateway notes; nothing is read or written. HB-1
      receives(Heartbeat, async () => ({ currentTime: formatTimestamp(clock.now()) })),

      receives(StatusNotification, async (request, call) => {
        const { chargePoint, receivedAt, epoch } = call;
        const { connectorId, status, errorCode, timestamp: timestampText } = request;
        if (connectorId < 0 || connectorId > connectorIdMax) {
          throw new OcppError('PropertyConstraintViolation', `connectorId must be 0 to ${connectorIdMax}`);
        }
        const { at, quality } = call.readTime(timestampText);
        const isSet = (quality === 'ok' || quality === 'noZone') && at.getTime() <= receivedAt.getTime() + aheadMaxMs;
        await operations.report(
          { ...chargePoint, epoch },
          {
            connectorId,
            status: call.repairs.includes('oldWord')
              ? await operations.occupied({
                  tenantId: chargePoint.tenantId,
                  chargePointId: chargePoint.id,
                  connectorId,
                })
              : statusWords.toModel(status),
            wireStatus: sentText(call, 'status') ?? status,
            errorCode: errorCodeWords.toModel(errorCode),
            ...text('info', request.info),
            ...text('vendorId', request.vendorId),
            ...text('vendorErrorCode', request.vendorErrorCode),
            occurredAt: isSet ? at : receivedAt,
            hasOwnTime: isSet,
            ...((quality === 'noZone' || !isSet) && text('timestampText', timestampText)),
            receivedAt,
          },
        );
        return {};
      }),
    ],
  });

/** Empty texts are as good as absent; stations send both. */
const text = <Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } =>
  value === undefined || value === '' ? {} : ({ [name]: value } as { [N in Name]: string }); // the one key is the name
