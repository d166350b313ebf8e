import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { resultMutation } from '../../graphql/errors.ts';
import { connection, connectionType } from '../../graphql/paging.ts';
import { TimeRangeInput } from '../../graphql/time-range.ts';
import {
  ChargePointOfflineError,
  ConflictError,
  HubError,
  NotFoundError,
  ValidationError,
  VersionConflictError,
} from '../../kernel/errors.ts';
import './graphql-events.ts';
import { ToleranceInput } from './graphql-tolerance.ts';
import {
  AdmissionEnum,
  ChargePointRef,
  ChargePointReferenceInput,
  chargePointReference,
  RegistrationStatusEnum,
  ValidationModeEnum,
} from './graphql-type.ts';
import { chargePointsKey } from './key.ts';
import type { ChargePoint, ChargePointFilter } from './model.ts';
import type { WithPassword } from './operations.ts';

/** Which charge points of a tenant. */
export const ChargePointFilterInput = builder.inputType('ChargePointFilterInput', {
  description: 'Which charge points; everything given must hold.',
  fields: (t) => ({
    search: t.string({ description: 'Beginning of the identity, in any letter case; at most 255 characters.' }),
    registrationStatus: t.field({ type: [RegistrationStatusEnum], description: 'Any of these.' }),
    connected: t.boolean({ description: 'Whether the link is up.' }),
    updatedAt: t.field({ type: TimeRangeInput, description: 'When it last changed; for keeping a copy up to date.' }),
  }),
});

/** The filter of a `ChargePointFilterInput`. Throws BAD_REQUEST when the search is too long. */
export function chargePointFilter(input: typeof ChargePointFilterInput.$inferInput): ChargePointFilter {
  const { search, registrationStatus, connected, updatedAt } = input;
  if ((search?.length ?? 0) > 255) throw new HubError('BAD_REQUEST', 'search has at most 255 characters');
  return {
    identityPrefix: search ?? undefined,
    registration: registrationStatus ?? undefined,
    connected: connected ?? undefined,
    updatedAt: { from: updatedAt?.from ?? undefined, to: updatedAt?.to ?? undefined },
  };
}

const ChargePointOrderEnum = enumType('ChargePointOrder', 'In which order charge points come.', {
  IDENTITY: 'By identity, letter case aside.',
  UPDATED_AT: 'The one that changed longest ago first.',
});

const ChargePointConnection = connectionType(ChargePointRef, { counted: true, scope: 'CHARGE_POINTS_READ' });

