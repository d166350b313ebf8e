import { type ExecutionResult, execute, type GraphQLSchema, parse, subscribe, validate } from 'graphql';
import { expect } from 'vitest';
import type { Bus } from '../../src/bus/bus.ts';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import type { Capability, CapabilityDependencies } from '../../src/capabilities/capability.ts';
import { createEventStream } from '../../src/capabilities/event-stream/index.ts';
import type { EventLog, StoredEvent } from '../../src/events/event.ts';
import { createEventLog } from '../../src/events/log.ts';
import { withReactions } from '../../src/events/reactions.ts';
import type { LinkedChargePoint } from '../../src/gateway/adapter.ts';
import { createDispatch } from '../../src/gateway/dispatch.ts';
import { builder } from '../../src/graphql/builder.ts';
import type { CapabilityKey, HubContext } from '../../src/graphql/context.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { allScopes, type Principal } from '../../src/kernel/principal.ts';
import * as v16 from '../../src/ocpp/v16/index.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { type QueryPlan, watchQueries } from './query-plans.ts';

/** Capabilities on a real database, without sockets: messages go in through dispatch, GraphQL through the schema. */
export interface CapabilityHub {
  readonly database: TestDatabase;
  readonly clock: ManualClock;
  readonly bus: Bus;
  readonly events: EventLog;
  readonly dependencies: CapabilityDependencies;
  /** Mounts capabilities and makes their indexes. */
  mount(...capabilities: readonly Capability[]): Promise<void>;
  /** Sends a CALL as the charge point and gives the payload of the answer; rejects with what would be the CALLERROR. */
  receive(
    chargePoint: LinkedChargePoint,
    action: string,
    payload: unknown,
    call?: { epoch?: number; messageId?: string; receivedAt?: Date },
  ): Promise<unknown>;
  /** A query or mutation as a caller of the tenant; throws when there are errors. */
  data<Data>(tenantId: string, text: string, variables?: Record<string, unknown>): Promise<Data>;
  /** The same, errors and all. */
  query(tenantId: string, text: string, variables?: Record<string, unknown>): Promise<ExecutionResult>;
  /** A subscription; ends with the loop that reads it. */
  subscribe<Data>(tenantId: string, text: string, variables?: Record<string, unknown>): AsyncGenerator<Data>;
  /** Every event of the tenant, in the order of the log. */
  told(tenantId: string, type?: string): Promise<StoredEvent[]>;
  /** How the queries of the capabilities since the last time were answered. */
  plans(): Promise<QueryPlan[]>;
  close(): Promise<void>;
}

const principal = (tenantId: string): Principal => ({
  tenantId,
  actor: { kind: 'API_KEY', id: `key of ${tenantId}`, name: tenantId },
  scopes: new Set(allScopes),
});

/** A hub of capabilities. Its clock stands still at 2026-06-01T12:00:00Z until moved. */
export async function createCapabilityHub(): Promise<CapabilityHub> {
  const database = await createTestDatabase();
  const clock = createManualClock('2026-06-01T12:00:00.000Z');
  const log = createLogger('silent');
  const bus = createInProcessBus({ clock: systemClock, log });
  const { store, plans } = watchQueries(database.store);
  const day = 86_400_000;
  const eventLog = await createEventLog({
    store,
    bus,
    clock: systemClock,
    log,
    retentionMs: 3650 * day,
    exclusive: true,
  });
  const events = withReactions(eventLog);
  const dependencies: CapabilityDependencies = { store, events, bus, clock, log };
  const mounted: Capability[] = [];
  let schema: GraphQLSchema | undefined;
  let messageCount = 0;

  const context = (tenantId: string): HubContext => ({
    principal: principal(tenantId),
    requestId: 'request of a test',
    audit: async () => undefined,
    log,
    use<Operations>(key: CapabilityKey<Operations>): Operations {
      const found = mounted.find((capability) => capability.key.name === key.name);
      if (found === undefined) throw new Error(`${key.name} is not mounted`);
      return found.operations as Operations;
    },
  });
  const document = (text: string) => {
    schema ??= builder.toSchema();
    const parsed = parse(text);
    expect(validate(schema, parsed)).toEqual([]);
    return { schema, document: parsed };
  };
  const query = async (tenantId: string, text: string, variableValues: Record<string, unknown> = {}) =>
    execute({ ...document(text), variableValues, contextValue: context(tenantId) });

  return {
    database,
    clock,
    bus,
    events,
    dependencies,

    async mount(...capabilities) {
      mounted.push(createEventStream(dependencies), ...capabilities);
      for (const { indexes } of capabilities) await store.ensureIndexes(indexes);
      for (const { reactions } of capabilities) if (reactions !== undefined) events.react(reactions);
    },

    async receive(chargePoint, action, payload, { epoch = 1, messageId, receivedAt = clock.now() } = {}) {
      messageCount += 1;
      const dispatch = createDispatch({
        adapters: mounted.flatMap(({ adapters }) => adapters),
        messages: { '1.6': Object.values(v16).filter((value) => typeof value === 'object' && 'action' in value) },
        registry: { registration: async () => 'ACCEPTED' },
        bus,
        clock: systemClock,
        answerTimeoutMs: 10_000,
      });
      const registered = { ...chargePoint, hasPassword: false, isStrict: false, registration: 'ACCEPTED' as const };
      const answer = dispatch.forLink({ chargePoint: registered, version: '1.6', epoch, log });
      return (await answer({ messageId: messageId ?? `m${messageCount}`, action, payload, receivedAt })).payload;
    },

    query,
    plans,

    async data<Data>(tenantId: string, text: string, variables?: Record<string, unknown>) {
      const { data, errors } = await query(tenantId, text, variables);
      if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
      return plain(data) as Data;
    },

    async *subscribe<Data>(tenantId: string, text: string, variableValues: Record<string, unknown> = {}) {
      const stream = await subscribe({ ...document(text), variableValues, contextValue: context(tenantId) });
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
      for await (const { data, errors } of stream) {
        if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
        yield plain(data) as Data;
      }
    },

    async told(tenantId, type) {
      const filter = type === undefined ? {} : { types: [type] };
      const { items } = await events.read({ tenantId, filter, limit: 100 });
      return items.map(({ event }) => event);
    },

    async close() {
      await events.close();
      await database.close();
    },
  };
}

/** Results as they would be on the wire. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
