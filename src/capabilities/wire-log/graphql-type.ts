import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { mayReadIdTags, type Principal } from '../../kernel/principal.ts';
import { type Frame, parseFrame } from '../../ocpp/frame.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import { CommandInterface, commandsKey } from '../commands/index.ts';
import { wireLogKey } from './key.ts';
import { maskIdTags } from './mask.ts';
import type { WireMessage } from './model.ts';

/** Which way a frame went. */
export const MessageDirectionEnum = enumType('MessageDirection', 'Which way a message went.', {
  FROM_CHARGE_POINT: 'From the charge point to the hub.',
  TO_CHARGE_POINT: 'From the hub to the charge point.',
});

/** What a frame is. */
export const OcppMessageTypeEnum = enumType('OcppMessageType', 'What a frame is. OCPP-J 1.6 §4.2.', {
  CALL: 'A request.',
  CALLRESULT: 'An answer.',
  CALLERROR: 'An answer that tells of a fault.',
  UNREADABLE: 'None of these: not JSON, or not in the form of OCPP-J.',
});

/** The text that this reader may see. */
const textFor = ({ text }: WireMessage, principal: Principal): string =>
  mayReadIdTags(principal) ? text : maskIdTags(text);

function frameFor(message: WireMessage, principal: Principal): Frame | undefined {
  try {
    return parseFrame(textFor(message, principal));
  } catch {
    return undefined; // the text is there all the same
  }
}

const errorFor = (message: WireMessage, principal: Principal) => {
  const frame = message.type === 'CALLERROR' ? frameFor(message, principal) : undefined;
  return frame?.kind === 'error' ? frame : undefined;
};

/** One frame. */
export const OcppMessageRef = builder.objectRef<WireMessage>('OcppMessage');

builder.node(OcppMessageRef, {
  ...needs('OCPP_MESSAGES_READ'),
  description:
    'One OCPP-J frame as it went over the wire. Kept as long as HUB_WIRE_LOG_DAYS and HUB_WIRE_LOG_MEGABYTES say.',
  id: { resolve: ({ _id }) => _id },
  loadOne: (id, { principal: { tenantId }, use }) => use(wireLogKey).find(tenantId, id),
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'The charge point; null when it was deleted meanwhile.',
      resolve: ({ chargePointId }, _args, context) => loadChargePoint(context, chargePointId),
    }),
    direction: t.expose('direction', { type: MessageDirectionEnum, description: 'Which way it went.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When the hub read it or handed it to the socket.' }),
    messageType: t.expose('type', { type: OcppMessageTypeEnum, description: 'What it is.' }),
    messageId: t.exposeString('messageId', {
      nullable: true,
      description: 'The id that a CALL and its answer share; null when it cannot be read.',
    }),
    action: t.exposeString('action', {
      nullable: true,
      description: 'The OCPP action; of an answer, the one of the CALL. Null when it is not known.',
    }),
    text: t.string({
      description:
        'The frame, byte for byte. Two things are masked as ***: the value of AuthorizationKey for everyone, idTags for readers who may not see them.',
      resolve: (message, _args, { principal }) => textFor(message, principal),
    }),
    isCut: t.boolean({
      description: 'It was longer than 1,048,576 characters, and `text` is its beginning.',
      resolve: ({ isCut }) => isCut ?? false,
    }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Payload of a CALL or CALLRESULT as in `text`; null for the others.',
      resolve: (message, _args, { principal }) => {
        const frame = frameFor(message, principal);
        return frame === undefined || frame.kind === 'error' ? null : frame.payload;
      },
    }),
    errorCode: t.string({
      nullable: true,
      description: 'Of a CALLERROR, e.g. NotImplemented.',
      resolve: (message, _args, { principal }) => errorFor(message, principal)?.code,
    }),
    errorDescription: t.string({
      nullable: true,
      description: 'Of a CALLERROR; often empty.',
      resolve: (message, _args, { principal }) => errorFor(message, principal)?.description,
    }),
    errorDetails: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Of a CALLERROR.',
      resolve: (message, _args, { principal }) => errorFor(message, principal)?.details ?? null,
    }),
    sizeBytes: t.exposeInt('sizeBytes', { description: 'Size on the wire, in bytes.' }),
    latencyMs: t.exposeInt('latencyMs', {
      nullable: true,
      description: 'Of the first answer to a CALL: how long after it, in milliseconds. Null for the others.',
    }),
    linkEpoch: t.exposeInt('epoch', { description: 'Number of the connection it went over, counting up from 1.' }),
    transactionId: t.expose('ocppTransactionId', {
      type: 'SafeInt',
      nullable: true,
      description: 'The OCPP transaction number in the payload, also one that no transaction has; null without one.',
    }),
    repairs: t.stringList({
      description: 'What the hub repaired or tolerated in it, by name, e.g. `wordCase`. See `ChargePoint.deviations`.',
      resolve: ({ repairs }) => [...(repairs ?? [])],
    }),
    violations: t.stringList({
      description: 'Why it does not match the schema or cannot be read; empty when it does.',
      resolve: ({ violations }) => [...(violations ?? [])],
    }),
    command: t.field({
      type: CommandInterface,
      nullable: true,
      description: 'The command that the CALL carries or the answer belongs to; null for messages of the charge point.',
      resolve: ({ commandId }, _args, { principal: { tenantId }, use }) =>
        commandId === undefined ? null : use(commandsKey).find(tenantId, commandId),
    }),
  }),
});
