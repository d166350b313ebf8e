import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import { wordMap } from '../../kernel/words.ts';
import type { RequestOf } from '../../ocpp/message.ts';
import { parseTimestamp } from '../../ocpp/time.ts';
import { StartTransaction, StopTransaction } from '../../ocpp/v16/index.ts';
import { idTagInfo } from '../authorization/index.ts';
import type { StationTime, WireReading } from './model.ts';
import type { TransactionOperations } from './operations.ts';

/** Why a transaction ended. OCPP 1.6 §7.37. */
export const stopReasonWords = wordMap({
  DeAuthorized: 'DEAUTHORIZED',
  EmergencyStop: 'EMERGENCY_STOP',
  EVDisconnected: 'EV_DISCONNECTED',
  HardReset: 'HARD_RESET',
  Local: 'LOCAL',
  Other: 'OTHER',
  PowerLoss: 'POWER_LOSS',
  Reboot: 'REBOOT',
  Remote: 'REMOTE',
  SoftReset: 'SOFT_RESET',
  UnlockCommand: 'UNLOCK_COMMAND',
});

const stationTime = (text: string, receivedAt: Date): StationTime => ({ ...parseTimestamp(text, receivedAt), text });

/** Meter values in nobody's version; values and words stay as they came. */
export const wireReadings = (
  values: RequestOf<typeof StopTransaction>['transactionData'],
  receivedAt: Date,
): WireReading[] =>
  (values ?? []).map(({ timestamp, sampledValue }) => ({
    time: stationTime(timestamp, receivedAt),
    samples: sampledValue,
  }));

/** Transactions in the words of OCPP 1.6. */
export const ocpp16 = (transactions: Pick<TransactionOperations, 'start' | 'stop'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(StartTransaction, async (request, { chargePoint, receivedAt }) => {
        const { ocppTransactionId, authorization } = await transactions.start({
          tenantId: chargePoint.tenantId,
          chargePointId: chargePoint.id,
          connectorId: request.connectorId,
          tokenValue: request.idTag,
          meterStartWh: request.meterStart,
          time: stationTime(request.timestamp, receivedAt),
          ...(request.reservationId !== undefined && { reservationId: request.reservationId }),
          receivedAt,
        });
        return { transactionId: ocppTransactionId, idTagInfo: idTagInfo(authorization) };
      }),
      receives(StopTransaction, async (request, { chargePoint, receivedAt }) => {
        const { reason, idTag, transactionData } = request;
        const decision = await transactions.stop(
          {
            tenantId: chargePoint.tenantId,
            chargePointId: chargePoint.id,
            ocppTransactionId: request.transactionId,
            meterStopWh: request.meterStop,
            time: stationTime(request.timestamp, receivedAt),
            reason: reason === undefined ? 'LOCAL' : stopReasonWords.toModel(reason), // STO-3
            ...(reason !== undefined && { wireReason: reason }),
            ...(idTag !== undefined && { tokenValue: idTag }),
            receivedAt,
          },
          wireReadings(transactionData, receivedAt),
          transactionData,
        );
        return decision === undefined ? {} : { idTagInfo: idTagInfo(decision) };
      }),
    ],
  });
