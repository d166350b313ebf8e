import type { Filter, UpdateFilter } from 'mongodb';
import { keysetFilter, keysetSort, type Page, type PageRequest, toPage } from '../../kernel/page.ts';
import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { isDuplicateKey } from '../../store/unavailable.ts';
import { heldStates, type InstalledProfile, type InstalledProfileState, type ReportedSchedule } from './model.ts';
import type { ChargingProfilePurpose } from './profile.ts';

const profilesName = 'chargingProfiles';
const schedulesName = 'reportedSchedules';
const unsettled = { partialFilterExpression: { unsettled: true } };

/** Every query below is served by one of these. */
export const smartChargingIndexes: CollectionIndexes = {
  [profilesName]: [
    { key: { tenantId: 1, chargePointId: 1, state: 1, requestedAt: 1, _id: 1 }, name: 'state' },
    { key: { tenantId: 1, chargePointId: 1, requestedAt: 1, _id: 1 }, name: 'requested' },
    { key: { tenantId: 1, transactionId: 1, requestedAt: 1, _id: 1 }, name: 'transaction' },
    { key: { tenantId: 1, removedByCommandId: 1 }, name: 'removedBy' },
    { key: { tenantId: 1, chargePointId: 1, tokenKey: 1, requestedAt: 1 }, name: 'awaitsStart', ...unsettled },
    { key: { requestedAt: 1 }, name: 'unsettled', ...unsettled },
    {
      key: { startedTransactionId: 1 },
      name: 'started',
      unique: true,
      partialFilterExpression: { startedTransactionId: { $type: 'string' } },
    },
  ],
  [schedulesName]: [{ key: { tenantId: 1, chargePointId: 1, connectorId: 1, _id: 1 }, name: 'connector' }],
};

/** Which profiles; every given list means any-of, all given conditions must hold. */
export interface ProfileFilter {
  readonly chargePointId?: string | undefined;
  readonly transactionId?: string | undefined;
  readonly states?: readonly InstalledProfileState[] | undefined;
  readonly connectorIds?: readonly number[] | undefined;
  readonly purposes?: readonly ChargingProfilePurpose[] | undefined;
}

/** A change of a profile's state; what is undefined in `settled` stays. */
export interface ProfileChange extends Partial<Omit<InstalledProfile, '_id' | 'tenantId' | 'profile' | 'unsettled'>> {
  /** Nothing is waited for any more. */
  readonly settled?: boolean;
}

/** Profiles of one command that are shown at most. */
const removedMax = 500;
/** Connectors times units whose newest reported schedule is shown. */
const schedulesMax = 200;

