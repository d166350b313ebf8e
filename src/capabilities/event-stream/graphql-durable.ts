import type { ArgBuilder, InputFieldMap, InputShapeFromFields, ObjectFieldsShape, ObjectRef } from '@pothos/core';
import type { EventFilter, EventLog, StoredEvent } from '../../events/event.ts';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { abortable } from '../../graphql/fan-out.ts';
import { needs } from '../../graphql/scopes.ts';
import type { ApiScope } from '../../kernel/principal.ts';
import { type EventTypeRef, StreamCaughtUpRef, StreamHeartbeatRef, StreamItemRef, typeNameOf } from './graphql.ts';
import { eventStreamKey, type StreamItem, streamItem } from './model.ts';

/** What a durable subscription on some event types is made of. */
export interface DurableSubscription<Args extends InputFieldMap, Snapshot extends object> {
  /** What a caller must be allowed. */
  readonly scope: ApiScope;
  readonly description: string;
  /** Name and description of the union of everything that the subscription gives. */
  readonly union: { readonly name: string; readonly description: string };
  readonly events: readonly EventTypeRef[];
  /** Arguments beside `after` and `snapshot`. */
  readonly args?: (arg: ArgBuilder<HubTypes>) => Args;
  /** Which events, as far as the log can tell. Looked at once, when the subscription begins. */
  readonly filter?: (
    args: InputShapeFromFields<Args>,
    context: HubContext,
  ) => Omit<EventFilter, 'types'> | Promise<Omit<EventFilter, 'types'>>;
  /** What the log cannot tell. */
  readonly matches?: (event: StoredEvent, args: InputShapeFromFields<Args>, context: HubContext) => boolean;
  /** The present state of everything that matches, sent first when the subscription is not a resumption. */
  readonly snapshot?: {
    /** Name of the GraphQL type; it is a StreamItem. */
    readonly name: string;
    readonly description: string;
    readonly fields: ObjectFieldsShape<HubTypes, Snapshot & { readonly cursor: string }>;
    /** Whether `snapshot` is true when the client does not say. */
    readonly byDefault: boolean;
    /** Read page by page, so that it costs the same memory however many there are. */
    readonly read: (args: InputShapeFromFields<Args>, context: HubContext) => AsyncIterable<Snapshot>;
  };
}

/**
 * Adds a durable subscription: at least once, in order, resumable with `after`; a union of its events, StreamCaughtUp,
 * StreamHeartbeat and, when there is one, the snapshot's type. With a snapshot the state comes first, with the cursor at
 * which it was read, then every later event.
 *
 * ```ts
 * durableSubscription('connectorStatus', {
 *   scope: 'CHARGE_POINTS_READ', description: 'Status of connectors …', events: [connectorStatusChanged],
 *   union: { name: 'ConnectorStatusStreamItem', description: '…' },
 *   args: (arg) => ({ filter: arg({ type: ConnectorFilterInput, description: '…' }) }),
 *   filter: ({ filter }) => ({ chargePointIds: filter?.chargePointIds?.map(({ id }) => id) }),
 *   snapshot: { name: 'ConnectorSnapshot', description: '…', byDefault: true,
 *     fields: (t) => ({ connector: t.field({ type: ConnectorRef, description: '…', resolve: (item) => item.connector }) }),
 *     read: async function* (args, { principal, use }) { for await (const connector of …) yield { connector }; } },
 * });
 * ```
 */
export function durableSubscription<Args extends InputFieldMap = Record<never, never>, Snapshot extends object = never>(
  name: string,
  options: DurableSubscription<Args, Snapshot>,
): void {
  const snapshotRef = snapshotType(options.snapshot);
  const union = builder.unionType(options.union.name, {
    description: options.union.description,
    types: [
      ...options.events.map(({ ref }) => ref as ObjectRef<HubTypes, object>),
      ...(snapshotRef === undefined ? [] : [snapshotRef]),
      StreamCaughtUpRef,
      StreamHeartbeatRef,
    ],
  });
  builder.subscriptionField(name, (t) =>
    t.field({
      ...needs(options.scope),
      type: union,
      description: options.description,
      args: {
        ...options.args?.(t.arg),
        after: t.arg({
          type: 'EventCursor',
          description: 'Resume behind this cursor. Without it the stream begins now.',
        }),
        ...(options.snapshot === undefined
          ? {}
          : {
              snapshot: t.arg.boolean({
                defaultValue: options.snapshot.byDefault,
                description: 'Send the present state first. Does nothing together with `after`.',
              }),
            }),
      },
      subscribe: async (_root, allArgs, context) => {
        const args = allArgs as InputShapeFromFields<Args> & ResumeArgs; // our own two arguments beside the caller's
        const filter = { ...(await options.filter?.(args, context)), types: options.events.map(({ type }) => type) };
        return abortable((signal) => durableItems({ options, args, filter, context, signal }));
      },
      resolve: (item) => item as never, // `__typename` in it names the member of the union
    }),
  );
}

interface ResumeArgs {
  readonly after?: string | null | undefined;
  readonly snapshot?: boolean | null | undefined;
}

async function* durableItems<Args extends InputFieldMap, Snapshot extends object>(stream: {
  options: DurableSubscription<Args, Snapshot>;
  args: InputShapeFromFields<Args> & ResumeArgs;
  filter: EventFilter;
  context: HubContext;
  signal: AbortSignal;
}): AsyncGenerator<object> {
  const { options, args, filter, context, signal } = stream;
  const log = context.use(eventStreamKey);
  let after = args.after ?? undefined;
  if (options.snapshot !== undefined && args.snapshot === true && after === undefined) {
    after = await log.endCursor();
    for await (const state of options.snapshot.read(args, context)) {
      yield { ...state, cursor: after, __typename: options.snapshot.name };
    }
  }
  const matches = (event: StoredEvent): boolean => options.matches?.(event, args, context) ?? true;
  yield* followItems(log, { tenantId: context.principal.tenantId, filter, after, signal }, matches);
}

/** The log as stream items: events that the API has a type for and that match, and the control items. */
export async function* followItems(
  log: EventLog,
  query: Parameters<EventLog['follow']>[0],
  matches: (event: StoredEvent) => boolean = () => true,
): AsyncGenerator<StreamItem> {
  for await (const followed of log.follow(query)) {
    if (followed.kind === 'event' && !matches(followed.event)) continue;
    const item = streamItem(followed, typeNameOf);
    if (item !== undefined) yield item;
  }
}

function snapshotType<Snapshot extends object>(
  snapshot:
    | { name: string; description: string; fields: ObjectFieldsShape<HubTypes, Snapshot & { readonly cursor: string }> }
    | undefined,
): ObjectRef<HubTypes, object> | undefined {
  if (snapshot === undefined) return undefined;
  const ref = builder.objectRef<Snapshot & { readonly cursor: string }>(snapshot.name);
  const plain: ObjectRef<HubTypes, { readonly cursor: string }> = ref;
  builder.objectType(plain, { description: snapshot.description, interfaces: [StreamItemRef] });
  builder.objectFields(ref, snapshot.fields);
  return ref as ObjectRef<HubTypes, object>;
}
