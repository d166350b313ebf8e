import type { CapabilityKey } from '../../graphql/context.ts';
import type { TransactionOperations } from './operations.ts';

/** Names the operations on transactions. */
export const transactionsKey: CapabilityKey<TransactionOperations> = { name: 'transactions' };
