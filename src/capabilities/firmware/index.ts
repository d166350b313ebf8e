import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import type { JobOperations } from '../jobs/index.ts';
import { type UpdateFirmwareInput, updateFirmware } from './commands.ts';
import './graphql.ts';
import { type FirmwareOperations, firmwareKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { retrieveDateWarnings } from './warnings.ts';

/** Charge points with the security extension refuse the unsigned update so. Whitepaper L01.FR.20. */
const signedOnly = {
  ocppErrorCode: 'NotSupported',
  text: 'a charge point with the security extension takes SignedUpdateFirmware only',
} as const;

/** Firmware updates: jobs that begin with UpdateFirmware and live by FirmwareStatusNotification and boots. */
export function createFirmware(
  { clock }: Pick<CapabilityDependencies, 'clock'>,
  {
    chargePoints,
    commands,
    jobs,
  }: {
    chargePoints: Pick<ChargePointOperations, 'find'>;
    commands: Pick<CommandOperations, 'register'>;
    jobs: Pick<JobOperations, 'begin' | 'answer' | 'fail' | 'report' | 'noteBoot'>;
  },
): Capability<FirmwareOperations> {
  commands.register(updateFirmware, {
    async issued({ _id: commandId, tenantId, chargePointId, input, requestedAt, deadlineAt }) {
      const { jobId, location, retrieveDate, retries, retryIntervalSeconds } = input as unknown as UpdateFirmwareInput; // of this very operation
      const firmwareVersionBefore = (await chargePoints.find(tenantId, chargePointId))?.boot?.firmwareVersion;
      await jobs.begin({
        _id: jobId,
        kind: 'FIRMWARE',
        tenantId,
        chargePointId,
        commandId,
        location,
        notBefore: retrieveDate,
        ...(retries !== undefined && { retries }),
        ...(retryIntervalSeconds !== undefined && { retryIntervalSeconds }),
        ...(firmwareVersionBefore !== undefined && { firmwareVersionBefore }),
        requestedAt,
        deadlineAt,
      });
    },
    answered: (_outcome, command) => jobs.answer(command, String(command.input['jobId']), {}),
    failed: (command) => jobs.fail(command, String(command.input['jobId']), signedOnly),
  });
  return {
    key: firmwareKey,
    operations: { warnings: (retrieveDate) => retrieveDateWarnings(retrieveDate, clock.now()) },
    adapters: [ocpp16(jobs)],
    indexes: {},
    reactions: {
      CHARGE_POINT_BOOTED: async ({ tenantId, chargePointId, receivedAt, data }) => {
        const { firmwareVersion, previousFirmwareVersion } = data;
        if (chargePointId === undefined || typeof firmwareVersion !== 'string') return;
        await jobs.noteBoot(
          { tenantId, chargePointId },
          {
            firmwareVersion,
            ...(typeof previousFirmwareVersion === 'string' && { previousFirmwareVersion }),
            at: receivedAt,
          },
        );
      },
    },
  };
}
