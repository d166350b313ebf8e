import type { NewEvent } from '../../events/event.ts';
import type { ChargePointRegistry, LinkedChargePoint, RegisteredChargePoint } from '../../gateway/adapter.ts';
import { type Cancel, repeat } from '../../kernel/clock.ts';
import { NotFoundError, ValidationError } from '../../kernel/errors.ts';
import { systemPrincipal } from '../../kernel/principal.ts';
import { isRepairName } from '../../ocpp/repair-table.ts';
import type { CapabilityDependencies } from '../capability.ts';
import { type ChargePoint, checkIdentity, type Deviations } from './model.ts';
import type { ChargePointOperations } from './operations.ts';
import { createPasswordCheck } from './password.ts';
import type { ChargePointStore } from './store.ts';

/** Link of a charge point came up. Natural key: the charge point and the epoch. */
export const connectedType = 'CHARGE_POINT_CONNECTED';
/** Link of a charge point went down. Natural key: the charge point and the epoch. */
export const disconnectedType = 'CHARGE_POINT_DISCONNECTED';

/** WebSocket close code for a link that ended without a close frame. RFC 6455 §7.4.1. */
const abnormalClosure = 1006;

/** The registry with its timers. */
export interface ManagedRegistry extends ChargePointRegistry {
  /** Ends the links that a former life of the hub left open, then begins to store signs of life. */
  start(): Promise<void>;
  /** Stores the signs of life that wait. */
  stop(): Promise<void>;
}

