import type { CapabilityKey } from '../../graphql/context.ts';
import type { MeteringOperations } from './operations.ts';

/** Names the operations on meter values. */
export const meteringKey: CapabilityKey<MeteringOperations> = { name: 'metering' };
