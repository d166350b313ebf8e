import type { Bus } from '../../bus/bus.ts';
import type { EventLog } from '../../events/event.ts';
import { type Cancel, type Clock, repeat } from '../../kernel/clock.ts';
import {
  ChargePointNotAcceptedError,
  ConflictError,
  IdempotencyKeyReusedError,
  NotFoundError,
  ValidationError,
} from '../../kernel/errors.ts';
import { contentId, newId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import { type Principal, systemPrincipal } from '../../kernel/principal.ts';
import type { Store } from '../../store/store.ts';
import { commandChangedSubject, createDelivery, type KnownOperation } from './deliver.ts';
import {
  type Command,
  type CommandDefinition,
  type CommandHooks,
  type CommandTarget,
  type CommandWait,
  type CommandWarning,
  isReached,
} from './model.ts';
import { createRoute } from './route.ts';
import { type CommandFilter, createCommandStore } from './store.ts';
import { commandUpdates } from './updates.ts';
import { createEffectWatch } from './watch.ts';

/** How a caller wants a command carried out. */
export interface IssueOptions {
  readonly idempotencyKey?: string | undefined;
  /** Default: RESPONDED, 30 s. */
  readonly wait?: CommandWait | undefined;
  /** QUEUE: it waits for a charge point that is offline. Default: FAIL. */
  readonly whenOffline?: 'FAIL' | 'QUEUE' | undefined;
  /** How long it may wait for its turn: 1 to 3600 seconds, default 60; with QUEUE 1 to 604800 (a week), default 86400. */
  readonly expiresInSeconds?: number | undefined;
  /**
   * What the caller asked for, when `input` holds more than that, e.g. a number that the hub chose: the same idempotency
   * key with the same wish is a repeat. Default: `input`.
   */
  readonly asked?: object | undefined;
  /** The batch that it is part of; told with every COMMAND_CHANGED. */
  readonly batchId?: string | undefined;
  /** What is unwise in it, to be shown with the command. OUT-1. */
  readonly warnings?: readonly CommandWarning[] | undefined;
}

interface Parts {
  readonly store: Store;
  readonly events: EventLog;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this hub process. */
  readonly instance: string;
  readonly callTimeoutMs: number;
  readonly callQueueMax: number;
  /** The request that would go out to a charge point without a link; undefined: its version has no such command. */
  readonly describeOffline?: (name: string, input: unknown) => { action: string; payload: unknown } | undefined;
}

/** The command engine: takes wishes on, carries them over the links of this node, and tells what became of them. */
export function createCommandOperations(parts: Parts) {
  const { store, events, bus, clock, log, instance, callTimeoutMs } = parts;
  const commands = createCommandStore(store);
  const watch = createEffectWatch({ bus, events, clock, log });
  const definitions = new Map<string, KnownOperation>();
  const delivery = createDelivery({ commands, events, bus, clock, log, watch, definitions, callTimeoutMs });

  const route = createRoute({ ...parts, commands, delivery });
  let stopSweep: Cancel = () => undefined;

  /** Resolves with the command as it stands when the wait is over; a time-out is no error (rule C1). */
  function waitFor(command: Command, { until, timeoutSeconds }: CommandWait, begin: () => void): Promise<Command> {
    return new Promise((resolve) => {
      let latest = command;
      const done = () => {
        cancel();
        unsubscribe();
        resolve(latest);
      };
      const cancel = clock.after(timeoutSeconds * 1000, done);
      const unsubscribe = bus.subscribe(commandChangedSubject(command._id), (heard) => {
        latest = heard as Command; // published by delivery only
        if (isReached(latest, until)) done();
      });
      begin();
      if (isReached(latest, until)) done();
    });
  }

  /** The command that holds the same idempotency key, if its input is the same. */
  async function replay(scope: string, key: string, fingerprint: string): Promise<Command | undefined> {
    const earlier = await commands.findByIdempotencyScope(scope);
    if (earlier === null) return undefined;
    if (earlier.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError(key);
    return earlier;
  }

  /**
   * Takes a command on and waits as told. Throws ChargePointOfflineError, ChargePointNotAcceptedError,
   * UnsupportedOperationError, ValidationError, CommandQueueFullError, IdempotencyKeyReusedError: then nothing was sent.
   */
  async function issue<Input extends object, Outcome extends object>(
    principal: Principal,
    definition: CommandDefinition<Input, Outcome>,
    target: CommandTarget,
    input: Input,
    options: IssueOptions = {},
  ): Promise<{ command: Command; idempotentReplay: boolean }> {
    const wait = checkedWait(options.wait);
    const mayQueue = options.whenOffline === 'QUEUE';
    const expiresInSeconds = options.expiresInSeconds ?? (mayQueue ? 86_400 : 60);
    const expiresMax = mayQueue ? 604_800 : 3600;
    if (expiresInSeconds < 1 || expiresInSeconds > expiresMax) {
      throw new ValidationError('input.expiresInSeconds', `must be 1 to ${expiresMax}`);
    }
    const { idempotencyKey } = options;
    const fingerprint = contentId(definition.name, target._id, JSON.stringify(options.asked ?? input));
    const scope = idempotencyKey && idempotencyScope(principal, definition.name, idempotencyKey);
    if (scope && idempotencyKey) {
      const earlier = await replay(scope, idempotencyKey, fingerprint);
      if (earlier) return { command: await waitFor(earlier, wait, () => undefined), idempotentReplay: true };
    }
    if (definition.onlyAccepted && target.registration !== 'ACCEPTED') {
      throw new ChargePointNotAcceptedError(target.identity, target.registration);
    }
    const { action, payload } = await route.describe(target, definition.name, input, mayQueue);
    const stored = definition.redact?.(input, payload) ?? { input, request: payload };
    const isPartial = stored.input !== input;
    if (isPartial && mayQueue) {
      throw new ValidationError('input.whenOffline', 'a command that holds a secret is not kept for later');
    }
    const now = clock.now();
    const command: Command = {
      _id: newId(now),
      tenantId: principal.tenantId,
      name: definition.name,
      chargePointId: target._id,
      input: stored.input as Record<string, unknown>, // an object type of the definition's choice
      requestedBy: principal.actor,
      requestedAt: now,
      deadlineAt: new Date(now.getTime() + expiresInSeconds * 1000),
      ...(definition.priority !== undefined && { priority: definition.priority }),
      ...(mayQueue && { whenOffline: 'QUEUE' as const }),
      ...(isPartial && { isPartial: true as const }),
      state: 'QUEUED',
      updatedAt: now,
      action,
      request: stored.request,
      instance,
      fingerprint,
      ...(options.batchId !== undefined && { batchId: options.batchId }),
      ...(options.warnings && options.warnings.length > 0 && { warnings: options.warnings }),
      ...(idempotencyKey && scope && { idempotencyKey, idempotencyScope: scope }),
    };
    if (!(await commands.insert(command)) && scope && idempotencyKey) {
      const earlier = await replay(scope, idempotencyKey, fingerprint); // another call with the key was faster
      if (earlier) return { command: await waitFor(earlier, wait, () => undefined), idempotentReplay: true };
    }
    const inFull = { ...command, input: input as Record<string, unknown> };
    try {
      await definitions.get(definition.name)?.hooks.issued?.(inFull);
    } catch (error) {
      await delivery.fail(command, 'the hub could not prepare it', 'NOT_ISSUED');
      throw error;
    }
    return { command: await waitFor(command, wait, () => route.hand(inFull)), idempotentReplay: false };
  }

  return {
    /** Makes an operation known to the engine, with what its capability does along the way. */
    register<Input extends object, Outcome extends object>(
      definition: CommandDefinition<Input, Outcome>,
      hooks: CommandHooks<Outcome> = {},
    ): void {
      // The engine hands each operation only what the same operation stored, so forgetting the types here is safe.
      definitions.set(definition.name, { ...definition, hooks } as unknown as KnownOperation);
    },

    issue,

    /**
     * A command of the hub's own accord. Undefined: nothing is sent, because the charge point is in certification mode
     * (the one place where that is decided). Throws as `issue` does.
     */
    async issueAutomatic<Input extends object, Outcome extends object>(
      definition: CommandDefinition<Input, Outcome>,
      target: CommandTarget,
      input: Input,
      options: IssueOptions = {},
    ): Promise<Command | undefined> {
      if (target.certificationMode === true) return undefined;
      return (await issue(systemPrincipal(target.tenantId), definition, target, input, options)).command;
    },

    attach: route.attach,

    /** Ends a command that was not sent yet. Throws NotFoundError, and ConflictError when it was sent or has ended. */
    async cancel(tenantId: string, id: string): Promise<Command> {
      const command = await commands.find(tenantId, id);
      if (command === null) throw new NotFoundError('command', id);
      const cancelled = await delivery.cancel(command);
      if (cancelled === undefined) throw new ConflictError('it was sent already, or has ended');
      return cancelled;
    },

    /** How many commands wait for a charge point, counted up to 1,000. */
    countQueued: (tenantId: string, chargePointId: string): Promise<number> =>
      commands.countQueued(tenantId, chargePointId, 1_000),

    find: commands.find,

    /** The command that the caller issued with this key; undefined when there is none. */
    async findByKey(principal: Principal, name: string, idempotencyKey: string): Promise<Command | undefined> {
      return (await commands.findByIdempotencyScope(idempotencyScope(principal, name, idempotencyKey))) ?? undefined;
    },

    findMany: commands.findMany,

    /** Message id → command id, of those that are commands of the tenant. A command is found before its CALL leaves. */
    async idsByMessageId(tenantId: string, messageIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (messageIds.length === 0) return new Map();
      const found = await commands.findSent(tenantId, messageIds);
      return new Map(
        found.flatMap(({ _id, messageId }) => (messageId === undefined ? [] : [[messageId, _id] as const])),
      );
    },
    page: (tenantId: string, filter: CommandFilter, request: PageRequest): Promise<Page<Command>> =>
      commands.page(tenantId, filter, request),

    /** The command as it stands, then each change, until it is final. Only the newest state is kept for a slow reader. */
    updates: (tenantId: string, id: string): AsyncIterableIterator<Command> =>
      commandUpdates({ bus, find: () => commands.find(tenantId, id), id }),

    async start(): Promise<void> {
      await delivery.resume(instance);
      stopSweep = repeat(clock, 30_000, delivery.sweep, (error) => log.warn({ err: error }, 'command sweep failed'));
    },
    stop(): void {
      stopSweep();
      watch.close();
    },
  };
}

/** Commands: issue, find, follow. */
export type CommandOperations = ReturnType<typeof createCommandOperations>;

const idempotencyScope = ({ tenantId, actor }: Principal, name: string, key: string): string =>
  JSON.stringify([tenantId, actor.id, name, key]);

function checkedWait(wait: CommandWait | undefined): CommandWait {
  const checked = wait ?? { until: 'RESPONDED', timeoutSeconds: 30 };
  if (checked.timeoutSeconds < 0 || checked.timeoutSeconds > 60) {
    throw new ValidationError('input.wait.timeoutSeconds', 'must be 0 to 60');
  }
  return checked;
}
