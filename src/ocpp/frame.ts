import { OcppError, type OcppErrorCode, ocppErrorCodes } from './errors.ts';

/** The peer asks. OCPP-J 1.6 §4.2.1. */
export interface Call {
  readonly kind: 'call';
  /** In the type in which it came; the answer must echo it. */
  readonly messageId: string | number;
  readonly action: string;
  /** As it came; `null` and a missing payload read as `{}`. */
  readonly payload: unknown;
  /** What is odd about the frame itself, by name: see `repairTable`. Absent when nothing is. */
  readonly repairs?: readonly string[];
}

/** The peer answered. OCPP-J 1.6 §4.2.2. */
export interface CallResult {
  readonly kind: 'result';
  readonly messageId: string | number;
  readonly payload: unknown;
}

/** The peer could not answer. OCPP-J 1.6 §4.2.3. */
export interface CallError {
  readonly kind: 'error';
  readonly messageId: string | number;
  /** In the spelling of 1.6 when it is one of `ocppErrorCodes`, else as it came; at most 255 characters. */
  readonly code: string;
  /** At most 255 characters. */
  readonly description: string;
  readonly details: unknown;
}

/** One message of the conversation. */
export type Frame = Call | CallResult | CallError;

/** Longest message id that is read, and longest action name, in characters. */
const receivedTextMax = 255;
/** Longest message id that is sent, in characters. OCPP-J 1.6 §4.1.4. */
const sentMessageIdMax = 36;
/** Longest error description that is sent or kept, in characters. */
const descriptionMax = 255;
/** Lists and objects inside each other; the deepest OCPP 1.6 message has six. */
const depthMax = 32;

/**
 * Reads one frame. Throws an `OcppError`, and nothing else, on a frame that cannot be used: with a `messageId` it is to
 * be answered with a CALLERROR; without one the frame is to be ignored and logged (empty text, not JSON, no readable id,
 * unknown message type, a broken answer). RPC-1, 2, 7, 8.
 */
export function parseFrame(text: string): Frame {
  const frame = parseJson(text);
  if (!Array.isArray(frame)) throw ignored('the frame is not a list');
  const [type, messageId] = frame as readonly unknown[];
  if (type !== 2 && type !== 3 && type !== 4) throw ignored('the message type is unknown');
  if (!isMessageId(messageId)) throw ignored('the message id cannot be read');
  switch (type) {
    case 2:
      return readCall(messageId, frame);
    case 3:
      if (isTooDeep(frame[2], depthMax)) throw ignored('the answer is nested too deeply');
      return { kind: 'result', messageId, payload: frame[2] ?? {} };
    case 4:
      if (isTooDeep(frame[4], depthMax)) throw ignored('the error details are nested too deeply');
      return {
        kind: 'error',
        messageId,
        code: readErrorCode(frame[2]),
        description: typeof frame[3] === 'string' ? frame[3].slice(0, descriptionMax) : '',
        details: frame[4] ?? {},
      };
  }
}

/** The text of a CALL. `messageId` has 1 to 36 characters; throws `OcppError` InternalError otherwise. */
export function encodeCall(messageId: string, action: string, payload: unknown): string {
  if (messageId.length === 0 || messageId.length > sentMessageIdMax)
    throw new OcppError('InternalError', `a message id has 1 to ${sentMessageIdMax} characters`);
  return JSON.stringify([2, messageId, action, payload ?? {}]);
}

/** The text of a CALLRESULT; `messageId` is the one of the CALL, in its type. */
export const encodeResult = (messageId: string | number, payload: unknown): string =>
  JSON.stringify([3, messageId, payload ?? {}]);

/** The text of a CALLERROR; `messageId` is the one of the CALL, in its type. The description is cut at 255 characters. */
export const encodeError = (
  messageId: string | number,
  code: OcppErrorCode,
  description: string,
  details: Readonly<Record<string, unknown>> = {},
): string => JSON.stringify([4, messageId, code, description.slice(0, descriptionMax), details]);

function parseJson(text: string): unknown {
  if (text.trim() === '') throw ignored('the frame is empty');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw ignored('the frame is not JSON', cause);
  }
}

function readCall(messageId: string | number, frame: readonly unknown[]): Call {
  const [, , action, payload] = frame;
  if (typeof action !== 'string' || action.length === 0 || action.length > receivedTextMax)
    throw new OcppError('FormationViolation', 'the action is not a name', { messageId });
  if (isTooDeep(payload, depthMax))
    throw new OcppError('FormationViolation', `the payload is nested deeper than ${depthMax}`, { messageId });
  const repairs = oddities(frame);
  // no spread: this is the path of every frame
  if (repairs.length === 0) return { kind: 'call', messageId, action, payload: payload ?? {} };
  return { kind: 'call', messageId, action, payload: payload ?? {}, repairs };
}

const none: readonly string[] = [];

/** What a frame that can be used has against OCPP-J. RPC-1, RPC-2. */
function oddities(frame: readonly unknown[]): readonly string[] {
  const [, messageId, , payload] = frame;
  const isOrdinary =
    frame.length === 4 &&
    payload !== null &&
    typeof messageId === 'string' &&
    messageId.length > 0 &&
    messageId.length <= sentMessageIdMax;
  if (isOrdinary) return none;
  const found: string[] = [];
  if (typeof messageId === 'number') found.push('numericMessageId');
  if (messageId === '') found.push('emptyMessageId');
  if (typeof messageId === 'string' && messageId.length > sentMessageIdMax) found.push('longMessageId');
  if (frame.length < 4) found.push('missingPayload');
  else if (payload === null) found.push('nullPayload');
  if (frame.length > 4) found.push('furtherFrameParts');
  return found;
}

const ignored = (message: string, cause?: unknown) => new OcppError('FormationViolation', message, { cause });

const isMessageId = (value: unknown): value is string | number =>
  typeof value === 'string' ? value.length <= receivedTextMax : Number.isFinite(value);

/** Spellings of later editions and of those who correct the standard. RPC error table. */
const otherSpellings: ReadonlyMap<string, OcppErrorCode> = new Map([
  ['occurrenceconstraintviolation', 'OccurenceConstraintViolation'],
  ['formatviolation', 'FormationViolation'],
  ...ocppErrorCodes.map((code) => [code.toLowerCase(), code] as const),
]);

function readErrorCode(value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'GenericError';
  return otherSpellings.get(value.toLowerCase()) ?? value.slice(0, receivedTextMax);
}

/** Whether more than `levels` lists and objects lie inside each other. Never recurses further than that. */
function isTooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const part of Object.values(value)) if (isTooDeep(part, levels - 1)) return true;
  return false;
}
