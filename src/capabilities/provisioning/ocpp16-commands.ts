import { adapter, sends } from '../../gateway/adapter.ts';
import { ChangeConfiguration, GetConfiguration, Reset } from '../../ocpp/v16/index.ts';
import {
  changeConfiguration,
  configurationStatuses,
  getConfiguration,
  reset,
  resetStatuses,
  resetTypes,
} from './commands.ts';
import { holdsSecret } from './model.ts';

/** What the hub asks about settings and restarts, in the words of OCPP 1.6. */
export const ocpp16Commands = adapter(['1.6'], {
  sends: [
    sends(reset, Reset, {
      toRequest: ({ type }) => ({ type: resetTypes.toWire(type) }),
      toOutcome: ({ status }) => ({ status: resetStatuses.toModel(status) }),
    }),
    sends(getConfiguration, GetConfiguration, {
      // left out, not empty, means all. CFG-1
      toRequest: ({ keys }) => (keys === undefined ? {} : { key: [...keys] }),
      toOutcome: ({ configurationKey = [], unknownKey = [] }) => ({
        configurationKeys: configurationKey.map(({ key, readonly, value }) => ({
          key,
          readonly,
          ...(value !== undefined && !holdsSecret(key) && { value }),
        })),
        unknownKeys: unknownKey,
      }),
    }),
    sends(changeConfiguration, ChangeConfiguration, {
      toRequest: ({ key, value }) => ({ key, value }),
      toOutcome: ({ status }) => ({ status: configurationStatuses.toModel(status) }),
    }),
  ],
});
