import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { OcppError } from '../ocpp/errors.ts';
import type { Message } from '../ocpp/message.ts';
import { checkOutgoing, type IncomingPayload, readIncoming } from '../ocpp/validate.ts';
import type { IncomingFrame } from '../rpc/call.ts';
import type { Answer } from '../rpc/session.ts';
import {
  type Adapter,
  type AnsweredMessage,
  answeredSubject,
  type ChargePointRegistry,
  type OcppVersion,
  type Receive,
  type RegisteredChargePoint,
} from './adapter.ts';
import { withinDeadline } from './deadline.ts';
import type { TakeNote } from './notes.ts';

/** The link whose CALLs are answered. */
export interface AnsweringLink {
  readonly chargePoint: RegisteredChargePoint;
  readonly version: OcppVersion;
  readonly epoch: number;
  readonly log: Logger;
  /** Told of every CALL that was repaired or broke its schema, before it is answered. */
  readonly onNote?: TakeNote | undefined;
}

/** Finds the handler of a message, checks what goes in and what comes out. */
export interface Dispatch {
  /** The answers on one link. They reject with an `OcppError` for what the charge point is to be told. */
  forLink(link: AnsweringLink): (call: IncomingFrame) => Promise<Answer>;
}

/**
 * What a charge point may say before it was accepted: its boot, and security events, which may be older than the boot.
 * BOOT-6, SEC-15.
 */
const actionsBeforeAcceptance: ReadonlySet<string> = new Set(['BootNotification', 'SecurityEventNotification']);

/**
 * `messages` are all that a version knows, served or not. `answerTimeoutMs` is the ceiling of every handler: after it
 * the charge point gets InternalError and comes again (RETRY-1). Throws when two adapters answer the same message.
 */
export function createDispatch(options: {
  adapters: readonly Adapter[];
  messages: Readonly<Record<OcppVersion, readonly Message[]>>;
  registry: Pick<ChargePointRegistry, 'registration'>;
  bus: Bus;
  clock: Clock;
  answerTimeoutMs: number;
}): Dispatch {
  const { adapters, messages, registry, bus, clock, answerTimeoutMs } = options;
  const receivers = indexReceivers(adapters);

  const receiverOf = (version: OcppVersion, action: string): Receive => {
    const receiver = receivers.get(`${version} ${action}`);
    if (receiver) return receiver;
    if (messages[version].some((message) => message.action === action)) {
      throw new OcppError('NotSupported', `${action} is not supported`);
    }
    throw new OcppError('NotImplemented', 'the action is unknown');
  };

  return {
    forLink({ chargePoint, version, epoch, log, onNote }) {
      let { registration } = chargePoint;

      /**
       * PENDING is answered: the hub may have triggered the message (BOOT-3). UNKNOWN was never accepted and REJECTED
       * is to be silent, so both are told SecurityError (BOOT-6). Accepted once, a charge point is answered on every
       * later link without a boot (CON-9).
       */
      const checkAccepted = async (action: string): Promise<void> => {
        if (registration === 'ACCEPTED' || actionsBeforeAcceptance.has(action)) return;
        registration = await registry.registration(chargePoint); // an operator may have accepted it meanwhile
        if (registration === 'UNKNOWN' || registration === 'REJECTED') {
          throw new OcppError('SecurityError', 'send a BootNotification first; it must be accepted');
        }
      };

      /** A request that nobody can understand is noted and refused. */
      const read = (message: Message, messageId: string | number, payload: unknown): IncomingPayload => {
        try {
          return readIncoming(message, 'request', payload);
        } catch (error) {
          const violation = error instanceof OcppError ? error.details['violation'] : undefined;
          const violations = [typeof violation === 'string' ? violation : 'the payload cannot be read'];
          onNote?.({ messageId, action: message.action, direction: 'request', repairs: [], violations });
          throw error;
        }
      };

      const answer = async ({ messageId, action, payload, receivedAt }: IncomingFrame): Promise<Answer> => {
        const { message, handle } = receiverOf(version, action);
        await checkAccepted(action);
        const { payload: request, repairs } = read(message, messageId, payload);
        if (repairs.length > 0) {
          log.info({ action, repairs }, 'call repaired');
          onNote?.({ messageId, action, direction: 'request', repairs, violations: [] });
        }
        const response = await handle(request, { chargePoint, messageId, receivedAt, epoch, repairs });
        checkOutgoing(message, 'response', response);
        if (action === 'BootNotification') registration = 'UNKNOWN'; // may have changed: ask before the next message
        const answered: AnsweredMessage = { chargePointId: chargePoint.id, action, request, receivedAt };
        return {
          payload: response,
          afterwards: () => {
            const durationMs = clock.now().getTime() - receivedAt.getTime();
            log.debug({ action, durationMs }, 'call answered');
            bus.publish(answeredSubject(chargePoint.tenantId), answered);
          },
        };
      };

      return (call) =>
        withinDeadline(clock, answerTimeoutMs, `the answer to ${call.action.slice(0, 64)}`, answer(call));
    },
  };
}

function indexReceivers(adapters: readonly Adapter[]): ReadonlyMap<string, Receive> {
  const index = new Map<string, Receive>();
  for (const { versions, receives } of adapters) {
    for (const version of versions) {
      for (const receive of receives) {
        const key = `${version} ${receive.message.action}`;
        if (index.has(key)) throw new Error(`two capabilities answer OCPP ${key}`);
        index.set(key, receive);
      }
    }
  }
  return index;
}
