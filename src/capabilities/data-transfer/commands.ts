import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';

/** Answers to DataTransfer, in both directions. OCPP 1.6 §7.23. */
export const dataTransferStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  UnknownMessageId: 'UNKNOWN_MESSAGE_ID',
  UnknownVendorId: 'UNKNOWN_VENDOR_ID',
});
/** An answer to DataTransfer. */
export type DataTransferStatus = (typeof dataTransferStatuses.values)[number];

/** Say something that OCPP has no word for. OCPP 1.6 §5.6. */
export const dataTransfer = defineCommand<
  { readonly vendorId: string; readonly messageId?: string; readonly data?: string },
  { readonly status: DataTransferStatus; readonly data?: string }
>({ name: 'dataTransfer' });
