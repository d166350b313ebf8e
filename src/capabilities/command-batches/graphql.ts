import { builder } from '../../graphql/builder.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { ConflictError, IdempotencyKeyReusedError, NotFoundError, ValidationError } from '../../kernel/errors.ts';
import {
  ChargePointFilterInput,
  ChargePointReferenceInput,
  chargePointFilter,
  chargePointReference,
} from '../charge-points/index.ts';
import { commandRequests, WhenOfflineEnum } from '../commands/index.ts';
import { CommandBatchRef } from './graphql-type.ts';
import { commandBatchesKey } from './key.ts';
import type { CommandBatch } from './model.ts';
import type { Selector } from './select.ts';

const SelectorInput = builder.inputType('ChargePointSelectorInput', {
  description: 'Which charge points; chosen once, when the batch is issued.',
  isOneOf: true,
  fields: (t) => ({
    chargePoints: t.field({
      type: [ChargePointReferenceInput],
      description: 'These, 1 to 5,000, each once. NotFoundError when one does not exist.',
    }),
    filter: t.field({
      type: ChargePointFilterInput,
      description: 'All that match, 1 to 50,000; an empty filter is all there are.',
    }),
  }),
});

const RequestInput = builder.inputType('CommandRequestInput', {
  description:
    'What is asked of each charge point: the input of the mutation of the same name, without its charge point.',
  isOneOf: true,
  fields: (t) =>
    Object.fromEntries(
      [...commandRequests.values()].map(({ name, inputType, description }) => [
        name,
        inputType === undefined
          ? t.boolean({ description: `${description} It has no parameters: give true.` })
          : t.field({ type: inputType, description }),
      ]),
    ),
});

function selectorOf({ chargePoints, filter }: typeof SelectorInput.$inferInput): Selector {
  if (chargePoints) {
    return { chargePoints: chargePoints.map((each) => chargePointReference(each, 'input.selector.chargePoints')) };
  }
  if (filter) return { filter: chargePointFilter(filter) };
  throw new ValidationError('input.selector', 'give charge points or a filter');
}

/** The one operation that is asked for, and its parameters. */
function requestOf(input: Readonly<Record<string, unknown>>): { name: string; request: Record<string, unknown> } {
  const [[name, request] = ['', undefined]] = Object.entries(input);
  if (request === true) return { name, request: {} };
  if (typeof request === 'object' && request !== null) return { name, request: { ...request } };
  throw new ValidationError(`input.request.${name}`, 'must be true');
}

const IssuePayload = builder
  .objectRef<{ readonly batch: CommandBatch; readonly idempotentReplay: boolean }>('IssueCommandBatchPayload')
  .implement({
    description: 'A batch that the hub took on.',
    fields: (t) => ({
      commandBatch: t.expose('batch', { type: CommandBatchRef, description: 'As it stands; follow it by its id.' }),
      idempotentReplay: t.exposeBoolean('idempotentReplay', {
        description: 'This answer repeats an earlier call with the same idempotency key; nothing was begun anew.',
      }),
    }),
  });

