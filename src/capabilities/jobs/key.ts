import type { CapabilityKey } from '../../graphql/context.ts';
import type { JobOperations } from './operations.ts';

/** Names the operations on jobs. */
export const jobsKey: CapabilityKey<JobOperations> = { name: 'jobs' };
