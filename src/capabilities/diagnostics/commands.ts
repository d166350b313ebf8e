import { maskLocation } from '../../kernel/locations.ts';
import { defineCommand } from '../commands/index.ts';
import { jobEffect } from '../jobs/index.ts';

/** What is asked of a charge point, and what the hub knows its job by. */
export interface GetDiagnosticsInput {
  readonly jobId: string;
  /** How long the command waits for the end of the job, in milliseconds. */
  readonly effectWithinMs: number;
  /** A folder. In full on its way to the charge point, masked in what is stored. */
  readonly location: string;
  /** Repeats after the first try. */
  readonly retries?: number;
  readonly retryIntervalSeconds?: number;
  readonly startTime?: Date;
  readonly stopTime?: Date;
}

/** The file that will be uploaded; none when there is nothing to upload. */
interface GetDiagnosticsOutcome {
  readonly fileName?: string;
}

/** Upload diagnostics. Seen through when they are uploaded; nothing follows when no file is named. OCPP 1.6 §5.9. DIA-1. */
export const getDiagnostics = defineCommand<GetDiagnosticsInput, GetDiagnosticsOutcome>({
  name: 'getDiagnostics',
  priority: 'BULK',
  effect: jobEffect(({ fileName }) => fileName !== undefined),
  redact: (input, request) => {
    const location = maskLocation(input.location);
    return { input: { ...input, location }, request: { ...(request as object), location } }; // made by our own adapter
  },
});
