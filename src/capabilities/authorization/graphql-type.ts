import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { authorizationKey } from './key.ts';
import { type AllowedPlace, type Decision, foldToken, type Token } from './model.ts';
import type { WeeklyHours, WeeklySpan } from './weekly-hours.ts';

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
    NOT_AT_THIS_LOCATION: 'It may charge, but not here. Blocked on the wire, with an expiry of a minute.',
    NOT_AT_THIS_TIME: 'It may charge, but not now. Blocked on the wire, with an expiry of a minute.',
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
  PLACE_NOT_ALLOWED: 'The token, or its group, is limited to other charge points or connectors.',
  CHARGE_POINT_RESTRICTED: 'The charge point is limited to other groups.',
  TIME_NOT_ALLOWED: 'It is outside the hours of the token or its group.',
  RESERVED_FOR_OTHER: 'The connector is reserved for another token and group.',
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
    cacheUntil: t.expose('cacheUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the charge point may remember the answer; null: until `validUntil`.',
    }),
    groupId: t.exposeString('groupId', { nullable: true, description: 'The group of the token (parentIdTag).' }),
  }),
});

type TokenLoader = DataLoader<string, Token | null>;

/** One loader a request: all that one tick asks for is one read. */
function loaderOf(
  context: HubContext,
  loaders: WeakMap<HubContext, TokenLoader>,
  read: (tenantId: string, keys: readonly string[]) => Promise<readonly Token[]>,
  keyOf: (token: Token) => string,
): TokenLoader {
  const known = loaders.get(context);
  if (known !== undefined) return known;
  const loader: TokenLoader = new DataLoader(
    async (keys) => {
      const found = await read(context.principal.tenantId, keys);
      const byKey = new Map(found.map((token) => [keyOf(token), token]));
      return keys.map((wanted) => byKey.get(wanted) ?? null);
    },
    { maxBatchSize: 500, cache: false }, // a subscription's context outlives many changes
  );
  loaders.set(context, loader);
  return loader;
}

const byId = new WeakMap<HubContext, TokenLoader>();
const byValue = new WeakMap<HubContext, TokenLoader>();

/** A token of the caller's tenant by hub id; null when there is none. */
const loadToken = (context: HubContext, id: string): Promise<Token | null> =>
  loaderOf(context, byId, context.use(authorizationKey).findMany, ({ _id }) => _id).load(id);

/** A token of the caller's tenant by its value in any letter case; null when there is none. */
export const loadTokenByValue = (context: HubContext, value: string): Promise<Token | null> =>
  loaderOf(context, byValue, context.use(authorizationKey).findManyByValue, ({ valueKey }) => valueKey).load(
    foldToken(value),
  );

const TokenPlaceRef = builder.objectRef<AllowedPlace>('TokenPlace').implement({
  description: 'A charge point at which a token is allowed.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'Which one; null when it was deleted.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    connectorIds: t.field({
      type: ['Int'],
      nullable: true,
      description: 'OCPP numbers of the connectors; null: all of them.',
      resolve: ({ connectorIds }) => (connectorIds === undefined ? null : [...connectorIds]),
    }),
  }),
});

/** Days of the week, as the API shows them. */
export const WeekdayEnum = enumType('Weekday', 'A day of the week.', {
  MONDAY: 'Monday.',
  TUESDAY: 'Tuesday.',
  WEDNESDAY: 'Wednesday.',
  THURSDAY: 'Thursday.',
  FRIDAY: 'Friday.',
  SATURDAY: 'Saturday.',
  SUNDAY: 'Sunday.',
});

const WeeklySpanRef = builder.objectRef<WeeklySpan>('WeeklySpan').implement({
  description: 'A part of some days. One that ends at or before its beginning ends on the next day.',
  fields: (t) => ({
    days: t.field({
      type: [WeekdayEnum],
      description: 'The days on which it begins.',
      resolve: ({ days }) => [...days],
    }),
    from: t.exposeString('from', { description: 'HH:MM; belongs to it.' }),
    to: t.exposeString('to', { description: 'HH:MM or 24:00; does not belong to it.' }),
  }),
});

const WeeklyHoursRef = builder.objectRef<WeeklyHours>('WeeklyHours').implement({
  description: 'Hours that come back each week.',
  fields: (t) => ({
    timeZone: t.exposeString('timeZone', { description: 'By the clocks of this IANA time zone.' }),
    spans: t.field({
      type: [WeeklySpanRef],
      description: 'Within any of these.',
      resolve: ({ spans }) => [...spans],
    }),
  }),
});

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
      description:
        'Tokens with the same group may stop each other’s transactions (parentIdTag). A token that others name as their group is told with itself as its group.',
    }),
    group: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token whose value is `groupId`; null when none is stored.',
      resolve: ({ groupId }, _args, context) => (groupId === undefined ? null : loadTokenByValue(context, groupId)),
    }),
    allowConcurrent: t.exposeInt('allowConcurrent', {
      nullable: true,
      description: 'How many transactions may run with it at once; null: any number.',
    }),
    allowedAt: t.field({
      type: [TokenPlaceRef],
      nullable: true,
      description: 'Refused elsewhere, and so are the tokens of which it is the group; null: allowed everywhere.',
      resolve: ({ allowedAt }) => (allowedAt === undefined ? null : [...allowedAt]),
    }),
    allowedHours: t.expose('allowedHours', {
      type: WeeklyHoursRef,
      nullable: true,
      description: 'Refused at other times, and so are the tokens of which it is the group; null: always allowed.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'For people.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made known to the hub.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Last change.' }),
    version: t.exposeInt('version', { description: 'Goes up with every change; pass as `ifVersion`.' }),
  }),
});
