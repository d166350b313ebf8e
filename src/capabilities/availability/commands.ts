import { wordMap } from '../../kernel/words.ts';
import { defineCommand } from '../commands/index.ts';

/** What a connector shall be. OCPP 1.6 §7.5. */
export const availabilityTypes = wordMap({ Inoperative: 'INOPERATIVE', Operative: 'OPERATIVE' });
/** What a connector shall be. */
export type AvailabilityType = (typeof availabilityTypes.values)[number];

/** Answers to ChangeAvailability. OCPP 1.6 §7.4. */
export const availabilityStatuses = wordMap({
  Accepted: 'ACCEPTED',
  Rejected: 'REJECTED',
  Scheduled: 'SCHEDULED',
});
type AvailabilityStatus = (typeof availabilityStatuses.values)[number];

interface ChangeAvailabilityInput {
  /** 0: the charge point and all its connectors. */
  readonly connectorId: number;
  readonly type: AvailabilityType;
  /** It is so already: no status message needs to follow. CHA-1. */
  readonly isSo?: boolean;
}

const atOnceWithinMs = 120_000;
/** `Scheduled` waits for the running transaction. */
const scheduledWithinMs = 86_400_000;

/** Take in or out of service. Seen through when the status followed. OCPP 1.6 §5.2. */
export const changeAvailability = defineCommand<ChangeAvailabilityInput, { readonly status: AvailabilityStatus }>({
  name: 'changeAvailability',
  repeatable: true,
  effect: {
    withinMs: ({ status }) => (status === 'SCHEDULED' ? scheduledWithinMs : atOnceWithinMs),
    promised: ({ status }, { isSo }) => status === 'SCHEDULED' || (status === 'ACCEPTED' && isSo !== true),
    seen: (signal, { connectorId, type }) => {
      if (signal.kind !== 'event' || signal.event.type !== 'CONNECTOR_STATUS_CHANGED') return undefined;
      const { event } = signal;
      const isOut = event.data['status'] === 'UNAVAILABLE';
      const isWished = isOut === (type === 'INOPERATIVE');
      const isMeant = connectorId === 0 || event.connectorId === connectorId;
      return isWished && isMeant ? { statusAt: event.receivedAt } : undefined;
    },
  },
});
