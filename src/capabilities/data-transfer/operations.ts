import type { LinkedChargePoint } from '../../gateway/adapter.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { CapabilityDependencies } from '../capability.ts';
import {
  type DataTransferRecord,
  dataLengthMax,
  dataTransferId,
  dataTransferReceived,
  type VendorAnswer,
  type VendorMessage,
} from './model.ts';
import type { DataTransferStore } from './store.ts';

/** Answers a vendor's messages. May be asked twice for one message, when a charge point repeats it. */
export type VendorHandler = (message: VendorMessage, chargePoint: LinkedChargePoint) => Promise<VendorAnswer>;

/** The handlers of a vendor. */
interface Vendor {
  readonly byMessage: Map<string, VendorHandler>;
  others?: VendorHandler;
}

/** What is done with DataTransfers. */
export interface DataTransferOperations {
  /** Answers everything of one vendor that has no handler of its own; a vendor has one such handler. */
  registerVendor(vendorId: string, handler: VendorHandler): void;
  /** Answers one message of a vendor. Its other messages are answered UnknownMessageId, unless there is a handler for them. */
  registerMessage(vendorId: string, messageId: string, handler: VendorHandler): void;
  /** Answers a message, stores it and tells of it. DT-1. */
  receive(
    chargePoint: LinkedChargePoint,
    message: VendorMessage,
    call: { readonly receivedAt: Date; readonly epoch: number; readonly id: string },
  ): Promise<VendorAnswer>;
  find(tenantId: string, id: string): Promise<DataTransferRecord | undefined>;
  /** Of one charge point, newest first. */
  list(tenantId: string, chargePointId: string, page: PageRequest): Promise<Page<DataTransferRecord>>;
}

/** The operations on DataTransfers. */
export function createDataTransferOperations({
  dataTransfers,
  events,
  log,
}: Pick<CapabilityDependencies, 'events' | 'log'> & { dataTransfers: DataTransferStore }): DataTransferOperations {
  const vendors = new Map<string, Vendor>();
  const vendorOf = (vendorId: string): Vendor => {
    const vendor = vendors.get(vendorId) ?? { byMessage: new Map() };
    vendors.set(vendorId, vendor);
    return vendor;
  };

  /** A handler that fails has refused: a CALLERROR would only say that DataTransfer is not understood. DT-1. */
  const answer = async (chargePoint: LinkedChargePoint, message: VendorMessage): Promise<VendorAnswer> => {
    const { vendorId, messageId } = message;
    const vendor = vendors.get(vendorId);
    if (vendor === undefined) return { status: 'UNKNOWN_VENDOR_ID' };
    const handler = (messageId === undefined ? undefined : vendor.byMessage.get(messageId)) ?? vendor.others;
    if (handler === undefined) return { status: 'UNKNOWN_MESSAGE_ID' };
    if ((message.data?.length ?? 0) > dataLengthMax) return { status: 'REJECTED' };
    try {
      return await handler(message, chargePoint);
    } catch (error) {
      log.error(
        { chargePointId: chargePoint.id, vendorId, messageId, err: error },
        'the handler of a vendor message failed',
      );
      return { status: 'REJECTED' };
    }
  };

  return {
    registerVendor(vendorId, handler) {
      const vendor = vendorOf(vendorId);
      if (vendor.others !== undefined) throw new Error(`vendor ${vendorId} has a handler already`);
      vendor.others = handler;
    },

    registerMessage(vendorId, messageId, handler) {
      const { byMessage } = vendorOf(vendorId);
      if (byMessage.has(messageId)) throw new Error(`${messageId} of vendor ${vendorId} has a handler already`);
      byMessage.set(messageId, handler);
    },

    async receive(chargePoint, message, { receivedAt, ...call }) {
      const { status, data: responseData } = await answer(chargePoint, message);
      const record: DataTransferRecord = {
        _id: dataTransferId(chargePoint.id, message, call),
        tenantId: chargePoint.tenantId,
        chargePointId: chargePoint.id,
        ...message,
        ...(message.data !== undefined && { data: message.data.slice(0, dataLengthMax) }),
        receivedAt,
        status,
        ...(responseData !== undefined && { responseData }),
      };
      await dataTransfers.record(record);
      await events.append(dataTransferReceived(record));
      return { status, ...(responseData !== undefined && { data: responseData }) };
    },

    find: async (tenantId, id) => (await dataTransfers.find(tenantId, id)) ?? undefined,
    list: dataTransfers.list,
  };
}
