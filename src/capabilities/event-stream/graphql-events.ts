import type { InputShapeFromTypeParam } from '@pothos/core';
import type { EventFilter } from '../../events/event.ts';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import { abortable } from '../../graphql/fan-out.ts';
import { connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { HubError } from '../../kernel/errors.ts';
import { pageMax } from '../../kernel/page.ts';
import { DomainEventRef, EventTypeEnum, StreamItemRef, typeNameOf } from './graphql.ts';
import { followItems } from './graphql-durable.ts';
import { eventStreamKey, streamedEvent } from './model.ts';

/** How many values a list in a filter may have. */
const filterListMax = 500;

const EventFilterInput = builder.inputType('EventFilterInput', {
  description: 'Which events. A list means any of its values, at most 500; all given lists must hold.',
  fields: (t) => ({
    types: t.field({ type: [EventTypeEnum], description: 'Kinds of events.' }),
    chargePointIds: t.globalIDList({ description: 'Global ids of charge points.' }),
    connectorIds: t.intList({ description: 'OCPP connector numbers; 0 is the charge point as a whole.' }),
    transactionIds: t.globalIDList({ description: 'Global ids of transactions.' }),
    commandIds: t.globalIDList({ description: 'Global ids of commands.' }),
  }),
});

const DomainEventConnection = connectionType(DomainEventRef, { counted: false, scope: 'EVENTS_READ' });

builder.queryField('events', (t) =>
  t.field({
    ...needs('EVENTS_READ'),
    type: DomainEventConnection,
    nullable: true,
    description:
      'The event log in pull form: same cursors, order and filter as the subscription `events`. Begins with the oldest event that is kept. Fails with CURSOR_INVALID or CURSOR_EXPIRED.',
    args: {
      filter: t.arg({ type: EventFilterInput, description: 'All events when absent.' }),
      first: t.arg.int({ description: 'At most this many, 1 to 100; 20 when absent.' }),
      after: t.arg({ type: 'EventCursor', description: 'Begin behind this cursor, also one of a subscription.' }),
    },
    resolve: async (_root, args, { principal, use }) => {
      const limit = args.first ?? 20;
      if (limit < 1 || limit > pageMax) throw new HubError('BAD_REQUEST', `first must be 1 to ${pageMax}`);
      const page = await use(eventStreamKey).read({
        tenantId: principal.tenantId,
        filter: eventFilter(args.filter),
        after: args.after ?? undefined,
        limit,
      });
      const edges = page.items.flatMap(({ cursor, event }) => {
        const typeName = typeNameOf(event.type);
        return typeName === undefined ? [] : [{ cursor, node: streamedEvent(typeName, cursor, event) as never }];
      });
      return {
        edges,
        pageInfo: {
          hasNextPage: page.hasNextPage,
          hasPreviousPage: args.after !== undefined && args.after !== null,
          startCursor: edges.at(0)?.cursor ?? null,
          endCursor: page.endCursor,
        },
      };
    },
  }),
);

builder.subscriptionField('events', (t) =>
  t.field({
    ...needs('EVENTS_READ'),
    type: StreamItemRef,
    description:
      'The whole durable log, at least once, in order, resumable with `after`. Sends StreamCaughtUp when the backlog is done and StreamHeartbeat while nothing matches. Ends with CURSOR_INVALID or CURSOR_EXPIRED when `after` cannot be resumed: read the state anew.',
    args: {
      filter: t.arg({ type: EventFilterInput, description: 'All events when absent.' }),
      after: t.arg({
        type: 'EventCursor',
        description: 'Resume behind this cursor. Without it the stream begins now.',
      }),
    },
    subscribe: (_root, args, { principal, use }) => {
      const query = {
        tenantId: principal.tenantId,
        filter: eventFilter(args.filter),
        after: args.after ?? undefined,
      };
      return abortable((signal) => followItems(use(eventStreamKey), { ...query, signal }));
    },
    resolve: (item) => item,
  }),
);

function eventFilter(input: InputShapeFromTypeParam<HubTypes, typeof EventFilterInput, false>): EventFilter {
  if (input === null || input === undefined) return {};
  const lists = [input.types, input.chargePointIds, input.connectorIds, input.transactionIds, input.commandIds];
  if (lists.some((list) => (list?.length ?? 0) > filterListMax)) {
    throw new HubError('BAD_REQUEST', `a list in a filter has at most ${filterListMax} values`);
  }
  return {
    types: input.types ?? undefined,
    chargePointIds: idsOf('chargePointIds', /^ChargePoint$/, input.chargePointIds),
    connectorIds: input.connectorIds ?? undefined,
    transactionIds: idsOf('transactionIds', /^Transaction$/, input.transactionIds),
    commandIds: idsOf('commandIds', /Command$/, input.commandIds),
  };
}

/** Events know ids only; which type a global id names is checked by its word, so that this capability needs no other. */
function idsOf(
  field: string,
  typeName: RegExp,
  ids: readonly { typename: string; id: string }[] | null | undefined,
): string[] | undefined {
  if (ids === null || ids === undefined) return undefined;
  const wrong = ids.find(({ typename }) => !typeName.test(typename));
  if (wrong !== undefined) throw new HubError('BAD_REQUEST', `${field} holds the id of a ${wrong.typename}`);
  return ids.map(({ id }) => id);
}
