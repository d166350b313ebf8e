import { type Adapter, adapter, type IncomingCall, receives, sentText } from '../../gateway/adapter.ts';
import { wordMap } from '../../kernel/words.ts';
import type { RequestOf } from '../../ocpp/message.ts';
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

const stationTime = (text: string, { readTime }: Pick<IncomingCall, 'readTime'>): StationTime => ({
  ...readTime(text),
  text,
});

/** Meter values in nobody's version; values and words stay as they came. */
export const wireReadings = (
  values: RequestOf<typeof StopTransaction>['transactionData'],
  call: Pick<IncomingCall, 'readTime'>,
): WireReading[] =>
  (values ?? []).map(({ timestamp, sampledValue }) => ({
    time: stationTime(timestamp, call),
    samples: sampledValue,
  }));

/** Transactions in the words of OCPP 1.6. */
export const ocpp16 = (transactions: Pick<TransactionOperations, 'start' | 'stop'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(StartTransaction, async (request, call) => {
        const { chargePoint, receivedAt } = call;
        const { ocppTransactionId, authorization } = await transactions.start({
          tenantId: chargePoint.tenantId,
          chargePointId: chargePoint.id,
          connectorId: request.connectorId,
          tokenValue: request.idTag,
          meterStartWh: request.meterStart,
          time: stationTime(request.timestamp, call),
          ...(request.reservationId !== undefined && { reservationId: request.reservationId }),
          receivedAt,
        });
        return { transactionId: ocppTransactionId, idTagInfo: idTagInfo(authorization) };
      }),
      receives(StopTransaction, async (request, call) => {
        const { chargePoint, receivedAt } = call;
        const { reason, idTag, transactionData } = request;
        const decision = await transactions.stop(
          {
            tenantId: chargePoint.tenantId,
            chargePointId: chargePoint.id,
            ocppTransactionId: request.transactionId,
            meterStopWh: request.meterStop,
            time: stationTime(request.timestamp, call),
            reason: reason === undefined ? 'LOCAL' : stopReasonWords.toModel(reason), // STO-3
            ...(reason !== undefined && { wireReason: sentText(call, 'reason') ?? reason }),
            ...(idTag !== undefined && { tokenValue: idTag }),
            receivedAt,
          },
          wireReadings(transactionData, call),
          transactionData,
        );
        return decision === undefined ? {} : { idTagInfo: idTagInfo(decision) };
      }),
    ],
  });
