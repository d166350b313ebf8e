import { ocppErrorCodes } from '../../src/ocpp/errors.ts';
import { isOfficialAction, officialViolations } from './official-schemas.ts';

/** A frame as it came off the wire. */
export type RawFrame = readonly unknown[];

/** A CALL of the charge point that waits for its answer. */
export interface OpenCall {
  /** Undefined: the frame was sent broken on purpose, so all that can come is CALLERROR. */
  readonly action: string | undefined;
  readonly settle?: ((frame: RawFrame) => void) | undefined;
}

/** The charge point's own CALLs that wait; the same id may be open several times, as stations repeat theirs. */
export function createOpenCalls() {
  const open = new Map<string, OpenCall[]>();
  let unreadable = 0;
  return {
    add(id: string | number, action: string, settle?: (frame: RawFrame) => void): void {
      const key = JSON.stringify(id); // 1 and "1" are different ids. RPC-2
      open.set(key, [...(open.get(key) ?? []), { action, settle }]);
    },
    addUnreadable(): void {
      unreadable++;
    },
    /** The CALL that the answer belongs to, settled; undefined: there is none. */
    take(answer: RawFrame): OpenCall | undefined {
      const key = JSON.stringify(answer[1]);
      const waiting = open.get(key);
      const call = waiting?.shift();
      if (waiting?.length === 0) open.delete(key);
      if (call) {
        call.settle?.(answer);
        return call;
      }
      if (answer[0] !== 4 || unreadable === 0) return undefined;
      unreadable--;
      return { action: undefined };
    },
  };
}

/** What is wrong with a CALL that the hub sent. RPC-1, RPC-2, G2, G4. */
export function callFaults(frame: RawFrame): string[] {
  const [, id, action, payload] = frame;
  if (frame.length !== 4) return [`a CALL has four members: ${JSON.stringify(frame)}`];
  if (typeof id !== 'string' || id.length === 0 || id.length > 36) return [`bad message id ${JSON.stringify(id)}`];
  if (typeof action !== 'string' || !isOfficialAction(action)) return [`unknown action ${JSON.stringify(action)}`];
  return [...officialViolations(action, 'Request', payload), ...dateFaults(payload)];
}

/** What is wrong with an answer of the hub to `call`; undefined: nothing was asked. */
export function answerFaults(frame: RawFrame, call: OpenCall | undefined): string[] {
  if (!call) return [`an answer to nothing: ${JSON.stringify(frame)}`];
  if (frame[0] === 4) return errorFaults(frame);
  if (frame[0] !== 3 || frame.length !== 3) return [`no OCPP-J answer: ${JSON.stringify(frame)}`];
  if (call.action === undefined) return [`a result for a broken frame: ${JSON.stringify(frame)}`];
  return [...officialViolations(call.action, 'Response', frame[2]), ...dateFaults(frame[2])];
}

function errorFaults(frame: RawFrame): string[] {
  const [, , code, description, details] = frame;
  const faults: string[] = [];
  if (frame.length !== 5) faults.push(`a CALLERROR has five members: ${JSON.stringify(frame)}`);
  if (!ocppErrorCodes.some((known) => known === code)) faults.push(`unknown error code ${JSON.stringify(code)}`);
  if (typeof description !== 'string' || description.length > 255) faults.push('the description is no string ≤ 255');
  if (typeof details !== 'object' || details === null || Array.isArray(details)) faults.push('details is no object');
  return faults;
}

/** Every date-time that the hub sends has three digits of milliseconds and ends in Z. G4 */
function dateFaults(value: unknown): string[] {
  if (typeof value === 'string') {
    const isDate = /^\d{4}-\d\d-\d\dT/.test(value);
    return isDate && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? [`date-time ${value}`] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(dateFaults) : [];
}
