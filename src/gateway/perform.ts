import type { Logger } from '../kernel/log.ts';
import type { Message } from '../ocpp/message.ts';
import { checkOutgoing, readIncoming, readStrictly } from '../ocpp/validate.ts';
import type { CallReply, Session } from '../rpc/call.ts';
import type { Adapter, Link, LinkReply, OcppVersion, Send } from './adapter.ts';
import type { TakeNote } from './notes.ts';

/** Says commands in the words of a version. */
export interface Commands {
  /** The command side of a link. */
  forLink(link: {
    version: OcppVersion;
    session: Pick<Session, 'call'>;
    /** Answers are not repaired. */
    isStrict: boolean;
    log: Logger;
    /** Told of every answer that was repaired or broke its schema. */
    onNote?: TakeNote | undefined;
  }): Pick<Link, 'toRequest' | 'perform'>;
}

/** CALLs in a row without an answer after which a charge point counts as deaf: its socket lives, its program does not. */
const unansweredMax = 3;

/** Throws when two adapters say the same command in one version. */
export function createCommands(adapters: readonly Adapter[]): Commands {
  const senders = indexSenders(adapters);
  return {
    forLink({ version, session, isStrict, log, onNote }) {
      const find = (command: string) => senders.get(`${version} ${command}`);

      let unanswered = 0;
      const readAnswer = isStrict ? readStrictly : readIncoming;

      /** Outcomes are data: a CALLERROR and an answer outside its schema are told, not thrown. OUT-3, OUT-4. */
      const toLinkReply = (send: Send, input: unknown, messageId: string, reply: CallReply): LinkReply => {
        if (reply.kind !== 'result') return reply;
        const { payload, repairs, violations } = readAnswer(send.message, 'response', reply.payload);
        if (repairs.length > 0 || violations.length > 0) {
          onNote?.({ messageId, action: send.message.action, direction: 'response', repairs, violations });
        }
        if (repairs.length > 0) log.info({ action: send.message.action, repairs }, 'answer repaired');
        if (violations.length > 0) {
          log.warn({ action: send.message.action, violations }, 'answer outside its schema');
          return { kind: 'answered', response: reply.payload, violations };
        }
        return { kind: 'answered', response: reply.payload, outcome: send.toOutcome(payload, input), violations };
      };

      return {
        toRequest(command, input) {
          const send = find(command);
          return send && { action: send.message.action, payload: payloadOf(send, input) };
        },

        async perform(command, input, { timeoutMs, beforeSend, onLate }) {
          const send = find(command);
          if (!send) return { kind: 'unsupported' };
          const { action }: Message = send.message;
          let messageId = '';
          const reply = await session.call(action, payloadOf(send, input), {
            timeoutMs,
            beforeSend: async (id) => {
              messageId = id;
              return (await beforeSend?.(id)) ?? true;
            },
            ...(onLate ? { onLate: (late: CallReply) => onLate(toLinkReply(send, input, messageId, late)) } : {}),
          });
          unanswered = reply.kind === 'timeout' ? unanswered + 1 : 0;
          if (unanswered === unansweredMax) {
            log.warn({ unanswered }, 'charge point answers no calls any more; closing its socket may help');
            onNote?.({ messageId, action, direction: 'response', repairs: ['callsUnanswered'], violations: [] });
          }
          return toLinkReply(send, input, messageId, reply);
        },
      };
    },
  };
}

/** The request of a command in the words of a version, without a link. Undefined: the version has no such command. */
export function describeRequest(
  adapters: readonly Adapter[],
): (version: OcppVersion, command: string, input: unknown) => { action: string; payload: unknown } | undefined {
  const senders = indexSenders(adapters);
  return (version, command, input) => {
    const send = senders.get(`${version} ${command}`);
    return send && { action: send.message.action, payload: payloadOf(send, input) };
  };
}

function payloadOf(send: Send, input: unknown): unknown {
  const payload = send.toRequest(input);
  checkOutgoing(send.message, 'request', payload);
  return payload;
}

function indexSenders(adapters: readonly Adapter[]): ReadonlyMap<string, Send> {
  const index = new Map<string, Send>();
  for (const { versions, sends } of adapters) {
    for (const version of versions) {
      for (const send of sends) {
        const key = `${version} ${send.command}`;
        if (index.has(key)) throw new Error(`two capabilities say OCPP ${key}`);
        index.set(key, send);
      }
    }
  }
  return index;
}
