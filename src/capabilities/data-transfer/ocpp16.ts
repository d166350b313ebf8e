import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import { DataTransfer } from '../../ocpp/v16/data-transfer.ts';
import { dataTransferStatuses } from './commands.ts';
import type { DataTransferOperations } from './operations.ts';

/** OCPP 1.6 words of DataTransfer from a charge point. */
export const ocpp16 = (operations: DataTransferOperations): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(DataTransfer, async ({ vendorId, messageId, data }, call) => {
        const answer = await operations.receive(
          call.chargePoint,
          { vendorId, ...(messageId !== undefined && { messageId }), ...(data !== undefined && { data }) },
          { receivedAt: call.receivedAt, epoch: call.epoch, id: String(call.messageId) },
        );
        return {
          status: dataTransferStatuses.toWire(answer.status),
          ...(answer.data !== undefined && { data: answer.data }),
        };
      }),
    ],
  });
