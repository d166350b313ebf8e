import type { Bus, Unsubscribe } from '../bus/bus.ts';
import { chargePointEventsSubject, type EventFilter, eventsSubject, type StoredEvent } from './event.ts';

/** Whose events, and which of them. */
export interface EventSelection {
  readonly tenantId: string;
  readonly filter: EventFilter;
}

/**
 * Hears committed events while they happen, without a promise to hear all: for that, follow the log. A selection that
 * names charge points listens to these only, so that a thousand listeners cost an event nothing that is not theirs.
 */
export function liveEvents(
  bus: Bus,
  { tenantId, filter }: EventSelection,
  hear: (event: StoredEvent) => void,
): Unsubscribe {
  const subjects = filter.chargePointIds
    ? [...new Set(filter.chargePointIds)].map((id) => chargePointEventsSubject(tenantId, id))
    : [eventsSubject(tenantId)];
  const matches = createMatcher(filter);
  const stops = subjects.map((subject) =>
    bus.subscribe(subject, (message) => {
      const event = message as StoredEvent; // only the log publishes here
      if (matches(event)) hear(event);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** Tells an event to everybody who listens with `liveEvents`. */
export function publishEvent(bus: Bus, event: StoredEvent): void {
  bus.publish(eventsSubject(event.tenantId), event);
  if (event.chargePointId !== undefined)
    bus.publish(chargePointEventsSubject(event.tenantId, event.chargePointId), event);
}

/** The filter as a predicate over one event. */
export function createMatcher(filter: EventFilter): (event: StoredEvent) => boolean {
  const checks: ((event: StoredEvent) => boolean)[] = [];
  const check = <T>(wanted: readonly T[] | undefined, field: (event: StoredEvent) => T | undefined) => {
    if (wanted === undefined) return;
    const set = new Set<T | undefined>(wanted);
    checks.push((event) => set.has(field(event)));
  };
  check(filter.types, (event) => event.type);
  check(filter.chargePointIds, (event) => event.chargePointId);
  check(filter.connectorIds, (event) => event.connectorId);
  check(filter.transactionIds, (event) => event.transactionId);
  check(filter.commandIds, (event) => event.commandId);
  return (event) => checks.every((holds) => holds(event));
}