resultMutation('issueCommandBatch', {
  description:
    'Asks the same of many charge points, a few at a time. Needs the scope of the operation besides: FORBIDDEN without it. A request that holds a secret is refused. ConflictError when 100 batches of the tenant are under way. Counts as a client’s wish: it goes to charge points in certification mode as well.',
  scope: 'COMMANDS_WRITE',
  input: (t) => ({
    idempotencyKey: t.field({
      type: 'IdempotencyKey',
      required: true,
      description: 'The same key with the same input is the same batch: nothing is sent twice.',
    }),
    selector: t.field({ type: SelectorInput, required: true, description: 'Which charge points.' }),
    request: t.field({ type: RequestInput, required: true, description: 'What is asked of each.' }),
    concurrency: t.int({
      required: true,
      defaultValue: 20,
      description:
        'How many commands are awaited at a time, 1 to 200; all batches of a hub process together await at most 200. With QUEUE, one that waits for a charge point that is away, or had no answer for 60 s, does not count.',
    }),
    stopAfterFailures: t.int({
      description:
        'Stop when so many charge points refused, failed or had no follow-up, 1 to 50,000; those offline or expired do not count. At most concurrency − 1 that were under way then may fail besides, and those that went out from a queue.',
    }),
    whenOffline: t.field({
      type: WhenOfflineEnum,
      required: true,
      defaultValue: 'FAIL',
      description:
        'FAIL: a charge point that is not connected is passed over as OFFLINE. After a restart of the hub the batch goes on a minute later, when they are back. QUEUE: its command waits.',
    }),
    expiresInSeconds: t.int({
      description:
        'How long each command may wait for its turn: 1 to 3600, default 60; with QUEUE 1 to 604800 (a week), default 86400 (a day).',
    }),
  }),
  payload: IssuePayload,
  errors: [NotFoundError, ConflictError, IdempotencyKeyReusedError],
  resolve: (input, { principal, use }) =>
    use(commandBatchesKey).issue(principal, {
      ...requestOf(input.request),
      idempotencyKey: input.idempotencyKey,
      selector: selectorOf(input.selector),
      concurrency: input.concurrency,
      stopAfterFailures: input.stopAfterFailures ?? undefined,
      whenOffline: input.whenOffline,
      expiresInSeconds: input.expiresInSeconds ?? undefined,
    }),
});

const CancelPayload = builder.objectRef<{ readonly batch: CommandBatch }>('CancelCommandBatchPayload').implement({
  description: 'A batch of which nothing more is issued.',
  fields: (t) => ({
    commandBatch: t.expose('batch', { type: CommandBatchRef, description: 'As it is now.' }),
  }),
});

resultMutation('cancelCommandBatch', {
  description:
    'Issues nothing more of a batch and takes back its commands that were not sent yet; what was sent is waited for. Needs the scope of its operation besides: FORBIDDEN without it. ConflictError when it has ended or was stopped.',
  scope: 'COMMANDS_WRITE',
  input: (t) => ({
    id: t.globalID({ for: [CommandBatchRef], required: true, description: 'Global id of the batch.' }),
  }),
  payload: CancelPayload,
  errors: [NotFoundError, ConflictError],
  resolve: async ({ id }, { principal, use }) => ({ batch: await use(commandBatchesKey).cancel(principal, id.id) }),
});

builder.queryField('commandBatch', (t) =>
  t.field({
    type: CommandBatchRef,
    nullable: true,
    description: 'One batch by its id; null when there is none.',
    args: { id: t.arg.globalID({ for: [CommandBatchRef], required: true, description: 'Global id of the batch.' }) },
    resolve: (_root, { id }, { principal, use }) => use(commandBatchesKey).find(principal.tenantId, id.id),
  }),
);

builder.queryField('commandBatches', (t) =>
  t.connection(
    {
      type: CommandBatchRef,
      nullable: true,
      description: 'Batches, newest first.',
      resolve: (_root, args, { principal, use }) =>
        connection(args, { fetch: (page) => use(commandBatchesKey).page(principal.tenantId, page) }),
    },
    connectionType(CommandBatchRef, { counted: false, scope: 'COMMANDS_READ' }),
  ),
);

builder.subscriptionField('commandBatchUpdates', (t) =>
  t.field({
    type: CommandBatchRef,
    description:
      'A batch as it stands, then as it stands after changes, at most one item a second; ends when it is final. Ends at once for an unknown id.',
    args: { id: t.arg.globalID({ for: [CommandBatchRef], required: true, description: 'Global id of the batch.' }) },
    subscribe: (_root, { id }, { principal, use }) => use(commandBatchesKey).updates(principal.tenantId, id.id),
    resolve: (batch) => batch,
  }),
);
