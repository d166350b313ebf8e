import { type Adapter, adapter, receives, sends } from '../../gateway/adapter.ts';
import { wordMap } from '../../kernel/words.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { DiagnosticsStatusNotification, GetDiagnostics } from '../../ocpp/v16/index.ts';
import type { JobOperations, ReportedStatus } from '../jobs/index.ts';
import { getDiagnostics } from './commands.ts';

/** OCPP 1.6 §7.24. */
const statusWords = wordMap({
  Idle: 'IDLE',
  Uploading: 'TRANSFERRING',
  Uploaded: 'SUCCEEDED',
  UploadFailed: 'FAILED_TRANSFER',
} satisfies Record<string, ReportedStatus>);

/** OCPP 1.6 words of diagnostics. */
export const ocpp16 = (jobs: Pick<JobOperations, 'report'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(DiagnosticsStatusNotification, async ({ status }, { chargePoint, receivedAt }) => {
        await jobs.report({ tenantId: chargePoint.tenantId, chargePointId: chargePoint.id }, 'DIAGNOSTICS', {
          status: statusWords.toModel(status),
          wireStatus: status,
          at: receivedAt,
        });
        return {};
      }),
    ],
    sends: [
      sends(getDiagnostics, GetDiagnostics, {
        toRequest: ({ location, retries, retryIntervalSeconds, startTime, stopTime }) => ({
          location,
          ...(retries !== undefined && { retries }),
          ...(retryIntervalSeconds !== undefined && { retryInterval: retryIntervalSeconds }),
          ...(startTime !== undefined && { startTime: formatTimestamp(startTime) }),
          ...(stopTime !== undefined && { stopTime: formatTimestamp(stopTime) }),
        }),
        // an empty name is no name
        toOutcome: ({ fileName }) => (fileName === undefined || fileName.trim() === '' ? {} : { fileName }),
      }),
    ],
  });
