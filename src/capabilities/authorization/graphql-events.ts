import { enumType } from '../../graphql/enum.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { eventType } from '../event-stream/index.ts';
import { type TokenChangeKind, tokenAuthorizedType, tokenChangedType } from './events.ts';
import { loadTokenByValue, TokenDecisionRef, TokenRef } from './graphql-type.ts';
import { authorizationKey } from './key.ts';
import type { Decision } from './model.ts';

eventType({
  scope: 'ID_TAGS_READ',
  type: tokenAuthorizedType,
  name: 'TokenAuthorized',
  description: 'A charge point asked about a token.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Where; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) =>
        chargePointId === undefined ? null : loadChargePoint(context, chargePointId),
    }),
    tokenValue: t.string({ description: 'As received.', resolve: ({ data }) => String(data['tokenValue']) }),
    token: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token as it is now; null when the hub does not know it.',
      resolve: ({ data }, _args, context) => loadTokenByValue(context, String(data['tokenValue'])),
    }),
    decision: t.field({
      type: TokenDecisionRef,
      description: 'What the hub answered.',
      resolve: ({ data }) => data['decision'] as Decision, // as this capability appended it
    }),
  }),
});

const TokenChangeKindEnum = enumType('TokenChangeKind', 'What was done to a token.', {
  CREATED: 'It was made known.',
  UPDATED: 'Some of its fields changed.',
  DELETED: 'It was forgotten.',
});

eventType({
  scope: 'ID_TAGS_READ',
  type: tokenChangedType,
  name: 'TokenChanged',
  description: 'A token was created, changed or deleted.',
  fields: (t) => ({
    tokenValue: t.string({ description: 'Its value (idTag).', resolve: ({ data }) => String(data['tokenValue']) }),
    token: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token as it is now; null when it was deleted.',
      resolve: ({ data }, _args, { principal, use }) =>
        use(authorizationKey).find(principal.tenantId, { id: String(data['tokenId']) }),
    }),
    change: t.field({
      type: TokenChangeKindEnum,
      description: 'What was done.',
      resolve: ({ data }) => data['change'] as TokenChangeKind, // as this capability appended it
    }),
    blocked: t.boolean({
      description: 'Whether it was blocked after the change, or before the deletion.',
      resolve: ({ data }) => data['blocked'] === true,
    }),
  }),
});
