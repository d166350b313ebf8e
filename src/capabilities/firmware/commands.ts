import { maskLocation } from '../../kernel/locations.ts';
import { defineCommand } from '../commands/index.ts';
import { jobEffect } from '../jobs/index.ts';

/** What is asked of a charge point, and what the hub knows its job by. */
export interface UpdateFirmwareInput {
  readonly jobId: string;
  /** How long the command waits for the end of the job, in milliseconds. */
  readonly effectWithinMs: number;
  /** In full on its way to the charge point, masked in what is stored. */
  readonly location: string;
  /** The charge point may fetch the firmware from then on. Errata 3.63. */
  readonly retrieveDate: Date;
  /** Repeats after the first try. */
  readonly retries?: number;
  readonly retryIntervalSeconds?: number;
}

/** Fetch and install firmware. The answer only means "heard"; seen through when it is installed. OCPP 1.6 §5.19. FW-1. */
export const updateFirmware = defineCommand<UpdateFirmwareInput, Record<never, never>>({
  name: 'updateFirmware',
  priority: 'BULK',
  effect: jobEffect(() => true),
  redact: (input, request) => {
    const location = maskLocation(input.location);
    return { input: { ...input, location }, request: { ...(request as object), location } }; // made by our own adapter
  },
});
