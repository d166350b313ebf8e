import { type CollectionIndexes, readTimeoutMs, type Store } from '../../store/store.ts';
import { type ConfigurationKey, configurationKeyId, foldKey } from './model.ts';

const name = 'configurationKeys';

/** Every query below is served by one of these. */
export const configurationIndexes: CollectionIndexes = {
  [name]: [{ key: { tenantId: 1, chargePointId: 1, keyFolded: 1 }, name: 'key', unique: true }],
};

/** Keys of one charge point that are read at most. */
const keysMax = 2000;

/** Settings of charge points in the database. */
export function createConfigurationStore(store: Store) {
  const keys = () => store.collection<ConfigurationKey>(name);
  return {
    /** By name; only those of `wanted` when it is given. */
    list: (tenantId: string, chargePointId: string, wanted?: readonly string[]): Promise<ConfigurationKey[]> =>
      keys()
        .find(
          {
            tenantId,
            chargePointId,
            ...(wanted !== undefined && { keyFolded: { $in: wanted.map(foldKey) } }),
          },
          { maxTimeMS: readTimeoutMs },
        )
        .sort({ keyFolded: 1 })
        .limit(keysMax)
        .toArray(),

    /** Stores what is known of a key; a field that is undefined in `unset` goes. */
    async save(
      key: Omit<ConfigurationKey, '_id' | 'keyFolded'>,
      unset: readonly ('value' | 'rebootRequiredAt')[],
    ): Promise<void> {
      await store.write<ConfigurationKey>(name, {
        updateOne: {
          filter: { _id: configurationKeyId(key.chargePointId, key.key) },
          update: {
            $set: { ...key, keyFolded: foldKey(key.key) },
            ...(unset.length > 0 && { $unset: Object.fromEntries(unset.map((field) => [field, ''] as const)) }),
          },
          upsert: true,
        },
      });
    },

    async remove(chargePointId: string, key: string): Promise<void> {
      await store.write<ConfigurationKey>(name, {
        deleteOne: { filter: { _id: configurationKeyId(chargePointId, key) } },
      });
    },

    /** Forgets the settings of a deleted charge point. */
    async removeOf(tenantId: string, chargePointId: string): Promise<void> {
      await keys().deleteMany({ tenantId, chargePointId });
    },
  };
}

/** The store of settings. */
export type ConfigurationStore = ReturnType<typeof createConfigurationStore>;
