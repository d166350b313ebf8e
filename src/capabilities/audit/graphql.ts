import { builder } from '../../graphql/builder.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { ActorRef } from '../access/index.ts';
import { auditKey } from './key.ts';
import type { AuditEntry } from './model.ts';

/** How many values a list in a filter may have. */
const filterListMax = 100;

const AuditEntryRef = builder.objectRef<AuditEntry>('AuditEntry');

builder.node(AuditEntryRef, {
  ...needs('TENANT_ADMIN'),
  description: 'A mutation that somebody called, and what came of it.',
  id: { resolve: ({ _id }) => _id },
  loadMany: async (ids: string[], { principal, use }) => {
    const found = await use(auditKey).findMany(principal.tenantId, ids);
    return ids.map((id) => found.find(({ _id }) => _id === id) ?? null);
  },
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
    actor: t.expose('actor', { type: ActorRef, description: 'Who called it.' }),
    operation: t.exposeString('operation', { description: 'Name of the mutation.' }),
    outcome: t.exposeString('outcome', { description: 'OK, or the code of the failure.' }),
    input: t.expose('input', {
      ...needs('ID_TAGS_READ'),
      type: 'JSON',
      nullable: true,
      description: 'What was asked; secrets are left out, long parts cut.',
    }),
    remoteAddress: t.exposeString('remoteAddress', { nullable: true, description: 'Where the request came from.' }),
    requestId: t.exposeString('requestId', { description: 'Finds the request in the log of the hub.' }),
  }),
});

const AuditEntryConnection = connectionType(AuditEntryRef, { counted: false, scope: 'TENANT_ADMIN' });

const AuditFilterInput = builder.inputType('AuditFilterInput', {
  description: 'Which entries; a list means any of its values, at most 100; all given conditions must hold.',
  fields: (t) => ({
    operations: t.stringList({ description: 'Of these mutations.' }),
    actorIds: t.stringList({ description: 'By these credentials or subjects.' }),
    at: t.field({ type: TimeRangeInput, description: 'In this span.' }),
  }),
});

builder.queryField('auditEntries', (t) =>
  t.connection(
    {
      type: AuditEntryRef,
      nullable: true,
      description: 'Who called which mutation, newest first.',
      args: { filter: t.arg({ type: AuditFilterInput, description: 'Default: all.' }) },
      resolve: (_root, args, { principal, use }) =>
        connection(args, {
          fetch: (page) =>
            use(auditKey).page(
              principal.tenantId,
              {
                operations: args.filter?.operations?.slice(0, filterListMax),
                actorIds: args.filter?.actorIds?.slice(0, filterListMax),
                at: timeRange(args.filter?.at),
              },
              page,
            ),
        }),
    },
    AuditEntryConnection,
  ),
);
