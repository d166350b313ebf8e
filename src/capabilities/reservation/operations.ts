import { ValidationError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { AuthorizationOperations } from '../authorization/index.ts';
import type { AvailabilityOperations } from '../availability/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { CommandWarning } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import type { ReserveNowInput } from './commands.ts';
import { type Reservation, type ReservationKey, reservationDocumentId } from './model.ts';
import type { ReservationFilter, ReservationStore } from './store.ts';
import { cancelWarnings, reserveWarnings } from './warnings.ts';

/** What a caller wishes to reserve. */
export interface ReserveWish {
  /** 0: any connector. */
  readonly connectorId: number;
  readonly idTag: string;
  /** An instant, or so many seconds from now. */
  readonly expiry: { readonly at: Date } | { readonly inSeconds: number };
  /** Null: left out. Undefined: the group of the token, when it has one. RSV-5. */
  readonly parentIdTag?: string | null | undefined;
  /** Undefined: the hub takes the next free number. */
  readonly reservationId?: number | undefined;
}

/** What is done with reservations; what becomes of them is decided by the commands and by what charge points tell. */
export interface ReservationOperations {
  find(tenantId: string, id: string): Promise<Reservation | undefined>;
  /** By the number on the wire, of this charge point only; any number may be asked for. */
  findByNumber(key: ReservationKey): Promise<Reservation | undefined>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly Reservation[]>;
  findByTransactions(tenantId: string, transactionIds: readonly string[]): Promise<readonly Reservation[]>;
  /** REQUESTED and ACTIVE ones, the first to expire first. */
  findOpen(tenantId: string, chargePointId: string, connectorIds?: readonly number[]): Promise<readonly Reservation[]>;
  /** The newest wish first. */
  list(tenantId: string, filter: ReservationFilter, page: PageRequest): Promise<Page<Reservation>>;
  /** Counts up to `max`. */
  count(tenantId: string, filter: ReservationFilter, max: number): Promise<number>;
  /** What will be sent for a wish, and what is unwise in it. Throws ValidationError for what the wire cannot carry. */
  prepare(
    target: { readonly tenantId: string; readonly _id: string },
    wish: ReserveWish,
  ): Promise<{ input: ReserveNowInput; warnings: readonly CommandWarning[] }>;
  /** What is unwise in cancelling it. */
  cancelWarnings(key: ReservationKey): Promise<readonly CommandWarning[]>;
}

/** The last instant that a timestamp with four digits for the year can tell. */
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59);
const earliestMs = Date.UTC(1, 0, 1);
/** How many taken numbers are passed over at most. */
const numberTriesMax = 1_000;

/** The operations on reservations. */
export function createReservationOperations({
  reservations,
  clock,
  authorization,
  availability,
  provisioning,
}: Pick<CapabilityDependencies, 'clock'> & {
  reservations: ReservationStore;
  authorization: Pick<AuthorizationOperations, 'authorize'>;
  availability: Pick<AvailabilityOperations, 'find'>;
  provisioning: Pick<ProvisioningOperations, 'configuration'>;
}): ReservationOperations {
  const findByNumber = async (key: ReservationKey): Promise<Reservation | undefined> =>
    (await reservations.find(key.tenantId, reservationDocumentId(key))) ?? undefined;

  /** The next number that means nothing at this charge point: callers may have named some of their own. RSV-1. */
  const freeNumber = async (tenantId: string, chargePointId: string): Promise<number> => {
    for (let tries = 0; tries < numberTriesMax; tries += 1) {
      const reservationId = await reservations.nextNumber();
      if ((await findByNumber({ tenantId, chargePointId, reservationId })) === undefined) return reservationId;
    }
    throw new Error('no free reservation number was found');
  };

  return {
    find: async (tenantId, id) => (await reservations.find(tenantId, id)) ?? undefined,
    findByNumber,
    findMany: reservations.findMany,
    findByTransactions: reservations.findByTransactions,
    findOpen: reservations.findOpen,
    list: reservations.list,
    count: reservations.count,

    async prepare({ tenantId, _id: chargePointId }, wish) {
      const { connectorId, idTag } = wish;
      const now = clock.now();
      const expiresAt = expiryOf(wish.expiry, now);
      const [decision, connector, settings, reservationId] = await Promise.all([
        authorization.authorize({ tenantId, chargePointId, tokenValue: idTag, purpose: 'START', receivedAt: now }),
        availability.find({ tenantId, chargePointId, connectorId }),
        provisioning.configuration({ tenantId, chargePointId }, [
          'ReserveConnectorZeroSupported',
          'SupportedFeatureProfiles',
        ]),
        wish.reservationId ?? freeNumber(tenantId, chargePointId),
      ]);
      const setting = (key: string) => settings.find((one) => one.key.toLowerCase() === key)?.value;
      const parentIdTag = wish.parentIdTag === undefined ? decision.groupId : (wish.parentIdTag ?? undefined);
      const warnings = reserveWarnings({
        reservationId,
        connectorId,
        expiresAt,
        parentIdTag,
        now,
        connectorStatus: connector?.status,
        connectorZeroSupported: setting('reserveconnectorzerosupported'),
        featureProfiles: setting('supportedfeatureprofiles'),
        decision,
        sameNumber:
          wish.reservationId === undefined ? undefined : await findByNumber({ tenantId, chargePointId, reservationId }),
      });
      const input: ReserveNowInput = {
        reservationId,
        connectorId,
        idTag,
        ...(parentIdTag !== undefined && { parentIdTag }),
        expiresAt,
        requestedAt: now,
        wishId: newId(now),
      };
      return { input, warnings };
    },

    cancelWarnings: async (key) => cancelWarnings(await findByNumber(key)),
  };
}

function expiryOf(expiry: ReserveWish['expiry'], now: Date): Date {
  const ms = 'at' in expiry ? expiry.at.getTime() : now.getTime() + expiry.inSeconds * 1000;
  if (!(ms >= earliestMs && ms <= latestMs)) {
    throw new ValidationError('input.expiry', 'must be in the years 1 to 9999');
  }
  return new Date(ms);
}
