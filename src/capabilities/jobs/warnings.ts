import { schemeOf } from '../../kernel/locations.ts';
import type { CommandWarning } from '../commands/index.ts';
import type { Job } from './model.ts';

/** The setting of a charge point that names the schemes it can fetch from and upload to. Errata v4.0. */
export const transferProtocolsKey = 'SupportedFileTransferProtocols';

/**
 * What is unwise in a request for a job, as far as the hub knows. OUT-1. `protocols` is the charge point's setting of that
 * name, when it is known.
 */
export function jobWarnings({
  location,
  retries,
  retryIntervalSeconds,
  protocols,
  open,
}: {
  location: string;
  retries?: number | undefined;
  retryIntervalSeconds?: number | undefined;
  protocols?: string | undefined;
  open?: Job | undefined;
}): CommandWarning[] {
  const scheme = schemeOf(location);
  const known = protocols?.split(',').map((protocol) => protocol.trim().toLowerCase());
  return [
    ...(known === undefined || (scheme !== undefined && known.includes(scheme))
      ? []
      : [
          {
            code: 'TRANSFER_PROTOCOL_UNSUPPORTED',
            message: `the charge point says that it can transfer files by ${protocols} only`,
            path: 'input.location',
          },
        ]),
    ...negative('RETRIES_NEGATIVE', 'input.retries', retries),
    ...negative('RETRY_INTERVAL_NEGATIVE', 'input.retryIntervalSeconds', retryIntervalSeconds),
    ...(open === undefined
      ? []
      : [
          {
            code: 'JOB_OPEN',
            message: `another job of this kind is ${open.status}; reports name no job, so they count for the newest`,
            path: 'input.chargePoint',
          },
        ]),
  ];
}

const negative = (code: string, path: string, value: number | undefined): CommandWarning[] =>
  value !== undefined && value < 0 ? [{ code, message: 'a negative number means nothing', path }] : [];
