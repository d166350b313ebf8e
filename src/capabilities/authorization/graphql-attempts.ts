import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { AuthorizationStatusEnum, loadTokenByValue, TokenDecisionRef, TokenRef } from './graphql-type.ts';
import { authorizationKey } from './key.ts';
import type { AttemptFilter, AuthorizationAttempt } from './model.ts';

/** How many values a list in a filter may have. */
const filterListMax = 500;

const AuthorizationPurposeEnum = enumType('AuthorizationPurpose', 'Why a token was presented.', {
  AUTHORIZE: 'The charge point asked about it (Authorize), to start or to stop.',
  START: 'A transaction began with it (StartTransaction).',
  STOP: 'A transaction was stopped with it (StopTransaction).',
});

const AuthorizationAttemptRef = builder.objectRef<AuthorizationAttempt>('AuthorizationAttempt').implement({
  description:
    'One look at a token that was presented, and the answer. A start or stop that is repeated is one attempt. Kept for HUB_AUTHORIZATION_ATTEMPT_RETENTION_DAYS.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Where; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorId: t.exposeInt('connectorId', {
      nullable: true,
      description: 'OCPP number of the connector; null when that was not said.',
    }),
    tokenValue: t.exposeString('tokenValue', { description: 'As received (idTag), cut off after 255 characters.' }),
    token: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token as it is now; null when the hub does not know it.',
      resolve: ({ tokenValue }, _args, context) => loadTokenByValue(context, tokenValue),
    }),
    purpose: t.expose('purpose', { type: AuthorizationPurposeEnum, description: 'Why it was presented.' }),
    decision: t.expose('decision', { type: TokenDecisionRef, description: 'What the hub answered, and why.' }),
    latencyMs: t.exposeInt('latencyMs', {
      description: 'From the arrival of the message to the decision, in milliseconds.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the message arrived.' }),
  }),
});

const AuthorizationAttemptConnection = connectionType(AuthorizationAttemptRef, {
  counted: false,
  scope: 'ID_TAGS_READ',
});

const AuthorizationAttemptFilterInput = builder.inputType('AuthorizationAttemptFilterInput', {
  description: 'Which attempts. A list means any of its values, at most 500; all given conditions must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    tokenValues: t.stringList({ description: 'With these tokens, known or not, in any letter case.' }),
    purposes: t.field({ type: [AuthorizationPurposeEnum], description: 'For these purposes.' }),
    statuses: t.field({ type: [AuthorizationStatusEnum], description: 'Answered like this.' }),
    at: t.field({ type: TimeRangeInput, description: 'Arrived in this span.' }),
  }),
});

type FilterInput = typeof AuthorizationAttemptFilterInput.$inferInput | null | undefined;

/** The filter of the input, with what the place in the graph says. */
function attemptFilter(input: FilterInput, own: AttemptFilter = {}): AttemptFilter {
  const { chargePointIds, tokenValues, purposes, statuses, at } = input ?? {};
  if ([chargePointIds, tokenValues, purposes, statuses].some((list) => (list?.length ?? 0) > filterListMax)) {
    throw new HubError('BAD_REQUEST', `a list in a filter has at most ${filterListMax} values`);
  }
  return {
    chargePointIds: chargePointIds?.map(({ id }) => id),
    tokenValues: tokenValues ?? undefined,
    purposes: purposes ?? undefined,
    statuses: statuses ?? undefined,
    at: timeRange(at),
    ...own,
  };
}

const page = ({ principal, use }: HubContext, args: Parameters<typeof connection>[0], filter: AttemptFilter) =>
  connection(args, { fetch: (request) => use(authorizationKey).listAttempts(principal.tenantId, filter, request) });

builder.queryField('authorizationAttempts', (t) =>
  t.connection(
    {
      type: AuthorizationAttemptRef,
      nullable: true,
      description: 'Which tokens were presented, and what was answered; newest first.',
      args: { filter: t.arg({ type: AuthorizationAttemptFilterInput, description: 'All when absent.' }) },
      resolve: (_root, args, context) => page(context, args, attemptFilter(args.filter)),
    },
    AuthorizationAttemptConnection,
  ),
);

builder.objectField(TokenRef, 'authorizationAttempts', (t) =>
  t.connection(
    {
      type: AuthorizationAttemptRef,
      nullable: true,
      description: 'Where it was presented, and what was answered; newest first.',
      resolve: ({ value }, args, context) => page(context, args, { tokenValues: [value] }),
    },
    AuthorizationAttemptConnection,
  ),
);

builder.objectField(ChargePointRef, 'authorizationAttempts', (t) =>
  t.connection(
    {
      type: AuthorizationAttemptRef,
      nullable: true,
      description: 'Which tokens were presented here, and what was answered; newest first.',
      resolve: ({ _id }, args, context) => page(context, args, { chargePointIds: [_id] }),
    },
    AuthorizationAttemptConnection,
  ),
);
