import { describe, expect, test } from 'vitest';
import { createInProcessBus } from '../../src/bus/in-process-bus.ts';
import type { EventFilter, StoredEvent } from '../../src/events/event.ts';
import { createMatcher, liveEvents, publishEvent } from '../../src/events/filter.ts';
import { createManualClock } from '../support/manual-clock.ts';

const at = new Date('2026-01-01T00:00:00Z');
const event = (fields: Partial<StoredEvent>): StoredEvent => ({
  _id: 'x',
  tenantId: 'default',
  type: 'A',
  writer: 0,
  seq: 1,
  occurredAt: at,
  receivedAt: at,
  data: {},
  ...fields,
});

describe('event filters', () => {
  test.each<[string, EventFilter, Partial<StoredEvent>, boolean]>([
    ['no list lets everything through', {}, {}, true],
    ['a list means any of it', { types: ['B', 'A'] }, { type: 'A' }, true],
    ['a list without the value refuses', { types: ['B'] }, { type: 'A' }, false],
    ['an empty list refuses all', { types: [] }, { type: 'A' }, false],
    ['all lists must hold', { types: ['A'], connectorIds: [2] }, { connectorId: 1 }, false],
    ['an event without the field is refused', { transactionIds: ['t'] }, {}, false],
    ['connector 0 is a connector', { connectorIds: [0] }, { connectorId: 0 }, true],
    ['a command is found by its id', { commandIds: ['c'] }, { commandId: 'c' }, true],
    ['a charge point is found by its id', { chargePointIds: ['p', 'q'] }, { chargePointId: 'q' }, true],
  ])('%s', (_, filter, fields, passes) => {
    expect(createMatcher(filter)(event(fields))).toBe(passes);
  });

  test('a listener for some charge points hears each of their events once and is not woken by others', () => {
    const bus = createInProcessBus({ clock: createManualClock() });
    const heard: (string | undefined)[] = [];
    const woken: string[] = [];
    const spying = {
      ...bus,
      subscribe: (subject: string, hear: (message: unknown) => void) =>
        bus.subscribe(subject, (message) => {
          woken.push(subject);
          hear(message);
        }),
    };
    const stop = liveEvents(spying, { tenantId: 'default', filter: { chargePointIds: ['p', 'q', 'p'] } }, (told) =>
      heard.push(told.chargePointId),
    );
    for (const chargePointId of ['p', 'r', 'q', 's']) publishEvent(bus, event({ chargePointId }));
    publishEvent(bus, event({}));
    publishEvent(bus, event({ chargePointId: 'p', tenantId: 'other' }));
    expect(heard).toEqual(['p', 'q']);
    expect(woken).toHaveLength(2);
    stop();
    publishEvent(bus, event({ chargePointId: 'p' }));
    expect(heard).toEqual(['p', 'q']);
  });
});
