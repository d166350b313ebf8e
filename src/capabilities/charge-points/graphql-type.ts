import DataLoader from 'dataloader';
import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { enumType } from '../../graphql/enum.ts';
import { needs } from '../../graphql/scopes.ts';
import { ValidationError } from '../../kernel/errors.ts';
import { chargePointsKey } from './key.ts';
import type { ChargePoint, LinkState } from './model.ts';
import type { ChargePointReference } from './operations.ts';

const loaders = new WeakMap<HubContext, DataLoader<string, ChargePoint | null>>();

/** A charge point of the caller's tenant by hub id; null when there is none. All that one tick asks for is one read. */
export function loadChargePoint(context: HubContext, id: string): Promise<ChargePoint | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(
      async (ids) => {
        const found = await context.use(chargePointsKey).findMany(context.principal.tenantId, ids);
        const byId = new Map(found.map((chargePoint) => [chargePoint._id, chargePoint]));
        return ids.map((wanted) => byId.get(wanted) ?? null);
      },
      { maxBatchSize: 500, cache: false }, // a subscription's context outlives many changes
    );
    loaders.set(context, loader);
  }
  return loader.load(id);
}

export const RegistrationStatusEnum = enumType(
  'RegistrationStatus',
  'Answer to the last BootNotification. OCPP 1.6 §4.2.',
  {
    ACCEPTED: 'It may work.',
    PENDING: 'It has to wait; the hub may configure it.',
    REJECTED: 'It may not work.',
    UNKNOWN: 'It has not booted yet.',
  },
);

export const AdmissionEnum = enumType('Admission', 'How the next BootNotification is answered.', {
  ACCEPT: 'Accepted: the charge point may work.',
  HOLD: 'Pending: it has to wait, commands that configure it are possible.',
  REFUSE: 'Rejected: it may not work and asks again later.',
});

export const ValidationModeEnum = enumType('ValidationMode', 'How the hub takes what breaks the OCPP schemas.', {
  TOLERANT: 'Repaired where its meaning is clear; each repair is recorded on the message.',
  STRICT: 'Refused with a CALLERROR, for tests of charge points.',
});

const OcppLinkRef = builder.objectRef<LinkState>('OcppLink').implement({
  description: 'The WebSocket between a charge point and the hub, as last known.',
  fields: (t) => ({
    connected: t.exposeBoolean('connected', { description: 'Whether it is open.' }),
    protocol: t.exposeString('protocol', { nullable: true, description: 'Subprotocol, e.g. ocpp1.6.' }),
    remoteAddress: t.exposeString('remoteAddress', { nullable: true, description: 'Where it came from.' }),
    connectedAt: t.expose('connectedAt', { type: 'DateTime', nullable: true, description: 'When it opened.' }),
    disconnectedAt: t.expose('disconnectedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it closed; null while it is open.',
    }),
    closeCode: t.exposeInt('closeCode', { nullable: true, description: 'WebSocket close code (RFC 6455 §7.4).' }),
    closeReason: t.exposeString('closeReason', { nullable: true, description: 'What the closing side said.' }),
    instance: t.exposeString('instance', { nullable: true, description: 'Hub process that holds or held it.' }),
  }),
});

/** A charge point. Other capabilities add their fields with `builder.objectField(ChargePointRef, …)`. */
export const ChargePointRef = builder.objectRef<ChargePoint>('ChargePoint');

