import type { OcppErrorCode } from '../../../src/ocpp/errors.ts';

/** What the rules say becomes of a frame: a CALLRESULT, a CALLERROR of that code, no answer, or the socket closed with 1009. */
export type Expected = 'result' | 'ignored' | 'closed 1009' | OcppErrorCode;

/** A frame of a charge point and what is to become of it. */
export interface LabelledFrame {
  /** What is special about it, with the rule that decides. */
  readonly name: string;
  readonly text: string;
  readonly expected: Expected;
  /** The id in the answer, where it is not `id`. */
  readonly id?: string | number;
}

/** The id of the labelled CALLs. */
export const id = 'labelled';

/** A CALL that is a frame in order. */
export const call = (action: string, payload: unknown): string => JSON.stringify([2, id, action, payload]);
