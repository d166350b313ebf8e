import type { ObjectFieldsShape, ObjectRef } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import { openEnumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import type { ApiScope } from '../../kernel/principal.ts';
import type { CaughtUp, Heartbeat, StreamedEvent } from './model.ts';
import { eventStreamKey } from './model.ts';

const eventTypes = openEnumType('EventType', 'What happened. New values may be added; write a default branch.');
const typeNames = new Map<string, string>();

/** The GraphQL type of an event type; undefined when no mounted capability has one. */
export const typeNameOf = (eventType: string): string | undefined => typeNames.get(eventType);

/** `EventType`, for filters. */
export const EventTypeEnum = eventTypes.ref;

/** The interface of everything that a durable stream gives. */
export const StreamItemRef = builder.interfaceRef<{ readonly cursor: string }>('StreamItem').implement({
  description: 'Something that a durable stream gives.',
  fields: (t) => ({
    cursor: t.expose('cursor', { type: 'EventCursor', description: 'Pass as `after` to resume behind this item.' }),
  }),
});

/**
 * The interface of all events. A capability that owns what an event tells of adds its field:
 * `builder.interfaceField(DomainEventRef, 'chargePoint', (t) => …)`; the parent is a `StreamedEvent`.
 */
export const DomainEventRef = builder.interfaceRef<StreamedEvent>('DomainEvent').implement({
  description: 'One entry of the durable, ordered event log.',
  interfaces: [StreamItemRef, builder.nodeInterfaceRef()],
  fields: (t) => ({
    type: t.expose('type', { type: EventTypeEnum, description: 'What happened.' }),
    occurredAt: t.expose('occurredAt', {
      type: 'DateTime',
      description: 'When it happened by the clock of the charge point where it gave a usable one, else `receivedAt`.',
    }),
    receivedAt: t.expose('receivedAt', {
      type: 'DateTime',
      description: 'When the hub learnt of it, by its own clock.',
    }),
  }),
});

/** Ends the backlog of a stream. */
export const StreamCaughtUpRef = builder.objectRef<CaughtUp>('StreamCaughtUp').implement({
  description: 'Backlog and snapshot are done; what follows is live.',
  interfaces: [StreamItemRef],
  fields: (t) => ({
    caughtUpAt: t.expose('at', { type: 'DateTime', description: 'When the reader was level with the log.' }),
    replayedCount: t.exposeInt('replayedCount', { description: 'How many items came before this one.' }),
  }),
});

/** Tells that a quiet stream is alive. */
export const StreamHeartbeatRef = builder.objectRef<Heartbeat>('StreamHeartbeat').implement({
  description: 'Nothing matched lately; the stream is alive and its position moved on to `cursor`.',
  interfaces: [StreamItemRef],
  fields: (t) => ({ serverTime: t.expose('at', { type: 'DateTime', description: 'The clock of the hub.' }) }),
});

/** An event type with its GraphQL type. */
export interface EventTypeRef {
  /** As stored, e.g. `TRANSACTION_STARTED`. */
  readonly type: string;
  readonly ref: ObjectRef<HubTypes, StreamedEvent>;
}

/**
 * Gives an event type its place in the API: a value of `EventType` and the type `<name>Event`, which is a DomainEvent, a
 * StreamItem and a Node. `fields` resolve from the `StreamedEvent`; `data` in it is what the capability appended.
 *
 * ```ts
 * const transactionStarted = eventType({
 *   scope: 'TRANSACTIONS_READ', type: 'TRANSACTION_STARTED', name: 'TransactionStarted', description: 'A transaction began.',
 *   fields: (t) => ({ transaction: t.field({ type: TransactionRef, description: '…',
 *     resolve: (event, _args, { principal, use }) => use(transactionsKey).get(principal, event.transactionId) }) }),
 * });
 * ```
 */
export function eventType(options: {
  /** What a caller must be allowed to see what it tells. */
  scope: ApiScope;
  type: string;
  name: string;
  description: string;
  fields?: ObjectFieldsShape<HubTypes, StreamedEvent>;
}): EventTypeRef {
  const { scope, type, name, description, fields } = options;
  const typeName = `${name}Event`;
  eventTypes.add(type, description);
  typeNames.set(type, typeName);
  const ref = builder.objectRef<StreamedEvent>(typeName);
  builder.node(ref, {
    ...needs(scope),
    description,
    interfaces: [DomainEventRef, StreamItemRef],
    id: { resolve: (event) => event._id },
    loadOne: async (id, { principal, use }) => {
      const found = await use(eventStreamKey).find({ tenantId: principal.tenantId, id });
      return found?.event.type === type ? { ...found.event, cursor: found.cursor } : undefined;
    },
    ...(fields === undefined ? {} : { fields }),
  });
  return { type, ref };
}
