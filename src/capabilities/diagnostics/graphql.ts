import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { type CommandWarning, commandMutation } from '../commands/index.ts';
import { JobRef, jobsKey, jobWarnings, loadJob, transferProtocolsKey } from '../jobs/index.ts';
import { provisioningKey } from '../provisioning/index.ts';
import { getDiagnostics } from './commands.ts';

commandMutation({
  definition: getDiagnostics,
  scope: 'FIRMWARE_WRITE',
  description:
    'Lets a charge point upload its diagnostics (OCPP 1.6 GetDiagnostics). FINISHED when they are uploaded, or at once when it names no file because there is nothing to upload; EFFECT_MISSING when the job ended otherwise or after 20 days: see `job`.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    location: t.string({
      required: true,
      description:
        'URL of a folder, sent as it is; the hub is not the file server and masks credentials wherever it shows it.',
    }),
    retries: t.int({ description: 'Repeats after the first try; left out, the charge point decides.' }),
    retryIntervalSeconds: t.int({
      description: 'Time between two tries, in seconds; left out, the charge point decides.',
    }),
    startTime: t.field({ type: 'DateTime', description: 'Oldest instant of interest; left out: no bound.' }),
    stopTime: t.field({ type: 'DateTime', description: 'Newest instant of interest; left out: no bound.' }),
  }),
  resolve: async (given, context) => {
    const { chargePoint, location, retries, retryIntervalSeconds, startTime, stopTime } = given;
    const target = await targetOf(context, chargePoint);
    const owner = { tenantId: target.tenantId, chargePointId: target._id };
    const asked = {
      location,
      ...(typeof retries === 'number' && { retries }),
      ...(typeof retryIntervalSeconds === 'number' && { retryIntervalSeconds }),
      ...(startTime instanceof Date && { startTime }),
      ...(stopTime instanceof Date && { stopTime }),
    };
    const [open, [protocols]] = await Promise.all([
      context.use(jobsKey).findOpen(owner, 'DIAGNOSTICS'),
      context.use(provisioningKey).configuration(owner, [transferProtocolsKey]),
    ]);
    return {
      target,
      asked,
      input: { ...context.use(jobsKey).plan(asked), ...asked },
      warnings: [...spanWarnings(asked), ...jobWarnings({ ...asked, protocols: protocols?.value, open })],
    };
  },
  fields: (t) => ({
    location: t.string({
      description: 'URL of the folder; credentials masked.',
      resolve: (command) => String(command.input['location']),
    }),
    fileName: t.string({
      nullable: true,
      description:
        'The file that the charge point uploads; null until it answered, and when there is nothing to upload.',
      resolve: (command) => {
        const fileName = command.outcome?.['fileName'];
        return typeof fileName === 'string' ? fileName : null;
      },
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: 'The upload, with its verdict.',
      resolve: (command, _args, context) => loadJob(context, String(command.input['jobId'])),
    }),
  }),
});

function spanWarnings({ startTime, stopTime }: { startTime?: Date; stopTime?: Date }): CommandWarning[] {
  if (startTime === undefined || stopTime === undefined || startTime <= stopTime) return [];
  return [
    { code: 'START_AFTER_STOP', message: 'startTime is after stopTime: nothing lies between', path: 'input.startTime' },
  ];
}
