import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { CommandOperations } from '../commands/index.ts';
import { dataTransfer } from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import { dataTransferKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { ocpp16Commands } from './ocpp16-commands.ts';
import { createDataTransferOperations, type DataTransferOperations, type VendorHandler } from './operations.ts';
import { createDataTransferStore, dataTransferIndexes } from './store.ts';

export { dataTransferKey } from './key.ts';
export type { DataTransferRecord, VendorAnswer, VendorMessage } from './model.ts';
export type { DataTransferOperations, VendorHandler } from './operations.ts';

/** Vendors' own messages from charge points. */
export function createDataTransfer(
  { store, events, log }: CapabilityDependencies,
  {
    acceptedVendors = [],
    commands,
  }: {
    commands: Pick<CommandOperations, 'register'>;
    /** Vendors, or `vendor#message` for one of its messages, that are accepted and stored without a handler of their own. */
    acceptedVendors?: readonly string[];
  },
): Capability<DataTransferOperations> {
  const operations = createDataTransferOperations({ dataTransfers: createDataTransferStore(store), events, log });
  const accept: VendorHandler = async () => ({ status: 'ACCEPTED' });
  for (const accepted of new Set(acceptedVendors)) {
    const [vendorId = '', ...message] = accepted.split('#');
    if (message.length === 0) operations.registerVendor(vendorId, accept);
    else operations.registerMessage(vendorId, message.join('#'), accept);
  }
  commands.register(dataTransfer);
  return {
    key: dataTransferKey,
    operations,
    adapters: [ocpp16(operations), ocpp16Commands],
    indexes: dataTransferIndexes,
  };
}
