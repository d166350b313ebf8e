import type { Logger } from '../kernel/log.ts';
import { OcppError } from '../ocpp/errors.ts';
import { encodeError, encodeResult } from '../ocpp/frame.ts';
import type { IncomingFrame } from './call.ts';

/** What a CALL is answered with. */
export interface Answer {
  /** The payload of the CALLRESULT. */
  readonly payload: unknown;
  /** Runs when the CALLRESULT was handed to the socket. */
  readonly afterwards?: () => void;
}

/** A frame that is to be answered: a CALL, or one so broken that only its id could be read. */
type Pending = (
  | { readonly call: IncomingFrame }
  | { readonly fault: OcppError; readonly messageId: string | number }
) & {
  readonly characters: number;
};

/** The charge point's CALLs, answered one after the other in order of arrival. RPC-5. */
export interface IncomingCalls {
  take(call: IncomingFrame, characters: number): void;
  /** A frame of which only the id could be read: answered with CALLERROR when its turn comes. RPC-8. */
  refuse(messageId: string | number, fault: OcppError, characters: number): void;
  /** Decides anew whether to read on; called when a CALL of the hub has left or ended. */
  reconsider(): void;
  drained(): Promise<void>;
  close(): void;
}

/** How much more may wait while a CALL of the hub is open; see `reconsider`. */
const openCallFactor = 4;

/** What wait for their answers, in characters of frames, before reading pauses: long frames count for more. */
const pendingCharactersMax = 1 << 20;

/**
 * Reading pauses at `answersPendingMax` waiting frames and goes on below half of it; what was read before the pause
 * took hold is kept, so nothing is dropped.
 */
export function createIncomingCalls(options: {
  send: (text: string) => void;
  answer: (call: IncomingFrame) => Promise<Answer>;
  answersPendingMax: number;
  hasOpenCall: () => boolean;
  pause: () => void;
  resume: () => void;
  log: Logger;
}): IncomingCalls {
  const { send, answer, answersPendingMax, hasOpenCall, pause, resume, log } = options;
  const pending: Pending[] = []; // the first one is being answered
  const drains: { readonly until: number; readonly resolve: () => void }[] = [];
  let received = 0;
  let answered = 0;
  let characters = 0;
  let isPaused = false;
  let isRunning = false;
  let isClosed = false;

  /**
   * A handler may wait for the answer to a CALL of the hub, and that answer may lie in the paused socket behind the
   * charge point's own CALLs. So while a CALL of the hub is open, more may wait. A station that fills this room too
   * is paused all the same: then the time-out of the hub's CALL ends the wait, and reading goes on.
   */
  const reconsider = (): void => {
    if (isClosed) return;
    const factor = hasOpenCall() ? openCallFactor : 1;
    const isFull = pending.length >= answersPendingMax * factor || characters >= pendingCharactersMax * factor;
    const goesOnBelow = factor === 1 ? 0.5 : factor;
    const hasRoom = pending.length < answersPendingMax * goesOnBelow && characters < pendingCharactersMax * goesOnBelow;
    if (!isPaused && isFull) {
      isPaused = true;
      pause();
    } else if (isPaused && hasRoom) {
      isPaused = false;
      resume();
    }
  };

  const encoded = async (item: Pending): Promise<{ text: string; afterwards?: (() => void) | undefined }> => {
    if ('fault' in item) return { text: encodeError(item.messageId, item.fault.code, item.fault.message) };
    const { call } = item;
    try {
      const { payload, afterwards } = await answer(call);
      return { text: encodeResult(call.messageId, payload), afterwards };
    } catch (error) {
      if (error instanceof OcppError) {
        return { text: encodeError(call.messageId, error.code, error.message, error.details) };
      }
      log.error({ action: call.action, err: error }, 'a call could not be answered');
      return { text: encodeError(call.messageId, 'InternalError', 'the message could not be processed') };
    }
  };

  const settleDrains = (): void => {
    while (drains[0] && (isClosed || drains[0].until <= answered)) drains.shift()?.resolve();
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    for (let item = pending[0]; item && !isClosed; item = pending[0]) {
      const { text, afterwards } = await encoded(item);
      if (isClosed) break; // the link went away meanwhile: nobody is there to hear it
      send(text);
      try {
        afterwards?.();
      } catch (error) {
        log.error({ err: error }, 'what follows an answer failed');
      }
      pending.shift();
      characters -= item.characters;
      answered++;
      settleDrains();
      reconsider();
    }
    isRunning = false;
  };

  const add = (item: Pending): void => {
    if (isClosed) return;
    pending.push(item);
    received++;
    characters += item.characters;
    reconsider();
    if (!isRunning) void run(); // never rejects: `encoded` catches
  };

  return {
    take: (call, length) => add({ call, characters: length }),
    refuse: (messageId, fault, length) => add({ messageId, fault, characters: length }),
    reconsider,
    drained: () =>
      new Promise((resolve) => {
        drains.push({ until: received, resolve });
        settleDrains();
      }),
    close() {
      isClosed = true;
      pending.length = 0;
      settleDrains();
    },
  };
}
