import { defineMessage } from '../message.ts';
import { anyText, ciString, closed, optional, words } from '../schema.ts';

/** OCPP 1.6 §7.23. */
export const dataTransferStatuses = ['Accepted', 'Rejected', 'UnknownMessageId', 'UnknownVendorId'] as const;

/**
 * What the vendor and the operator agreed on, either way. Objects sent as `data` are taken as their JSON text. OCPP
 * 1.6 §4.3, §5.6, §6.15, §6.16.
 */
export const DataTransfer = defineMessage({
  action: 'DataTransfer',
  sender: 'both',
  request: closed({
    vendorId: ciString(255),
    messageId: optional(ciString(50)),
    data: optional(anyText({ object: 'stringify' })),
  }),
  response: closed({
    status: words(dataTransferStatuses),
    data: optional(anyText({ object: 'stringify' })),
  }),
});
