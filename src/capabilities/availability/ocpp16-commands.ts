import { adapter, sends } from '../../gateway/adapter.ts';
import { ChangeAvailability } from '../../ocpp/v16/index.ts';
import { availabilityStatuses, availabilityTypes, changeAvailability } from './commands.ts';

/** What the hub asks about availability, in the words of OCPP 1.6. */
export const ocpp16Commands = adapter(['1.6'], {
  sends: [
    sends(changeAvailability, ChangeAvailability, {
      toRequest: ({ connectorId, type }) => ({ connectorId, type: availabilityTypes.toWire(type) }),
      toOutcome: ({ status }) => ({ status: availabilityStatuses.toModel(status) }),
    }),
  ],
});
