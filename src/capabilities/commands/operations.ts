import { type Bus, NobodyServes } from '../../bus/bus.ts';
import type { EventLog } from '../../events/event.ts';
import { commandSubject, type Link } from '../../gateway/adapter.ts';
import { type Cancel, type Clock, repeat } from '../../kernel/clock.ts';
import {
  ChargePointNotAcceptedError,
  ChargePointOfflineError,
  CommandQueueFullError,
  ConflictError,
  IdempotencyKeyReusedError,
  NotFoundError,
  UnsupportedOperationError,
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
  type CommandWait,
  type CommandWarning,
  isReached,
} from './model.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { type CommandFilter, createCommandStore } from './store.ts';
import { commandUpdates } from './updates.ts';
import { createEffectWatch } from './watch.ts';

/** What a command needs to know of its charge point. */
export interface CommandTarget {
  readonly _id: string;
  readonly tenantId: string;
  readonly identity: string;
  readonly registration: string;
  readonly lastSeenAt?: Date;
  /** The hub sends it nothing of its own accord. */
  readonly certificationMode?: boolean;
}

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
  /** What is unwise in it, to be shown with the command. OUT-1. */
  readonly warnings?: readonly CommandWarning[] | undefined;
}

/** What a node asks of the node that holds the socket. */
type LinkRequest =
  | { readonly kind: 'describe'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'deliver'; readonly command: Command };

type Description =
  | { readonly kind: 'request'; readonly action: string; readonly payload: unknown }
  | { readonly kind: 'unsupported'; readonly version: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'full' };

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

const describeTimeoutMs = 5_000;
/** The version that a charge point without a link is taken to speak. */
const offlineVersion = '1.6';
/** Commands that are read when a charge point comes; OCPP_CALL_QUEUE_MAX keeps them below. */
const queuedMax = 1_000;

/** The command engine: takes wishes on, carries them over the links of this node, and tells what became of them. */
export function createCommandOperations(parts: Parts) {
  const { store, events, bus, clock, log, instance, callTimeoutMs, callQueueMax } = parts;
  const commands = createCommandStore(store);
  const watch = createEffectWatch({ bus, events, clock, log });
  const definitions = new Map<string, KnownOperation>();
  const delivery = createDelivery({ commands, events, bus, clock, log, watch, definitions, callTimeoutMs });

  let stopSweep: Cancel = () => undefined;

  async function describedOffline(
    { tenantId, _id }: CommandTarget,
    name: string,
    input: unknown,
  ): Promise<Description> {
    if ((await commands.countQueued(tenantId, _id, callQueueMax)) >= callQueueMax) return { kind: 'full' };
    return describedBy(offlineVersion, () => parts.describeOffline?.(name, input));
  }

  /** Asks the node with the socket what would go out; nothing is stored if it cannot. */
  async function describe(
    target: CommandTarget,
    name: string,
    input: unknown,
    mayQueue: boolean,
  ): Promise<{ action: string; payload: unknown }> {
    const request: LinkRequest = { kind: 'describe', name, input };
    let description: Description;
    try {
      const subject = commandSubject(target.tenantId, target._id);
      description = (await bus.request(subject, request, describeTimeoutMs)) as Description; // served below
    } catch (error) {
      if (!(error instanceof NobodyServes)) throw error;
      if (!mayQueue) throw new ChargePointOfflineError(target.identity, target.lastSeenAt);
      description = await describedOffline(target, name, input);
    }
    switch (description.kind) {
      case 'request':
        return description;
      case 'unsupported':
        throw new UnsupportedOperationError(name, description.version);
      case 'invalid':
        throw new ValidationError('input', description.message);
      case 'full':
        throw new CommandQueueFullError(target.identity, Math.ceil(callTimeoutMs / 1000));
    }
  }

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

  /** What was not sent yet fails with its link, unless it may wait for the next one. */
  async function disconnected(command: Command): Promise<void> {
    if (command.whenOffline !== 'QUEUE') await delivery.fail(command, 'the charge point disconnected');
  }

  /** Hands the command to the node with the socket; whatever happens there is written down there. */
  function hand(command: Command): void {
    const request: LinkRequest = { kind: 'deliver', command };
    bus
      .request(commandSubject(command.tenantId, command.chargePointId), request, describeTimeoutMs)
      .catch((error: unknown) => (error instanceof NobodyServes ? disconnected(command) : Promise.reject(error)))
      .catch((error: unknown) => log.error({ commandId: command._id, err: error }, 'command not delivered'));
  }

  /** What was queued while the charge point was away, or is left of an earlier process. */
  async function loadQueued({ tenantId, id }: Link['chargePoint'], outbox: Outbox): Promise<void> {
    const found = await commands.queued(tenantId, id, queuedMax);
    outbox.add(...found.filter(({ isPartial }) => isPartial !== true));
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
    const scope =
      idempotencyKey && JSON.stringify([principal.tenantId, principal.actor.id, definition.name, idempotencyKey]);
    if (scope && idempotencyKey) {
      const earlier = await replay(scope, idempotencyKey, fingerprint);
      if (earlier) return { command: await waitFor(earlier, wait, () => undefined), idempotentReplay: true };
    }
    if (definition.onlyAccepted && target.registration !== 'ACCEPTED') {
      throw new ChargePointNotAcceptedError(target.identity, target.registration);
    }
    const { action, payload } = await describe(target, definition.name, input, mayQueue);
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
    return { command: await waitFor(command, wait, () => hand(inFull)), idempotentReplay: false };
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

    /** This node holds the socket from now on; undo when it is gone. */
    attach(link: Link): () => void {
      const { tenantId, id } = link.chargePoint;
      const outbox = createOutbox({ link, deliver: delivery.deliver, log });
      const unserve = bus.serve(commandSubject(tenantId, id), async (asked): Promise<Description | undefined> => {
        const request = asked as LinkRequest; // sent by `describe` and `hand` only
        if (request.kind === 'deliver') {
          outbox.add(request.command);
          return undefined;
        }
        if (outbox.size() > callQueueMax) return { kind: 'full' };
        return describedBy(link.version, () => link.toRequest(request.name, request.input));
      });
      loadQueued(link.chargePoint, outbox).catch((error: unknown) =>
        log.error({ chargePointId: id, err: error }, 'queued commands could not be read; they wait for the next link'),
      );
      return () => {
        unserve();
        for (const command of outbox.close()) {
          disconnected(command).catch((error: unknown) =>
            log.error({ commandId: command._id, err: error }, 'command state not stored'),
          );
        }
      };
    },

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
    findMany: commands.findMany,
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

/** What goes out, or why it cannot. */
function describedBy(version: string, ask: () => { action: string; payload: unknown } | undefined): Description {
  try {
    const described = ask();
    return described === undefined ? { kind: 'unsupported', version } : { kind: 'request', ...described };
  } catch (error) {
    return { kind: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
}

function checkedWait(wait: CommandWait | undefined): CommandWait {
  const checked = wait ?? { until: 'RESPONDED', timeoutSeconds: 30 };
  if (checked.timeoutSeconds < 0 || checked.timeoutSeconds > 60) {
    throw new ValidationError('input.wait.timeoutSeconds', 'must be 0 to 60');
  }
  return checked;
}
