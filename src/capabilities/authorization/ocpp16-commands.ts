import { adapter, sends } from '../../gateway/adapter.ts';
import { ClearCache } from '../../ocpp/v16/index.ts';
import { clearCache, clearCacheStatuses } from './commands.ts';

/** What the hub asks about authorization, in the words of OCPP 1.6. */
export const ocpp16Commands = adapter(['1.6'], {
  sends: [
    sends(clearCache, ClearCache, {
      toRequest: () => ({}),
      toOutcome: ({ status }) => ({ status: clearCacheStatuses.toModel(status) }),
    }),
  ],
});
