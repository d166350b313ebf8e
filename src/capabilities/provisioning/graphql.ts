import { builder } from '../../graphql/builder.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { provisioningKey } from './key.ts';
import { awaitsReboot, type ConfigurationKey, holdsSecret } from './model.ts';

const ConfigurationKeyRef = builder
  .objectRef<ConfigurationKey & { readonly rebootRequired: boolean }>('ConfigurationKey')
  .implement({
    description: 'A setting of a charge point as it last reported or accepted it. OCPP 1.6 §9.',
    fields: (t) => ({
      key: t.exposeString('key', { description: 'Its name, as the charge point spells it.' }),
      value: t.exposeString('value', {
        nullable: true,
        description: 'Its value; null when the charge point gave none, or when it is secret.',
      }),
      secret: t.boolean({
        description: 'Whether the value is a secret, which the hub never stores or shows.',
        resolve: ({ key }) => holdsSecret(key),
      }),
      readonly: t.exposeBoolean('readonly', {
        nullable: true,
        description: 'Whether it cannot be changed; null until the charge point reported it.',
      }),
      reportedAt: t.expose('reportedAt', { type: 'DateTime', description: 'When the hub learnt this.' }),
      rebootRequired: t.exposeBoolean('rebootRequired', {
        description: 'The charge point accepted this value for its next boot and has not booted since.',
      }),
    }),
  });

const keysMax = 500;

builder.objectField(ChargePointRef, 'configuration', (t) =>
  t.field({
    type: [ConfigurationKeyRef],
    description: 'Its settings by name, as last reported. `getConfiguration` asks the charge point itself.',
    args: { keys: t.arg.stringList({ description: 'Only these, in any letter case, at most 500; else all.' }) },
    resolve: async (chargePoint, { keys }, { principal: { tenantId }, use }) => {
      if ((keys?.length ?? 0) > keysMax) throw new HubError('BAD_REQUEST', `keys has at most ${keysMax} values`);
      const target = { tenantId, chargePointId: chargePoint._id };
      const found = await use(provisioningKey).configuration(target, keys ?? undefined);
      return found.map((key) => ({ ...key, rebootRequired: awaitsReboot(key, chargePoint) }));
    },
  }),
);
