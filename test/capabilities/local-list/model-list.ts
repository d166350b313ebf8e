import { foldToken } from '../../../src/capabilities/authorization/index.ts';

/** What a station's list says of a token. */
export interface ListedTag {
  readonly idTag: string;
  readonly idTagInfo?: { readonly status: string; readonly expiryDate?: string; readonly parentIdTag?: string };
}

/** A SendLocalList as it comes in. */
export interface SentList {
  readonly listVersion: number;
  readonly updateType: 'Full' | 'Differential';
  readonly localAuthorizationList?: readonly ListedTag[];
}

/** The list of a station, kept by the letter of OCPP 1.6 §5.15. */
export function createModelList() {
  let version = 0;
  const tags = new Map<string, ListedTag>();
  return {
    version: () => version,
    tags: (): readonly ListedTag[] => [...tags.values()],
    keys: (): readonly string[] => [...tags.keys()].sort(),
    wipe() {
      version = 0;
      tags.clear();
    },
    /** Takes an update or says why not. */
    take({ listVersion, updateType, localAuthorizationList = [] }: SentList): string {
      if (updateType === 'Differential' && listVersion <= version) return 'VersionMismatch';
      if (updateType === 'Full') {
        if (localAuthorizationList.some(({ idTagInfo }) => idTagInfo === undefined)) return 'Failed';
        tags.clear();
      }
      for (const tag of localAuthorizationList) {
        if (tag.idTagInfo === undefined) tags.delete(foldToken(tag.idTag));
        else tags.set(foldToken(tag.idTag), tag);
      }
      version = listVersion;
      return 'Accepted';
    },
  };
}

/** The list of a station. */
export type ModelList = ReturnType<typeof createModelList>;
