import type { EventLog } from '../../events/event.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql-events.ts'; // Query.events and Subscription.events come with the capability
import { eventStreamKey } from './model.ts';

export { DomainEventRef, eventType } from './graphql.ts';
export { durableSubscription } from './graphql-durable.ts';
export { eventStreamKey, type StreamedEvent } from './model.ts';

/** The durable event log in the API: pull it, follow it, resume it. */
export function createEventStream({ events }: CapabilityDependencies): Capability<EventLog> {
  return { key: eventStreamKey, operations: events, adapters: [], indexes: {} };
}
