import { type Adapter, adapter, receives, sends } from '../../gateway/adapter.ts';
import { wordMap } from '../../kernel/words.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { FirmwareStatusNotification, UpdateFirmware } from '../../ocpp/v16/index.ts';
import type { JobOperations, ReportedStatus } from '../jobs/index.ts';
import { updateFirmware } from './commands.ts';

/** OCPP 1.6 §7.25. */
const statusWords = wordMap({
  Idle: 'IDLE',
  Downloading: 'TRANSFERRING',
  Downloaded: 'TRANSFERRED',
  DownloadFailed: 'FAILED_TRANSFER',
  Installing: 'INSTALLING',
  Installed: 'SUCCEEDED',
  InstallationFailed: 'FAILED_INSTALL',
} satisfies Record<string, ReportedStatus>);

/** OCPP 1.6 words of firmware. */
export const ocpp16 = (jobs: Pick<JobOperations, 'report'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(FirmwareStatusNotification, async ({ status }, { chargePoint, receivedAt }) => {
        await jobs.report({ tenantId: chargePoint.tenantId, chargePointId: chargePoint.id }, 'FIRMWARE', {
          status: statusWords.toModel(status),
          wireStatus: status,
          at: receivedAt,
        });
        return {};
      }),
    ],
    sends: [
      sends(updateFirmware, UpdateFirmware, {
        toRequest: ({ location, retrieveDate, retries, retryIntervalSeconds }) => ({
          location,
          retrieveDate: formatTimestamp(retrieveDate),
          ...(retries !== undefined && { retries }),
          ...(retryIntervalSeconds !== undefined && { retryInterval: retryIntervalSeconds }),
        }),
        toOutcome: () => ({}),
      }),
    ],
  });
