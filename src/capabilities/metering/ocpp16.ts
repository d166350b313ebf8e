import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import { MeterValues } from '../../ocpp/v16/index.ts';
import { int32, wireReadings } from '../transactions/index.ts';
import type { MeteringOperations } from './operations.ts';

/** Metering in the words of OCPP 1.6. */
export const ocpp16 = (metering: Pick<MeteringOperations, 'record'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(MeterValues, async ({ connectorId, transactionId, meterValue }, call) => {
        const { chargePoint, receivedAt } = call;
        await metering.record({
          tenantId: chargePoint.tenantId,
          chargePointId: chargePoint.id,
          connectorId: int32(connectorId),
          ...(transactionId !== undefined && { ocppTransactionId: transactionId }),
          readings: wireReadings(meterValue, call),
          receivedAt,
        });
        return {};
      }),
    ],
  });