builder.node(ChargePointRef, {
  ...needs('CHARGE_POINTS_READ'),
  description: 'A charging station.',
  id: { resolve: (chargePoint) => chargePoint._id },
  loadMany: (ids: string[], context) => Promise.all(ids.map((id) => loadChargePoint(context, id))),
  fields: (t) => ({
    identity: t.exposeString('identity', {
      description: 'Its name in OCPP: the last segment of its WebSocket URL. Letter case matters.',
    }),
    displayName: t.exposeString('displayName', { nullable: true, description: 'What people call it.' }),
    hasPassword: t.boolean({
      description: 'Whether it must give a password when it connects.',
      resolve: ({ passwordHash }) => passwordHash !== undefined,
    }),
    admission: t.expose('admission', { type: AdmissionEnum, description: 'How its next boot is answered.' }),
    registrationStatus: t.expose('registration', {
      type: RegistrationStatusEnum,
      description: 'How its last boot was answered.',
    }),
    vendor: t.string({ nullable: true, description: 'chargePointVendor.', resolve: ({ boot }) => boot?.vendor }),
    model: t.string({ nullable: true, description: 'chargePointModel.', resolve: ({ boot }) => boot?.model }),
    serialNumber: t.string({
      nullable: true,
      description: 'chargePointSerialNumber.',
      resolve: ({ boot }) => boot?.chargePointSerialNumber,
    }),
    chargeBoxSerialNumber: t.string({
      nullable: true,
      description: 'chargeBoxSerialNumber, which OCPP 1.6 keeps for older stations.',
      resolve: ({ boot }) => boot?.chargeBoxSerialNumber,
    }),
    firmwareVersion: t.string({
      nullable: true,
      description: 'Firmware at its last boot.',
      resolve: ({ boot }) => boot?.firmwareVersion,
    }),
    iccid: t.string({ nullable: true, description: 'Of its SIM card.', resolve: ({ boot }) => boot?.iccid }),
    imsi: t.string({ nullable: true, description: 'Of its SIM card.', resolve: ({ boot }) => boot?.imsi }),
    meterType: t.string({ nullable: true, description: 'Of its main meter.', resolve: ({ boot }) => boot?.meterType }),
    meterSerialNumber: t.string({
      nullable: true,
      description: 'Of its main meter.',
      resolve: ({ boot }) => boot?.meterSerialNumber,
    }),
    lastBootAt: t.expose('lastBootAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its last BootNotification came.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last said anything; some seconds late.',
    }),
    link: t.expose('link', { type: OcppLinkRef, description: 'Its WebSocket.' }),
    heartbeatIntervalSeconds: t.exposeInt('heartbeatIntervalSeconds', {
      description: 'Heartbeat interval that its next boot is answered with, in seconds.',
    }),
    certificationMode: t.boolean({
      description:
        'Whether the hub sends it nothing of its own accord: no synchronisation, no read-back, no repair. Commands of clients go out as ever.',
      resolve: ({ certificationMode }) => certificationMode ?? false,
    }),
    validationMode: t.field({
      type: ValidationModeEnum,
      description: 'How the hub takes what breaks the OCPP schemas.',
      resolve: ({ validationMode }) => validationMode ?? 'TOLERANT',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made known to the hub.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'Last change by a client or by a boot. Links and signs of life do not count.',
    }),
    version: t.exposeInt('version', { description: 'Goes up with every change by a client; pass as `ifVersion`.' }),
  }),
});

/** Points at one charge point in an input. */
export const ChargePointReferenceInput = builder.inputType('ChargePointRefInput', {
  description: 'One charge point: by global id, or by its OCPP identity.',
  isOneOf: true,
  fields: (t) => ({
    id: t.globalID({ for: [ChargePointRef], description: 'Global id.' }),
    identity: t.string({ description: 'Last segment of its WebSocket URL; letter case matters.' }),
  }),
});

/** The reference of a `ChargePointRefInput`. Throws `ValidationError` when it is empty. */
export function chargePointReference(
  input: {
    readonly id?: { readonly id: string } | null | undefined;
    readonly identity?: string | null | undefined;
  },
  path = 'input.chargePoint',
): ChargePointReference {
  if (input.id !== undefined && input.id !== null) return { id: input.id.id };
  if (typeof input.identity === 'string') return { identity: input.identity };
  throw new ValidationError(path, 'give an id or an identity');
}

/** The charge point that a `ChargePointRefInput` points at. Throws `ValidationError` or `NotFoundError`. */
export const targetOf = (
  { principal, use }: HubContext,
  input: Parameters<typeof chargePointReference>[0],
): Promise<ChargePoint> => use(chargePointsKey).get(principal.tenantId, chargePointReference(input));
