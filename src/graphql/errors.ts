import type { InputFieldMap, InputShapeFromFields, ObjectFieldsShape, ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import {
  ChargePointNotAcceptedError,
  ChargePointOfflineError,
  CommandQueueFullError,
  ConflictError,
  HubError,
  IdempotencyKeyReusedError,
  NotFoundError,
  UnsupportedOperationError,
  ValidationError,
  VersionConflictError,
} from '../kernel/errors.ts';
import type { ApiScope } from '../kernel/principal.ts';
import { builder, type HubTypes } from './builder.ts';
import type { HubContext } from './context.ts';
import { openEnumType } from './enum.ts';
import { needs } from './scopes.ts';

const errorCodes = openEnumType(
  'ErrorCode',
  'Codes of failures that come as data. Failures of the request itself come in the top-level `errors` with `extensions.code`: UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST, GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE, LIMIT_EXCEEDED, SUBSCRIPTION_LIMIT, CURSOR_EXPIRED, CURSOR_INVALID, TIMEOUT, UNAVAILABLE, INTERNAL_SERVER_ERROR.',
);

/** The interface of every failure that comes as data. */
const ErrorInterface = builder.interfaceRef<HubError>('Error').implement({
  description: 'An expected failure, given as data. Match on `code`; new ones may be added.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'For people, in English, safe to show.' }),
    code: t.expose('code', { type: errorCodes.ref, description: 'For programs; stable.' }),
    retryable: t.exposeBoolean('retryable', {
      description: 'Whether the same request may succeed later without change.',
    }),
  }),
});

/** A class of failures, and nothing else. */
type ErrorClass<E extends HubError = HubError> = new (
  // biome-ignore lint/suspicious/noExplicitAny: each class has its own arguments, and Pothos takes constructors in this form only
  ...args: any[]
) => E;

/**
 * Gives a failure class of a capability a GraphQL type of the same name and its code a place in `ErrorCode`. `code` is
 * the one that the class passes to `HubError`.
 */
export function errorType<E extends HubError>(
  errorClass: ErrorClass<E>,
  options: { code: string; description: string; fields?: ObjectFieldsShape<HubTypes, E> },
): void {
  errorCodes.add(options.code, options.description);
  const ref = builder.objectRef<E>(errorClass.name);
  const plain: ObjectRef<HubTypes, HubError> = ref;
  builder.objectType(plain, { description: options.description, interfaces: [ErrorInterface] });
  if (options.fields !== undefined) builder.objectFields(ref, options.fields);
  builder.configStore.associateParamWithRef(errorClass, ref);
}

/**
 * Adds `<name>(input: <Name>Input!): <Name>Result` to Mutation. The result is the union of the payload, ValidationError
 * and the given failures; anything else that `resolve` throws is a top-level error.
 *
 * ```ts
 * const Payload = builder.objectRef<{ chargePoint: ChargePoint }>('CreateChargePointPayload').implement({
 *   description: 'A new charge point.',
 *   fields: (t) => ({ chargePoint: t.expose('chargePoint', { type: ChargePointRef, description: 'As stored.' }) }),
 * });
 * resultMutation('createChargePoint', {
 *   description: 'Makes a charge point known.',
 *   scope: 'CHARGE_POINTS_WRITE',
 *   input: (t) => ({ identity: t.string({ required: true, description: 'Last segment of its URL.' }) }),
 *   payload: Payload,
 *   errors: [ConflictError],
 *   resolve: async (input, { principal, use }) => ({ chargePoint: await use(chargePointsKey).create(principal, input) }),
 * });
 * ```
 */
export function resultMutation<Fields extends InputFieldMap, Payload>(
  name: string,
  options: {
    description: string;
    /** What the caller must be allowed. */
    scope: ApiScope;
    input: (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => Fields;
    /** Of `<Name>Input`; a sentence is made when absent. */
    inputDescription?: string;
    payload: ObjectRef<HubTypes, Payload>;
    errors: readonly ErrorClass[];
    resolve: (
      input: InputShapeFromFields<Fields>,
      context: HubContext,
      info: GraphQLResolveInfo,
    ) => Promise<NoInfer<Payload>>;
  },
): void {
  const typeName = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  const input = builder.inputType(`${typeName}Input`, {
    description: options.inputDescription ?? `What \`${name}\` needs.`,
    fields: options.input,
  });
  builder.mutationField(name, (t) =>
    t.field({
      ...needs(options.scope),
      type: options.payload,
      nullable: true,
      description: options.description,
      args: { input: t.arg({ type: input, required: true, description: 'Everything the operation needs.' }) },
      errors: {
        types: [...new Set<ErrorClass>([ValidationError, ...options.errors])],
        union: { name: `${typeName}Result`, description: `What can come of \`${name}\`.` },
      },
      resolve: (_root, args, context, info) => {
        const { input } = args as unknown as { input: InputShapeFromFields<Fields> }; // a conditional type hides its one key
        return audited(name, input, context, () => options.resolve(input, context, info)) as never; // Payload is what `payload` stands for
      },
    }),
  );
}

/** Carries a mutation out and writes it down, refused ones too. Rule A6. */
async function audited<Payload>(
  operation: string,
  input: unknown,
  { audit }: HubContext,
  run: () => Promise<Payload>,
): Promise<Payload> {
  let payload: Payload;
  try {
    payload = await run();
  } catch (error) {
    const outcome = error instanceof HubError ? error.code : 'INTERNAL_SERVER_ERROR';
    await audit({ operation, input, outcome });
    throw error;
  }
  const { command } = payload as { command?: { _id?: unknown } }; // command payloads have one
  await audit({ operation, input, outcome: 'OK', ...(typeof command?._id === 'string' && { commandId: command._id }) });
  return payload;
}

errorType(ValidationError, {
  code: 'VALIDATION',
  description: 'Something in the request cannot be right. It will not succeed as it is.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The input field, e.g. `input.connectorId`.' }),
  }),
});
errorType(NotFoundError, { code: 'NOT_FOUND', description: 'Nothing of this kind and key exists.' });
errorType(ConflictError, {
  code: 'CONFLICT',
  description: 'The request contradicts what is stored, e.g. the identity is taken.',
});
errorType(VersionConflictError, {
  code: 'VERSION_CONFLICT',
  description: 'The object changed since the caller read it. Read it again and decide anew.',
  fields: (t) => ({ currentVersion: t.exposeInt('currentVersion', { description: 'The version it has now.' }) }),
});
errorType(ChargePointOfflineError, {
  code: 'CHARGE_POINT_OFFLINE',
  description: 'The charge point is not connected. Nothing was sent.',
  fields: (t) => ({
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last said something; null when never.',
    }),
  }),
});
errorType(ChargePointNotAcceptedError, {
  code: 'CHARGE_POINT_NOT_ACCEPTED',
  description: 'The charge point is not accepted yet, so this operation may not be sent. OCPP 1.6 §4.2.',
});
errorType(CommandQueueFullError, {
  code: 'COMMAND_QUEUE_FULL',
  description: 'Too many commands wait for this charge point already. Nothing was stored.',
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', { description: 'When to try again, at the earliest.' }),
  }),
});
errorType(UnsupportedOperationError, {
  code: 'UNSUPPORTED_OPERATION',
  description: 'The OCPP version of the charge point has no such operation.',
});
errorType(IdempotencyKeyReusedError, {
  code: 'IDEMPOTENCY_KEY_REUSED',
  description: 'The idempotency key was used before with another input.',
});
