import { adapter, sends } from '../../gateway/adapter.ts';
import { DataTransfer } from '../../ocpp/v16/index.ts';
import { dataTransfer, dataTransferStatuses } from './commands.ts';

/** What the hub says by DataTransfer, in the words of OCPP 1.6. */
export const ocpp16Commands = adapter(['1.6'], {
  sends: [
    sends(dataTransfer, DataTransfer, {
      toRequest: ({ vendorId, messageId, data }) => ({
        vendorId,
        ...(messageId !== undefined && { messageId }),
        ...(data !== undefined && { data }),
      }),
      toOutcome: ({ status, data }) => ({
        status: dataTransferStatuses.toModel(status),
        ...(data !== undefined && { data }),
      }),
    }),
  ],
});
