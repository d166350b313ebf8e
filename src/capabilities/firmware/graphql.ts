import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation } from '../commands/index.ts';
import { JobRef, jobsKey, jobWarnings, loadJob, transferProtocolsKey } from '../jobs/index.ts';
import { provisioningKey } from '../provisioning/index.ts';
import { updateFirmware } from './commands.ts';
import { firmwareKey } from './key.ts';

commandMutation({
  definition: updateFirmware,
  scope: 'FIRMWARE_WRITE',
  description:
    'Lets a charge point fetch and install firmware (OCPP 1.6 UpdateFirmware). Its answer only means that it heard; FINISHED when the firmware is installed, EFFECT_MISSING when the job ended otherwise or after 20 days: see `job`. The hub never sends it again by itself.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    location: t.string({
      required: true,
      description:
        'URL of the firmware, sent as it is; the hub does not fetch it and masks credentials wherever it shows it.',
    }),
    retrieveDate: t.field({
      type: 'DateTime',
      required: true,
      description: 'The charge point may fetch it from then on; any instant.',
    }),
    retries: t.int({ description: 'Repeats after the first try; left out, the charge point decides.' }),
    retryIntervalSeconds: t.int({
      description: 'Time between two tries, in seconds; left out, the charge point decides.',
    }),
  }),
  resolve: async ({ chargePoint, location, retrieveDate, retries, retryIntervalSeconds }, context) => {
    const target = await targetOf(context, chargePoint);
    const owner = { tenantId: target.tenantId, chargePointId: target._id };
    const asked = {
      location,
      retrieveDate,
      ...(typeof retries === 'number' && { retries }),
      ...(typeof retryIntervalSeconds === 'number' && { retryIntervalSeconds }),
    };
    const [open, [protocols]] = await Promise.all([
      context.use(jobsKey).findOpen(owner, 'FIRMWARE'),
      context.use(provisioningKey).configuration(owner, [transferProtocolsKey]),
    ]);
    return {
      target,
      asked,
      input: { ...context.use(jobsKey).plan({ ...asked, notBefore: retrieveDate }), ...asked },
      warnings: [
        ...context.use(firmwareKey).warnings(retrieveDate),
        ...jobWarnings({ ...asked, protocols: protocols?.value, open }),
      ],
    };
  },
  fields: (t) => ({
    location: t.string({
      description: 'URL of the firmware; credentials masked.',
      resolve: (command) => String(command.input['location']),
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: 'The update, with its verdict.',
      resolve: (command, _args, context) => loadJob(context, String(command.input['jobId'])),
    }),
  }),
});
