import { builder } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import { HubError } from '../../kernel/errors.ts';
import type { PageRequest } from '../../kernel/page.ts';
import { DomainEventRef, durableSubscription, eventType } from '../event-stream/index.ts';
import { ChargePointRef, loadChargePoint, RegistrationStatusEnum } from './graphql-type.ts';
import { chargePointsKey } from './key.ts';
import { bootedType, type ChargePoint, type RegistrationStatus } from './model.ts';
import { connectedType, disconnectedType } from './registry.ts';

builder.interfaceField(DomainEventRef, 'chargePoint', (t) =>
  t.field({
    type: ChargePointRef,
    nullable: true,
    description: 'The charge point that it happened at, as it is now; null when there is none or it was deleted.',
    resolve: ({ chargePointId }, _args, context) =>
      chargePointId === undefined ? null : loadChargePoint(context, chargePointId),
  }),
);

/** A text of the event's data, where there is one. */
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const connected = eventType({
  scope: 'CHARGE_POINTS_READ',
  type: connectedType,
  name: 'ChargePointConnected',
  description: 'The WebSocket of a charge point opened.',
  fields: (t) => ({
    identity: t.string({ description: 'Identity at the time.', resolve: ({ data }) => String(data['identity']) }),
    protocol: t.string({ description: 'Subprotocol, e.g. ocpp1.6.', resolve: ({ data }) => String(data['protocol']) }),
    remoteAddress: t.string({
      nullable: true,
      description: 'Where it came from.',
      resolve: ({ data }) => text(data['remoteAddress']),
    }),
  }),
});

const disconnected = eventType({
  scope: 'CHARGE_POINTS_READ',
  type: disconnectedType,
  name: 'ChargePointDisconnected',
  description: 'The WebSocket of a charge point closed, and no newer one was there.',
  fields: (t) => ({
    identity: t.string({ description: 'Identity at the time.', resolve: ({ data }) => String(data['identity']) }),
    closeCode: t.int({
      nullable: true,
      description: 'WebSocket close code (RFC 6455 §7.4).',
      resolve: ({ data }) => Number(data['closeCode']),
    }),
    reason: t.string({
      nullable: true,
      description: 'What the closing side said.',
      resolve: ({ data }) => text(data['reason']),
    }),
  }),
});

const booted = eventType({
  scope: 'CHARGE_POINTS_READ',
  type: bootedType,
  name: 'ChargePointBooted',
  description: 'A charge point sent a BootNotification and got its answer.',
  fields: (t) => ({
    identity: t.string({ description: 'Identity at the time.', resolve: ({ data }) => String(data['identity']) }),
    registrationStatus: t.field({
      type: RegistrationStatusEnum,
      description: 'The answer.',
      resolve: ({ data }) => data['registration'] as RegistrationStatus, // stored by recordBoot
    }),
    previousFirmwareVersion: t.string({
      nullable: true,
      description: 'Firmware at the boot before.',
      resolve: ({ data }) => text(data['previousFirmwareVersion']),
    }),
    firmwareVersion: t.string({
      nullable: true,
      description: 'Firmware now.',
      resolve: ({ data }) => text(data['firmwareVersion']),
    }),
    vendor: t.string({
      nullable: true,
      description: 'chargePointVendor.',
      resolve: ({ data }) => text(data['vendor']),
    }),
    model: t.string({ nullable: true, description: 'chargePointModel.', resolve: ({ data }) => text(data['model']) }),
  }),
});

const idsMax = 500;
type Ids = readonly { readonly id: string }[] | null | undefined;

durableSubscription('chargePointLinks', {
  scope: 'CHARGE_POINTS_READ',
  description:
    'Connections, disconnections and boots; at least once, in order, resumable with `after`. With `snapshot` the present state of every matching charge point comes first.',
  events: [connected, disconnected, booted],
  union: { name: 'ChargePointLinkStreamItem', description: 'What `chargePointLinks` gives.' },
  args: (arg) => ({
    chargePointIds: arg.globalIDList({
      for: [ChargePointRef],
      description: 'Only of these, at most 500; else of all.',
    }),
  }),
  filter: ({ chargePointIds }) => {
    if ((chargePointIds?.length ?? 0) > idsMax) {
      throw new HubError('BAD_REQUEST', `chargePointIds has at most ${idsMax} values`);
    }
    return { chargePointIds: chargePointIds?.map(({ id }) => id) };
  },
  snapshot: {
    name: 'ChargePointSnapshot',
    description: 'State of a charge point when the subscription began.',
    byDefault: true,
    fields: (t) => ({
      // never null, but one selection must fit all members of the union
      chargePoint: t.field({
        type: ChargePointRef,
        nullable: true,
        description: 'The charge point.',
        resolve: ({ chargePoint }) => chargePoint,
      }),
    }),
    read: presentChargePoints,
  },
});

async function* presentChargePoints(
  { chargePointIds }: { readonly chargePointIds?: Ids },
  { principal: { tenantId }, use }: HubContext,
): AsyncGenerator<{ chargePoint: ChargePoint }> {
  const chargePoints = use(chargePointsKey);
  if (chargePointIds !== null && chargePointIds !== undefined) {
    const found = await chargePoints.findMany(
      tenantId,
      chargePointIds.map(({ id }) => id),
    );
    for (const chargePoint of found) yield { chargePoint };
    return;
  }
  let request: PageRequest = { limit: 100, fromEnd: false };
  for (;;) {
    const page = await chargePoints.list(tenantId, {}, 'IDENTITY', request);
    for (const chargePoint of page.items) yield { chargePoint };
    const last = page.items.at(-1);
    if (!page.hasNextPage || last === undefined) return;
    request = { limit: 100, fromEnd: false, after: page.position(last) };
  }
}
