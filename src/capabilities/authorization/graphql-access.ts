import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { NotFoundError } from '../../kernel/errors.ts';
import {
  type ChargePoint,
  ChargePointRef,
  ChargePointReferenceInput,
  chargePointReference,
  chargePointsKey,
} from '../charge-points/index.ts';
import { authorizationKey } from './key.ts';

const loaders = new WeakMap<HubContext, DataLoader<string, readonly string[] | null>>();

/** The groups that a charge point is limited to; null when it is for everybody. All that one tick asks for is one read. */
function loadGroups(context: HubContext, chargePointId: string): Promise<readonly string[] | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(authorizationKey).findLimits(context.principal.tenantId, ids);
        const byId = new Map(found.map(({ _id, groupIds }) => [_id, groupIds]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false }, // a subscription's context outlives many changes
    );
    loaders.set(context, loader);
  }
  return loader.load(chargePointId);
}

builder.objectField(ChargePointRef, 'allowedGroupIds', (t) =>
  t.field({
    type: ['String'],
    nullable: true,
    description: 'Only tokens of these groups may charge here, and the tokens that are the groups; null: everybody.',
    resolve: async ({ _id }, _args, context) => {
      const groupIds = await loadGroups(context, _id);
      return groupIds && [...groupIds];
    },
  }),
);

const LimitPayload = builder
  .objectRef<{ readonly chargePoint: ChargePoint }>('LimitChargePointToGroupsPayload')
  .implement({
    description: 'A charge point whose limit was set.',
    fields: (t) => ({
      chargePoint: t.expose('chargePoint', { type: ChargePointRef, description: 'The charge point.' }),
    }),
  });

resultMutation('limitChargePointToGroups', {
  scope: 'ID_TAGS_WRITE',
  description:
    'Makes a charge point private: only tokens of these groups may charge there, others are answered Blocked. Running transactions go on.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    groupIds: t.stringList({
      description:
        'Groups (parentIdTag), 1 to 100 of 1 to 20 characters, in any letter case. For everybody when null or absent.',
    }),
  }),
  payload: LimitPayload,
  errors: [NotFoundError],
  resolve: async (input, { principal, use }) => {
    const chargePoint = await use(chargePointsKey).get(principal.tenantId, chargePointReference(input.chargePoint));
    await use(authorizationKey).limitChargePoint(principal.tenantId, chargePoint._id, input.groupIds ?? null);
    return { chargePoint };
  },
});
