import type { Page, PageRequest } from '../../kernel/page.ts';
import type { AvailabilityOperations } from '../availability/index.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { CommandWarning } from '../commands/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import { limitsOf, settingKeys } from './facts.ts';
import type { ProfileLife } from './life.ts';
import type { ClearCriteria, InstalledProfile, ReportedSchedule } from './model.ts';
import { createPredict, type Predict } from './predict.ts';
import type { ChargingProfile, ChargingRateUnit } from './profile.ts';
import type { ProfileFilter, SmartChargingStore } from './store.ts';
import { clearWarnings, profileWarnings, type StationFacts, targetWarnings, unitWarnings } from './warnings.ts';
import type { ProfileWish } from './wish.ts';

/** Whom it goes to. */
interface Target {
  readonly tenantId: string;
  readonly _id: string;
}

/** A wish with everything that the hub adds to it. */
export interface PreparedProfile {
  readonly profile: ChargingProfile;
  /** Hub id of the transaction that the profile will belong to, if one is known. */
  readonly transactionId?: string;
  readonly warnings: readonly CommandWarning[];
}

/** What is done with charging profiles. */
export interface SmartChargingOperations extends Pick<ProfileLife, 'sent' | 'startAnswered' | 'failed'> {
  /** Gives a wish its number and says what is unwise about it. `path` is its place in the input. */
  prepare(
    target: Target,
    wish: {
      readonly profile: ProfileWish;
      readonly carrier: InstalledProfile['carrier'];
      /** Absent: a remote start leaves the connector open. */
      readonly connectorId?: number;
      readonly path: string;
    },
  ): Promise<PreparedProfile>;
  /** What is unwise about clearing by these criteria. */
  warnOfClear(target: Target, criteria: ClearCriteria): Promise<readonly CommandWarning[]>;
  /** What is unwise about asking for a composite schedule. */
  warnOfComposite(
    target: Target,
    asked: { readonly connectorId: number; readonly unit?: ChargingRateUnit },
  ): Promise<readonly CommandWarning[]>;
  find(tenantId: string, id: string): Promise<InstalledProfile | null>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly InstalledProfile[]>;
  /** Newest first. */
  list(tenantId: string, filter: ProfileFilter, page: PageRequest): Promise<Page<InstalledProfile>>;
  /** What the acceptance of a command replaced or cleared; at most 500. */
  removedBy(tenantId: string, commandId: string): Promise<readonly InstalledProfile[]>;
  /** What the charge point would answer to GetCompositeSchedule, as far as its profiles say. */
  readonly predict: Predict;
  /** The clock of the hub. */
  now(): Date;
  /** The newest schedule that the charge point reported for each connector and unit; at most 200. */
  reported(tenantId: string, chargePointId: string): Promise<readonly ReportedSchedule[]>;
}

/** Profiles of a charge point that are looked at for warnings; no charge point holds so many. */
const heldMax = 1_000;
const numberTriesMax = 1_000;

/** The operations on charging profiles. */
export function createSmartChargingOperations({
  profiles,
  life,
  clock,
  nextNumber,
  availability,
  provisioning,
  transactions,
}: Pick<CapabilityDependencies, 'clock'> & {
  profiles: SmartChargingStore;
  life: ProfileLife;
  nextNumber: (counter: string) => Promise<number>;
  availability: Pick<AvailabilityOperations, 'findOf'>;
  provisioning: Pick<ProvisioningOperations, 'configuration'>;
  transactions: Pick<TransactionOperations, 'findOpen' | 'findOpenOn'>;
}): SmartChargingOperations {
  async function factsOf({ tenantId, _id }: Target): Promise<StationFacts> {
    const [settings, connectors, held] = await Promise.all([
      provisioning.configuration({ tenantId, chargePointId: _id }, settingKeys),
      availability.findOf(tenantId, [_id]),
      heldOf(tenantId, _id),
    ]);
    return {
      ...limitsOf(settings),
      now: clock.now(),
      connectorIds: connectors.map(({ connectorId }) => connectorId),
      held,
    };
  }

  async function heldOf(tenantId: string, chargePointId: string): Promise<InstalledProfile[]> {
    const held: InstalledProfile[] = [];
    for await (const profile of profiles.held(tenantId, chargePointId)) {
      if (profile.unsettled !== true) held.push(profile);
      if (held.length === heldMax) break;
    }
    return held;
  }

  /** A number that no profile there has: a caller may have named one that the counter comes to later. */
  async function chooseNumber(held: readonly InstalledProfile[]): Promise<number> {
    const taken = new Set(held.map(({ profile }) => profile.profileId));
    for (let tries = 0; tries < numberTriesMax; tries++) {
      const number = await nextNumber('chargingProfiles');
      if (!taken.has(number)) return number;
    }
    throw new Error('no free number for a charging profile');
  }

  return {
    ...life,

    async prepare(target, { profile: wish, carrier, connectorId, path }) {
      const mayRun = wish.purpose === 'TX_PROFILE' && carrier === 'SET_CHARGING_PROFILE' && connectorId !== undefined;
      const [facts, running] = await Promise.all([
        factsOf(target),
        mayRun ? transactions.findOpenOn({ tenantId: target.tenantId, chargePointId: target._id, connectorId }) : [],
      ]);
      const profile: ChargingProfile = { ...wish, profileId: wish.profileId ?? (await chooseNumber(facts.held)) };
      const own = running.findLast(
        ({ ocppTransactionId }) =>
          profile.ocppTransactionId === undefined || profile.ocppTransactionId === ocppTransactionId,
      );
      const outgoing = {
        profile,
        carrier,
        ...(connectorId !== undefined && { connectorId }),
        running: running.map(({ ocppTransactionId }) => ocppTransactionId),
      };
      return {
        profile,
        ...(own !== undefined && { transactionId: own._id }),
        warnings: profileWarnings(facts, outgoing, path),
      };
    },

    warnOfClear: async (target, criteria) => clearWarnings(await factsOf(target), criteria),

    async warnOfComposite(target, { connectorId, unit }) {
      const facts = await factsOf(target);
      return [...targetWarnings(facts, connectorId), ...unitWarnings(facts, unit, 'input.unit')];
    },

    now: clock.now,
    predict: createPredict({ profiles, availability, transactions }),
    find: profiles.find,
    findMany: profiles.findMany,
    list: profiles.page,
    removedBy: profiles.removedBy,
    reported: profiles.reported,
  };
}
