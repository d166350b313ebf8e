import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { HubError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';

/** Whose errors they are. A `HubContext` is one. */
export interface ErrorOrigin {
  readonly requestId: string;
  /** Says the request id by itself. */
  readonly log: Logger;
}

/** The origin of errors outside an operation. */
export const errorOrigin = (log: Logger, requestId: string): ErrorOrigin => ({
  requestId,
  log: log.child({ requestId }),
});

/** A fault of the request itself, with a stable `extensions.code`. `status` counts where the media type lets it. */
export const requestError = (code: string, message: string, status?: number): GraphQLError =>
  new GraphQLError(message, {
    extensions: { code, ...(status === undefined ? {} : { http: { spec: true, status } }) },
  });

/** Names of the errors of writes, and of the driver's own for reads, when no database answers. */
const databaseAway: ReadonlySet<string> = new Set([
  'DatabaseUnavailable',
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'MongoWaitQueueTimeoutError',
]);

const presented = new WeakSet<GraphQLError>();

/**
 * What a client may see of an error. Faults of the request and `HubError`s keep their message and get a code; anything
 * else is logged with its cause and becomes INTERNAL_SERVER_ERROR with the request id, by which the log finds it.
 */
export function presentError(error: unknown, { requestId, log }: ErrorOrigin): GraphQLError {
  if (error instanceof GraphQLError && presented.has(error)) return error;
  const root = rootOf(error);
  const result = present();
  presented.add(result);
  return result;

  function present(): GraphQLError {
    if (root instanceof HubError) return shown(root.message, { code: root.code, retryable: root.retryable });
    if (root instanceof GraphQLError) return shown(root.message, { code: codeOf(root), ...root.extensions });
    if (root instanceof Error && databaseAway.has(root.name)) {
      // matched by name: this layer knows the database only as something that others may miss
      log.warn({ err: root }, 'a request found no database');
      return shown('the database does not answer', { code: 'UNAVAILABLE', retryable: true, requestId });
    }
    const path = error instanceof GraphQLError ? error.path : undefined;
    log.error({ path, err: root }, 'a request met an unexpected error');
    return shown('internal error', { code: 'INTERNAL_SERVER_ERROR', requestId });
  }

  function shown(message: string, extensions: Record<string, unknown>): GraphQLError {
    if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
    const { nodes, source, positions, path } = error;
    return new GraphQLError(message, { nodes: nodes ?? null, source, positions, path, extensions });
  }
}

/** As `presentError`, for transports that show `extensions` as they are: without the hints for HTTP. */
export function presentPlainError(error: unknown, origin: ErrorOrigin): GraphQLError {
  const seen = presentError(error, origin);
  const { http: _hint, ...extensions } = seen.extensions;
  const { message, nodes, source, positions, path } = seen;
  return new GraphQLError(message, { nodes: nodes ?? null, source, positions, path, extensions });
}

/** The payload of a `next` message of graphql-transport-ws. */
export function nextPayload(
  result: {
    readonly data?: ExecutionResult['data'] | undefined;
    readonly errors?: readonly GraphQLError[] | undefined;
  },
  origin: ErrorOrigin,
): { data?: NonNullable<ExecutionResult['data']> | null; errors?: readonly GraphQLFormattedError[] } {
  const { data, errors } = result;
  const shown = errors?.map((error) => presentPlainError(error, origin).toJSON());
  return { ...(data !== undefined && { data }), ...(shown !== undefined && { errors: shown }) };
}

/** The engine gives its own errors no code; those of the parser are known by how they begin. */
const codeOf = ({ message }: GraphQLError): string =>
  message.startsWith('Syntax Error: ') ? 'GRAPHQL_PARSE_FAILED' : 'BAD_REQUEST';

/** GraphQL wraps what resolvers throw, some libraries wrap again. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError !== undefined && root.originalError !== null) {
    root = root.originalError;
  }
  return root;
}
