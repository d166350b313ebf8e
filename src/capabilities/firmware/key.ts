import type { CapabilityKey } from '../../graphql/context.ts';
import type { CommandWarning } from '../commands/index.ts';

/** What is done with firmware, beside what is done with all jobs. */
export interface FirmwareOperations {
  /** What is unwise in the time of an update. OUT-1. */
  warnings(retrieveDate: Date): readonly CommandWarning[];
}

/** Names the operations on firmware. */
export const firmwareKey: CapabilityKey<FirmwareOperations> = { name: 'firmware' };
