import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { liveStream } from '../../graphql/fan-out.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { needs } from '../../graphql/scopes.ts';
import { TimeRangeInput, timeRange } from '../../graphql/time-range.ts';
import { HubError } from '../../kernel/errors.ts';
import { ChargePointRef } from '../charge-points/index.ts';
import { CommandInterface } from '../commands/index.ts';
import { MessageDirectionEnum, OcppMessageRef, OcppMessageTypeEnum } from './graphql-type.ts';
import { wireLogKey } from './key.ts';
import { matches, type WireMessageFilter } from './model.ts';
import type { LiveWireMessage } from './operations.ts';

const OcppMessageConnection = connectionType(OcppMessageRef, { counted: false, scope: 'OCPP_MESSAGES_READ' });

const OcppMessageFilterInput = builder.inputType('OcppMessageFilterInput', {
  description: 'Which frames. A list means any of its values, at most 100; all given conditions must hold.',
  fields: (t) => ({
    chargePointIds: t.globalIDList({ for: [ChargePointRef], description: 'Global ids of charge points.' }),
    directions: t.field({ type: [MessageDirectionEnum], description: 'Which way they went.' }),
    types: t.field({ type: [OcppMessageTypeEnum], description: 'What they are.' }),
    actions: t.stringList({ description: 'OCPP actions, e.g. StatusNotification; their answers are among them.' }),
    messageId: t.string({ description: 'A CALL and its answers; at most 255 characters.' }),
    transactionId: t.int({ description: 'The OCPP transaction number in the payload.' }),
    commandId: t.globalID({ description: 'Global id of a command: its CALL and the answers to it.' }),
    at: t.field({ type: TimeRangeInput, description: 'When they went over the wire.' }),
    withRepairs: t.boolean({ description: 'True: only those in which the hub repaired or tolerated something.' }),
    withViolations: t.boolean({ description: 'True: only those that break the schema or cannot be read.' }),
  }),
});

type FilterInput = typeof OcppMessageFilterInput.$inferInput | null | undefined;

const listMax = 100;
const messageIdMax = 255;

/** Throws BAD_REQUEST when a list or the message id is too long. */
function filterOf(input: FilterInput, ownChargePointId?: string): WireMessageFilter {
  const { chargePointIds, directions, types, actions, messageId, transactionId, commandId, at } = input ?? {};
  for (const list of [chargePointIds, directions, types, actions]) {
    if ((list?.length ?? 0) > listMax)
      throw new HubError('BAD_REQUEST', `a list in a filter has at most ${listMax} values`);
  }
  if ((messageId?.length ?? 0) > messageIdMax)
    throw new HubError('BAD_REQUEST', `messageId has at most ${messageIdMax} characters`);
  const ids = chargePointIds?.map(({ id }) => id);
  const own = ownChargePointId === undefined ? ids : [ownChargePointId].filter((id) => ids?.includes(id) ?? true);
  return {
    chargePointIds: own,
    directions: directions ?? undefined,
    types: types ?? undefined,
    actions: actions ?? undefined,
    messageId: messageId ?? undefined,
    ocppTransactionId: transactionId ?? undefined,
    commandId: commandId?.id,
    ...timeRange(at),
    withRepairs: input?.withRepairs ?? undefined,
    withViolations: input?.withViolations ?? undefined,
  };
}

const page = ({ principal, use }: HubContext, args: Parameters<typeof connection>[0], filter: WireMessageFilter) =>
  connection(args, { fetch: (request) => use(wireLogKey).list(principal.tenantId, filter, request) });

builder.queryField('ocppMessages', (t) =>
  t.connection(
    {
      type: OcppMessageRef,
      nullable: true,
      description: 'Frames between charge points and hub, newest first. A new one is there within a second or two.',
      args: { filter: t.arg({ type: OcppMessageFilterInput, description: 'All when absent.' }) },
      resolve: (_root, args, context) => page(context, args, filterOf(args.filter)),
    },
    OcppMessageConnection,
  ),
);

builder.objectField(ChargePointRef, 'ocppMessages', (t) =>
  t.connection(
    {
      type: OcppMessageRef,
      nullable: true,
      description: 'Frames between it and the hub, newest first.',
      args: { filter: t.arg({ type: OcppMessageFilterInput, description: 'All when absent.' }) },
      resolve: ({ _id }, args, context) => page(context, args, filterOf(args.filter, _id)),
    },
    OcppMessageConnection,
  ),
);

builder.interfaceField(CommandInterface, 'messages', (t) =>
  t.connection(
    {
      type: OcppMessageRef,
      nullable: true,
      description: 'Its CALL and the answers to it, newest first; empty before it was sent.',
      resolve: ({ _id }, args, context) => page(context, args, { commandId: _id }),
    },
    OcppMessageConnection,
  ),
);

const LiveOcppMessageRef = builder.objectRef<LiveWireMessage>('OcppMessageLogged').implement({
  description: 'A frame that was just stored.',
  fields: (t) => ({
    sequence: t.expose('sequence', {
      type: 'SafeInt',
      description:
        'Counts up by one with every frame of the tenant while the hub runs; without a filter a jump means that a slow reader missed some.',
    }),
    message: t.expose('message', { type: OcppMessageRef, description: 'The frame.' }),
  }),
});

/** Frames that wait for a slow reader; older ones make room. */
const liveCapacity = 256;

builder.subscriptionField('ocppMessages', (t) =>
  t.field({
    ...needs('OCPP_MESSAGES_READ'),
    type: LiveOcppMessageRef,
    description:
      'Every frame when it is stored, within a second or two. Best effort: a slow reader misses the oldest that wait; the record is the query `ocppMessages`.',
    args: { filter: t.arg({ type: OcppMessageFilterInput, description: 'All frames when absent.' }) },
    subscribe: (_root, args, { principal, use }) => {
      const filter = filterOf(args.filter);
      return liveStream<LiveWireMessage>({
        capacity: liveCapacity,
        policy: 'dropOldest',
        subscribe: (hear) =>
          use(wireLogKey).listen(principal.tenantId, (live) => {
            if (matches(filter, live.message)) hear(live);
          }),
      });
    },
    resolve: (live) => live,
  }),
);
