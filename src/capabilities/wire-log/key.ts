import type { CapabilityKey } from '../../graphql/context.ts';
import type { WireLogOperations } from './operations.ts';

/** Names the operations on the wire log. */
export const wireLogKey: CapabilityKey<WireLogOperations> = { name: 'wire-log' };
