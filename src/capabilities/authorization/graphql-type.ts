import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { authorizationKey } from './key.ts';
import type { Decision, Token } from './model.ts';

export const TokenStatusEnum = enumType('TokenStatus', 'What the operator says of a token.', {
  ACTIVE: 'May charge, within its validity.',
  BLOCKED: 'Must not charge; if it is the group of others, they must not either.',
  INVALID: 'Known, and never to be accepted.',
});

/** The answers about a token, as the API shows them. */
export const AuthorizationStatusEnum = enumType(
  'AuthorizationStatus',
  'What the hub answers about a token that is presented. OCPP 1.6 §7.2.',
  {
    ACCEPTED: 'It may charge.',
    BLOCKED: 'It, or its group, is blocked.',
    EXPIRED: 'Its validity is over.',
    INVALID: 'It is unknown, not valid yet, or marked invalid.',
    CONCURRENT_TX: 'As many transactions run with it as are allowed. Only in answer to a start.',
  },
);

const AuthorizationReasonEnum = enumType('AuthorizationReason', 'The rule that decided about a token.', {
  TOKEN_ACCEPTED: 'Nothing speaks against it.',
  TOKEN_UNKNOWN: 'The hub does not know it.',
  TOKEN_BLOCKED: 'It is blocked.',
  GROUP_BLOCKED: 'The token that is its group is blocked.',
  TOKEN_INVALID: 'It is marked invalid.',
  TOKEN_NOT_YET_VALID: 'Its validity has not begun.',
  TOKEN_EXPIRED: 'Its validity is over.',
  TOKEN_IN_USE: 'As many transactions run with it as are allowed.',
});

/** A decision, as the API shows it. */
export const TokenDecisionRef = builder.objectRef<Decision>('TokenDecision').implement({
  description: 'What the hub answered about a token.',
  fields: (t) => ({
    status: t.expose('status', { type: AuthorizationStatusEnum, description: 'The answer.' }),
    reason: t.expose('reason', { type: AuthorizationReasonEnum, description: 'Why.' }),
    validUntil: t.expose('validUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'When the token expires (expiryDate); null when never.',
    }),
    groupId: t.exposeString('groupId', { nullable: true, description: 'The group of the token (parentIdTag).' }),
  }),
});

const loaders = new WeakMap<HubContext, DataLoader<string, Token | null>>();

/** A token of the caller's tenant by hub id; null when there is none. All that one tick asks for is one read. */
function loadToken(context: HubContext, id: string): Promise<Token | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(authorizationKey).findMany(context.principal.tenantId, ids);
        const byId = new Map(found.map((token) => [token._id, token]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false }, // a subscription's context outlives many changes
    );
    loaders.set(context, loader);
  }
  return loader.load(id);
}

/** A token. Other capabilities add their fields with `builder.objectField(TokenRef, …)`. */
export const TokenRef = builder.objectRef<Token>('Token');

builder.node(TokenRef, {
  ...needs('ID_TAGS_READ'),
  description: 'What identifies a driver at a charge point: an RFID card, an app account, a contract.',
  id: { resolve: (token) => token._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadToken(context, id))),
  fields: (t) => ({
    value: t.exposeString('value', {
      description: 'OCPP calls it idTag. As first written; letter case does not matter when it is compared.',
    }),
    status: t.expose('status', { type: TokenStatusEnum, description: 'What the operator says of it.' }),
    validFrom: t.expose('validFrom', {
      type: 'DateTime',
      nullable: true,
      description: 'Refused before this instant; null: no beginning.',
    }),
    validUntil: t.expose('validUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Refused from this instant on (expiryDate); null: no end.',
    }),
    groupId: t.exposeString('groupId', {
      nullable: true,
      description: 'Tokens with the same group may stop each other’s transactions (parentIdTag).',
    }),
    group: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token whose value is `groupId`; null when none is stored.',
      resolve: ({ groupId }, _args, { principal, use }) =>
        groupId === undefined ? null : use(authorizationKey).find(principal.tenantId, { value: groupId }),
    }),
    allowConcurrent: t.exposeInt('allowConcurrent', {
      nullable: true,
      description: 'How many transactions may run with it at once; null: any number.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'For people.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made known to the hub.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Last change.' }),
    version: t.exposeInt('version', { description: 'Goes up with every change; pass as `ifVersion`.' }),
  }),
});
