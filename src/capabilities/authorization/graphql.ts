import type { InputFieldBuilder, InputShapeFromFields, InputShapeFromTypeParam } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput } from '../../graphql/time-range.ts';
import { ConflictError, HubError, NotFoundError, ValidationError, VersionConflictError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { TokenRef, TokenStatusEnum, WeekdayEnum } from './graphql-type.ts';
import { authorizationKey } from './key.ts';
import type { AllowedPlace, Token, TokenFilter } from './model.ts';
import type { TokenReference } from './operations.ts';

/** How many values a list in a filter may have. */
const filterListMax = 500;

const TokenRefInput = builder.inputType('TokenRefInput', {
  description: 'One token: by global id, or by its value.',
  isOneOf: true,
  fields: (t) => ({
    id: t.globalID({ for: [TokenRef], description: 'Global id.' }),
    value: t.string({ description: 'Its value, in any letter case.' }),
  }),
});

const TokenFilterInput = builder.inputType('TokenFilterInput', {
  description: 'Which tokens. A list means any of its values, at most 500; all given conditions must hold.',
  fields: (t) => ({
    values: t.stringList({ description: 'Of these values, in any letter case.' }),
    statuses: t.field({ type: [TokenStatusEnum], description: 'In these states.' }),
    groupIds: t.stringList({ description: 'Of these groups, letter case as stored.' }),
    updatedAt: t.field({ type: TimeRangeInput, description: 'Changed in this span; for synchronisation.' }),
  }),
});

const TokenOrderEnum = enumType('TokenOrder', 'The order of a list of tokens.', {
  VALUE: 'By value.',
  UPDATED_AT: 'Longest unchanged first; for synchronisation.',
});

const TokenConnection = connectionType(TokenRef, { counted: true, scope: 'ID_TAGS_READ' });

builder.queryField('token', (t) =>
  t.field({
    type: TokenRef,
    nullable: true,
    description: 'One token; null when there is none.',
    args: { by: t.arg({ type: TokenRefInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, { principal, use }) =>
      use(authorizationKey).find(principal.tenantId, tokenReference(by, 'by')),
  }),
);

builder.queryField('tokens', (t) =>
  t.connection(
    {
      type: TokenRef,
      nullable: true,
      description: 'Tokens.',
      args: {
        filter: t.arg({ type: TokenFilterInput, description: 'Default: all.' }),
        orderBy: t.arg({ type: TokenOrderEnum, defaultValue: 'VALUE', description: 'Default: by value.' }),
      },
      resolve: (_root, args, { principal, use }) => {
        const filter = tokenFilter(args.filter);
        const { list, count } = use(authorizationKey);
        return connection(args, {
          fetch: (page) => list(principal.tenantId, filter, args.orderBy ?? 'VALUE', page),
          count: (max) => count(principal.tenantId, filter, max),
        });
      },
    },
    TokenConnection,
  ),
);

const TokenPlaceInput = builder.inputType('TokenPlaceInput', {
  description: 'A charge point at which a token is allowed.',
  fields: (t) => ({
    chargePointId: t.globalID({ for: [ChargePointRef], required: true, description: 'Global id of the charge point.' }),
    connectorIds: t.intList({ description: 'Only these connectors, 1 to 100, numbered from 1; all when absent.' }),
  }),
});

const WeeklySpanInput = builder.inputType('WeeklySpanInput', {
  description: 'A part of some days. One that ends at or before its beginning ends on the next day.',
  fields: (t) => ({
    days: t.field({ type: [WeekdayEnum], required: true, description: 'The days on which it begins, 1 to 7.' }),
    from: t.string({ required: true, description: '00:00 to 23:59; belongs to it.' }),
    to: t.string({ required: true, description: '00:00 to 24:00; does not belong to it.' }),
  }),
});

const WeeklyHoursInput = builder.inputType('WeeklyHoursInput', {
  description: 'Hours that come back each week.',
  fields: (t) => ({
    timeZone: t.string({ required: true, description: 'IANA name, e.g. Europe/Berlin; its clocks count.' }),
    spans: t.field({ type: [WeeklySpanInput], required: true, description: 'Within any of these, 1 to 50.' }),
  }),
});

/** What may be said of a new token and of a change, beside its state. */
const ruleFields = (t: InputFieldBuilder<HubTypes, 'InputObject'>) => ({
  validFrom: t.field({ type: 'DateTime', description: 'Refused before this instant.' }),
  validUntil: t.field({ type: 'DateTime', description: 'Refused from this instant on.' }),
  groupId: t.string({
    description:
      'Its group (parentIdTag), 1 to 20 characters. A token whose value this is speaks for the group: blocked or limited, it blocks or limits all of them.',
  }),
  allowConcurrent: t.int({
    description: 'How many transactions may run with it at once, 1 to 10,000; any number when null or never given.',
  }),
  allowedAt: t.field({
    type: [TokenPlaceInput],
    description: 'Refused elsewhere; 1 to 500 charge points, each once. Everywhere when null or never given.',
  }),
  allowedHours: t.field({
    type: WeeklyHoursInput,
    description: 'Refused at other times. Always allowed when null or never given.',
  }),
  note: t.string({ description: 'For people, at most 1,000 characters.' }),
});

type RuleInput = InputShapeFromFields<ReturnType<typeof ruleFields>>;

const placesOf = (given: RuleInput['allowedAt']): readonly AllowedPlace[] | null | undefined =>
  given?.map(({ chargePointId, connectorIds }) => ({
    chargePointId: chargePointId.id,
    ...(connectorIds && { connectorIds }),
  })) ?? (given as null | undefined); // nothing else is left

const payload = (name: string, description: string, tokenDescription: string) =>
  builder.objectRef<{ readonly token: Token }>(name).implement({
    description,
    fields: (t) => ({ token: t.expose('token', { type: TokenRef, description: tokenDescription }) }),
  });

resultMutation('createToken', {
  scope: 'ID_TAGS_WRITE',
  description: 'Makes a token known. It is accepted from now on.',
  input: (t) => ({
    value: t.string({ required: true, description: '1 to 255 characters. OCPP 1.6 calls it idTag and means 20.' }),
    status: t.field({ type: TokenStatusEnum, description: 'Default: ACTIVE.' }),
    ...ruleFields(t),
  }),
  payload: payload('CreateTokenPayload', 'A new token.', 'As stored.'),
  errors: [ConflictError],
  resolve: async (input, { principal, use }) => ({
    token: await use(authorizationKey).create(principal.tenantId, {
      value: input.value,
      status: input.status ?? undefined,
      validFrom: input.validFrom ?? undefined,
      validUntil: input.validUntil ?? undefined,
      groupId: input.groupId ?? undefined,
      allowConcurrent: input.allowConcurrent ?? undefined,
      allowedAt: placesOf(input.allowedAt) ?? undefined,
      allowedHours: input.allowedHours ?? undefined,
      note: input.note ?? undefined,
    }),
  }),
});

resultMutation('updateToken', {
  scope: 'ID_TAGS_WRITE',
  description: 'Changes a token. A field that is absent stays, null clears it.',
  input: (t) => ({
    token: t.field({ type: TokenRefInput, required: true, description: 'Which one.' }),
    ifVersion: t.int({ description: 'Only if it still has this version.' }),
    status: t.field({ type: TokenStatusEnum, description: 'The new state; null changes nothing.' }),
    ...ruleFields(t),
  }),
  payload: payload('UpdateTokenPayload', 'A changed token.', 'As it is now.'),
  errors: [NotFoundError, VersionConflictError],
  resolve: async ({ token, ifVersion, status, allowedAt, ...change }, { principal, use }) => ({
    token: await use(authorizationKey).update(
      principal.tenantId,
      tokenReference(token),
      { ...change, allowedAt: placesOf(allowedAt), status: status ?? undefined },
      ifVersion ?? undefined,
    ),
  }),
});

resultMutation('deleteToken', {
  scope: 'ID_TAGS_WRITE',
  description: 'Forgets a token: it is unknown from now on. Its transactions stay.',
  input: (t) => ({
    token: t.field({ type: TokenRefInput, required: true, description: 'Which one.' }),
    ifVersion: t.int({ description: 'Only if it still has this version.' }),
  }),
  payload: payload('DeleteTokenPayload', 'A deleted token.', 'As it was.'),
  errors: [NotFoundError, VersionConflictError],
  resolve: async ({ token, ifVersion }, { principal, use }) => ({
    token: await use(authorizationKey).remove(principal.tenantId, tokenReference(token), ifVersion ?? undefined),
  }),
});

function tokenReference(
  input: { readonly id?: { readonly id: string } | null | undefined; readonly value?: string | null | undefined },
  path = 'input.token',
): TokenReference {
  if (input.id !== undefined && input.id !== null) return { id: input.id.id };
  if (typeof input.value === 'string') return { value: input.value };
  throw new ValidationError(path, 'give an id or a value');
}

function tokenFilter(input: InputShapeFromTypeParam<HubTypes, typeof TokenFilterInput, false>): TokenFilter {
  if (input === null || input === undefined) return {};
  const { values, statuses, groupIds, updatedAt } = input;
  if ([values, statuses, groupIds].some((list) => (list?.length ?? 0) > filterListMax)) {
    throw new HubError('BAD_REQUEST', `a list in a filter has at most ${filterListMax} values`);
  }
  return {
    values: values ?? undefined,
    statuses: statuses ?? undefined,
    groupIds: groupIds ?? undefined,
    updatedAt: { from: updatedAt?.from ?? undefined, to: updatedAt?.to ?? undefined },
  };
}
