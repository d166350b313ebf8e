import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { healthKey } from './key.ts';
import type { Health, HealthCheck } from './operations.ts';

const HealthStatusEnum = enumType('HealthStatus', 'Whether something can do its work.', {
  OK: 'It works.',
  DEGRADED: 'It works, slowly.',
  DOWN: 'It does not. Charge points keep their sockets and repeat what was not confirmed.',
});

const HealthCheckRef = builder.objectRef<HealthCheck>('HealthCheck').implement({
  description: 'One part of the hub and how it does.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Which part, e.g. `database`.' }),
    status: t.expose('status', { type: HealthStatusEnum, description: 'How it does.' }),
    latencyMs: t.exposeFloat('latencyMs', { nullable: true, description: 'A round trip to it, in milliseconds.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What is wrong, for people.' }),
  }),
});

const HealthRef = builder.objectRef<Health>('Health').implement({
  description: 'The hub process that answers, and how it does. The HTTP path `/health` tells the same with 200 or 503.',
  fields: (t) => ({
    status: t.expose('status', { type: HealthStatusEnum, description: 'As bad as the worst part.' }),
    version: t.exposeString('version', { description: 'Version of the hub.' }),
    instance: t.exposeString('instance', { description: 'Name of this life of this hub process.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    eventRetentionSeconds: t.exposeInt('eventRetentionSeconds', {
      description: 'How far back events can be replayed, in seconds.',
    }),
    connectedChargePoints: t.exposeInt('connectedChargePoints', {
      description: 'Charge points whose socket this process holds.',
    }),
    checks: t.field({ type: [HealthCheckRef], description: 'The parts.', resolve: ({ checks }) => [...checks] }),
  }),
});

builder.queryField('health', (t) =>
  t.field({
    type: HealthRef,
    description: 'How the hub does.',
    resolve: (_root, _args, { use }) => use(healthKey).health(),
  }),
);
