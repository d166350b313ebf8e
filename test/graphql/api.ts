import type { GraphQLSchema } from 'graphql';
import { eventStreamKey, eventType } from '../../src/capabilities/event-stream/index.ts';
import type { EventLog } from '../../src/events/event.ts';
import { builder } from '../../src/graphql/builder.ts';
import type { CapabilityKey } from '../../src/graphql/context.ts';
import { resultMutation } from '../../src/graphql/errors.ts';
import { liveStream } from '../../src/graphql/fan-out.ts';
import { createGraphqlServer, type GraphqlConfig, graphqlDefaults } from '../../src/graphql/server.ts';
import { dependsOnViewer } from '../../src/graphql/viewer.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { ConflictError, HubError, NotFoundError, VersionConflictError } from '../../src/kernel/errors.ts';
import type { Logger } from '../../src/kernel/log.ts';
import { allScopes, mayReadIdTags, type Principal } from '../../src/kernel/principal.ts';
import { DatabaseUnavailable } from '../../src/store/store.ts';
import { createGraphqlClient, type GraphqlClient } from '../support/graphql-client.ts';

/** The keys that the test server takes, and for whom. */
export const keys = {
  first: 'key-of-the-first-tenant',
  second: 'key-of-the-second-tenant',
  other: 'other-key-of-the-first-tenant',
  masked: 'key-that-may-not-read-tokens',
} as const;

const principals: ReadonlyMap<string, Principal> = new Map(
  [
    [keys.first, 'first', 'first'],
    [keys.second, 'second', 'second'],
    [keys.other, 'first', 'other'],
    [keys.masked, 'first', 'masked'],
  ].map(([key, tenantId, id]) => [
    String(key),
    {
      tenantId: String(tenantId),
      actor: { kind: 'API_KEY', id: String(id), name: String(id) },
      scopes: new Set(allScopes.filter((scope) => id !== 'masked' || !scope.startsWith('ID_TAGS'))),
    },
  ]),
);

/** What the hub logged. */
export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps what it is given. */
export function createLogKeeper(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = (bound: Record<string, unknown>): Logger => {
    const at = (level: string) => (fields: object, message?: string) => {
      lines.push({ level, fields: { ...bound, ...fields }, message: message ?? '' });
    };
    const levels = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, at(level)]));
    return { ...levels, child: (fields: Record<string, unknown>) => logger({ ...bound, ...fields }) } as Logger;
  };
  return { log: logger({}), lines };
}

/** Listeners of the live test stream. */
const hearers = new Set<(item: { sequence: number; text: string }) => void>();

/** Tells every live test subscription. */
export function tell(item: { sequence: number; text: string }): void {
  for (const hear of hearers) hear(item);
}

/** How many live test subscriptions listen. */
export const listeners = (): number => hearers.size;

/** An event that tells a text. */
export const textSaid = eventType({
  scope: 'EVENTS_READ',
  type: 'TEXT_SAID',
  name: 'TextSaid',
  description: 'Somebody said something.',
  fields: (t) => ({
    text: t.string({ description: 'What.', resolve: ({ data }) => String(data['text']) }),
  }),
});

const Item = builder.objectRef<{ sequence: number; text: string }>('LiveItem');
builder.objectType(Item, {
  description: 'A live item.',
  fields: (t) => ({
    sequence: t.exposeInt('sequence', { description: 'Number.' }),
    text: t.exposeString('text', { description: 'Text.' }),
    echo: t.string({
      description: 'Gives its argument back.',
      args: { text: t.arg.string({ required: true, description: 'What.' }) },
      resolve: (_item, { text }) => text,
    }),
    self: t.field({ type: Item, description: 'The item again.', resolve: (item) => item }),
    maybe: t.field({ type: Item, nullable: true, description: 'The item again, or null.', resolve: (item) => item }),
    list: t.field({ type: [Item], description: 'Twice the item.', resolve: (item) => [item, item] }),
    fails: t.string({
      description: 'Fails in an expected way.',
      resolve: () => {
        throw new HubError('CURSOR_EXPIRED', 'too old');
      },
    }),
    executions: t.int({
      description: 'How often this was executed.',
      resolve: () => {
        executions += 1;
        return 0;
      },
    }),
    marked: t.string({
      ...dependsOnViewer,
      description: 'Who asks.',
      resolve: (_item, _args, { principal }) => principal.actor.id,
    }),
    unmarked: t.string({
      description: 'Who asks, which nobody says.',
      resolve: async (_item, _args, { principal }) => principal.actor.id,
    }),
    masked: t.boolean({
      description: 'Whether tokens are masked.',
      resolve: (_item, _args, { principal }) => !mayReadIdTags(principal),
    }),
  }),
});

