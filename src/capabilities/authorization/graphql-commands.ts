import { enumType } from '../../graphql/enum.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { commandMutation, statusOf } from '../commands/index.ts';
import { clearCache } from './commands.ts';

const ClearCacheStatusEnum = enumType('ClearCacheStatus', 'Answer to ClearCache.', {
  ACCEPTED: 'The cache is empty.',
  REJECTED: 'It is not; also the answer of a charge point without a cache.',
});

commandMutation({
  definition: clearCache,
  scope: 'CONFIGURATION_WRITE',
  description: 'Makes a charge point forget its cached authorizations (OCPP 1.6 ClearCache). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
  }),
  resolve: async ({ chargePoint }, context) => ({ target: await targetOf(context, chargePoint), input: {} }),
  fields: (t) => ({
    status: t.field({
      type: ClearCacheStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'REJECTED']),
    }),
  }),
});
