import type { InterfaceRef } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ActorRef } from '../access/index.ts';
import { ChargePointRef, loadChargePoint } from '../charge-points/index.ts';
import type { Command, CommandFailure, CommandWarning } from './model.ts';

/** The states, as the API shows them. */
export const CommandStateEnum = enumType(
  'CommandState',
  'Life of a command: QUEUED → SENT → RESPONDED → FINISHED; the others are final without it.',
  {
    QUEUED: 'Stored; waits for its turn on the link, or for the charge point to come online.',
    SENT: 'On its way: the charge point has it or is about to.',
    RESPONDED: 'The charge point answered positively; the follow-up that it promised has not been seen yet.',
    FINISHED: 'Final. The follow-up was seen, or the answer promises none (a refusal is an answer: see `status`).',
    EFFECT_MISSING: 'Final. Accepted, and the promised follow-up did not come in time.',
    FAILED: 'Final. A CALLERROR, an unusable answer, or the link was lost: see `failure`.',
    TIMED_OUT: 'No answer in time. A late answer still moves it on.',
    EXPIRED: 'Final. Its turn came too late; it was never sent.',
    CANCELLED: 'Final. A client took it back before it was sent.',
  },
);

const FailureKindEnum = enumType('CommandFailureKind', 'Why a command has no usable answer.', {
  CALL_ERROR: 'The charge point answered CALLERROR.',
  NO_ANSWER: 'No answer in time.',
  LINK_LOST: 'The link was lost.',
  INVALID_ANSWER: 'The answer does not match its schema; it is kept verbatim.',
  DEADLINE_PASSED: 'It waited too long for its turn.',
  QUEUE_FULL: 'Too many commands waited.',
  HUB_RESTARTED: 'The hub stopped before the answer came.',
  NOT_ISSUED: 'The hub could not prepare it; nothing was sent.',
  CANCELLED: 'A client took it back; nothing was sent.',
});

const FailureRef = builder.objectRef<CommandFailure>('CommandFailure').implement({
  description: 'Why a command has no usable answer.',
  fields: (t) => ({
    kind: t.expose('kind', { type: FailureKindEnum, description: 'For programs.' }),
    ocppErrorCode: t.exposeString('ocppErrorCode', {
      nullable: true,
      description: 'Error code of the CALLERROR as it came, e.g. NotSupported.',
    }),
    description: t.exposeString('description', {
      description: 'For people; the CALLERROR’s own text where there is one.',
    }),
    details: t.expose('details', { type: 'JSON', nullable: true, description: 'Details of the CALLERROR, verbatim.' }),
    outcomeUnknown: t.exposeBoolean('outcomeUnknown', {
      description: 'The charge point may have acted on the request all the same.',
    }),
  }),
});

const PriorityEnum = enumType('CommandPriority', 'In what order commands of one charge point leave.', {
  URGENT: 'Before all others: a driver waits.',
  NORMAL: 'In order of request.',
  BULK: 'When nothing else waits.',
});

const WarningRef = builder.objectRef<CommandWarning>('CommandWarning').implement({
  description: 'Something unwise in a request; it was sent all the same.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'For programs, e.g. CONNECTOR_UNKNOWN.' }),
    message: t.exposeString('message', { description: 'For people: what the hub knows and why the command may fail.' }),
    path: t.exposeString('path', { nullable: true, description: 'The input field, e.g. input.connectorId.' }),
  }),
});

const ExecutionRef = builder.objectRef<Command>('CommandExecution').implement({
  description: 'How a command fares, from the caller’s wish to its end.',
  fields: (t) => ({
    state: t.expose('state', { type: CommandStateEnum, description: 'Where it stands.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the hub took it on.' }),
    requestedBy: t.expose('requestedBy', { type: ActorRef, description: 'Who asked for it.' }),
    idempotencyKey: t.expose('idempotencyKey', {
      type: 'IdempotencyKey',
      nullable: true,
      description: 'The caller’s key, if one was given.',
    }),
    priority: t.field({
      type: PriorityEnum,
      description: 'In what order it leaves among those that wait.',
      resolve: ({ priority }) => priority ?? 'NORMAL',
    }),
    deadlineAt: t.expose('deadlineAt', { type: 'DateTime', description: 'After this instant it is no longer sent.' }),
    sentAt: t.expose('sentAt', { type: 'DateTime', nullable: true, description: 'When it left.' }),
    respondedAt: t.expose('respondedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the CALLRESULT or CALLERROR came.',
    }),
    answeredLate: t.boolean({
      description: 'The answer came after the time-out.',
      resolve: (command) => command.answeredLate ?? false,
    }),
    effectDeadlineAt: t.expose('effectDeadlineAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the promised follow-up may come; null when the answer promised none.',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    action: t.exposeString('action', { description: 'OCPP action, as on the wire.' }),
    request: t.expose('request', {
      type: 'JSON',
      nullable: true,
      description: 'Payload of the CALL, verbatim; secrets left out.',
    }),
    response: t.expose('response', {
      type: 'JSON',
      nullable: true,
      description: 'Payload of the CALLRESULT, verbatim.',
    }),
    violations: t.stringList({
      description: 'How the answer breaks its schema; empty when it does not.',
      resolve: (command) => [...(command.violations ?? [])],
    }),
    warnings: t.field({
      type: [WarningRef],
      description: 'What is unwise in the request, as far as the hub knows; it is sent all the same.',
      resolve: (command) => [...(command.warnings ?? [])],
    }),
    failure: t.expose('failure', { type: FailureRef, nullable: true, description: 'Why there is no usable answer.' }),
  }),
});

/** Operation name → GraphQL type of its command. */
const typeNames = new Map<string, string>();

/** Every command of the hub to a charge point. */
export const CommandInterface: InterfaceRef<HubTypes, Command> = builder.interfaceRef<Command>('Command').implement({
  ...needs('COMMANDS_READ'),
  description: 'A request of the hub to a charge point: a lasting object with a state, not just an answer.',
  interfaces: [builder.nodeInterfaceRef()],
  resolveType: (command) => typeNames.get(command.name),
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      nullable: true,
      description: 'The charge point; null when it was deleted meanwhile.',
      resolve: (command, _args, context) => loadChargePoint(context, command.chargePointId),
    }),
    execution: t.field({
      type: ExecutionRef,
      description: 'How it fares.',
      resolve: (command) => command,
    }),
  }),
});

/** Gives the commands of an operation their GraphQL type. */
export const registerCommandType = (operation: string, typeName: string): void => {
  typeNames.set(operation, typeName);
};

/** What every command mutation gives, for clients that treat all operations alike. */
export const CommandPayloadInterface = builder
  .interfaceRef<{ command: Command; idempotentReplay: boolean }>('CommandPayload')
  .implement({
    description: 'What every command mutation gives when the hub took the command on.',
    fields: (t) => ({
      command: t.expose('command', { type: CommandInterface, description: 'Query or follow it by its id.' }),
      idempotentReplay: t.exposeBoolean('idempotentReplay', {
        description: 'This answer repeats an earlier call with the same idempotency key; nothing was sent anew.',
      }),
    }),
  });