/** What the gateway knows about charge points, and what it tells about their links. */
export function createRegistry({
  chargePoints,
  operations,
  events,
  clock,
  log,
  instance,
  seenFlushMs,
}: Pick<CapabilityDependencies, 'events' | 'clock' | 'log'> & {
  chargePoints: ChargePointStore;
  operations: Pick<ChargePointOperations, 'create'>;
  /** Names this life of this hub process. With one node, a link of any other instance is a leftover. */
  instance: string;
  seenFlushMs: number;
}): ManagedRegistry {
  const passwords = createPasswordCheck();
  let lastSeen = new Map<string, Date>();
  let deviations = new Map<string, Map<string, Deviations>>();
  let stopFlushing: Cancel = () => undefined;

  const flush = async (): Promise<void> => {
    const [waiting, counted] = [lastSeen, deviations];
    lastSeen = new Map();
    deviations = new Map();
    await Promise.all([chargePoints.seen(waiting), chargePoints.tolerated(counted)]);
  };

  const find = async (tenantId: string, identity: string): Promise<RegisteredChargePoint | undefined> => {
    const found =
      (await chargePoints.findByIdentity(tenantId, identity)) ?? (await chargePoints.findInAnyCase(tenantId, identity));
    return found === null ? undefined : registered(found);
  };

  const tellEnd = async (chargePoint: LinkedChargePoint, end: LinkEnd): Promise<void> => {
    await events.append(disconnected(chargePoint, end));
    await chargePoints.told(chargePoint.id, end.epoch);
  };

  /** Its former holder is dead: the link is too, and what was not told of it is told now. */
  const endLeftover = async (left: ChargePoint): Promise<void> => {
    const chargePoint = registered(left);
    const { epoch, connectedAt, protocol = '', remoteAddress = '', instance: holder = '' } = left.link;
    if (!left.link.connected) {
      const { disconnectedAt = clock.now(), closeCode = abnormalClosure, closeReason = '' } = left.link;
      await tellEnd(chargePoint, { epoch, disconnectedAt, code: closeCode, reason: closeReason });
      return;
    }
    if (connectedAt !== undefined) {
      const link = { epoch, connectedAt, protocol, remoteAddress, instance: holder };
      await events.append(connected(chargePoint, link)); // there already unless the hub died between state and event
    }
    const end = { epoch, disconnectedAt: clock.now(), code: abnormalClosure, reason: 'the hub stopped' };
    const { code: closeCode, reason: closeReason, disconnectedAt } = end;
    if (await chargePoints.detach(left._id, { epoch, disconnectedAt, closeCode, closeReason })) {
      await tellEnd(chargePoint, end);
    }
  };

  return {
    find,

    async autoRegister(tenantId, identity) {
      checkIdentity(identity, 'identity');
      try {
        await operations.create(systemPrincipal(tenantId), { identity, displayName: identity.slice(0, 255) });
        log.warn({ tenantId, identity }, 'unknown charge point let in without a password and created');
      } catch (error) {
        if (error instanceof ValidationError) throw error;
        // somebody created it meanwhile: then it is there, with whatever password it got
        const existing = await find(tenantId, identity);
        if (existing === undefined) throw error;
        return existing;
      }
      const created = await find(tenantId, identity);
      if (created === undefined) throw new NotFoundError('charge point', identity); // deleted at once
      return created;
    },

    async verifyPassword({ tenantId, id }, password) {
      const hash = (await chargePoints.find(tenantId, id))?.passwordHash;
      return hash !== undefined && passwords.matches(hash, password);
    },

    async attached(chargePoint, { version, remoteAddress, connectedAt }) {
      const link = { protocol: `ocpp${version}`, remoteAddress, connectedAt, instance };
      const epoch = await chargePoints.attach(chargePoint.id, { connected: true, ...link });
      if (epoch === undefined) throw new NotFoundError('charge point', chargePoint.identity); // deleted meanwhile
      await events.append(connected(chargePoint, { epoch, ...link }));
      return { epoch };
    },

    async detached(chargePoint, { epoch, code, reason, disconnectedAt }) {
      const end = { epoch, disconnectedAt, closeCode: code, closeReason: reason };
      if (await chargePoints.detach(chargePoint.id, end)) {
        await tellEnd(chargePoint, { epoch, disconnectedAt, code, reason });
      }
    },

    async registration({ tenantId, id }) {
      return (await chargePoints.find(tenantId, id))?.registration ?? 'REJECTED'; // deleted meanwhile
    },

    tolerated({ id }, names) {
      const counted = deviations.get(id) ?? new Map<string, Deviations>();
      deviations.set(id, counted);
      const lastAt = clock.now();
      for (const name of names) {
        if (!isRepairName(name)) continue; // a name is a key in the database
        counted.set(name, { count: (counted.get(name)?.count ?? 0) + 1, lastAt });
      }
      if (counted.size === 0) deviations.delete(id);
    },

    seen({ id }, at) {
      lastSeen.set(id, at);
    },

    async start() {
      // in rounds, so that ten thousand leftovers do not need the memory of ten thousand charge points
      for (;;) {
        const leftovers = await chargePoints.findLeftovers(instance);
        if (leftovers.length === 0) break;
        log.warn({ links: leftovers.length }, 'ending links that the hub had when it stopped');
        await Promise.all(leftovers.map(endLeftover));
      }
      stopFlushing = repeat(clock, seenFlushMs, flush, (error) => log.warn({ err: error }, 'signs of life not stored'));
    },

    async stop() {
      stopFlushing();
      await flush();
    },
  };
}

const registered = ({
  tenantId,
  _id,
  identity,
  passwordHash,
  registration,
  validationMode,
  tolerance,
}: ChargePoint): RegisteredChargePoint => ({
  tenantId,
  id: _id,
  identity,
  hasPassword: passwordHash !== undefined,
  registration,
  isStrict: validationMode === 'STRICT',
  tolerance,
});

interface LinkEnd {
  readonly epoch: number;
  readonly disconnectedAt: Date;
  readonly code: number;
  readonly reason: string;
}

const connected = (
  { tenantId, id, identity }: LinkedChargePoint,
  {
    epoch,
    connectedAt,
    ...data
  }: { epoch: number; connectedAt: Date } & Record<'protocol' | 'remoteAddress' | 'instance', string>,
): NewEvent => ({
  tenantId,
  type: connectedType,
  key: [id, epoch],
  occurredAt: connectedAt,
  receivedAt: connectedAt,
  chargePointId: id,
  data: { identity, epoch, ...data },
});

const disconnected = ({ tenantId, id, identity }: LinkedChargePoint, end: LinkEnd): NewEvent => ({
  tenantId,
  type: disconnectedType,
  key: [id, end.epoch],
  occurredAt: end.disconnectedAt,
  receivedAt: end.disconnectedAt,
  chargePointId: id,
  data: { identity, epoch: end.epoch, closeCode: end.code, reason: end.reason },
});
