import type { Capability } from '../capability.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { JobOperations } from '../jobs/index.ts';
import { type GetDiagnosticsInput, getDiagnostics } from './commands.ts';
import './graphql.ts';
import { diagnosticsKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';

/** Diagnostics: jobs that begin with GetDiagnostics and live by DiagnosticsStatusNotification. */
export function createDiagnostics({
  commands,
  jobs,
}: {
  commands: Pick<CommandOperations, 'register'>;
  jobs: Pick<JobOperations, 'begin' | 'answer' | 'fail' | 'report'>;
}): Capability<Record<never, never>> {
  commands.register(getDiagnostics, {
    async issued({ _id: commandId, tenantId, chargePointId, input, requestedAt, deadlineAt }) {
      const { jobId, effectWithinMs: _, ...asked } = input as unknown as GetDiagnosticsInput; // of this very operation
      await jobs.begin({
        _id: jobId,
        kind: 'DIAGNOSTICS',
        tenantId,
        chargePointId,
        commandId,
        ...asked,
        requestedAt,
        deadlineAt,
      });
    },
    answered: ({ fileName }, command) =>
      jobs.answer(command, String(command.input['jobId']), fileName === undefined ? { nothing: true } : { fileName }),
    failed: (command) => jobs.fail(command, String(command.input['jobId'])),
  });
  return { key: diagnosticsKey, operations: {}, adapters: [ocpp16(jobs)], indexes: {} };
}
