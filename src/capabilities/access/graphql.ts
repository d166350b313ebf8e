import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { ConflictError, NotFoundError } from '../../kernel/errors.ts';
import { allScopes, apiScopes, type Principal } from '../../kernel/principal.ts';
import { ActorRef } from './graphql-actor.ts';
import { accessKey } from './key.ts';
import { type ApiKey, grantedScopes } from './model.ts';
import type { KeyWithSecret } from './operations.ts';

const ApiScopeEnum = enumType(
  'ApiScope',
  'What a credential is allowed. A scope that writes includes the one that reads the same things.',
  apiScopes,
);

const ViewerRef = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who asks, as the credential of the request says.',
  fields: (t) => ({
    actor: t.expose('actor', { type: ActorRef, description: 'The credential or person.' }),
    tenantId: t.exposeString('tenantId', { description: 'The tenant that everything here belongs to.' }),
    scopes: t.field({
      type: [ApiScopeEnum],
      description: 'What the credential is allowed, with what that includes.',
      resolve: ({ scopes }) => allScopes.filter((scope) => scopes.has(scope)),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the credential ends; open sockets are closed with 4403 then. Null: not by itself.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who asks, and what the credential is allowed.',
    resolve: (_root, _args, { principal }) => principal,
  }),
);

const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey');

builder.node(ApiKeyRef, {
  ...needs('TENANT_ADMIN'),
  description: 'A credential of a program. Its secret is shown once, when it is made.',
  id: { resolve: ({ _id }) => _id },
  loadMany: async (ids: string[], { principal, use }) => {
    const found = await use(accessKey).findMany(principal.tenantId, ids);
    return ids.map((id) => found.find(({ _id }) => _id === id) ?? null);
  },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'For people.' }),
    prefix: t.exposeString('prefix', { description: 'First characters of the secret, for recognition.' }),
    scopes: t.field({
      type: [ApiScopeEnum],
      description: 'What it was granted.',
      resolve: (key) => [...grantedScopes(key)],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    createdBy: t.expose('createdBy', {
      type: ActorRef,
      nullable: true,
      description: 'Who made it; null for keys of the command line of old.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When it ends by itself.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true, description: 'When somebody ended it.' }),
  }),
});

const ApiKeyConnection = connectionType(ApiKeyRef, { counted: false, scope: 'TENANT_ADMIN' });

builder.queryField('apiKeys', (t) =>
  t.connection(
    {
      type: ApiKeyRef,
      nullable: true,
      description: 'API keys, ended ones too, oldest first.',
      resolve: (_root, args, { principal, use }) =>
        connection(args, { fetch: (page) => use(accessKey).page(principal.tenantId, page) }),
    },
    ApiKeyConnection,
  ),
);

const withSecret = (name: string, description: string) =>
  builder.objectRef<KeyWithSecret>(name).implement({
    description,
    fields: (t) => ({
      apiKey: t.expose('key', { type: ApiKeyRef, description: 'As stored.' }),
      secret: t.exposeString('secret', {
        description: 'Give it in `Authorization: Bearer …`. Shown this once; only its hash is stored.',
      }),
    }),
  });

resultMutation('createApiKey', {
  description: 'Makes an API key. It can be allowed what the caller is allowed, no more.',
  scope: 'TENANT_ADMIN',
  input: (t) => ({
    name: t.string({ required: true, description: 'For people, 1 to 100 characters.' }),
    scopes: t.field({ type: [ApiScopeEnum], description: 'What it is allowed. Default: everything.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself. Default: never.' }),
  }),
  payload: withSecret('CreateApiKeyPayload', 'A new API key.'),
  errors: [],
  resolve: ({ name, scopes, expiresAt }, { principal, use }) =>
    use(accessKey).create(principal, { name, scopes: scopes ?? undefined, expiresAt: expiresAt ?? undefined }),
});

resultMutation('rotateApiKey', {
  description:
    'Makes a key of the same name and scopes; the old one ends when the overlap is over, so that programs can be moved one by one.',
  scope: 'TENANT_ADMIN',
  input: (t) => ({
    id: t.globalID({ for: [ApiKeyRef], required: true, description: 'The key to replace.' }),
    overlapSeconds: t.int({
      required: true,
      defaultValue: 86_400,
      description: 'How long the old key goes on, 0 to 2592000 (30 days).',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When the new key ends by itself. Default: never.' }),
  }),
  payload: withSecret('RotateApiKeyPayload', 'The new key.'),
  errors: [NotFoundError, ConflictError],
  resolve: ({ id, overlapSeconds, expiresAt }, { principal, use }) =>
    use(accessKey).rotate(principal, id.id, { overlapSeconds, expiresAt: expiresAt ?? undefined }),
});

const RevokePayload = builder.objectRef<{ readonly key: ApiKey }>('RevokeApiKeyPayload').implement({
  description: 'A key that is no more.',
  fields: (t) => ({ apiKey: t.expose('key', { type: ApiKeyRef, description: 'As it is now.' }) }),
});

resultMutation('revokeApiKey', {
  description: 'Ends a key at once; sockets that were opened with it are closed with 4403.',
  scope: 'TENANT_ADMIN',
  input: (t) => ({ id: t.globalID({ for: [ApiKeyRef], required: true, description: 'The key to end.' }) }),
  payload: RevokePayload,
  errors: [NotFoundError],
  resolve: async ({ id }, { principal, use }) => ({ key: await use(accessKey).revoke(principal.tenantId, id.id) }),
});
