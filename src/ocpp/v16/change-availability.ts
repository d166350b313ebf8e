import { defineMessage } from '../message.ts';
import { closed, int, words } from '../schema.ts';

/** In or out of service. OCPP 1.6 §7.4. */
export const availabilityTypes = ['Inoperative', 'Operative'] as const;

/** `Scheduled`: done when the running transaction has ended. OCPP 1.6 §7.3. */
export const availabilityStatuses = ['Accepted', 'Rejected', 'Scheduled'] as const;

/** The hub takes a connector, or with connector 0 the charge point, in or out of service. OCPP 1.6 §5.2, §6.7, §6.8. */
export const ChangeAvailability = defineMessage({
  action: 'ChangeAvailability',
  sender: 'hub',
  request: closed({
    connectorId: int(),
    type: words(availabilityTypes),
  }),
  response: closed({ status: words(availabilityStatuses) }),
});