builder.queryField('chargePoint', (t) =>
  t.field({
    type: ChargePointRef,
    nullable: true,
    description: 'One charge point; null when there is none.',
    args: { by: t.arg({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { by }, { principal: { tenantId }, use }) => {
      const { id, identity } = chargePointReference(by, 'by');
      const chargePoints = use(chargePointsKey);
      return id === undefined ? chargePoints.findByIdentity(tenantId, identity) : chargePoints.find(tenantId, id);
    },
  }),
);

builder.queryField('chargePoints', (t) =>
  t.connection(
    {
      type: ChargePointRef,
      nullable: true,
      description: 'Charge points.',
      args: {
        filter: t.arg({ type: ChargePointFilterInput, description: 'All when absent.' }),
        orderBy: t.arg({ type: ChargePointOrderEnum, defaultValue: 'IDENTITY', description: 'Their order.' }),
      },
      resolve: (_root, args, { principal: { tenantId }, use }) => {
        const filter = chargePointFilter(args.filter ?? {});
        const order = args.orderBy ?? 'IDENTITY';
        return connection(args, {
          fetch: (page) => use(chargePointsKey).list(tenantId, filter, order, page),
          count: (max) => use(chargePointsKey).count(tenantId, filter, max),
        });
      },
    },
    ChargePointConnection,
  ),
);

const passwordNote =
  'Password of 8 to 64 printable ASCII characters that it gives in HTTP Basic authentication. It is stored hashed and cannot be read again.';
const generateNote = 'Have the hub make a password; the payload shows it, once.';
const generatedNote = 'The password that the hub made. Shown this once; null when it made none.';

const CreatePayload = builder.objectRef<WithPassword>('CreateChargePointPayload').implement({
  description: 'A new charge point.',
  fields: (t) => ({
    chargePoint: t.expose('chargePoint', { type: ChargePointRef, description: 'As stored.' }),
    password: t.exposeString('password', { nullable: true, description: generatedNote }),
  }),
});

resultMutation('createChargePoint', {
  scope: 'CHARGE_POINTS_WRITE',
  description: 'Makes a charge point known, so that it may connect.',
  input: (t) => ({
    identity: t.string({
      required: true,
      description: 'Last segment of its WebSocket URL: 1 to 255 bytes, no control characters; letter case matters.',
    }),
    displayName: t.string({ description: 'What people call it; at most 255 characters.' }),
    admission: t.field({ type: AdmissionEnum, description: 'How its boots are answered. Default: ACCEPT.' }),
    heartbeatIntervalSeconds: t.int({ description: '1 to 86400. Default: as the hub is set up.' }),
    certificationMode: t.boolean({ description: 'The hub sends it nothing of its own accord. Default: false.' }),
    validationMode: t.field({ type: ValidationModeEnum, description: 'Default: TOLERANT.' }),
    tolerance: t.field({ type: ToleranceInput, description: 'What else the hub puts up with. Default: nothing.' }),
    password: t.string({ description: `${passwordNote} Without one it may connect without.` }),
    generatePassword: t.boolean({ description: generateNote }),
  }),
  payload: CreatePayload,
  errors: [ConflictError],
  resolve: (input, { principal, use }) =>
    use(chargePointsKey).create(principal, {
      identity: input.identity,
      displayName: input.displayName ?? undefined,
      admission: input.admission ?? undefined,
      heartbeatIntervalSeconds: input.heartbeatIntervalSeconds ?? undefined,
      certificationMode: input.certificationMode ?? undefined,
      validationMode: input.validationMode ?? undefined,
      tolerance: input.tolerance ?? undefined,
      password: input.password ?? undefined,
      generatePassword: input.generatePassword ?? undefined,
    }),
});

const UpdatePayload = builder.objectRef<WithPassword>('UpdateChargePointPayload').implement({
  description: 'The changed charge point.',
  fields: (t) => ({
    chargePoint: t.expose('chargePoint', { type: ChargePointRef, description: 'As stored.' }),
    password: t.exposeString('password', { nullable: true, description: generatedNote }),
  }),
});

resultMutation('updateChargePoint', {
  scope: 'CHARGE_POINTS_WRITE',
  description:
    'Changes a charge point. What is absent stays, null clears. A new password or admission counts from its next connection or boot on.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    displayName: t.string({ description: 'What people call it; at most 255 characters.' }),
    admission: t.field({ type: AdmissionEnum, description: 'How its boots are answered; cannot be cleared.' }),
    heartbeatIntervalSeconds: t.int({ description: '1 to 86400; cannot be cleared.' }),
    certificationMode: t.boolean({
      description: 'The hub sends it nothing of its own accord; cannot be cleared.',
    }),
    validationMode: t.field({
      type: ValidationModeEnum,
      description: 'How the hub takes what breaks the OCPP schemas, from its next connection on; cannot be cleared.',
    }),
    tolerance: t.field({
      type: ToleranceInput,
      description: 'What else the hub puts up with, from its next connection on; cannot be cleared as a whole.',
    }),
    password: t.string({ description: `${passwordNote} Null: it may connect without.` }),
    generatePassword: t.boolean({ description: generateNote }),
    ifVersion: t.int({ description: 'Change it only while it has this version.' }),
  }),
  payload: UpdatePayload,
  errors: [NotFoundError, VersionConflictError],
  resolve: ({ chargePoint, ifVersion, ...change }, { principal, use }) =>
    use(chargePointsKey).update(
      principal,
      chargePointReference(chargePoint),
      {
        displayName: change.displayName,
        admission: lasting('input.admission', change.admission),
        heartbeatIntervalSeconds: lasting('input.heartbeatIntervalSeconds', change.heartbeatIntervalSeconds),
        certificationMode: lasting('input.certificationMode', change.certificationMode),
        validationMode: lasting('input.validationMode', change.validationMode),
        tolerance: lasting('input.tolerance', change.tolerance),
        password: change.password,
        generatePassword: change.generatePassword ?? undefined,
      },
      ifVersion ?? undefined,
    ),
});

const DeletePayload = builder.objectRef<ChargePoint>('DeleteChargePointPayload').implement({
  description: 'A charge point that is no more.',
  fields: (t) => ({
    deletedId: t.globalID({
      description: 'Global id that it had.',
      resolve: ({ _id }) => ({ type: ChargePointRef, id: _id }),
    }),
    identity: t.exposeString('identity', { description: 'Identity that it had.' }),
  }),
});

resultMutation('deleteChargePoint', {
  scope: 'CHARGE_POINTS_WRITE',
  description:
    'Deletes a charge point and closes its connection. Its transactions and events stay. Fails with ConflictError while it has an open transaction.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    ifVersion: t.int({ description: 'Delete it only while it has this version.' }),
  }),
  payload: DeletePayload,
  errors: [NotFoundError, ConflictError, VersionConflictError],
  resolve: ({ chargePoint, ifVersion }, { principal, use }) =>
    use(chargePointsKey).remove(principal, chargePointReference(chargePoint), ifVersion ?? undefined),
});

const DisconnectPayload = builder.objectRef<ChargePoint>('DisconnectChargePointPayload').implement({
  description: 'A charge point whose socket closes.',
  fields: (t) => ({
    chargePoint: t.field({
      type: ChargePointRef,
      description: 'As it was before.',
      resolve: (chargePoint) => chargePoint,
    }),
  }),
});

resultMutation('disconnectChargePoint', {
  scope: 'CHARGE_POINTS_WRITE',
  description:
    'Closes the WebSocket of a charge point, e.g. of one that answers no calls any more; it connects again by itself. Calls under way end without an answer.',
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
  }),
  payload: DisconnectPayload,
  errors: [NotFoundError, ChargePointOfflineError],
  resolve: ({ chargePoint }, { principal, use }) =>
    use(chargePointsKey).disconnect(principal, chargePointReference(chargePoint)),
});

/** A field that can be changed but not cleared. */
function lasting<T>(path: string, value: T | null | undefined): T | undefined {
  if (value === null) throw new ValidationError(path, 'cannot be cleared');
  return value;
}
