import { type Bus, NobodyServes } from '../../bus/bus.ts';
import { commandSubject, type Link } from '../../gateway/adapter.ts';
import {
  ChargePointOfflineError,
  CommandQueueFullError,
  UnsupportedOperationError,
  ValidationError,
} from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/log.ts';
import type { createDelivery } from './deliver.ts';
import type { Command, CommandTarget } from './model.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { CommandStore } from './store.ts';

/** What a node asks of the node that holds the socket. */
type LinkRequest =
  | { readonly kind: 'describe'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'deliver'; readonly command: Command };

type Description =
  | { readonly kind: 'request'; readonly action: string; readonly payload: unknown }
  | { readonly kind: 'unsupported'; readonly version: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'full' };

const describeTimeoutMs = 5_000;
/** The version that a charge point without a link is taken to speak. */
const offlineVersion = '1.6';
/** Commands that are read when a charge point comes; OCPP_CALL_QUEUE_MAX keeps them below. */
const queuedMax = 1_000;

/** The way from whoever takes a command on to the node that holds the socket, and what happens there. */
export function createRoute({
  commands,
  delivery,
  bus,
  log,
  callTimeoutMs,
  callQueueMax,
  describeOffline,
}: {
  readonly commands: CommandStore;
  readonly delivery: ReturnType<typeof createDelivery>;
  readonly bus: Bus;
  readonly log: Logger;
  readonly callTimeoutMs: number;
  readonly callQueueMax: number;
  /** The request that would go out to a charge point without a link; undefined: its version has no such command. */
  readonly describeOffline?: (name: string, input: unknown) => { action: string; payload: unknown } | undefined;
}) {
  async function describedOffline(
    { tenantId, _id }: CommandTarget,
    name: string,
    input: unknown,
  ): Promise<Description> {
    if ((await commands.countQueued(tenantId, _id, callQueueMax)) >= callQueueMax) return { kind: 'full' };
    return describedBy(offlineVersion, () => describeOffline?.(name, input));
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

  return {
    describe,
    hand,

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
  };
}

/** What goes out, or why it cannot. */
function describedBy(version: string, ask: () => { action: string; payload: unknown } | undefined): Description {
  try {
    const described = ask();
    return described === undefined ? { kind: 'unsupported', version } : { kind: 'request', ...described };
  } catch (error) {
    return { kind: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
}