/** Charging profiles and reported schedules in the database. */
export function createSmartChargingStore(store: Store) {
  const profiles = () => store.collection<InstalledProfile>(profilesName);
  const schedules = () => store.collection<ReportedSchedule>(schedulesName);
  const read = { maxTimeMS: readTimeoutMs };

  return {
    /** Stores a profile that is about to be sent; the same one again changes nothing. */
    async insert(profile: InstalledProfile): Promise<void> {
      await store.write<InstalledProfile>(profilesName, { insertOne: { document: profile } });
    },

    find: (tenantId: string, id: string): Promise<InstalledProfile | null> =>
      profiles().findOne({ _id: id, tenantId }, read),

    findMany: (tenantId: string, ids: readonly string[]): Promise<InstalledProfile[]> =>
      profiles()
        .find({ _id: { $in: [...ids] }, tenantId }, read)
        .toArray(),

    /** Everything that a charge point holds or may hold, piece by piece. */
    held: (tenantId: string, chargePointId: string): AsyncIterable<InstalledProfile> =>
      profiles().find({ tenantId, chargePointId, state: { $in: [...heldStates] } }, read),

    /** Profiles that a remote start carried for the token and that wait for its transaction, oldest first. */
    awaitingStart: (
      tenantId: string,
      chargePointId: string,
      tokenKey: string,
      since: Date,
    ): Promise<InstalledProfile[]> =>
      profiles()
        .find({ tenantId, chargePointId, tokenKey, unsettled: true, requestedAt: { $gte: since } }, read)
        .sort({ requestedAt: 1 })
        .limit(100)
        .toArray(),

    /** What is not settled, oldest first; at most `limit`. */
    unsettled: (limit: number): Promise<InstalledProfile[]> =>
      profiles().find({ unsettled: true }, read).sort({ requestedAt: 1 }).limit(limit).toArray(),

    /** What the acceptance of a command removed. */
    removedBy: (tenantId: string, commandId: string): Promise<InstalledProfile[]> =>
      profiles().find({ tenantId, removedByCommandId: commandId }, read).limit(removedMax).toArray(),

    /** The profile that a transaction took over from its remote start. */
    takenOver: (tenantId: string, transactionId: string): Promise<InstalledProfile | null> =>
      profiles().findOne({ tenantId, transactionId, carrier: 'REMOTE_START' }, read),

    /** Changes a profile that still is in one of the states; gives it as it then is, null when it was not. */
    async move(
      { _id, tenantId }: Pick<InstalledProfile, '_id' | 'tenantId'>,
      from: readonly InstalledProfileState[],
      { settled, ...change }: ProfileChange,
    ): Promise<InstalledProfile | null> {
      const update: UpdateFilter<InstalledProfile> = {
        $set: change,
        ...(settled === true && { $unset: { unsettled: '' } }),
      };
      try {
        return await profiles().findOneAndUpdate({ _id, tenantId, state: { $in: [...from] } }, update, {
          returnDocument: 'after',
          ...read,
        });
      } catch (error) {
        if (isDuplicateKey(error)) return null; // the transaction took over another profile already
        throw error;
      }
    },

    /** One page, newest first. */
    async page(tenantId: string, filter: ProfileFilter, request: PageRequest): Promise<Page<InstalledProfile>> {
      const query: Filter<InstalledProfile> = {
        tenantId,
        ...(filter.chargePointId !== undefined && { chargePointId: filter.chargePointId }),
        ...(filter.transactionId !== undefined && { transactionId: filter.transactionId }),
        ...(filter.states && { state: { $in: [...filter.states] } }),
        ...(filter.connectorIds && { connectorId: { $in: [...filter.connectorIds] } }),
        ...(filter.purposes && { 'profile.purpose': { $in: [...filter.purposes] } }),
      };
      const found = await profiles()
        .find({ $and: [query, keysetFilter('requestedAt', 'descending', request)] }, read)
        .sort(keysetSort('requestedAt', 'descending', request))
        .limit(request.limit + 1)
        .toArray();
      return toPage(found, request, (profile) => [profile.requestedAt, profile._id]);
    },

    /** Stores what a charge point reported, unless an answer to a later question is there. */
    async report(schedule: ReportedSchedule): Promise<void> {
      const { _id, ...facts } = schedule;
      await store.write<ReportedSchedule>(schedulesName, {
        updateOne: {
          filter: { _id, requestedAt: { $lte: schedule.requestedAt } },
          update: { $set: facts },
          upsert: true,
        },
      });
    },

    /** The newest report for each connector and unit, by connector. */
    reported: (tenantId: string, chargePointId: string): Promise<ReportedSchedule[]> =>
      schedules()
        .find({ tenantId, chargePointId }, read)
        .sort({ connectorId: 1, _id: 1 })
        .limit(schedulesMax)
        .toArray(),

    /** Forgets everything about a deleted charge point. */
    async removeOf(tenantId: string, chargePointId: string): Promise<void> {
      await profiles().deleteMany({ tenantId, chargePointId });
      await schedules().deleteMany({ tenantId, chargePointId });
    },
  };
}

/** Charging profiles and reported schedules in the database. */
export type SmartChargingStore = ReturnType<typeof createSmartChargingStore>;
