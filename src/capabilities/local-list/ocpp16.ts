import { adapter, sends } from '../../gateway/adapter.ts';
import { GetLocalListVersion, SendLocalList } from '../../ocpp/v16/index.ts';
import { idTagInfo } from '../authorization/index.ts';
import { getLocalListVersion, sendLocalList, updateStatuses, updateTypes } from './commands.ts';

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
            ...(info !== undefined && { idTagInfo: idTagInfo({ ...info, reason: 'TOKEN_ACCEPTED' }) }),
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
