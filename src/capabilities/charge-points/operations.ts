import { type RevokedMessage, revokedSubject } from '../../gateway/adapter.ts';
import { ChargePointOfflineError, ConflictError, NotFoundError, VersionConflictError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { CapabilityDependencies } from '../capability.ts';
import {
  type Boot,
  booted,
  type ChargePoint,
  type ChargePointChange,
  type ChargePointFilter,
  changedTolerance,
  checkChange,
  checkIdentity,
  foldIdentity,
  type NewChargePoint,
} from './model.ts';
import { hashPassword, makePassword } from './password.ts';
import type { ChargePointOrder, ChargePointStore } from './store.ts';

/** Points at a charge point by hub id or by OCPP identity. */
export type ChargePointReference =
  | { readonly id: string; readonly identity?: undefined }
  | { readonly identity: string; readonly id?: undefined };

/** A changed charge point, and the password that the hub made for it, which nobody can read again. */
export interface WithPassword {
  readonly chargePoint: ChargePoint;
  readonly password?: string;
}

/** Says why a charge point may not be deleted now; undefined when nothing speaks against it. */
export type DeleteGuard = (chargePoint: ChargePoint) => Promise<string | undefined>;

/** Everything that is done with charge points, beside their links. */
export interface ChargePointOperations {
  find(tenantId: string, id: string): Promise<ChargePoint | undefined>;
  /** In no order; those that do not exist are missing. */
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly ChargePoint[]>;
  findByIdentity(tenantId: string, identity: string): Promise<ChargePoint | undefined>;
  /** In no order; those that do not exist are missing. */
  findManyByIdentity(tenantId: string, identities: readonly string[]): Promise<readonly ChargePoint[]>;
  /** Throws `NotFoundError`. */
  get(tenantId: string, reference: ChargePointReference): Promise<ChargePoint>;
  list(
    tenantId: string,
    filter: ChargePointFilter,
    order: ChargePointOrder,
    page: PageRequest,
  ): Promise<Page<ChargePoint>>;
  /** Never counts past `max`. */
  count(tenantId: string, filter: ChargePointFilter, max: number): Promise<number>;
  /** Throws `ValidationError`, or `ConflictError` when the identity is taken. */
  create(principal: Principal, input: NewChargePoint): Promise<WithPassword>;
  /** Throws `ValidationError`, `NotFoundError`, `VersionConflictError`. A new password does not close the present link. */
  update(
    principal: Principal,
    reference: ChargePointReference,
    change: ChargePointChange,
    ifVersion?: number,
  ): Promise<WithPassword>;
  /**
   * Deletes the charge point and closes its link; what it did stays. Throws `NotFoundError`, `VersionConflictError`, and
   * `ConflictError` when a guard speaks against it.
   */
  remove(principal: Principal, reference: ChargePointReference, ifVersion?: number): Promise<ChargePoint>;
  /** Closes its socket, wherever it is; it comes again by itself. Throws `NotFoundError`, `ChargePointOfflineError`. */
  disconnect(principal: Principal, reference: ChargePointReference): Promise<ChargePoint>;
  /** Stores what a BootNotification told and how it was answered, and tells of it. The same message twice is one boot. */
  recordBoot(chargePoint: ChargePoint, boot: Boot): Promise<void>;
  /** Asks `guard` before every deletion. */
  guardDelete(guard: DeleteGuard): void;
  /** Runs `clean` after every deletion, to remove what describes the charge point and is no record of what it did. */
  onDeleted(clean: (chargePoint: ChargePoint) => Promise<void>): void;
}

/** How often a change is tried again when another one came between and the caller named no version. */
const attemptsMax = 5;

/** The operations on charge points. */
export function createChargePointOperations({
  chargePoints,
  events,
  bus,
  clock,
  log,
  heartbeatIntervalSeconds,
}: Pick<CapabilityDependencies, 'events' | 'bus' | 'clock' | 'log'> & {
  chargePoints: ChargePointStore;
  /** What new charge points are told unless the client says otherwise. */
  heartbeatIntervalSeconds: number;
}): ChargePointOperations {
  const guards: DeleteGuard[] = [];
  const cleaners: ((chargePoint: ChargePoint) => Promise<void>)[] = [];

  const get = async (tenantId: string, reference: ChargePointReference): Promise<ChargePoint> => {
    const found =
      reference.id === undefined
        ? await chargePoints.findByIdentity(tenantId, reference.identity)
        : await chargePoints.find(tenantId, reference.id);
    if (found === null) throw new NotFoundError('charge point', reference.id ?? reference.identity);
    return found;
  };

  /** Runs `change` on the present state; again when another change came between, unless the caller named a version. */
  const atVersion = async <T>(
    tenantId: string,
    reference: ChargePointReference,
    ifVersion: number | undefined,
    change: (present: ChargePoint) => Promise<T | undefined>,
  ): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      const present = await get(tenantId, reference);
      if (ifVersion !== undefined && present.version !== ifVersion) {
        throw new VersionConflictError('charge point', present.version);
      }
      const changed = await change(present);
      if (changed !== undefined) return changed;
      if (attempt === attemptsMax) throw new VersionConflictError('charge point', present.version + 1);
    }
  };

  return {
    find: async (tenantId, id) => (await chargePoints.find(tenantId, id)) ?? undefined,
    findMany: chargePoints.findMany,
    findByIdentity: async (tenantId, identity) => (await chargePoints.findByIdentity(tenantId, identity)) ?? undefined,
    findManyByIdentity: chargePoints.findManyByIdentity,
    get,
    list: chargePoints.list,
    count: chargePoints.count,

    async create({ tenantId }, input) {
      checkIdentity(input.identity);
      checkChange(input);
      const secret = await newSecret(input);
      const tolerance = changedTolerance(undefined, input.tolerance ?? {});
      const now = clock.now();
      const chargePoint: ChargePoint = {
        _id: newId(now),
        tenantId,
        identity: input.identity,
        identityFolded: foldIdentity(input.identity),
        ...(input.displayName !== undefined && { displayName: input.displayName }),
        ...(secret !== undefined && { passwordHash: secret.hash }),
        admission: input.admission ?? 'ACCEPT',
        registration: 'UNKNOWN',
        heartbeatIntervalSeconds: input.heartbeatIntervalSeconds ?? heartbeatIntervalSeconds,
        ...(input.certificationMode === true && { certificationMode: true }),
        ...(input.validationMode !== undefined && { validationMode: input.validationMode }),
        ...(tolerance !== undefined && { tolerance }),
        link: { connected: false, epoch: 0 },
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      if (!(await chargePoints.insert(chargePoint))) {
        throw new ConflictError(`the identity ${JSON.stringify(input.identity)} is taken`);
      }
      const twin = await chargePoints.findTwin(tenantId, input.identity);
      if (twin !== null) {
        log.warn({ identity: input.identity, twin: twin.identity }, 'two charge points differ in letter case only');
      }
      return { chargePoint, ...(secret?.shown !== undefined && { password: secret.shown }) };
    },

    async update({ tenantId }, reference, change, ifVersion) {
      checkChange(change);
      const secret = await newSecret(change);
      const { displayName, password } = change;
      const chargePoint = await atVersion(tenantId, reference, ifVersion, async (present) => {
        const tolerance = changedTolerance(present.tolerance, change.tolerance ?? {});
        const changed = await chargePoints.change(
          present,
          {
            ...(typeof displayName === 'string' && { displayName }),
            ...(secret !== undefined && { passwordHash: secret.hash }),
            ...(change.admission !== undefined && { admission: change.admission }),
            ...(change.heartbeatIntervalSeconds !== undefined && {
              heartbeatIntervalSeconds: change.heartbeatIntervalSeconds,
            }),
            ...(change.certificationMode !== undefined && { certificationMode: change.certificationMode }),
            ...(change.validationMode !== undefined && { validationMode: change.validationMode }),
            ...(change.tolerance !== undefined && tolerance !== undefined && { tolerance }),
            updatedAt: clock.now(),
          },
          [
            ...(displayName === null ? (['displayName'] as const) : []),
            ...(password === null ? (['passwordHash'] as const) : []),
            ...(change.tolerance !== undefined && tolerance === undefined ? (['tolerance'] as const) : []),
          ],
        );
        return changed ?? undefined;
      });
      return { chargePoint, ...(secret?.shown !== undefined && { password: secret.shown }) };
    },

    async remove({ tenantId }, reference, ifVersion) {
      const removed = await atVersion(tenantId, reference, ifVersion, async (present) => {
        for (const guard of guards) {
          const objection = await guard(present);
          if (objection !== undefined) throw new ConflictError(objection);
        }
        return (await chargePoints.remove(present)) ? present : undefined;
      });
      bus.publish(revokedSubject(tenantId, removed._id), { reason: 'no longer registered' } satisfies RevokedMessage);
      for (const clean of cleaners) await clean(removed);
      return removed;
    },

    async disconnect({ tenantId }, reference) {
      const present = await get(tenantId, reference);
      const { _id, identity, link, lastSeenAt } = present;
      if (!link.connected) throw new ChargePointOfflineError(identity, lastSeenAt);
      bus.publish(revokedSubject(tenantId, _id), { reason: 'closed by the operator' } satisfies RevokedMessage);
      return present;
    },

    async recordBoot(chargePoint, boot) {
      const { facts, registration, at } = boot;
      await chargePoints.recordBoot(chargePoint._id, { boot: facts, registration, lastBootAt: at, updatedAt: at });
      await events.append(booted(chargePoint, boot));
    },

    guardDelete(guard) {
      guards.push(guard);
    },
    onDeleted(clean) {
      cleaners.push(clean);
    },
  };
}

/** The hash of the password that the client gave or wants made; `shown` is the made one. */
async function newSecret(
  change: Pick<ChargePointChange, 'password' | 'generatePassword'>,
): Promise<{ hash: string; shown?: string } | undefined> {
  if (change.generatePassword === true) {
    const shown = makePassword();
    return { hash: await hashPassword(shown), shown };
  }
  return typeof change.password === 'string' ? { hash: await hashPassword(change.password) } : undefined;
}
