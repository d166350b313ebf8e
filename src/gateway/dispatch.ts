import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { OcppError } from '../ocpp/errors.ts';
import type { Message } from '../ocpp/message.ts';
import { checkOutgoing, readIncoming, readStrictly } from '../ocpp/validate.ts';
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
import { createTimeReader, stationClock, zeroConnectorIsOne } from './station-tolerance.ts';

/** The link whose CALLs are answered. */
export interface AnsweringLink {
  readonly chargePoint: RegisteredChargePoint;
  readonly version: OcppVersion;
  readonly epoch: number;
  readonly log: Logger;
  /** Told of every CALL that was repaired, tolerated or refused for its form, before it is answered. */
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
      const { isStrict, tolerance = {} } = chargePoint;
      const readTime = createTimeReader(stationClock(isStrict ? {} : tolerance));

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

      /** The request as understood; `note` takes what was repaired. Throws what the charge point is to be told. */
      const read = (message: Message, { action, payload, repairs: framed = [] }: IncomingFrame, note: NoteRepair) => {
        if (isStrict) {
          if (framed.length > 0) throw outOfForm(framed);
          return readStrictly(message, 'request', payload).payload;
        }
        for (const name of framed) note(name);
        const { payload: request, repairs } = readIncoming(message, 'request', payload);
        for (const name of repairs) note(name);
        return zeroConnectorIsOne(tolerance, action, request, note);
      };

      const answer = async (frame: IncomingFrame): Promise<Answer> => {
        const { messageId, action, receivedAt } = frame;
        const { message, handle } = receiverOf(version, action);
        await checkAccepted(action);
        const repairs: string[] = [];
        let violations: readonly string[] = [];
        const note = (name: string): void => {
          if (!repairs.includes(name)) repairs.push(name);
        };
        try {
          let request: unknown;
          try {
            request = read(message, frame, note);
          } catch (error) {
            violations = violationsOf(error);
            throw error;
          }
          const response = await handle(request, {
            chargePoint,
            messageId,
            receivedAt,
            epoch,
            repairs,
            sent: frame.payload,
            readTime: (text) => readTime(text, receivedAt, note),
          });
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
        } finally {
          if (repairs.length > 0) log.info({ action, repairs }, 'call repaired');
          if (repairs.length > 0 || violations.length > 0) {
            onNote?.({ messageId, action, direction: 'request', repairs: [...repairs], violations });
          }
        }
      };

      return (call) =>
        withinDeadline(clock, answerTimeoutMs, `the answer to ${call.action.slice(0, 64)}`, answer(call));
    },
  };
}

type NoteRepair = (name: string) => void;

/** A frame that no strict charge point sends. RPC-1, RPC-2. */
function outOfForm(repairs: readonly string[]): OcppError {
  const violation = `the frame is not as OCPP-J has it: ${repairs.join(', ')}`;
  return new OcppError('FormationViolation', violation, { details: { violation } });
}

function violationsOf(error: unknown): readonly string[] {
  const violation = error instanceof OcppError ? error.details['violation'] : undefined;
  return [typeof violation === 'string' ? violation : 'the payload cannot be read'];
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
