import type { FrameFacts } from './describe.ts';
import type { WireMessage } from './model.ts';

/** What the hub repaired, tolerated or refused in one message, as the gateway tells it. */
export interface HeardNote {
  readonly messageId: string | number;
  /** `request`: in a CALL of the charge point; `response`: in its answer to the hub. */
  readonly direction: 'request' | 'response';
  readonly repairs: readonly string[];
  readonly violations: readonly string[];
}

/** A frame that can still learn something, until it is stored. */
export type DraftMessage = { -readonly [Name in keyof WireMessage]: WireMessage[Name] };

/** What is remembered of a frame when it is stored: little, for there are many links. */
export interface Trace {
  readonly _id: string;
  readonly at: Date;
  readonly action?: string | undefined;
  commandId?: string | undefined;
  repairs?: readonly string[] | undefined;
  violations?: readonly string[] | undefined;
}

/** A frame, and what is remembered of it and of the CALL that it answers. */
export interface HeardMessage {
  readonly message: DraftMessage;
  readonly trace: Trace;
  readonly call?: Trace | undefined;
}

/** CALLs of a link that wait for their answers; of more, the oldest are forgotten. */
const openMax = 512;
/** Ended CALLs and answers about which a note may still come. */
const endedMax = 8;

/**
 * Puts together what belongs together on one link: an answer and the CALL it answers, a note and the message it is
 * about. Frames must be given in the order in which they went over the wire, notes after their frames.
 */
export function createConversation(link: Pick<WireMessage, 'tenantId' | 'chargePointId' | 'epoch'>) {
  const open = new Map<string, Trace>();
  const ended = new Map<string, Trace>();

  return {
    /** The frame with all that is known by now. */
    heard(id: string, { fault, ...facts }: FrameFacts): HeardMessage {
      const message: DraftMessage = { _id: id, ...link, ...facts };
      const { messageId, direction, type, at } = message;
      const trace: Trace = { _id: id, at, action: message.action };
      if (fault !== undefined) {
        deviate(trace, { repairs: [], violations: [fault] });
        learn(message, trace);
      }
      if (messageId === undefined) return { message, trace };
      if (type !== 'CALLRESULT' && type !== 'CALLERROR') {
        keep(open, `${direction} ${messageId}`, trace, openMax);
        return { message, trace };
      }
      keep(ended, `answer ${direction} ${messageId}`, trace, endedMax);
      const asked = `${direction === 'FROM_CHARGE_POINT' ? 'TO_CHARGE_POINT' : 'FROM_CHARGE_POINT'} ${messageId}`;
      const call = open.get(asked);
      const known = call ?? ended.get(`call ${asked}`); // answered twice
      if (known?.action !== undefined) message.action = known.action;
      if (call) {
        message.latencyMs = Math.max(0, at.getTime() - call.at.getTime());
        open.delete(asked);
        keep(ended, `call ${asked}`, call, endedMax);
      }
      return { message, trace, call: known };
    },

    /** Adds a note to what is remembered of its message, and gives that; undefined when it is forgotten. */
    noted({ messageId, direction, repairs, violations }: HeardNote): Trace | undefined {
      const key = `FROM_CHARGE_POINT ${messageId}`;
      const trace = direction === 'request' ? (open.get(key) ?? ended.get(`call ${key}`)) : ended.get(`answer ${key}`);
      if (trace) deviate(trace, { repairs, violations });
      return trace;
    },
  };
}

/** What belongs together on one link. */
export type Conversation = ReturnType<typeof createConversation>;

/** Brings what is known of a frame into it. */
export function learn(message: DraftMessage, { repairs, violations }: Trace): void {
  if (repairs) message.repairs = repairs;
  if (violations) message.violations = violations;
  if (repairs || violations) message.deviates = true;
}

function deviate(trace: Trace, { repairs, violations }: Pick<HeardNote, 'repairs' | 'violations'>): void {
  if (repairs.length > 0) trace.repairs = [...new Set([...(trace.repairs ?? []), ...repairs])];
  if (violations.length > 0) trace.violations = [...new Set([...(trace.violations ?? []), ...violations])];
}

function keep(traces: Map<string, Trace>, key: string, trace: Trace, max: number): void {
  traces.delete(key); // the newest of equal ids counts, and is the youngest
  traces.set(key, trace);
  const oldest = traces.keys().next();
  if (traces.size > max && !oldest.done) traces.delete(oldest.value);
}
