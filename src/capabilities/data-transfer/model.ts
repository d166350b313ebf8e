import type { NewEvent } from '../../events/event.ts';
import { contentId } from '../../kernel/ids.ts';
import type { DataTransferStatus } from './commands.ts';

/** What a vendor's charge point says that OCPP has no word for. OCPP 1.6 §4.3. */
export interface VendorMessage {
  /** Compared exactly; should be a reversed domain name. */
  readonly vendorId: string;
  readonly messageId?: string;
  /** Any text, often JSON. */
  readonly data?: string;
}

/** The answer to it. */
export interface VendorAnswer {
  readonly status: DataTransferStatus;
  readonly data?: string;
}

/** A DataTransfer that came in, with its answer. */
export interface DataTransferRecord extends VendorMessage {
  readonly _id: string;
  readonly tenantId: string;
  readonly chargePointId: string;
  readonly receivedAt: Date;
  readonly status: DataTransferStatus;
  readonly responseData?: string;
}

/** Longest `data` that is stored, in characters: with its answer it fits into one document of the database. */
export const dataLengthMax = 2_097_152;

/** The same message again under its id, on the same link, is the same transfer. */
export const dataTransferId = (
  chargePointId: string,
  { vendorId, messageId, data }: VendorMessage,
  message: { readonly epoch: number; readonly id: string },
): string => contentId('dataTransfer', chargePointId, message.epoch, message.id, vendorId, messageId, data);

/** A DataTransfer came in. Natural key: its id. */
export const dataTransferReceivedType = 'DATA_TRANSFER_RECEIVED';

/** The event of a transfer; the data stays in the record, which may be large. */
export const dataTransferReceived = (record: DataTransferRecord): NewEvent => ({
  tenantId: record.tenantId,
  type: dataTransferReceivedType,
  key: [record._id],
  occurredAt: record.receivedAt,
  receivedAt: record.receivedAt,
  chargePointId: record.chargePointId,
  data: {
    dataTransferId: record._id,
    vendorId: record.vendorId,
    ...(record.messageId !== undefined && { messageId: record.messageId }),
    status: record.status,
  },
});
