import { adapter, sends } from '../../gateway/adapter.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { GetLocalListVersion, SendLocalList } from '../../ocpp/v16/index.ts';
import {
  getLocalListVersion,
  type ListedInfo,
  listedStatuses,
  sendLocalList,
  updateStatuses,
  updateTypes,
} from './commands.ts';

const idTagInfo = ({ status, validUntil, groupId }: ListedInfo) => ({
  status: listedStatuses.toWire(status),
  ...(validUntil !== undefined && { expiryDate: formatTimestamp(validUntil) }),
  ...(groupId !== undefined && { parentIdTag: groupId }),
});

/** Local authorization lists in the words of OCPP 1.6. */
export const ocpp16 = adapter(['1.6'], {
  sends: [
    sends(sendLocalList, SendLocalList, {
      toRequest: ({ listVersion, updateType, entries }) => ({
        listVersion,
        updateType: updateTypes.toWire(updateType),
        ...(entries !== undefined && {
          localAuthorizationList: entries.map(({ idTag, info }) => ({
            idTag,
            ...(info !== undefined && { idTagInfo: idTagInfo(info) }),
          })),
        }),
      }),
      toOutcome: ({ status }) => ({ status: updateStatuses.toModel(status) }),
    }),
    sends(getLocalListVersion, GetLocalListVersion, {
      toRequest: () => ({}),
      toOutcome: ({ listVersion }) => ({ listVersion }),
    }),
  ],
});