let executions = 0;
/** How often `LiveItem.executions` ran since the last time it was asked for. */
export function takeExecutions(): number {
  const count = executions;
  executions = 0;
  return count;
}

builder.queryFields((t) => ({
  hello: t.string({ description: 'Greets.', resolve: (_root, _args, { principal }) => `hello ${principal.tenantId}` }),
  requestId: t.string({ description: 'The id of the request.', resolve: (_root, _args, { requestId }) => requestId }),
  bug: t.string({
    description: 'Fails in an unexpected way.',
    resolve: () => {
      throw new Error('the secret detail');
    },
  }),
  known: t.string({
    description: 'Fails in an expected way.',
    resolve: () => {
      throw new HubError('CURSOR_EXPIRED', 'too old', { retryable: false });
    },
  }),
  away: t.string({
    description: 'Finds no database.',
    resolve: () => {
      throw new DatabaseUnavailable('no answer from 10.0.0.1');
    },
  }),
  never: t.string({ description: 'Never answers.', resolve: () => new Promise<string>(() => undefined) }),
}));

builder.subscriptionFields((t) => ({
  count: t.int({
    description: 'Counts from 1.',
    args: { to: t.arg.int({ required: true, description: 'The last number.' }) },
    subscribe: async function* (_root, { to }) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
    resolve: (n) => n,
  }),
  live: t.field({
    type: Item,
    description: 'Live items.',
    args: { wanted: t.arg.string({ description: 'A filter that lets everything pass.' }) },
    subscribe: () =>
      liveStream<{ sequence: number; text: string }>({
        capacity: 64,
        policy: 'dropOldest',
        subscribe: (hear) => {
          hearers.add(hear);
          return () => {
            hearers.delete(hear);
          };
        },
      }),
    resolve: (item) => item,
  }),
  breaks: t.int({
    description: 'Gives 1, then fails.',
    args: { expected: t.arg.boolean({ required: true, description: 'In an expected way.' }) },
    subscribe: async function* (_root, { expected }) {
      yield 1;
      throw expected ? new HubError('STREAM_LAGGED', 'too slow') : new Error('the secret detail');
    },
    resolve: (n) => n,
  }),
}));

const Payload = builder.objectRef<{ name: string }>('CreateThingPayload').implement({
  description: 'A thing.',
  fields: (t) => ({ name: t.exposeString('name', { description: 'Its name.' }) }),
});
resultMutation('createThing', {
  scope: 'CHARGE_POINTS_WRITE',
  description: 'Makes a thing.',
  input: (t) => ({ name: t.string({ required: true, description: 'Its name.' }) }),
  payload: Payload,
  errors: [ConflictError, VersionConflictError],
  resolve: async ({ name }) => {
    if (name === 'taken') throw new ConflictError('the name is taken');
    if (name === 'changed') throw new VersionConflictError('thing', 7);
    if (name === 'not declared') throw new NotFoundError('thing', name);
    if (name === 'bug') throw new Error('the secret detail');
    return { name };
  },
});

let built: GraphQLSchema | undefined;

/** A running server with the test schema. */
export interface TestApi {
  readonly port: number;
  readonly url: string;
  readonly lines: readonly LogLine[];
  /** A client; closed with the server. */
  client(key?: string): GraphqlClient;
  /** Groups of live subscriptions. */
  liveGroups(): number;
  close(): Promise<void>;
}

/** Starts the API on a free port. */
export async function startApi(
  options: { events?: EventLog; config?: Partial<GraphqlConfig>; healthy?: () => boolean | Promise<boolean> } = {},
): Promise<TestApi> {
  built ??= builder.toSchema();
  const { log, lines } = createLogKeeper();
  const server = createGraphqlServer({
    schema: built,
    authenticate: async (key) => {
      if (key === 'database-away') throw new Error('the database is away');
      return principals.get(key);
    },
    use: <Operations>(key: CapabilityKey<Operations>) => {
      if (key.name !== eventStreamKey.name || options.events === undefined)
        throw new Error(`${key.name} is not mounted`);
      return options.events as Operations;
    },
    audit: async () => undefined,
    healthy: options.healthy ?? (() => true),
    clock: systemClock,
    log,
    config: { ...graphqlDefaults, host: '127.0.0.1', port: 0, ...options.config },
  });
  const { port } = await server.listen();
  const clients: GraphqlClient[] = [];
  return {
    port,
    url: `http://127.0.0.1:${port}/graphql`,
    lines,
    liveGroups: server.liveGroups,
    client(key = keys.first) {
      const client = createGraphqlClient({ port, apiKey: key });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    },
  };
}

/** Waits until something holds; fails after ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
