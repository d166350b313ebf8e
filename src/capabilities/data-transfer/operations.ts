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

/** What is done with DataTransfers. */
export interface DataTransferOperations {
  /** Answers everything of one vendor; a vendor has one handler. */
  registerVendor(vendorId: string, handler: VendorHandler): void;
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
}: Pick<CapabilityDependencies, 'events'> & { dataTransfers: DataTransferStore }): DataTransferOperations {
  const handlers = new Map<string, VendorHandler>();

  const answer = async (chargePoint: LinkedChargePoint, message: VendorMessage): Promise<VendorAnswer> => {
    const handler = handlers.get(message.vendorId);
    if (handler === undefined) return { status: 'UNKNOWN_VENDOR_ID' };
    if ((message.data?.length ?? 0) > dataLengthMax) return { status: 'REJECTED' };
    return handler(message, chargePoint);
  };

  return {
    registerVendor(vendorId, handler) {
      if (handlers.has(vendorId)) throw new Error(`vendor ${vendorId} has a handler already`);
      handlers.set(vendorId, handler);
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
