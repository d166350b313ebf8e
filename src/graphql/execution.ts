import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';
import type { HubContext } from './context.ts';
import { type LiveStreamOptions, liveSource, liveStream } from './fan-out.ts';
import { createLiveGroups, type Outlet } from './live-groups.ts';
import { type ErrorOrigin, presentError, requestError } from './presented-errors.ts';
import { missingScopes, requiredScopes } from './scopes.ts';

/** How long operations may take, and how many streams may be open. */
export interface ExecutionLimits {
  /** For a query, and for each item of a subscription; milliseconds. */
  readonly operationTimeoutMs: number;
  /** For a mutation, which may wait for a charge point; milliseconds. */
  readonly mutationTimeoutMs: number;
  /** Open subscriptions of all clients together. */
  readonly subscriptionsMax: number;
}

/** What a transport knows of a request before GraphQL begins. */
export interface ServerContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
  readonly remoteAddress?: string | undefined;
  /** Takes the payloads of a subscription as text; absent when the transport has no such way. */
  readonly outlet?: Outlet | undefined;
}

/** `context` of the server makes the context. */
type OperationArgs = ExecutionArgs & { readonly contextValue: HubContext & ServerContext };
type Results = AsyncGenerator<ExecutionResult, undefined, undefined>;

/** How operations run, on every transport alike: with a deadline, with errors that a client may see, streams counted. */
export function createExecution({ clock, log, limits }: { clock: Clock; log: Logger; limits: ExecutionLimits }): {
  readonly plugin: Plugin;
  /** Open subscriptions of a tenant. */
  openSubscriptions(tenantId: string): number;
  /** Groups of live subscriptions that share their executions. */
  liveGroups(): number;
} {
  let open = 0;
  const openOf = new Map<string, number>();
  const groups = createLiveGroups({
    log,
    inTime: (run, origin) => inTime(run, limits.operationTimeoutMs, origin),
    alone: (source: LiveStreamOptions<unknown>, args) =>
      results(liveStream(source), args as OperationArgs, () => undefined), // the arguments that `subscribe` joined with
  });

  /** What the caller may not ask; nothing of the operation is carried out then. */
  function refusal({ schema, document, operationName, contextValue }: OperationArgs): ExecutionResult | undefined {
    const missing = missingScopes(requiredScopes(schema, document, operationName), contextValue.principal.scopes);
    if (missing.length === 0) return undefined;
    return { errors: [requestError('FORBIDDEN', `the credential lacks ${missing.join(', ')}`, 403)] };
  }

  async function inTime(run: () => unknown, timeoutMs: number, context: ErrorOrigin): Promise<ExecutionResult> {
    let cancel: () => void = () => undefined;
    const timeUp = new Promise<ExecutionResult>((resolve) => {
      cancel = clock.after(timeoutMs, () => {
        resolve({ errors: [requestError('TIMEOUT', `the operation took longer than ${timeoutMs} ms`, 504)] });
      });
    });
    try {
      // the executor checks its result for us: without @defer and @stream there is only one
      const result = await Promise.race([Promise.resolve(run()) as Promise<ExecutionResult>, timeUp]);
      return presentResult(result, context);
    } catch (error) {
      return { errors: [presentError(error, context)] };
    } finally {
      cancel();
    }
  }

  async function subscribe(args: OperationArgs) {
    const context = args.contextValue;
    const refused = refusal(args);
    if (refused !== undefined) return refused;
    if (open >= limits.subscriptionsMax) {
      return { errors: [requestError('SUBSCRIPTION_LIMIT', 'too many subscriptions are open; try again later', 503)] };
    }
    const release = countOpen(context.principal.tenantId);
    try {
      const source = await createSourceEventStream(args);
      if (Symbol.asyncIterator in source) {
        const live = liveSource(source);
        const { outlet } = context;
        const shared = live && outlet && groups.join(args, live, outlet, release);
        if (shared) return shared;
        return results(source[Symbol.asyncIterator](), args, release);
      }
      release();
      return presentResult(source, context);
    } catch (error) {
      release();
      return { errors: [presentError(error, context)] };
    }
  }

  /** Gives the way to count it as ended. */
  function countOpen(tenantId: string): () => void {
    const add = (difference: 1 | -1): void => {
      open += difference;
      const ofTenant = (openOf.get(tenantId) ?? 0) + difference;
      if (ofTenant === 0) openOf.delete(tenantId);
      else openOf.set(tenantId, ofTenant);
    };
    add(1);
    return once(() => add(-1));
  }

  /** Executes the selection for each item. An error of the source is the last item. Ends at once when the client is gone. */
  function results(source: AsyncIterator<unknown>, args: OperationArgs, release: () => void): Results {
    const { contextValue: context } = args;
    let ended = false;
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      if (!ended) {
        ended = true;
        context.gone.removeEventListener('abort', onGone);
        release();
        await source.return?.();
      }
      return { done: true, value: undefined };
    };
    const onGone = (): void => {
      end().catch((error: unknown) => presentError(error, context)); // nobody is left to tell: it is logged
    };
    context.gone.addEventListener('abort', onGone, { once: true });
    if (context.gone.aborted) onGone();

    const stream: Results = {
      [Symbol.asyncIterator]: () => stream,
      async next() {
        if (ended) return { done: true, value: undefined };
        try {
          const item = await source.next();
          if (ended || item.done === true) return await end();
          // a context of its own for each item: what loaders remember must not outlive it
          const contextValue = { ...context };
          const run = () => execute({ ...args, rootValue: item.value, contextValue });
          return { done: false, value: await inTime(run, limits.operationTimeoutMs, context) };
        } catch (error) {
          if (ended) return { done: true, value: undefined };
          onGone();
          return { done: false, value: { errors: [presentError(error, context)] } };
        }
      },
      return: end,
      async throw(error) {
        await end();
        throw error;
      },
    };
    return stream;
  }

  return {
    openSubscriptions: (tenantId) => openOf.get(tenantId) ?? 0,
    liveGroups: groups.count,
    plugin: {
      onExecute({ executeFn, setExecuteFn }) {
        setExecuteFn((args) => {
          const refused = refusal(args as OperationArgs);
          if (refused !== undefined) return refused;
          const operation = getOperationAST(args.document, args.operationName);
          const isMutation = operation?.operation === OperationTypeNode.MUTATION;
          const timeoutMs = isMutation ? limits.mutationTimeoutMs : limits.operationTimeoutMs;
          return inTime(() => executeFn(args), timeoutMs, (args as OperationArgs).contextValue);
        });
      },
      onSubscribe({ setSubscribeFn }) {
        setSubscribeFn((args) => subscribe(args as OperationArgs));
      },
    },
  };
}

function presentResult(result: ExecutionResult, context: ErrorOrigin): ExecutionResult {
  if (result.errors === undefined) return result;
  return { ...result, errors: result.errors.map((error) => presentError(error, context)) };
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
